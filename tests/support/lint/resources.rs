//! What a kernel asks of the device: memory, invocations, bindings, subgroups; and how its uniform is laid out.

use gatefold::plan::dims;
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
    let (fields, size) = rust_dims(kernel);
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

/// Name and offset of each field of the Rust struct that a kernel's uniform is filled from, and its size.
pub fn rust_dims(kernel: &str) -> (&'static [(&'static str, usize)], usize) {
    macro_rules! layout {
        ($name:ident) => {
            (dims::$name::LAYOUT, size_of::<dims::$name>())
        };
    }
    match kernel {
        "adam" => layout!(AdamDims),
        "attention_weights_backward" => layout!(PoolDims),
        "attention_weights_forward" | "mean_weights" => layout!(TimeWeightsDims),
        "binary_cross_entropy" => layout!(LossDims),
        "clip_scale" => layout!(ClipScaleDims),
        "column_sums" => layout!(ColumnSumsDims),
        "dropout" => layout!(DropoutDims),
        "end_step" => layout!(EndDims),
        "last_state" => layout!(LastStateDims),
        "peak_arithmetic" => layout!(PeakArithmeticDims),
        "peak_copy" => layout!(PeakCopyDims),
        "rmsprop" => layout!(RmsPropDims),
        "segment_sum" => layout!(SegmentDims),
        "sgd" => layout!(SgdDims),
        "softmax_cross_entropy" => layout!(SoftmaxLossDims),
        "square_sums" => layout!(SquareSumsDims),
        "transpose_matrix" => layout!(TransposeDims),
        "zero_masked" => layout!(RowsDims),
        name if name.starts_with("attention_scores_") => layout!(RowsDims),
        name if name.starts_with("dense_") => layout!(DenseDims),
        name if name.starts_with("embedding_") => layout!(RowsDims),
        "gru_backward_parameters" => layout!(GruParametersDims),
        "gru_step_backward" | "gru_step_forward" => layout!(StepDims),
        name if name.starts_with("gru_") => layout!(RecurrenceDims),
        name if name.starts_with("layer_norm_") => layout!(LayerNormDims),
        name if name.starts_with("lstm_step_") => layout!(StepDims),
        name if name.starts_with("lstm_") => layout!(RecurrenceDims),
        name if name.starts_with("matmul") => layout!(MatmulDims),
        name if name.starts_with("max_pool_") => layout!(PoolDims),
        name if name.starts_with("weighted_sum_") => layout!(PoolDims),
        name => panic!("which Rust struct fills the uniform of {name}? say it here"),
    }
}
