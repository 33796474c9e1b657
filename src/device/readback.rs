//! [`Readback`]: what was in a buffer, from either device.

use super::kind::Device;
use crate::error::{Error, Result};
use crate::gpu;

/// A copy of a buffer, on its way to the host or there.
pub enum Readback {
    /// From an adapter.
    Gpu(gpu::Readback),
    /// Of the processor's memory.
    Ready(Vec<u8>),
}

impl Device {
    /// Brings back the first `count` numbers of a buffer, waiting for all that was submitted so far.
    ///
    /// # Errors
    /// As [`Gpu::read`](crate::gpu::Gpu::read) and [`Native::read`](crate::native::Native::read).
    pub fn read<T: bytemuck::Pod>(&self, name: &str, count: usize) -> Result<Vec<T>> {
        match self {
            Device::Gpu(gpu) => gpu.read(name, count),
            Device::Native(native) => native.read(name, count),
        }
    }

    /// Starts to bring back the first `bytes` of a buffer, as it is after all that was submitted so far.
    ///
    /// # Errors
    /// As [`Gpu::read_later`](crate::gpu::Gpu::read_later) and [`Native::bytes`](crate::native::Native::bytes).
    pub fn read_later(&self, name: &str, bytes: u64) -> Result<Readback> {
        match self {
            Device::Gpu(gpu) => gpu.read_later(name, bytes).map(Readback::Gpu),
            Device::Native(native) => Ok(Readback::Ready(native.bytes(name, bytes)?.to_vec())),
        }
    }
}

impl Readback {
    /// The content, if it has come.
    ///
    /// # Errors
    /// As [`gpu::Readback::try_take`].
    pub fn try_take(&self, device: &Device) -> Result<Option<Vec<u8>>> {
        match (self, device) {
            (Readback::Ready(bytes), _) => Ok(Some(bytes.clone())),
            (Readback::Gpu(readback), Device::Gpu(gpu)) => readback.try_take(gpu),
            (Readback::Gpu(_), Device::Native(_)) => Err(other_device()),
        }
    }

    /// The content, waited for.
    ///
    /// # Errors
    /// As [`gpu::Readback::wait`].
    pub fn wait(&self, device: &Device) -> Result<Vec<u8>> {
        match (self, device) {
            (Readback::Ready(bytes), _) => Ok(bytes.clone()),
            (Readback::Gpu(readback), Device::Gpu(gpu)) => readback.wait(gpu),
            (Readback::Gpu(_), Device::Native(_)) => Err(other_device()),
        }
    }
}

fn other_device() -> Error {
    Error::Internal {
        place: "reading a buffer",
        problem: "the read-back is of another device".to_owned(),
    }
}
