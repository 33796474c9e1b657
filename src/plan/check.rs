//! [`Plan::check`]: what is wrong with a plan that was made by hand, told before any device sees it.

use std::collections::HashSet;

use super::dispatch::{Dispatch, Lifetime, Plan, Slice};
use super::kernel::Kernel;
use super::kernel_table::Access;
use crate::error::{Error, Result};

/// What offsets of bindings are multiples of: WebGPU's `minStorageBufferOffsetAlignment`.
const ALIGNMENT: u64 = 256;

/// Bytes of a number: what copies and clears move at least.
const WORD: u64 = 4;

impl Plan {
    /// Room for a dispatch's uniform, in bytes: WebGPU's alignment of a dynamic offset.
    pub const DIMS_BYTES: usize = 256;

    /// Adds a buffer, and gives the whole of it for a dispatch to be bound to.
    pub fn add_buffer(&mut self, name: &str, bytes: u64, lifetime: Lifetime) -> Slice {
        let buffer = super::BufferId(self.buffers.len());
        self.buffers.push(super::BufferSpec {
            name: name.to_owned(),
            bytes,
            lifetime,
        });
        Slice {
            buffer,
            offset: 0,
            bytes,
        }
    }

    /// Adds a run of `kernel` in so many workgroups along x, y and z, labelled with the kernel's name. `dims` is its
    /// uniform, empty where it has none; `bindings` are its buffers, from binding 1 on.
    pub fn add_dispatch(
        &mut self,
        kernel: Kernel,
        dims: &[u8],
        bindings: &[Slice],
        groups: [u32; 3],
    ) {
        self.dispatches.push(Dispatch {
            label: kernel.name().to_owned(),
            kernel,
            dims: dims.to_vec(),
            bindings: bindings.to_vec(),
            groups,
            flops: 0,
        });
    }

    /// Whether the plan's parts fit each other: every range lies in its buffer, every kernel has its bindings and its
    /// uniform. What hangs on the adapter, [`Gpu::run`](crate::gpu::Gpu::run) checks, after this.
    ///
    /// # Errors
    /// [`Error::Plan`] with the buffer or dispatch and what is wrong with it; [`Error::Kernel`] if there is no such
    /// kernel.
    pub fn check(&self) -> Result<()> {
        let mut names = HashSet::with_capacity(self.buffers.len());
        for buffer in &self.buffers {
            let place = || format!("buffer {}", buffer.name);
            if !names.insert(buffer.name.as_str()) {
                return Err(wrong(place(), "there are two of that name"));
            }
            if buffer.bytes == 0 || !buffer.bytes.is_multiple_of(WORD) {
                let problem = format!("{} bytes are not whole numbers of 4 bytes", buffer.bytes);
                return Err(wrong(place(), problem));
            }
        }
        for (index, &slice) in self.clears.iter().enumerate() {
            self.check_slice(slice, WORD)
                .map_err(|problem| wrong(format!("clear {}", index + 1), problem))?;
        }
        for dispatch in &self.dispatches {
            self.check_dispatch(dispatch)?;
        }
        Ok(())
    }

    fn check_dispatch(&self, dispatch: &Dispatch) -> Result<()> {
        let place = || format!("dispatch {}", dispatch.label);
        let accesses = dispatch.kernel.bindings()?;
        if accesses.len() != dispatch.bindings.len() {
            let (wants, has) = (accesses.len(), dispatch.bindings.len());
            let name = dispatch.kernel.name();
            let problem = format!("kernel {name} has {wants} storage bindings, the dispatch {has}");
            return Err(wrong(place(), problem));
        }
        for (index, &slice) in dispatch.bindings.iter().enumerate() {
            self.check_slice(slice, ALIGNMENT)
                .map_err(|problem| wrong(place(), format!("binding {}: {problem}", index + 1)))?;
        }
        let bound = || dispatch.bindings.iter().zip(&accesses);
        for (written, _) in bound().filter(|(_, access)| **access == Access::ReadWrite) {
            let read = |(slice, access): (&Slice, &Access)| {
                *access == Access::Read && slice.buffer == written.buffer
            };
            if bound().any(read) {
                let name = &self.buffers[written.buffer.0].name;
                let problem = format!("buffer {name} is bound to be read and to be written");
                return Err(wrong(place(), problem));
            }
        }
        let (bytes, needed) = (dispatch.dims.len(), dispatch.kernel.dims_bytes());
        if bytes > Plan::DIMS_BYTES {
            let most = Plan::DIMS_BYTES;
            let problem = format!("a uniform has at most {most} bytes, not {bytes}");
            return Err(wrong(place(), problem));
        }
        if bytes < needed {
            let problem = format!("the kernel's uniform has {needed} bytes, not {bytes}");
            return Err(wrong(place(), problem));
        }
        Ok(())
    }

    /// What is wrong with a range whose offset is a multiple of `alignment`.
    fn check_slice(&self, slice: Slice, alignment: u64) -> std::result::Result<(), String> {
        let Slice {
            buffer,
            offset,
            bytes,
        } = slice;
        let count = self.buffers.len();
        let Some(spec) = self.buffers.get(buffer.0) else {
            let index = buffer.0;
            return Err(format!(
                "there is no buffer {index}, only {count}, counted from 0"
            ));
        };
        if !offset.is_multiple_of(alignment) {
            return Err(format!(
                "offset {offset} in buffer {} is no multiple of {alignment}",
                spec.name
            ));
        }
        if bytes == 0 || !bytes.is_multiple_of(WORD) {
            return Err(format!(
                "{bytes} bytes of buffer {} are not whole numbers of 4 bytes",
                spec.name
            ));
        }
        if offset.checked_add(bytes).is_none_or(|end| end > spec.bytes) {
            return Err(format!(
                "{bytes} bytes from {offset} on lie outside buffer {}, which has {}",
                spec.name, spec.bytes
            ));
        }
        Ok(())
    }
}

fn wrong(place: String, problem: impl Into<String>) -> Error {
    Error::Plan {
        place,
        problem: problem.into(),
    }
}
