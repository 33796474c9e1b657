//! [`Work`]: all that a native kernel gets.

use bytemuck::Pod;
use fearless_simd::Level;

use super::bindings::Bindings;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::plan::Dispatch;

/// A dispatch, what it is bound to, and what it is computed with.
pub(super) struct Work<'a> {
    /// The width of the processor's vectors.
    pub(super) level: Level,
    /// The threads.
    pub(super) pool: &'a Pool,
    /// The kernel with its sizes, and its uniform.
    pub(super) dispatch: &'a Dispatch,
    /// What it reads and writes.
    pub(super) bindings: Bindings<'a>,
}

impl Work<'_> {
    /// The uniform.
    ///
    /// # Errors
    /// [`Error::Internal`] if the dispatch has another.
    pub(super) fn dims<T: Pod>(&self) -> Result<T> {
        bytemuck::try_pod_read_unaligned(&self.dispatch.dims).map_err(|error| Error::Internal {
            place: "running a native kernel",
            problem: format!("{}: its uniform: {error}", self.dispatch.kernel),
        })
    }

    /// A size that the kernel is specialised for.
    ///
    /// # Errors
    /// [`Error::Internal`] if it has none of that name.
    pub(super) fn size(&self, name: &str) -> Result<usize> {
        match self.dispatch.kernel.size_of(name) {
            Some(size) => Ok(size as usize),
            None => Err(Error::Internal {
                place: "running a native kernel",
                problem: format!("{} has no size {name}", self.dispatch.kernel),
            }),
        }
    }

    /// Whether the kernel is specialised with this choice.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.dispatch.kernel.has_flag(flag)
    }

    /// Numbers in an Element, 4 or 1: widths in `dims` count these where the kernel has one.
    pub(super) fn element(&self) -> usize {
        self.dispatch.kernel.element_numbers() as usize
    }
}
