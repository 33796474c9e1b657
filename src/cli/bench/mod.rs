//! `gatefold bench`: how long a step takes, and where its time goes.

mod comparison;
mod figures;
mod measure;
mod report;
mod survey;
mod survey_cells;
mod table;
mod timeline;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use gatefold::Error;
use gatefold::batch::{Padding, longest_shape};
use gatefold::device::Device;
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, Storage};
use gatefold::report::{check_absent, write_atomically};
use gatefold::run::kernel_form;
use gatefold::train::{Session, segment_length};
use serde::Serialize;

use comparison::Comparison;
use measure::{Pass, Steps, WARM_UP};
use report::{FORMAT, Report, System, Work, milliseconds, rounded};
use survey::Survey;
use survey_cells::survey;
pub use timeline::{OwnSpans, Timeline};
use workload::Workload;

use super::args::BenchArgs;
use super::screen::{Output, print_json};
use super::settings::{ModelSource, adapter_choice};
use super::usage::option;

/// Steps in a trace.
const TRACED: usize = 3;

/// A report, and beside it what it says to an earlier one.
#[derive(Serialize)]
struct WithComparison<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a Comparison>,
}

/// Times steps of a model, or of every form without one; `timeline` collects what is traced.
pub fn run(args: &BenchArgs, timeline: Option<&Timeline>, quiet: bool) -> Result<()> {
    let output = Output {
        json: args.json,
        quiet,
    };
    if let [earlier, now] = &args.compare[..] {
        return compare_files(args, earlier, now, &output);
    }
    if !args.model.is_given() && args.report.is_some() {
        return every_form(args, &output);
    }
    if args.inference && args.storage.storage != Storage::default() {
        let problem = "is for training: predicting keeps nothing for a backward pass; leave it out";
        return Err(option("--storage", problem).into());
    }
    let source = ModelSource::new(&args.model)?;
    let report_file = args
        .report
        .as_ref()
        .map(|file| file.clone().unwrap_or_else(|| default_report(args)));
    if let Some(file) = &report_file {
        check_writable("--report", file)?;
    }
    if let Some(file) = &args.trace {
        check_writable("--trace", file)?;
    }
    let earlier = args
        .compare
        .first()
        .map(|file| Report::read(file))
        .transpose()?;
    let workload = Workload::new(args, &source)?;
    let vocabulary = workload.vocabulary();
    // The labels, 0 and 1, are classes of every model.
    let classes = source.model(vocabulary)?.classes();
    let model = source.model_for(vocabulary, classes, None)?;
    let (mut session, mut report) = measured(args, &workload, model)?;

    if let (Some(file), Some(timeline)) = (&args.trace, timeline) {
        timeline.clear();
        let kernels = measure::traced(&mut session, &workload, pass(args), TRACED)?;
        let trace = timeline.chrome_trace(&kernels, &report.adapter.name);
        write_atomically(file, &serde_json::to_vec(&trace)?)?;
    }
    if args.profile || report_file.is_some() {
        let batch = workload.batches(1)?.next().ok_or_else(no_batch)?;
        pass(args).step(&mut session, &batch)?;
        let peak = session.peak()?;
        report.profile = Some(measure::profile(&mut session, &batch, pass(args), peak)?);
    }
    if let Some(file) = &report_file {
        write_atomically(file, &serde_json::to_vec_pretty(&report)?)?;
        output.say(&format!("Wrote {}", file.display()));
    }
    if let Some(file) = &args.trace {
        output.say(&format!("Wrote {}", file.display()));
    }
    let comparison = earlier.map(|earlier| Comparison::new(&earlier, &report));
    if args.json {
        let comparison = comparison.as_ref();
        return print_json(&WithComparison {
            report: &report,
            comparison,
        });
    }
    output.result(&table::text(&report))?;
    if let Some(comparison) = comparison {
        output.result(&format!("\n{}", comparison.text()))?;
    }
    Ok(())
}

/// Two files side by side, of the same kind; nothing is measured.
fn compare_files(args: &BenchArgs, earlier: &Path, now: &Path, output: &Output) -> Result<()> {
    if args.model.is_given() || args.report.is_some() || args.json {
        let problem =
            "takes two files without a model, --report and --json: it measures nothing then";
        return Err(option("--compare", problem).into());
    }
    match (Survey::read(earlier)?, Survey::read(now)?) {
        (Some(earlier), Some(now)) => output.result(&earlier.compared(&now)),
        (None, None) => {
            let (earlier, now) = (Report::read(earlier)?, Report::read(now)?);
            output.result(&Comparison::new(&earlier, &now).text())
        }
        _ => {
            let problem =
                "one file is of every form, the other of one model; compare files of one kind";
            Err(option("--compare", problem).into())
        }
    }
}

/// Measures every form that the device can run, and writes that to a file.
fn every_form(args: &BenchArgs, output: &Output) -> Result<()> {
    let default = || PathBuf::from("gatefold-bench-forms.json");
    let file = args.report.clone().flatten().unwrap_or_else(default);
    check_writable("--report", &file)?;
    for (name, is_typed) in [
        ("--row-tile", args.tile.rows().is_some()),
        ("--storage", args.storage.storage != Storage::default()),
    ] {
        if is_typed {
            let problem = "is for one model; leave it out, or give a VARIANT or --config FILE";
            return Err(option(name, problem).into());
        }
    }
    if args.json && !args.compare.is_empty() {
        let problem = "makes a table of every form; leave out --json, or give a model";
        return Err(option("--compare", problem).into());
    }
    let earlier = match args.compare.first() {
        None => None,
        Some(file) => {
            let problem = "is no report of every form; make one with gatefold bench --report FILE";
            let survey = Survey::read(file)?;
            Some(
                survey
                    .ok_or_else(|| option("--compare", format!("{} {problem}", file.display())))?,
            )
        }
    };
    let found = survey(args, |case| output.say(case))?;
    write_atomically(&file, &serde_json::to_vec_pretty(&found)?)?;
    output.say(&format!("Wrote {}", file.display()));
    match args.json {
        true => print_json(&found)?,
        false => output.result(&found.text())?,
    }
    if let Some(earlier) = earlier {
        output.result(&format!("\n{}", earlier.compared(&found)))?;
    }
    match &found.problems()[..] {
        [] => Ok(()),
        problems => Err(Error::Adapter(format!(
            "{} of {} forms and sizes did not give the right numbers on {}; please send {}, and use another of --kernels",
            problems.len(),
            found.cells.len(),
            found.adapter.name,
            file.display()
        ))
        .into()),
    }
}

fn pass(args: &BenchArgs) -> Pass {
    if args.inference {
        Pass::Inference
    } else {
        Pass::Training
    }
}

fn no_batch() -> Error {
    Error::Data("there are no reviews to make batches of".into())
}

/// Opens the device, runs the first step, then those that are timed.
fn measured(args: &BenchArgs, workload: &Workload, model: Model) -> Result<(Session, Report)> {
    let pass = pass(args);
    let batch = workload.batches(1)?.next().ok_or_else(no_batch)?;
    let parameters = initialise(&model, 0);
    let start = Instant::now();
    let device = Device::open(&adapter_choice(&args.device))?;
    let limits = device.limits(args.device.kernels.into())?;
    let limits = limits.with_row_tile(args.tile.rows())?;
    let limits = limits.with_storage(args.storage.storage)?;
    let (adapter, kernels) = (device.report(), kernel_form(&limits));
    let mut session = Session::new(device, model, limits, &parameters, Adam::new(1e-4), 0)?;
    pass.step(&mut session, &batch)?;
    let first_step = start.elapsed();

    // Predicting needs far less than the training that `reserve` provides for.
    if let Workload::Real { dataset, .. } = workload
        && pass == Pass::Training
    {
        let size = args.batch_size as usize;
        session.reserve(longest_shape(&dataset.train, size, Padding::AFTER))?;
    }
    for _ in 1..WARM_UP {
        let (warm, _) = pass.step(&mut session, &batch)?;
        if !session.device().is_software() {
            session.set_segment(segment_length(warm, batch.length));
        }
    }
    let steps = args.steps as usize;
    let Steps {
        step_ms,
        timesteps_a_second,
        host_ms,
        length,
    } = match workload {
        Workload::Random { .. } => measure::repeat(&mut session, &batch, pass, steps)?,
        Workload::Real { .. } => measure::pipeline(&mut session, workload, pass, steps)?,
    };
    let report = Report {
        format: FORMAT,
        gatefold: env!("CARGO_PKG_VERSION").to_string(),
        system: System::of_this_machine(),
        adapter,
        kernels,
        row_tile: args.tile.rows(),
        storage: args.storage.storage,
        work: work(args, workload, session.model(), length),
        steps: args.steps,
        step_ms,
        timesteps_a_second,
        host_ms,
        first_step_ms: rounded(milliseconds(first_step)),
        peak_memory_mb: measure::peak_memory_mb(),
        buffer_mb: rounded(session.device().buffer_bytes() as f64 / f64::from(1 << 20)),
        profile: None,
    };
    Ok((session, report))
}

/// What was timed, without what a user called it.
fn work(args: &BenchArgs, workload: &Workload, model: &Model, length: f64) -> Work {
    Work {
        model: model_name(args),
        layers: model
            .layers()
            .iter()
            .map(|layer| layer.kind.clone())
            .collect(),
        parameters: model.count_parameters(),
        inference: args.inference,
        real: matches!(workload, Workload::Real { .. }),
        batch_size: args.batch_size as usize,
        length: rounded(length),
        vocabulary: workload.vocabulary(),
    }
}

fn model_name(args: &BenchArgs) -> String {
    args.model
        .variant
        .map_or("config".to_string(), |variant| variant.to_string())
}

fn default_report(args: &BenchArgs) -> PathBuf {
    PathBuf::from(format!("gatefold-bench-{}.json", model_name(args)))
}

/// Fails before any work where a file could not be written after it, or would replace another.
fn check_writable(name: &'static str, file: &Path) -> Result<(), Error> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let problem = format!("there is no folder {}; make it first", folder.display());
            Err(option(name, problem))
        }
        _ => check_absent(name, file),
    }
}
