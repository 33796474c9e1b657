//! `gatefold export`: a trained model in another program's format.

use std::path::Path;

use anyhow::Result;
use gatefold::exchange::{to_onnx, to_safetensors};
use gatefold::report::write_atomically;
use gatefold::train::Weights;
use serde::Serialize;

use super::output_file;
use super::run_args::{ExportArgs, ExportFormat};
use super::screen::{Output, field, grouped, print_json};
use super::settings::option;
use super::trained_run::TrainedRun;

/// What Keras tells its kinds of files apart by.
const KERAS_ENDING: &str = ".weights.h5";

#[derive(Serialize)]
struct Report<'a> {
    output: &'a Path,
    format: &'static str,
    model: &'a str,
    parameters: usize,
    bytes: usize,
}

/// Writes the weights of a run, or the whole model, to a file.
pub fn run(args: &ExportArgs, quiet: bool) -> Result<()> {
    let name = args.output.to_string_lossy();
    if args.format == ExportFormat::Keras && !name.ends_with(KERAS_ENDING) {
        let problem = format!("Keras loads weights from a file that ends in {KERAS_ENDING}");
        return Err(option("--output", problem).into());
    }
    output_file::check(&args.output, args.overwrite)?;
    let run = TrainedRun::load(&args.run)?;
    let (format, bytes) = match args.format {
        ExportFormat::Safetensors => ("safetensors", to_safetensors(&run.weights)?),
        ExportFormat::Keras => ("keras", keras_weights(&run.weights)?),
        ExportFormat::Onnx => ("onnx", to_onnx(&run.weights)?),
    };
    write_atomically(&args.output, &bytes)?;
    let model = &run.weights.model;
    let report = Report {
        output: &args.output,
        format,
        model: model.name(),
        parameters: model.count_parameters(),
        bytes: bytes.len(),
    };
    if args.json {
        return print_json(&report);
    }
    let output = Output {
        json: args.json,
        quiet,
    };
    output.result(&field(
        "Exported",
        &format!(
            "{}: {} with {} parameters, {} bytes",
            args.output.display(),
            report.model,
            grouped(report.parameters),
            grouped(report.bytes)
        ),
    ))
}

#[cfg(feature = "keras")]
fn keras_weights(weights: &Weights) -> Result<Vec<u8>> {
    Ok(gatefold::exchange::to_keras_weights(weights)?)
}

/// Says how to do without a program that writes HDF5.
#[cfg(not(feature = "keras"))]
fn keras_weights(_: &Weights) -> Result<Vec<u8>> {
    let problem = "this gatefold was built without the feature `keras`; build it with that, or export \
                   safetensors";
    Err(option("--format", problem).into())
}
