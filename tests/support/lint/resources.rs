//! What a kernel asks of the device: memory, invocations, bindings, subgroups; and how its uniform is laid out.

use gatefold::plan::KERNELS;
use naga::{AddressSpace, Binding, BuiltIn, Module, Statement, TypeInner};

use super::{Finding, Rule, functions};
use crate::support::kernels::statements;

/// Storage bindings a kernel may have: Metal has 8, of which wgpu takes one.
const BINDINGS: usize = 7;

fn finding(rule: Rule, place: &str, detail: String) -> Finding {
    Finding {
        rule,
        place: place.to_owned(),
        detail,
    }
}

/// Limits that wgpu does not check when it makes a pipeline, or checks only where the adapter's are as low.
pub fn resources(module: &Module, invocations: usize, workgroup_bytes: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let variables = || module.global_variables.iter().map(|(_, variable)| variable);
    let bytes: usize = variables()
        .filter(|variable| variable.space == AddressSpace::WorkGroup)
        .map(|variable| {
            let size = module.types[variable.ty].inner.size(module.to_ctx());
            size.next_multiple_of(16) as usize
        })
        .sum();
    if bytes > workgroup_bytes {
        let detail = format!("{bytes} bytes, of {workgroup_bytes}");
        findings.push(finding(Rule::WorkgroupMemory, "var<workgroup>", detail));
    }
    let storage = variables()
        .filter(|variable| matches!(variable.space, AddressSpace::Storage { .. }))
        .count();
    if storage > BINDINGS {
        let detail = format!("{storage} storage bindings, of {BINDINGS}");
        findings.push(finding(Rule::Bindings, "var<storage>", detail));
    }
    for entry in &module.entry_points {
        let size: u32 = entry.workgroup_size.iter().product();
        if size as usize > invocations {
            let detail = format!("{size} invocations, of {invocations}");
            findings.push(finding(Rule::Invocations, "@workgroup_size", detail));
        }
    }
    findings
}

/// Subgroup operations and built-ins in the module.
pub fn subgroup_operations(module: &Module) -> usize {
    let mut count = 0;
    for function in functions(module) {
        count += function
            .arguments
            .iter()
            .filter(|argument| is_subgroup(argument.binding.as_ref()))
            .count();
        statements(&function.body, &mut |statement| {
            count += usize::from(matches!(
                statement,
                Statement::SubgroupBallot { .. }
                    | Statement::SubgroupGather { .. }
                    | Statement::SubgroupCollectiveOperation { .. }
            ));
        });
    }
    count
}

fn is_subgroup(binding: Option<&Binding>) -> bool {
    matches!(
        binding,
        Some(Binding::BuiltIn(
            BuiltIn::SubgroupId
                | BuiltIn::SubgroupSize
                | BuiltIn::SubgroupInvocationId
                | BuiltIn::NumSubgroups
        ))
    )
}

/// Where the uniform's fields do not lie as in the Rust struct that the kernel's is filled from.
pub fn layout(module: &Module, kernel: &str) -> Vec<Finding> {
    let wrong = |detail: String| vec![finding(Rule::Layout, "var<uniform>", detail)];
    let uniforms = module
        .global_variables
        .iter()
        .filter(|(_, variable)| variable.space == AddressSpace::Uniform);
    let [(_, uniform)] = uniforms.collect::<Vec<_>>()[..] else {
        return wrong("not one uniform".into());
    };
    let TypeInner::Struct { ref members, span } = module.types[uniform.ty].inner else {
        return wrong("the uniform is no struct".into());
    };
    let found: Vec<(&str, usize)> = members
        .iter()
        .map(|m| (m.name.as_deref().unwrap_or(""), m.offset as usize))
        .collect();
    let Some(row) = KERNELS.iter().find(|row| row.name == kernel) else {
        return wrong("it is not in the table of kernels".into());
    };
    let (fields, size) = (row.dims, row.dims_bytes);
    if uniform.name.as_deref() != Some("dims") {
        return wrong(format!("it is called {:?}, not dims", uniform.name));
    }
    if found != fields || span as usize != size {
        return wrong(format!(
            "{span} bytes {found:?}, in Rust {size} bytes {fields:?}"
        ));
    }
    Vec::new()
}
