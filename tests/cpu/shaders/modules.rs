//! The kernels of many plans, each specialised once, parsed and validated; and walks over their code.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::LazyLock;

use gatefold::batch::Batch;
use gatefold::model::{Model, Variant};
use gatefold::plan::{Form, Kernel, Limits, Plan};
use gatefold::random::Philox;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{Block, Function, Module, ShaderStage, Statement};
use rayon::prelude::*;

use crate::support::models::{
    equal_batch, evaluation_plan, random_batch, recurrent, spread, training_plan,
};

/// A kernel with its sizes, and what plans of these tests ask of it.
pub struct Specialised {
    pub kernel: Kernel,
    /// Whether a plan in the portable form uses it.
    pub portable: bool,
    /// Fewest invocations a workgroup of the limits that it was planned for.
    pub invocations: usize,
    /// Fewest bytes of workgroup memory of those limits.
    pub workgroup_bytes: usize,
    /// Sizes of the uniforms that plans give it.
    pub dims_bytes: BTreeSet<usize>,
    pub module: Module,
    pub info: ModuleInfo,
}

/// Every kernel of the plans, parsed and validated.
pub fn all() -> &'static [Specialised] {
    static ALL: LazyLock<Vec<Specialised>> = LazyLock::new(specialise);
    &ALL
}

fn limits() -> Vec<Limits> {
    let subgroup = |lanes| Limits {
        form: Form::Subgroup { lanes },
        workgroup_bytes: 32 << 10,
        workgroup_invocations: 1024,
        wanted_workgroups: 2 * lanes,
        ..Limits::WEBGPU
    };
    [4, 8, 16, 32, 64]
        .into_iter()
        .map(subgroup)
        .chain([Limits::WEBGPU])
        .collect()
}

fn cases() -> Vec<(Model, Vec<Batch>)> {
    let mut random = Philox::new(1, 0);
    let batches = |sizes: &[usize], random: &mut Philox| {
        sizes
            .iter()
            .map(|&size| random_batch(9, size, random))
            .collect()
    };
    let mut cases: Vec<(Model, Vec<Batch>)> = Variant::ALL
        .iter()
        .map(|variant| (variant.model(8185).unwrap(), batches(&[1, 10], &mut random)))
        .collect();
    for masked in [false, true] {
        for layers in [
            &[(5, 2)][..],
            &[(8, 1)],
            &[(32, 2), (16, 1)],
            &[(64, 1), (64, 2)],
            &[(96, 2)],
        ] {
            cases.push((
                recurrent(if layers[0].0 == 5 { 5 } else { 12 }, masked, layers),
                batches(&[11], &mut random),
            ));
        }
    }
    cases.push((spread(6, 4), vec![equal_batch(130, 11, 4)]));
    cases
}

fn specialise() -> Vec<Specialised> {
    let mut wanted: HashMap<Kernel, (bool, usize, usize, BTreeSet<usize>)> = HashMap::new();
    let mut add = |plan: Plan, limits: &Limits| {
        for dispatch in plan.dispatches {
            let portable = limits.form == Form::Portable;
            let entry = wanted.entry(dispatch.kernel).or_insert((
                false,
                usize::MAX,
                usize::MAX,
                BTreeSet::new(),
            ));
            entry.0 |= portable;
            entry.1 = entry.1.min(limits.workgroup_invocations);
            entry.2 = entry.2.min(limits.workgroup_bytes);
            entry.3.insert(dispatch.dims.len());
        }
    };
    for limits in limits() {
        for (model, batches) in cases() {
            for batch in batches {
                add(training_plan(&model, &limits, batch.shape()), &limits);
                add(evaluation_plan(&model, &limits, batch.shape()), &limits);
                let one_tile = Limits {
                    wanted_workgroups: 1,
                    ..limits.clone()
                };
                add(training_plan(&model, &one_tile, batch.shape()), &limits);
            }
        }
    }
    let (done, failed): (Vec<_>, Vec<_>) = wanted
        .into_par_iter()
        .map(
            |(kernel, (portable, invocations, workgroup_bytes, dims_bytes))| {
                let (module, info) = validate(&kernel)?;
                Ok(Specialised {
                    kernel,
                    portable,
                    invocations,
                    workgroup_bytes,
                    dims_bytes,
                    module,
                    info,
                })
            },
        )
        .partition(|result: &Result<Specialised, String>| result.is_ok());
    let failures: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
    assert!(
        failures.is_empty(),
        "{} kernels are not valid:\n{}",
        failures.len(),
        failures.join("\n")
    );
    done.into_iter().filter_map(Result::ok).collect()
}

fn validate(kernel: &Kernel) -> Result<(Module, ModuleInfo), String> {
    let source = kernel.source().map_err(|error| error.to_string())?;
    let module = naga::front::wgsl::parse_str(&source).map_err(|error| {
        format!(
            "{kernel}: {}",
            error.emit_to_string_with_path(&source, kernel.name())
        )
    })?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::SUBGROUP)
        .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(&module)
        .map_err(|error| {
            format!(
                "{kernel}: {}",
                error.emit_to_string_with_path(&source, kernel.name())
            )
        })?;
    Ok((module, info))
}

/// The kernel in SPIR-V, with the checks that wgpu adds for a driver that has none of its own.
pub fn spirv(kernel: &Specialised) -> Result<Vec<u32>, String> {
    let options = spv::Options {
        lang_version: (1, 3),
        bounds_check_policies: BoundsCheckPolicies {
            index: BoundsCheckPolicy::Restrict,
            buffer: BoundsCheckPolicy::Restrict,
            ..BoundsCheckPolicies::default()
        },
        ..spv::Options::default()
    };
    spv::write_vec(&kernel.module, &kernel.info, &options, None).map_err(|error| error.to_string())
}

/// What the three back ends complain of.
pub fn translate(kernel: &Specialised) -> Vec<String> {
    let Specialised { module, info, .. } = kernel;
    let mut complaints = Vec::new();
    let mut note = |language: &str, error: Option<String>| {
        complaints.extend(error.map(|error| format!("{language}: {error}")))
    };

    note("SPIR-V", spirv(kernel).err());

    let options = msl::Options {
        lang_version: (2, 4),
        ..msl::Options::default()
    };
    let written = msl::write_string(module, info, &options, &msl::PipelineOptions::default());
    let inner = |info: &msl::TranslationInfo| {
        info.entry_point_names
            .iter()
            .filter_map(|name| name.as_ref().err().map(|error| error.to_string()))
            .next()
    };
    note(
        "MSL",
        written.map_or_else(|error| Some(error.to_string()), |(_, info)| inner(&info)),
    );

    let options = hlsl::Options {
        shader_model: hlsl::ShaderModel::V6_0,
        ..hlsl::Options::default()
    };
    let (mut text, pipeline) = (String::new(), hlsl::PipelineOptions::default());
    let written = hlsl::Writer::new(&mut text, &options, &pipeline).write(module, info, None);
    let inner = |info: &hlsl::ReflectionInfo| {
        info.entry_point_names
            .iter()
            .filter_map(|name| name.as_ref().err().map(|error| error.to_string()))
            .next()
    };
    note(
        "HLSL",
        written.map_or_else(|error| Some(error.to_string()), |info| inner(&info)),
    );
    complaints
}

/// All functions, entry points included.
pub fn functions(module: &Module) -> impl Iterator<Item = &Function> {
    let entries = module
        .entry_points
        .iter()
        .filter(|entry| entry.stage == ShaderStage::Compute);
    module
        .functions
        .iter()
        .map(|(_, function)| function)
        .chain(entries.map(|entry| &entry.function))
}

/// Visits every statement of a block, those in inner blocks included.
pub fn statements(block: &Block, visit: &mut dyn FnMut(&Statement)) {
    for statement in block.iter() {
        visit(statement);
        match statement {
            Statement::Block(inner) => statements(inner, visit),
            Statement::If { accept, reject, .. } => {
                statements(accept, visit);
                statements(reject, visit);
            }
            Statement::Switch { cases, .. } => {
                cases.iter().for_each(|case| statements(&case.body, visit))
            }
            Statement::Loop {
                body, continuing, ..
            } => {
                statements(body, visit);
                statements(continuing, visit);
            }
            _ => {}
        }
    }
}
