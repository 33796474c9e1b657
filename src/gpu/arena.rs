//! Buffers by name, reused from step to step; they grow in size classes and never shrink.

use std::collections::HashMap;

use wgpu::{Buffer, BufferDescriptor, BufferUsages, Device, ErrorFilter};

use crate::error::{DeviceFault, Error, Result};
use crate::plan::{BufferSpec, Lifetime};

/// Which sizes buffers come in. Whatever the classes, results are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClasses {
    /// Eight classes an octave: at most an eighth too large, and few reallocations.
    Geometric,
    /// Just what is asked for.
    Exact,
}

impl SizeClasses {
    fn class(self, bytes: u64) -> u64 {
        match self {
            SizeClasses::Exact => bytes,
            SizeClasses::Geometric => {
                let step = (bytes.next_power_of_two() / 16).max(256);
                bytes.next_multiple_of(step)
            }
        }
    }
}

/// A buffer in the arena.
pub(super) struct ArenaBuffer {
    pub(super) buffer: Buffer,
    pub(super) bytes: u64,
}

/// All buffers of a device, by name.
pub(super) struct Arena {
    held: Vec<ArenaBuffer>,
    index: HashMap<String, usize>,
    pub(super) classes: SizeClasses,
}

impl Arena {
    pub(super) fn new() -> Self {
        Arena {
            held: Vec::new(),
            index: HashMap::new(),
            classes: SizeClasses::Geometric,
        }
    }

    /// Bytes of all buffers.
    pub(super) fn bytes(&self) -> u64 {
        self.held.iter().map(|held| held.bytes).sum()
    }

    /// Names of all buffers, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.index.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The buffer of this name, of at least `bytes`.
    ///
    /// # Errors
    /// [`Error::Device`] if there is none or it is too short.
    pub(super) fn holding(&self, name: &str, bytes: u64) -> Result<&ArenaBuffer> {
        let refused = |problem| Error::device(DeviceFault::Refused, problem);
        match self.index.get(name).map(|&index| &self.held[index]) {
            None => Err(refused(format!("no buffer {name}"))),
            Some(held) if held.bytes < bytes => Err(refused(format!(
                "buffer {name} holds {} bytes, not {bytes}",
                held.bytes
            ))),
            Some(held) => Ok(held),
        }
    }

    pub(super) fn held(&self, index: usize) -> &ArenaBuffer {
        &self.held[index]
    }

    /// Drops all buffers.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.index.clear();
    }

    /// A buffer for this spec, and whether it is a new one.
    ///
    /// # Errors
    /// [`Error::Device`] where memory runs out or a persistent buffer would have to grow, which would
    /// lose its content.
    pub(super) fn provide(
        &mut self,
        device: &Device,
        spec: &BufferSpec,
        most: u64,
    ) -> Result<(usize, bool)> {
        let known = self.index.get(&spec.name).copied();
        if let Some(index) = known {
            if self.held[index].bytes >= spec.bytes {
                return Ok((index, false));
            }
            if spec.lifetime == Lifetime::Persistent {
                return Err(Error::device(
                    DeviceFault::Refused,
                    format!(
                        "buffer {} holds {} bytes and cannot grow to {} without losing them",
                        spec.name, self.held[index].bytes, spec.bytes
                    ),
                ));
            }
        }
        let bytes = match spec.lifetime {
            Lifetime::Persistent => spec.bytes,
            Lifetime::Upload | Lifetime::Scratch => {
                self.classes.class(spec.bytes).min(most).max(spec.bytes)
            }
        };
        let scope = device.push_error_scope(ErrorFilter::OutOfMemory);
        let buffer = device.create_buffer(&BufferDescriptor {
            label: Some(&spec.name),
            size: bytes,
            usage: BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(Error::device(
                DeviceFault::OutOfMemory,
                format!(
                    "no memory for buffer {} of {} MiB ({error})",
                    spec.name,
                    bytes.div_ceil(1 << 20)
                ),
            ));
        }
        let held = ArenaBuffer { buffer, bytes };
        match known {
            Some(index) => {
                self.held[index] = held;
                Ok((index, true))
            }
            None => {
                self.held.push(held);
                self.index.insert(spec.name.clone(), self.held.len() - 1);
                Ok((self.held.len() - 1, true))
            }
        }
    }
}
