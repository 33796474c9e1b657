//! [`Bindings`]: the slices of the arena that a dispatch reads and writes.

use std::mem;

use crate::error::{Error, Result};

/// One binding of a dispatch.
pub(super) enum Bound<'a> {
    /// To be read.
    Read(&'a [f32]),
    /// To be written, and read before that.
    Write(&'a mut [f32]),
    /// Written by a kernel that has [taken](Bindings::take) it.
    Taken,
}

/// The bindings of a dispatch, counted from 0: a kernel's binding 1 in WGSL is number 0 here.
///
/// A slice may be longer than what the kernel touches: sizes come from `dims`, never from a slice's length.
pub(super) struct Bindings<'a>(Vec<Bound<'a>>);

impl<'a> Bindings<'a> {
    pub(super) fn new(bound: Vec<Bound<'a>>) -> Self {
        Bindings(bound)
    }

    /// How many there are, those that were taken included.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers of a binding that is read.
    ///
    /// # Errors
    /// [`Error::Internal`] if there is none, or it is to be written.
    pub(super) fn read(&self, n: usize) -> Result<&'a [f32]> {
        match self.0.get(n) {
            Some(Bound::Read(numbers)) => Ok(numbers),
            _ => Err(wrong(n, "read")),
        }
    }

    /// The words of a binding that is read: ids, labels, slots.
    ///
    /// # Errors
    /// As [`Bindings::read`].
    pub(super) fn words(&self, n: usize) -> Result<&'a [u32]> {
        self.read(n).map(bytemuck::cast_slice)
    }

    /// The numbers of a binding that is written, which holds what was there before; once.
    ///
    /// # Errors
    /// [`Error::Internal`] if there is none, it is to be read, or it was taken.
    pub(super) fn take(&mut self, n: usize) -> Result<&'a mut [f32]> {
        match self.0.get_mut(n) {
            Some(bound @ Bound::Write(_)) => match mem::replace(bound, Bound::Taken) {
                Bound::Write(numbers) => Ok(numbers),
                _ => Err(wrong(n, "written")),
            },
            _ => Err(wrong(n, "written")),
        }
    }

    /// The words of a binding that is written; as [`Bindings::take`].
    ///
    /// # Errors
    /// As [`Bindings::take`].
    pub(super) fn take_words(&mut self, n: usize) -> Result<&'a mut [u32]> {
        self.take(n).map(bytemuck::cast_slice_mut)
    }
}

fn wrong(n: usize, how: &str) -> Error {
    Error::Internal {
        place: "running a native kernel",
        problem: format!("binding {} is not there to be {how}", n + 1),
    }
}
