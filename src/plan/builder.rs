//! [`PlanBuilder`]: gathers buffers and dispatches, and checks them against the adapter's limits.

use bytemuck::Pod;

use super::dispatch::{BufferId, BufferSpec, Dispatch, Lifetime, Plan, Slice};
use super::kernel::Kernel;
use super::limits::{Form, Limits};
use crate::error::{Error, Result};

/// Invocations of a workgroup in the kernels that give each element an invocation.
const ELEMENTWISE: usize = 64;

/// A plan under construction.
pub(super) struct PlanBuilder<'a> {
    plan: Plan,
    pub(super) limits: &'a Limits,
    /// What the plan is for, for messages: `a batch of 10 reviews of 3,944 tokens`.
    purpose: String,
}

impl<'a> PlanBuilder<'a> {
    pub(super) fn new(limits: &'a Limits, purpose: String) -> Self {
        PlanBuilder {
            plan: Plan::default(),
            limits,
            purpose,
        }
    }

    pub(super) fn finish(self) -> Plan {
        self.plan
    }

    /// A buffer of `numbers` words of 4 bytes; the one of that name if it is there already.
    pub(super) fn buffer(
        &mut self,
        name: &str,
        numbers: usize,
        lifetime: Lifetime,
    ) -> Result<Slice> {
        let bytes = (numbers as u64 * 4).next_multiple_of(16).max(16);
        if bytes > self.limits.binding_bytes {
            return Err(Error::Limit {
                what: format!("buffer {name} for {}", self.purpose),
                need: format!("{} MiB", bytes.div_ceil(1 << 20)),
                limit: match self.limits.form {
                    Form::Native => "memory",
                    _ => "max_storage_buffer_binding_size",
                },
                have: format!("{} MiB", self.limits.binding_bytes >> 20),
                remedy: match lifetime {
                    Lifetime::Persistent => Some("make the model smaller".into()),
                    Lifetime::Upload | Lifetime::Scratch => None,
                },
            });
        }
        let id = match self.plan.buffer(name) {
            Some(id) => {
                let spec = &mut self.plan.buffers[id.0];
                spec.bytes = spec.bytes.max(bytes);
                id
            }
            None => {
                self.plan.buffers.push(BufferSpec {
                    name: name.to_string(),
                    bytes,
                    lifetime,
                });
                BufferId(self.plan.buffers.len() - 1)
            }
        };
        Ok(Slice {
            buffer: id,
            offset: 0,
            bytes,
        })
    }

    /// A buffer whose content does not outlive the step.
    pub(super) fn scratch(&mut self, name: &str, numbers: usize) -> Result<Slice> {
        self.buffer(name, numbers, Lifetime::Scratch)
    }

    /// Sets a range to 0 before the first dispatch.
    pub(super) fn clear(&mut self, slice: Slice) {
        self.plan.clears.push(slice);
    }

    /// Adds a dispatch.
    pub(super) fn dispatch(
        &mut self,
        label: String,
        kernel: Kernel,
        dims: &impl Pod,
        bindings: &[Slice],
        groups: [usize; 3],
        flops: usize,
    ) -> Result<()> {
        if let Some(&most) = groups
            .iter()
            .max()
            .filter(|&&n| n as u64 > u64::from(self.limits.workgroups))
        {
            return Err(Error::Limit {
                what: format!("{label} for {}", self.purpose),
                need: format!("{most} workgroups"),
                limit: "max_compute_workgroups_per_dimension",
                have: self.limits.workgroups.to_string(),
                remedy: None,
            });
        }
        self.plan.dispatches.push(Dispatch {
            label,
            kernel,
            dims: bytemuck::bytes_of(dims).to_vec(),
            bindings: bindings.to_vec(),
            groups: groups.map(|n| n as u32),
            flops: flops as u64,
        });
        Ok(())
    }

    /// Workgroups that give each of `elements` an invocation.
    pub(super) fn elementwise(&self, elements: usize) -> [usize; 3] {
        let groups = elements.div_ceil(ELEMENTWISE).max(1);
        let along_x = groups.min(self.limits.workgroups as usize);
        [along_x, groups.div_ceil(along_x), 1]
    }
}
