//! Writes the recurrent kernels of a layer, or the products around them, as a driver would be given them: WGSL, SPIR-V, MSL
//! and HLSL.
//!
//! `cargo run --example kernel_texts -- OUT [cell=lstm|gru|products] [units=64] [form=split|portable|subgroup] [lanes=32]
//! [quads=2] [masked=1] [least=32] [few_registers=1] [threads=56] [storage=f32|f16] [once=1] [written=1] [checks=0] [texts=FOLDER]`
//!
//! `lanes` are those of an adapter's largest subgroup, `least` those of its smallest, `threads` how many subgroups a workgroup may
//! have where they are few; `few_registers=1` is for a GPU whose lanes have no more than 128 registers.
//! `cell=products` are an LSTM's; `quads` of rows and of columns are an invocation's, 1 or 2. `once=1` writes the loop over
//! time, or over the rounds of a product, once, so that the difference of two estimates of a compiler tells what a timestep
//! or a round costs. `written=1` writes the loops inside a round out, for a compiler does not say how often it supposes that
//! they run. `checks=0` leaves out the checks of indices and loops that wgpu asks for. `texts=FOLDER` takes each `NAME.wgsl`
//! that is there in the place of the one in `shaders/`. `scripts/gpu-compilers/` gives these files to GPUs' compilers.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use gatefold::batch::BatchShape;
use gatefold::model::{Bidirectional, Dense, Embedding, Gru, Lstm, Model, Sequential};
use gatefold::plan::{
    Adam, DropoutMask, Form, Gradients, Limits, ParameterLayout, StepContext, Storage, Templates,
    training_step,
};
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, SubgroupOperationSet, ValidationFlags, Validator};

/// The cell that stands for the products around a recurrence.
const PRODUCTS: &str = "products";

/// Loops over time and over the rounds of a product: how they begin, and what stands there where they run once.
const LOOPS: [(&str, &str); 2] = [
    ("for (var n = 0u; n < dims.count; n++) {", "{ let n = 0u;"),
    (
        "for (var round = 0u; round < rounds; round++) {",
        "{ let round = 0u;",
    ),
];

/// What is asked for.
struct Request {
    out: String,
    cell: String,
    units: usize,
    form: String,
    lanes: usize,
    quads: usize,
    masked: bool,
    least: usize,
    few_registers: bool,
    threads: Option<usize>,
    storage: Storage,
    once: bool,
    written: bool,
    checks: bool,
    texts: Option<String>,
}

fn request() -> anyhow::Result<Request> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().context("name a folder to write to")?;
    let mut request = Request {
        out,
        cell: "lstm".into(),
        units: 64,
        form: "split".into(),
        lanes: 32,
        quads: 2,
        masked: false,
        least: 32,
        few_registers: false,
        threads: None,
        storage: Storage::F32,
        once: false,
        written: false,
        checks: true,
        texts: None,
    };
    for argument in arguments {
        match argument.split_once('=') {
            Some(("cell", cell)) => request.cell = cell.into(),
            Some(("units", units)) => request.units = units.parse()?,
            Some(("form", form)) => request.form = form.into(),
            Some(("lanes", lanes)) => request.lanes = lanes.parse()?,
            Some(("quads", quads)) => request.quads = quads.parse()?,
            Some(("masked", masked)) => request.masked = masked == "1",
            Some(("least", least)) => request.least = least.parse()?,
            Some(("few_registers", few)) => request.few_registers = few == "1",
            Some(("threads", threads)) => request.threads = Some(threads.parse()?),
            Some(("storage", name)) => {
                let found = Storage::ALL.into_iter().find(|form| form.name() == name);
                request.storage = found.with_context(|| format!("there is no storage {name}"))?;
            }
            Some(("once", once)) => request.once = once == "1",
            Some(("written", written)) => request.written = written == "1",
            Some(("checks", checks)) => request.checks = checks == "1",
            Some(("texts", folder)) => request.texts = Some(folder.into()),
            _ => {
                bail!(
                    "{argument} is not cell=, units=, form=, lanes=, quads=, masked=, least=, few_registers=, threads=, storage=, once=, written=, checks= or texts="
                )
            }
        }
    }
    Ok(request)
}

fn main() -> anyhow::Result<()> {
    let request = request()?;
    let out = Path::new(&request.out);
    std::fs::create_dir_all(out)?;
    let form = match (&request.form[..], request.lanes) {
        ("split", lanes) => Form::Split {
            least: request.least,
            lanes,
        },
        ("subgroup", lanes) => Form::Subgroup { lanes },
        ("portable", _) => Form::Portable,
        (other, _) => bail!("there is no form {other}"),
    };
    let limits = Limits {
        form,
        workgroup_bytes: 32 << 10,
        workgroup_invocations: 1024,
        wanted_workgroups: 64,
        product_quads: request.quads,
        narrow_invocations: request.threads.map(|threads| threads * request.least),
        few_registers: request.few_registers,
        storage: request.storage,
        ..Limits::WEBGPU
    };
    let model = model(&request)?;
    let shape = BatchShape {
        length: 864,
        size: 10,
        unique: 5340,
        direct_runs: 5340,
        partial_runs: 60,
        fold_runs: 30,
    };
    let context = StepContext {
        sequence: 3,
        step: 1,
        optimiser: Some(Adam::new(1e-3).into()),
        gradients: Gradients::default(),
        dropout: DropoutMask::Drawn { seed: 7, step: 1 },
    };
    let plan = training_step(
        &model,
        &ParameterLayout::new(&model),
        &limits,
        shape,
        context,
    )?;
    let asked = plan
        .dispatches
        .iter()
        .filter(|dispatch| match request.cell == PRODUCTS {
            true => dispatch.kernel.name().starts_with("matmul"),
            false => {
                dispatch.label.ends_with("l.forward") || dispatch.label.ends_with("l.backward")
            }
        });
    let mut kernels: Vec<_> = Vec::new();
    for dispatch in asked {
        if !kernels.contains(&&dispatch.kernel) {
            kernels.push(&dispatch.kernel);
        }
    }
    ensure!(!kernels.is_empty(), "the plan has no such kernel");
    for kernel in kernels {
        let mut templates = Templates::default();
        if let Some(folder) = &request.texts {
            let file = Path::new(folder).join(format!("{}.wgsl", kernel.name()));
            if file.exists() {
                templates = templates.replace(kernel.name(), std::fs::read_to_string(file)?)?;
            }
        }
        let mut source = kernel.source_from(&templates)?;
        if request.written {
            source = written_out(&source).with_context(|| format!("the loops of {kernel}"))?;
        }
        if request.once {
            let found = LOOPS.iter().find(|(text, _)| source.contains(text));
            let (text, once) = found.with_context(|| format!("{kernel} has no such loop"))?;
            source = source.replace(text, once);
        }
        let file = kernel.to_string().replace(' ', "_").replace('=', "");
        translate(&out.join(&file), kernel.name(), &source, request.checks)
            .with_context(|| format!("{kernel} in {}", request.out))?;
        println!("{file}");
    }
    Ok(())
}

/// The text with its loops over the k of a round written out.
fn written_out(source: &str) -> anyhow::Result<String> {
    let (_, depth) = source
        .split_once("const DEPTH = ")
        .context("there is no DEPTH")?;
    let (depth, _) = depth.split_once("u;").context("DEPTH has no number")?;
    let depth: u32 = depth.parse()?;
    let (mut written, mut rest) = (String::new(), source);
    while let Some((before, after)) = rest.split_once("for (var k = 0u; k < DEPTH; ") {
        let (step, after) = after.split_once(") {\n").context("a loop has no head")?;
        let step = match step.split_once("+= ") {
            Some((_, step)) => step.trim_end_matches('u').parse()?,
            None => 1,
        };
        let indent = before.rsplit('\n').next().unwrap_or_default();
        let end = format!("\n{indent}}}\n");
        let (body, after) = after.split_once(&end).context("a loop does not end")?;
        written += before;
        for k in (0..depth).step_by(step) {
            written += &format!("{{ let k = {k}u;\n{body}\n}}\n");
        }
        rest = after;
    }
    ensure!(!written.is_empty(), "there are none");
    Ok(written + rest)
}

fn model(request: &Request) -> anyhow::Result<Model> {
    let mut embedding = Embedding::new(8185, 64);
    embedding.mask_zero = request.masked;
    let recurrent = match &request.cell[..] {
        "lstm" | PRODUCTS => Bidirectional::new(Lstm::new(request.units)),
        "gru" => Bidirectional::new(Gru::new(request.units)),
        other => bail!("there is no cell {other}"),
    };
    let model = Sequential::new("one layer").add(embedding).add(recurrent);
    Ok(model.add(Dense::new(1).sigmoid()).build()?)
}

/// Writes PATH.wgsl, .spv, .metal and .hlsl, with the checks that wgpu asks naga for or without any.
fn translate(path: &Path, entry_point: &str, source: &str, checks: bool) -> anyhow::Result<()> {
    std::fs::write(path.with_extension("wgsl"), source)?;
    let module = naga::front::wgsl::parse_str(source)?;
    let info = Validator::new(
        ValidationFlags::all(),
        Capabilities::SUBGROUP | Capabilities::SHADER_FLOAT16_IN_FLOAT32,
    )
    .subgroup_stages(naga::valid::ShaderStages::COMPUTE)
    .subgroup_operations(SubgroupOperationSet::all())
    .validate(&module)?;

    let policy = match checks {
        true => BoundsCheckPolicy::Restrict,
        false => BoundsCheckPolicy::Unchecked,
    };
    // A driver with robustBufferAccess2 checks the indices of buffers itself.
    let options = spv::Options {
        lang_version: (1, 6),
        bounds_check_policies: BoundsCheckPolicies {
            index: policy,
            ..BoundsCheckPolicies::default()
        },
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Native,
        force_loop_bounding: checks,
        ..spv::Options::default()
    };
    let pipeline = spv::PipelineOptions {
        shader_stage: naga::ShaderStage::Compute,
        entry_point: entry_point.to_owned(),
    };
    let words = spv::write_vec(&module, &info, &options, Some(&pipeline))?;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(path.with_extension("spv"), bytes)?;

    let options = msl::Options {
        lang_version: (3, 0),
        bounds_check_policies: BoundsCheckPolicies {
            index: policy,
            buffer: policy,
            ..BoundsCheckPolicies::default()
        },
        zero_initialize_workgroup_memory: true,
        force_loop_bounding: checks,
        fake_missing_bindings: true,
        ..msl::Options::default()
    };
    let (text, _) = msl::write_string(&module, &info, &options, &msl::PipelineOptions::default())?;
    std::fs::write(path.with_extension("metal"), text)?;

    let options = hlsl::Options {
        shader_model: hlsl::ShaderModel::V6_0,
        restrict_indexing: checks,
        force_loop_bounding: checks,
        zero_initialize_workgroup_memory: true,
        fake_missing_bindings: true,
        ..hlsl::Options::default()
    };
    let (mut text, pipeline) = (String::new(), hlsl::PipelineOptions::default());
    hlsl::Writer::new(&mut text, &options, &pipeline).write(&module, &info, None)?;
    std::fs::write(path.with_extension("hlsl"), text)?;
    Ok(())
}
