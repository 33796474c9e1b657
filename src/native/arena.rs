//! Buffers by name, reused from step to step; they grow in size classes and never shrink.

use std::collections::HashMap;
use std::mem;

use super::bindings::{Bindings, Bound};
use super::memory::Buffer;
use crate::error::{DeviceFault, Error, Result};
use crate::plan::{Access, BufferSpec, Dispatch, Lifetime, Slice};

/// All buffers of a device, by name.
#[derive(Default)]
pub(super) struct Arena {
    held: Vec<Buffer>,
    index: HashMap<String, usize>,
}

impl Arena {
    /// Bytes of all buffers.
    pub(super) fn bytes(&self) -> u64 {
        self.held.iter().map(|held| 4 * held.len() as u64).sum()
    }

    /// Names of all buffers, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.index.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// Drops all buffers.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.index.clear();
    }

    /// Bytes that the arena would have if it provided all these.
    pub(super) fn bytes_with(&self, specs: &[BufferSpec]) -> u64 {
        let more = specs.iter().map(|spec| {
            let held = self.index.get(&spec.name);
            let has = held.map_or(0, |&index| 4 * self.held[index].len() as u64);
            if has >= spec.bytes {
                0
            } else {
                allocated(spec) - has
            }
        });
        self.bytes() + more.sum::<u64>()
    }

    /// The place of a buffer for this spec.
    ///
    /// # Errors
    /// [`Error::Device`] where memory runs out or a persistent buffer would have to grow, which would lose its content.
    pub(super) fn provide(&mut self, spec: &BufferSpec) -> Result<usize> {
        let known = self.index.get(&spec.name).copied();
        if let Some(index) = known {
            let bytes = 4 * self.held[index].len() as u64;
            if bytes >= spec.bytes {
                return Ok(index);
            }
            if spec.lifetime == Lifetime::Persistent {
                return Err(refused(format!(
                    "buffer {} holds {bytes} bytes and cannot grow to {} without losing them",
                    spec.name, spec.bytes
                )));
            }
            // Before the larger one is there: the two need not fit memory together.
            self.held[index] = Buffer::default();
        }
        let buffer = Buffer::zeros(&spec.name, allocated(spec) as usize / 4)?;
        match known {
            Some(index) => {
                self.held[index] = buffer;
                Ok(index)
            }
            None => {
                self.held.push(buffer);
                self.index.insert(spec.name.clone(), self.held.len() - 1);
                Ok(self.held.len() - 1)
            }
        }
    }

    /// The place of the buffer of this name, of at least `bytes`.
    ///
    /// # Errors
    /// [`Error::Device`] if there is none or it is too short.
    fn holding(&self, name: &str, bytes: u64) -> Result<usize> {
        let index = self.index.get(name).copied();
        let index = index.ok_or_else(|| refused(format!("no buffer {name}")))?;
        let has = 4 * self.held[index].len() as u64;
        if has < bytes {
            return Err(refused(format!(
                "buffer {name} holds {has} bytes, not {bytes}"
            )));
        }
        Ok(index)
    }

    /// Replaces the start of a buffer.
    ///
    /// # Errors
    /// As [`Arena::read`]; [`Error::Plan`] for bytes that are not whole numbers of 4 bytes.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        if !bytes.len().is_multiple_of(4) {
            return Err(Error::Plan {
                place: format!("buffer {name}"),
                problem: format!("{} bytes are not whole numbers of 4 bytes", bytes.len()),
            });
        }
        let index = self.holding(name, bytes.len() as u64)?;
        let to: &mut [u8] = bytemuck::cast_slice_mut(self.held[index].numbers_mut());
        to[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    /// The first `bytes` of a buffer.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no such buffer or it is too short.
    pub(super) fn read(&self, name: &str, bytes: u64) -> Result<&[u8]> {
        let index = self.holding(name, bytes)?;
        let from: &[u8] = bytemuck::cast_slice(self.held[index].numbers());
        Ok(&from[..bytes as usize])
    }

    /// Sets a range to 0.
    pub(super) fn clear_range(&mut self, slice: Slice, places: &[usize]) {
        let (first, count) = numbers_of(slice);
        self.held[places[slice.buffer.0]].numbers_mut()[first..first + count].fill(0.0);
    }

    /// Runs `work` with the slices that a dispatch of a plan in these places is bound to.
    ///
    /// Buffers that are written are taken out of the arena meanwhile: none is bound to be read as well, which
    /// [`Plan::check`](crate::plan::Plan::check) has seen to.
    ///
    /// # Errors
    /// [`Error::Plan`] if two slices that are written overlap; else those of `work`.
    pub(super) fn bound<T>(
        &mut self,
        dispatch: &Dispatch,
        places: &[usize],
        work: impl FnOnce(Bindings<'_>) -> Result<T>,
    ) -> Result<T> {
        let access = dispatch.kernel.bindings()?;
        let slices = || dispatch.bindings.iter().copied().zip(&access).enumerate();
        let place = |slice: Slice| places[slice.buffer.0];
        // The written slices, buffer by buffer, upwards.
        let mut written: Vec<(usize, Slice)> = slices()
            .filter(|(_, (_, access))| **access == Access::ReadWrite)
            .map(|(n, (slice, _))| (n, slice))
            .collect();
        written.sort_by_key(|&(_, slice)| (place(slice), slice.offset));
        let mut taken: Vec<(usize, Buffer)> = Vec::with_capacity(written.len());
        for &(_, slice) in &written {
            let place = place(slice);
            if taken.last().is_none_or(|&(last, _)| last != place) {
                taken.push((place, mem::take(&mut self.held[place])));
            }
        }

        let result = self.cut(dispatch, &access, places, &written, &mut taken);
        let result = result.and_then(work);
        for (place, buffer) in taken {
            self.held[place] = buffer;
        }
        result
    }

    /// Cuts the slices of a dispatch out of the arena and out of what was taken from it.
    fn cut<'a>(
        &'a self,
        dispatch: &Dispatch,
        access: &[Access],
        places: &[usize],
        written: &[(usize, Slice)],
        taken: &'a mut [(usize, Buffer)],
    ) -> Result<Bindings<'a>> {
        let read = |(slice, access): (&Slice, &Access)| match access {
            Access::Read => {
                let (first, count) = numbers_of(*slice);
                let buffer = &self.held[places[slice.buffer.0]];
                Bound::Read(&buffer.numbers()[first..first + count])
            }
            Access::ReadWrite => Bound::Taken,
        };
        let mut bound: Vec<Bound<'a>> = dispatch.bindings.iter().zip(access).map(read).collect();
        let mut written = written.iter().peekable();
        for (place, buffer) in taken {
            let (mut rest, mut at) = (buffer.numbers_mut(), 0);
            while let Some(&(n, slice)) =
                written.next_if(|(_, slice)| places[slice.buffer.0] == *place)
            {
                let (first, count) = numbers_of(slice);
                let (own, tail) = first
                    .checked_sub(at)
                    .and_then(|gap| rest.split_at_mut_checked(gap))
                    .and_then(|(_, tail)| tail.split_at_mut_checked(count))
                    .ok_or_else(|| Error::Plan {
                        place: format!("dispatch {}", dispatch.label),
                        problem: format!("binding {} overlaps another that is written", n + 1),
                    })?;
                bound[n] = Bound::Write(own);
                (rest, at) = (tail, first + count);
            }
        }
        Ok(Bindings::new(bound))
    }
}

/// First number and count of a range.
fn numbers_of(slice: Slice) -> (usize, usize) {
    (slice.offset as usize / 4, slice.bytes as usize / 4)
}

/// Bytes of a new buffer: eight classes an octave, for those that grow, are at most an eighth too large.
fn allocated(spec: &BufferSpec) -> u64 {
    match spec.lifetime {
        Lifetime::Persistent => spec.bytes,
        Lifetime::Upload | Lifetime::Scratch => {
            let step = (spec.bytes.next_power_of_two() / 16).max(256);
            spec.bytes.next_multiple_of(step)
        }
    }
}

fn refused(problem: String) -> Error {
    Error::device(DeviceFault::Refused, problem)
}
