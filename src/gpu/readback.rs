//! Bringing a buffer's content back to the host, at once or when it is ready.

use std::sync::mpsc::{Receiver, TryRecvError, channel};

use wgpu::{
    Buffer, BufferAsyncError, BufferDescriptor, BufferUsages, CommandEncoderDescriptor, MapMode,
    SubmissionIndex,
};

use super::device::Gpu;
use crate::error::{DeviceFault, Error, Result};

/// A copy of a buffer on its way to the host.
pub struct Readback {
    staging: Buffer,
    submission: SubmissionIndex,
    mapped: Receiver<std::result::Result<(), BufferAsyncError>>,
}

impl Gpu {
    /// Starts to bring back the first `bytes` of a buffer, as it is after all that was submitted so far.
    ///
    /// # Errors
    /// [`Error::Device`] if there is no such buffer or it is too short.
    pub fn read_later(&self, name: &str, bytes: u64) -> Result<Readback> {
        let held = self.arena.holding(name, bytes)?;
        self.read_buffer(&held.buffer, bytes)
    }

    pub(super) fn read_buffer(&self, buffer: &Buffer, bytes: u64) -> Result<Readback> {
        let staging = self.device.create_buffer(&BufferDescriptor {
            label: Some("read-back"),
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self
            .device
            .create_command_encoder(&CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, mapped) = channel();
        staging.slice(..).map_async(MapMode::Read, move |result| {
            // Nobody waits any more if the read-back was dropped.
            let _ = sender.send(result);
        });
        Ok(Readback {
            staging,
            submission,
            mapped,
        })
    }

    /// Brings back the first `count` numbers of a buffer, waiting for all that was submitted so far.
    ///
    /// # Errors
    /// As [`Gpu::read_later`] and [`Gpu::wait`].
    pub fn read<T: bytemuck::Pod>(&self, name: &str, count: usize) -> Result<Vec<T>> {
        let bytes = (count * size_of::<T>()) as u64;
        let bytes = self.read_later(name, bytes)?.wait(self)?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }
}

impl Readback {
    /// The content, if it has come.
    ///
    /// # Errors
    /// [`Error::Device`] if the device reported a fault.
    pub fn try_take(&self, gpu: &Gpu) -> Result<Option<Vec<u8>>> {
        gpu.poll()?;
        match self.mapped.try_recv() {
            Ok(result) => self.take(result).map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(lost("a read-back was dropped".into())),
        }
    }

    /// The content, waited for.
    ///
    /// # Errors
    /// As [`Gpu::wait`].
    pub fn wait(&self, gpu: &Gpu) -> Result<Vec<u8>> {
        gpu.wait_for(Some(self.submission.clone()))?;
        let result = self
            .mapped
            .try_recv()
            .map_err(|_| lost("a read-back never came".into()))?;
        self.take(result)
    }

    fn take(&self, result: std::result::Result<(), BufferAsyncError>) -> Result<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| lost(format!("read-back failed: {error}"));
        result.map_err(|error| failed(&error))?;
        let view = self
            .staging
            .slice(..)
            .get_mapped_range()
            .map_err(|error| failed(&error))?;
        Ok(view.to_vec())
    }
}

/// A copy can only fail on a device that no longer works.
fn lost(problem: String) -> Error {
    Error::device(DeviceFault::Lost, problem)
}
