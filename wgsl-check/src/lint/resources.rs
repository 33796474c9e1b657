//! What a shader asks of the device: memory, invocations, bindings, subgroups; and how a uniform of it is laid out.

use naga::{AddressSpace, Binding, BuiltIn, Module, Span, Statement, TypeInner};

use super::walk::{functions, statements};
use crate::finding::Finding;
use crate::rule::Rule;
use crate::shader::Shader;

/// Limits of a device that wgpu does not check when it makes a pipeline, or checks only where the adapter's are as low.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Invocations of a workgroup.
    pub invocations: usize,
    /// Bytes of workgroup memory.
    pub workgroup_bytes: usize,
    /// Storage bindings of an entry point.
    pub storage_bindings: usize,
}

impl Limits {
    /// WebGPU's default limits.
    pub const WEBGPU: Limits = Limits {
        invocations: 256,
        workgroup_bytes: 16 << 10,
        storage_bindings: 8,
    };
}

/// Where a shader asks for more than there is. A size that an `override` gives is not looked at.
pub fn resources(shader: &Shader, limits: &Limits) -> Vec<Finding> {
    let module = &shader.module;
    let mut findings = Vec::new();
    let mut find = |rule: Rule, span: Span, detail: String| {
        findings.push(Finding::new(rule, detail).at(&shader.source, span));
    };
    for (index, entry) in module.entry_points.iter().enumerate() {
        let info = shader.info.get_entry_point(index);
        let used = || {
            let variables = module.global_variables.iter();
            variables.filter(|(handle, _)| !info[*handle].is_empty())
        };
        let span_of = |handle| module.global_variables.get_span(handle);
        let of_workgroup = || used().filter(|(_, v)| v.space == AddressSpace::WorkGroup);
        let bytes: u64 = of_workgroup()
            .map(|(_, variable)| {
                let size = module.types[variable.ty].inner.size(module.to_ctx());
                u64::from(size).next_multiple_of(16)
            })
            .sum();
        if bytes > limits.workgroup_bytes as u64 {
            let span = of_workgroup()
                .next_back()
                .map_or(Span::UNDEFINED, |(h, _)| span_of(h));
            let detail = format!("{bytes} bytes, of {}", limits.workgroup_bytes);
            find(Rule::WorkgroupMemory, span, detail);
        }
        let of_storage = || used().filter(|(_, v)| matches!(v.space, AddressSpace::Storage { .. }));
        let storage = of_storage().count();
        if storage > limits.storage_bindings {
            let span = of_storage()
                .next_back()
                .map_or(Span::UNDEFINED, |(h, _)| span_of(h));
            let detail = format!("{storage} storage bindings, of {}", limits.storage_bindings);
            find(Rule::Bindings, span, detail);
        }
        let size: u64 = entry.workgroup_size.iter().map(|&n| u64::from(n)).product();
        if size > limits.invocations as u64 {
            let detail = format!(
                "{}: {size} invocations, of {}",
                entry.name, limits.invocations
            );
            find(Rule::Invocations, Span::UNDEFINED, detail);
        }
    }
    findings
}

/// Subgroup operations and built-in values in a module.
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

/// A field of the host's struct: its name and its offset in bytes.
pub type Field<'a> = (&'a str, usize);

/// Where the fields of the shader's only uniform do not lie as in the host's struct, of this name and so many bytes.
pub fn uniform_layout(
    shader: &Shader,
    name: &str,
    fields: &[Field],
    bytes: usize,
) -> Option<Finding> {
    let module = &shader.module;
    let uniforms = module
        .global_variables
        .iter()
        .filter(|(_, variable)| variable.space == AddressSpace::Uniform);
    let [(handle, uniform)] = uniforms.collect::<Vec<_>>()[..] else {
        return Some(Finding::new(Rule::Layout, "not one uniform"));
    };
    let span = module.global_variables.get_span(handle);
    let wrong = |detail: String| Some(Finding::new(Rule::Layout, detail).at(&shader.source, span));
    let TypeInner::Struct {
        ref members,
        span: size,
    } = module.types[uniform.ty].inner
    else {
        return wrong("the uniform is no struct".into());
    };
    let found: Vec<Field> = members
        .iter()
        .map(|m| (m.name.as_deref().unwrap_or(""), m.offset as usize))
        .collect();
    if uniform.name.as_deref() != Some(name) {
        return wrong(format!("it is called {:?}, not {name}", uniform.name));
    }
    if found != fields || size as usize != bytes {
        return wrong(format!(
            "{size} bytes {found:?}, on the host {bytes} bytes {fields:?}"
        ));
    }
    None
}
