//! The kernels of many plans, each specialised once, parsed and validated.

// Each test program uses another part of it.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::LazyLock;

use gatefold::batch::Batch;
use gatefold::model::{Activation, Model, Variant};
use gatefold::plan::{
    BatchLayout, Form, Kernel, Limits, Plan, Storage, Templates, peak_arithmetic, peak_copy,
};
use gatefold::random::Philox;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, SubgroupOperationSet, ValidationFlags, Validator};
use rayon::prelude::*;
use wgsl_check::{Launch, Shader};

use super::lint::{lanes_of, launch};
use super::models::{
    all_pooled, classifier, clipped_plan, dense, equal_batch, evaluation_plan, gru, normalised,
    optimiser_plan, other_optimisers, random_batch, recurrent, spread, training_plan,
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
    /// Some dispatches of it, small ones.
    pub launches: Vec<Launch>,
    pub shader: Shader,
}

/// What WebGPU has, among it the packing of halves, and subgroups.
const CAPABILITIES: Capabilities =
    Capabilities::SUBGROUP.union(Capabilities::SHADER_FLOAT16_IN_FLOAT32);

/// Parses and validates.
fn parse(name: &str, source: &str) -> Result<Shader, String> {
    let shader = Shader::parse_named(source, name).map_err(|error| error.to_string())?;
    Validator::new(ValidationFlags::all(), CAPABILITIES)
        .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(shader.module())
        .map_err(|error| error.emit_to_string_with_path(source, name))?;
    Ok(shader)
}

/// What plans of these tests ask of a kernel.
struct Use {
    kernel: Kernel,
    portable: bool,
    invocations: usize,
    workgroup_bytes: usize,
    dims_bytes: BTreeSet<usize>,
    launches: Vec<Launch>,
}

/// Every kernel of the plans, parsed and validated.
pub fn all() -> &'static [Specialised] {
    static ALL: LazyLock<Vec<Specialised>> = LazyLock::new(|| {
        specialise(&Templates::default(), |_| true).unwrap_or_else(|failures| {
            panic!(
                "{} kernels are not valid:\n{}",
                failures.len(),
                failures.join("\n")
            )
        })
    });
    &ALL
}

/// The kernels of the plans that `wanted` picks, made from these texts; or why some are not valid.
pub fn specialise(
    templates: &Templates,
    wanted: impl Fn(&Kernel) -> bool,
) -> Result<Vec<Specialised>, Vec<String>> {
    static USES: LazyLock<Vec<Use>> = LazyLock::new(uses);
    let uses: Vec<&Use> = USES.iter().filter(|usage| wanted(&usage.kernel)).collect();
    let specialised = uses.into_par_iter().map(|usage| {
        let source = usage
            .kernel
            .source_from(templates)
            .map_err(|error| error.to_string())?;
        let shader = parse(usage.kernel.name(), &source)
            .map_err(|problem| format!("{}: {problem}", usage.kernel))?;
        Ok(Specialised {
            kernel: usage.kernel.clone(),
            portable: usage.portable,
            invocations: usage.invocations,
            workgroup_bytes: usage.workgroup_bytes,
            dims_bytes: usage.dims_bytes.clone(),
            launches: usage.launches.clone(),
            shader,
        })
    });
    let (done, failed): (Vec<_>, Vec<_>) = specialised.partition(Result::is_ok);
    let failures: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
    match failures.is_empty() {
        true => Ok(done.into_iter().filter_map(Result::ok).collect()),
        false => Err(failures),
    }
}

/// Limits that plans are made for.
pub fn limits() -> Vec<Limits> {
    let subgroup = |lanes| Limits {
        form: Form::Subgroup { lanes },
        workgroup_bytes: 32 << 10,
        workgroup_invocations: 1024,
        wanted_workgroups: 2 * lanes,
        ..Limits::WEBGPU
    };
    let split = |lanes| Limits {
        form: Form::Split {
            least: lanes,
            lanes,
        },
        product_quads: if lanes < 32 { 1 } else { 2 },
        ..subgroup(lanes)
    };
    let subgroups = [4, 8, 16, 32, 64].map(subgroup);
    let splits = [8, 16, 32, 64].map(split);
    // No weights in registers, as where a workgroup has few threads.
    let few_threads = Limits {
        narrow_invocations: Some(0),
        ..split(8)
    };
    // A row a workgroup, as GPUs without subgroups take it.
    let one_row = Limits {
        row_tile: Some(1),
        ..Limits::WEBGPU
    };
    let portable = Limits {
        workgroup_invocations: 1024, // the widest layer would have no halves
        ..Limits::WEBGPU
    };
    let halves = [portable, subgroup(8), split(8), split(32)].map(|limits| Limits {
        storage: Storage::F16,
        ..limits
    });
    [Limits::WEBGPU, one_row, few_threads]
        .into_iter()
        .chain(subgroups)
        .chain(splits)
        .chain(halves)
        .collect()
}

/// Models, whether they mask padding, and batches.
pub fn cases() -> Vec<(Model, bool, Vec<Batch>)> {
    let mut random = Philox::new(1, 0);
    let batches = |sizes: &[usize], random: &mut Philox| {
        sizes
            .iter()
            .map(|&size| random_batch(9, size, random))
            .collect()
    };
    // Few launches of a kernel are kept, so those first that show the most: masked slots that are gathered by, at widths
    // that are odd in Elements, for the mask bit times an even one wraps around to 0.
    let mut cases: Vec<(Model, bool, Vec<Batch>)> = vec![
        (spread(5, 4), true, batches(&[11], &mut random)),
        (spread(12, 4), true, batches(&[11], &mut random)),
        (spread(6, 4), false, vec![equal_batch(130, 11, 4)]),
        (
            dense(6, 5, Activation::Relu, 0.0),
            false,
            batches(&[11], &mut random),
        ),
    ];
    cases.extend(Variant::ALL.iter().map(|variant| {
        let model = variant.model(8185).unwrap();
        (model, false, batches(&[1, 10], &mut random))
    }));
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
                masked,
                // Few rows of the widest, so that a simulation of it ends soon.
                batches(&[if layers[0].0 == 96 { 3 } else { 11 }], &mut random),
            ));
        }
        for model in all_pooled(masked) {
            cases.push((model, masked, batches(&[3], &mut random)));
        }
    }
    for masked in [false, true] {
        // Lanes that own no unit, at a size that is simulated.
        cases.push((
            recurrent(5, masked, &[(20, 1)]),
            masked,
            batches(&[3], &mut random),
        ));
        cases.push((
            gru(5, masked, &[(20, 1)]),
            masked,
            batches(&[3], &mut random),
        ));
        // 96 units are more than a workgroup holds with WebGPU's limits, and less than it holds elsewhere.
        for layers in [&[(5, 2)][..], &[(8, 2), (7, 1)], &[(64, 1)], &[(96, 2)]] {
            let size = if layers[0].0 < 64 { 11 } else { 3 };
            cases.push((
                gru(5, masked, layers),
                masked,
                batches(&[size], &mut random),
            ));
        }
    }
    for width in [5, 8] {
        cases.push((normalised(width), false, batches(&[3], &mut random)));
    }
    cases.push((classifier(3), false, batches(&[5], &mut random)));
    cases.push((spread(6, 4), false, vec![equal_batch(130, 11, 4)]));
    cases
}

/// Launches kept of a kernel for each size of subgroups.
const LAUNCHES: usize = 2;

/// Workgroups of a launch that is kept, at most.
const LARGEST: u32 = 128;

fn uses() -> Vec<Use> {
    let mut uses: HashMap<Kernel, Use> = HashMap::new();
    each_plan(&mut |plan, limits, batch| {
        for dispatch in &plan.dispatches {
            let usage = uses.entry(dispatch.kernel.clone()).or_insert_with(|| Use {
                kernel: dispatch.kernel.clone(),
                portable: false,
                invocations: usize::MAX,
                workgroup_bytes: usize::MAX,
                dims_bytes: BTreeSet::new(),
                launches: Vec::new(),
            });
            usage.portable |= limits.form == Form::Portable;
            usage.invocations = usage.invocations.min(limits.workgroup_invocations);
            usage.workgroup_bytes = usage.workgroup_bytes.min(limits.workgroup_bytes);
            usage.dims_bytes.insert(dispatch.dims.len());
            let groups: u32 = dispatch.groups.iter().product();
            let lanes = lanes_of(limits.form);
            let alike = usage.launches.iter().filter(|l| l.subgroup_size == lanes);
            if alike.count() < LAUNCHES && groups <= LARGEST {
                usage
                    .launches
                    .push(launch(plan, dispatch, limits.form, batch));
            }
        }
    });
    uses.into_values().collect()
}

/// Visits the plans of all cases under all limits, with the batch that each is for.
pub fn each_plan(add: &mut dyn FnMut(&Plan, &Limits, &[u32])) {
    for limits in limits() {
        for (model, masked, batches) in cases() {
            for batch in batches {
                let words = BatchLayout::new(batch.shape()).pack(&batch, masked);
                let one_tile = Limits {
                    wanted_workgroups: 1,
                    segment: 4,
                    ..limits.clone()
                };
                let shape = batch.shape();
                add(&training_plan(&model, &limits, shape), &limits, &words);
                add(&evaluation_plan(&model, &limits, shape), &limits, &words);
                add(&training_plan(&model, &one_tile, shape), &limits, &words);
            }
        }
        let batch = equal_batch(3, 2, 1);
        let words = BatchLayout::new(batch.shape()).pack(&batch, false);
        let clipped = clipped_plan(&recurrent(5, false, &[(4, 1)]), &limits, batch.shape());
        add(&clipped, &limits, &words);
        for optimiser in other_optimisers() {
            for clip in [false, true] {
                let model = recurrent(5, false, &[(4, 1)]);
                let plan = optimiser_plan(&model, &limits, batch.shape(), optimiser, clip);
                add(&plan, &limits, &words);
            }
        }
        add(&peak_arithmetic(&limits, 2, 3).unwrap(), &limits, &words);
        add(&peak_copy(&limits, 70, 1).unwrap(), &limits, &words);
    }
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
    let (module, info) = (kernel.shader.module(), kernel.shader.info());
    spv::write_vec(module, info, &options, None).map_err(|error| error.to_string())
}

/// What the three back ends complain of.
pub fn translate(kernel: &Specialised) -> Vec<String> {
    let (module, info) = (kernel.shader.module(), kernel.shader.info());
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
