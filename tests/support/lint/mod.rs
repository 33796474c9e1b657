//! What naga's validator lets through: rules over a kernel's module, and over a simulation of its launches.

// Each test program uses another part of it.
#![allow(dead_code)]

mod resources;
mod uniformity;

use std::fmt;

use naga::{Module, Span};

use super::kernels::{Shader, Specialised};
use super::simulator::{Launch, simulate};
// Each test program uses another part of it.
#[allow(unused_imports)]
pub use resources::{layout, resources, subgroup_operations};

/// A rule that a kernel can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    Divergence,
    Subgroup,
    SharedStore,
    Race,
    Bounds,
    WorkgroupMemory,
    Invocations,
    Bindings,
    Layout,
    Opaque,
}

impl Rule {
    /// In two or three words.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Divergence => "divergent barrier",
            Rule::Subgroup => "divergent subgroup operation",
            Rule::SharedStore => "shared store",
            Rule::Race => "data race",
            Rule::Bounds => "index out of bounds",
            Rule::WorkgroupMemory => "too much workgroup memory",
            Rule::Invocations => "too many invocations",
            Rule::Bindings => "too many bindings",
            Rule::Layout => "uniform layout",
            Rule::Opaque => "cannot be followed",
        }
    }

    /// Why it matters.
    fn why(self) -> &'static str {
        match self {
            Rule::Divergence => {
                "a barrier or workgroupUniformLoad that not all invocations of a workgroup reach together has no \
                 defined effect; some GPUs hang, others go on without waiting"
            }
            Rule::Subgroup => {
                "a broadcast takes its value from a lane that may not be there, and a reduction leaves lanes out; \
                 GPUs differ in which lanes they take for being there"
            }
            Rule::SharedStore => {
                "several invocations store to one word without an order, so what stands there afterwards differs \
                 from run to run; added numbers get lost"
            }
            Rule::Race => {
                "two invocations touch one word, one of them writing, and no barrier says which comes first"
            }
            Rule::Bounds => {
                "the driver may drop the access, move it to another word, or give 0; none of them is an error"
            }
            Rule::WorkgroupMemory => {
                "wgpu makes the pipeline all the same, and the driver may fail or compute nothing"
            }
            Rule::Invocations => "WebGPU's default limit is 256 invocations a workgroup",
            Rule::Bindings => "Metal has 8 storage bindings, of which wgpu takes one",
            Rule::Layout => "the host fills other fields of the uniform than the kernel reads",
            Rule::Opaque => "what depends on this is not checked",
        }
    }

    /// How to get rid of it.
    fn remedy(self) -> &'static str {
        match self {
            Rule::Divergence => {
                "move it out of the branch or loop, or make the condition the same for the whole workgroup: \
                 constants, uniforms, workgroup_id"
            }
            Rule::Subgroup => {
                "move it before the branch, loop or return, and select from its result afterwards"
            }
            Rule::SharedStore => {
                "give each invocation a word of its own, or let one invocation store, inside `if index == 0u`"
            }
            Rule::Race => {
                "put a workgroupBarrier between both, or let them touch different words; between workgroups only \
                 another dispatch helps"
            }
            Rule::Bounds => "clamp the index, or return before the access",
            Rule::WorkgroupMemory => {
                "hold fewer rows in a workgroup, or take the limit into account in the plan"
            }
            Rule::Invocations => "share the work among fewer",
            Rule::Bindings => "put two arrays into one buffer",
            Rule::Layout => {
                "give the struct in WGSL and the one in src/plan/dims.rs the same fields in one order"
            }
            Rule::Opaque => {
                "let indices and loops depend on integers from uniforms, ids and the batch alone"
            }
        }
    }
}

/// A rule broken somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    /// Line and its text, or what else names the place.
    pub place: String,
    /// What was seen there.
    pub detail: String,
}

impl Finding {
    pub fn at(rule: Rule, source: &str, span: Span, detail: String) -> Finding {
        let line = span.location(source).line_number as usize;
        let text = source.lines().nth(line.saturating_sub(1)).unwrap_or("");
        Finding {
            rule,
            place: format!("line {line} `{}`", text.trim()),
            detail,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            rule,
            place,
            detail,
        } = self;
        writeln!(f, "{} at {place}: {detail}", rule.name())?;
        writeln!(f, "    why: {}", rule.why())?;
        write!(f, "    to fix it: {}", rule.remedy())
    }
}

/// All that is wrong with a kernel.
pub fn check(kernel: &Specialised) -> Vec<Finding> {
    let mut findings = statics(&kernel.shader);
    findings.extend(resources(
        &kernel.shader.module,
        kernel.invocations,
        kernel.workgroup_bytes,
    ));
    findings.extend(layout(&kernel.shader.module, kernel.kernel.name()));
    for launch in simulated(kernel) {
        for finding in simulate(&kernel.shader, launch) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// Invocations times bytes of text above which a launch takes too long to simulate: a kernel with its loops written
/// out for 64 units does nothing that the same kernel for 8 does not.
const LONGEST: usize = 1 << 22;

/// The launches of a kernel that are simulated.
pub fn simulated(kernel: &Specialised) -> impl Iterator<Item = &Launch> {
    let entries = kernel.shader.module.entry_points.iter();
    let size: u32 = entries.flat_map(|entry| entry.workgroup_size).product();
    let text = kernel.shader.source.len();
    kernel.launches.iter().filter(move |launch| {
        let invocations = size * launch.groups.iter().product::<u32>();
        invocations as usize * text <= LONGEST
    })
}

/// What the text alone shows: divergent barriers and subgroup operations, and shared stores.
pub fn statics(shader: &Shader) -> Vec<Finding> {
    uniformity::findings(&shader.module, &shader.source)
}

/// All functions of a module that run, entry points included.
fn functions(module: &Module) -> impl Iterator<Item = &naga::Function> {
    super::kernels::functions(module)
}
