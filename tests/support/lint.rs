//! What [`wgsl_check`] finds in a kernel of the plans, and in their dispatches of it.

// Each test program uses another part of it.
#![allow(dead_code)]

use std::sync::Arc;

use gatefold::plan::{Dispatch, Form, KERNELS, Plan};
use wgsl_check::lint::{Limits, resources, uniform_layout};
use wgsl_check::{Buffer, Finding, Launch, Rule, Slice};

use super::kernels::Specialised;

/// Storage bindings a kernel may have: Metal has 8, of which wgpu takes one.
const BINDINGS: usize = 7;

/// All that is wrong with a kernel.
pub fn check(kernel: &Specialised) -> Vec<Finding> {
    let launches: Vec<Launch> = simulated(kernel).cloned().collect();
    let mut findings = wgsl_check::check(&kernel.shader, &launches);
    let limits = Limits {
        invocations: kernel.invocations,
        workgroup_bytes: kernel.workgroup_bytes,
        storage_bindings: BINDINGS,
    };
    findings.extend(resources(&kernel.shader, &limits));
    findings.extend(layout(kernel));
    findings
}

/// Where the uniform's fields do not lie as in the Rust struct that the kernel's is filled from.
fn layout(kernel: &Specialised) -> Option<Finding> {
    let name = kernel.kernel.name();
    match KERNELS.iter().find(|row| row.name == name) {
        Some(row) => uniform_layout(&kernel.shader, "dims", row.dims, row.dims_bytes),
        None => Some(Finding::new(
            Rule::Layout,
            "it is not in the table of kernels",
        )),
    }
}

/// Invocations times bytes of text above which a launch takes too long to simulate: a kernel with its loops written
/// out for 64 units does nothing that the same kernel for 8 does not.
const LONGEST: usize = 1 << 22;

/// The launches of a kernel that are simulated.
pub fn simulated(kernel: &Specialised) -> impl Iterator<Item = &Launch> {
    let entries = kernel.shader.module().entry_points.iter();
    let size: u32 = entries.flat_map(|entry| entry.workgroup_size).product();
    let text = kernel.shader.source().len();
    kernel.launches.iter().filter(move |launch| {
        let invocations = size * launch.groups.iter().product::<u32>();
        invocations as usize * text <= LONGEST
    })
}

/// Lanes of the subgroups that kernels of this form run in.
pub fn lanes_of(form: Form) -> u32 {
    match form {
        Form::Split { lanes, .. } | Form::Subgroup { lanes } => lanes as u32,
        Form::Portable | Form::Native => 1,
    }
}

/// The dispatch of a plan whose buffer `batch` holds these words; what the others hold is not known.
pub fn launch(plan: &Plan, dispatch: &Dispatch, form: Form, batch: &[u32]) -> Launch {
    let batch_id = plan.buffer("batch");
    let mut launch = Launch::new(dispatch.groups)
        .subgroup_size(lanes_of(form))
        .bind(0, 0, Buffer::bytes(&dispatch.dims));
    // The first buffer is the uniform.
    let mut known = Vec::new();
    for (binding, slice) in (1..).zip(&dispatch.bindings) {
        let buffer = known.iter().position(|&id| id == slice.buffer);
        let buffer = buffer.unwrap_or_else(|| {
            let bytes = plan.buffers[slice.buffer.0].bytes as usize;
            launch.buffers.push(match Some(slice.buffer) == batch_id {
                true => Buffer::shared(Arc::new(batch.to_vec())).with_len(bytes),
                false => Buffer::unknown(bytes),
            });
            known.push(slice.buffer);
            known.len() - 1
        });
        let slice = Slice {
            buffer: buffer + 1,
            offset: slice.offset as usize,
            bytes: slice.bytes as usize,
        };
        launch = launch.bind_slice(0, binding, slice);
    }
    launch
}
