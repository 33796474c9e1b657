//! Runs a kernel on the host as far as indices and control flow go, to see who touches which word of memory.
//!
//! A workgroup's invocations walk through naga's code together, each with integers and booleans of its own; numbers
//! with a fraction are not computed, for no index depends on them. Every load and store of a buffer or of workgroup
//! memory is noted with the invocation and with the barriers it has passed. So what a device shows at times, and
//! a software adapter hardly ever, is found each time: two invocations at one word with no barrier between them, one
//! of them writing; an index past the end; a barrier that not all invocations reach.

// Each test program uses another part of it.
#![allow(dead_code)]

mod expressions;
mod machine;
mod memory;
mod values;

use std::sync::Arc;

use gatefold::plan::{Dispatch, Form, Plan};

use super::kernels::Shader;
use super::lint::Finding;
use machine::Workgroup;
use memory::Memory;

/// What a dispatch gives a kernel.
#[derive(Debug, Clone)]
pub struct Launch {
    pub groups: [u32; 3],
    /// Lanes of a subgroup.
    pub lanes: u32,
    /// The uniform, in words.
    pub dims: Vec<u32>,
    /// The storage buffers, from binding 1 on.
    pub buffers: Vec<Buffer>,
}

/// A storage binding.
#[derive(Debug, Clone)]
pub struct Buffer {
    /// Bindings of one buffer share its words.
    pub id: usize,
    /// First word.
    pub offset: usize,
    pub words: usize,
    /// What it holds, where that is known.
    pub content: Option<Arc<Vec<u32>>>,
}

impl Launch {
    /// Lanes of the subgroups that kernels of this form run in.
    pub fn lanes_of(form: Form) -> u32 {
        match form {
            Form::Split { lanes } | Form::Subgroup { lanes } => lanes as u32,
            Form::Portable | Form::Native => 1,
        }
    }

    /// The dispatch of a plan whose buffer `batch` holds these words.
    pub fn of(plan: &Plan, dispatch: &Dispatch, form: Form, batch: &[u32]) -> Launch {
        let batch_id = plan.buffer("batch");
        let content = Arc::new(batch.to_vec());
        let buffer = |slice: &gatefold::plan::Slice| Buffer {
            id: slice.buffer.0,
            offset: slice.offset as usize / 4,
            words: slice.bytes as usize / 4,
            content: (Some(slice.buffer) == batch_id).then(|| content.clone()),
        };
        Launch {
            groups: dispatch.groups,
            lanes: Launch::lanes_of(form),
            dims: dispatch
                .dims
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                .collect(),
            buffers: dispatch.bindings.iter().map(buffer).collect(),
        }
    }
}

/// What goes wrong in a dispatch of the shader's only entry point.
pub fn simulate(shader: &Shader, launch: &Launch) -> Vec<Finding> {
    let mut memory = Memory::new(shader, launch);
    let [across, down, deep] = launch.groups;
    for z in 0..deep {
        for y in 0..down {
            for x in 0..across {
                memory.next_workgroup();
                Workgroup::new(shader, launch, [x, y, z], &mut memory).run();
            }
        }
    }
    memory.findings()
}
