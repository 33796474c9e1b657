//! A [`Plan`]: the dispatches of one step and the buffers they touch, as plain data.
//!
//! A plan can be printed, counted and tested without a device; [`crate::gpu`] runs it.

use std::fmt;

use super::kernel::Kernel;

/// Index of a buffer in [`Plan::buffers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub usize);

/// What becomes of a buffer's content between steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lifetime {
    /// Kept from step to step: parameters, moments, records.
    Persistent,
    /// Written by the host before each step.
    Upload,
    /// Written by a dispatch before it is read; content does not outlive the step.
    Scratch,
}

/// A buffer that a plan needs. Buffers of the same name in two plans are the same memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferSpec {
    /// Its name, unique in the plan.
    pub name: String,
    /// Bytes needed, a multiple of 4; of 16 where a kernel takes them as vec4.
    pub bytes: u64,
    /// What becomes of its content.
    pub lifetime: Lifetime,
}

/// A range of a buffer, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// The buffer.
    pub buffer: BufferId,
    /// First byte, a multiple of 256.
    pub offset: u64,
    /// Bytes, a multiple of 4; of 16 where a kernel takes them as vec4.
    pub bytes: u64,
}

/// One kernel run once.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// What it is for: `lstm.forward`, say.
    pub label: String,
    /// The kernel, specialised.
    pub kernel: Kernel,
    /// The uniform that the kernel calls `dims`.
    pub dims: Vec<u8>,
    /// Storage bindings, from binding 1 on.
    pub bindings: Vec<Slice>,
    /// Workgroups along x, y, z.
    pub groups: [u32; 3],
    /// Floating-point operations, for the profile; a multiply-add counts two.
    pub flops: u64,
}

/// The dispatches of one step, in order, and the buffers they touch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Every buffer.
    pub buffers: Vec<BufferSpec>,
    /// Ranges set to 0 before the first dispatch.
    pub clears: Vec<Slice>,
    /// In the order in which they run.
    pub dispatches: Vec<Dispatch>,
}

impl Plan {
    /// Bytes of all buffers.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().map(|buffer| buffer.bytes).sum()
    }

    /// The buffer of this name.
    pub fn buffer(&self, name: &str) -> Option<BufferId> {
        self.buffers
            .iter()
            .position(|buffer| buffer.name == name)
            .map(BufferId)
    }
}

impl fmt::Display for Plan {
    /// One line a dispatch: what for, kernel, workgroups, buffers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for dispatch in &self.dispatches {
            let [x, y, z] = dispatch.groups;
            write!(
                f,
                "{:<32} {:<48} {x}×{y}×{z} ",
                dispatch.label,
                dispatch.kernel.to_string()
            )?;
            for slice in &dispatch.bindings {
                write!(f, " {}", self.buffers[slice.buffer.0].name)?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "{} dispatches, {} buffers, {} bytes",
            self.dispatches.len(),
            self.buffers.len(),
            self.bytes()
        )
    }
}
