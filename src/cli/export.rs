//! `gatefold export`: a trained model in another program's format.

use std::path::Path;

use anyhow::Result;
use gatefold::exchange::{to_onnx, to_safetensors};
use gatefold::report::write_atomically;
use gatefold::train::Weights;
use serde::Serialize;

use super::args::{ExportArgs, ExportFormat};
use super::output_file;
use super::screen::{Output, field, grouped, print_json};
use super::test_data::open_told;
use super::usage::option;

/// What Keras tells a model's weights by.
const KERAS_WEIGHTS: &str = ".weights.h5";
/// What Keras tells a whole model by.
const KERAS_MODEL: &str = ".keras";

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
    let is_whole = name.ends_with(KERAS_MODEL);
    if args.format == ExportFormat::Keras && !is_whole && !name.ends_with(KERAS_WEIGHTS) {
        let problem = format!(
            "Keras loads a model from a file that ends in {KERAS_MODEL}, weights from one that ends in \
             {KERAS_WEIGHTS}"
        );
        return Err(option("--output", problem).into());
    }
    output_file::check("--output", &args.output, args.overwrite)?;
    let output = Output {
        json: args.json,
        quiet,
    };
    let run = open_told(&args.run, output)?;
    let (format, bytes) = match args.format {
        ExportFormat::Safetensors => ("safetensors", to_safetensors(&run.weights)?),
        ExportFormat::Keras => ("keras", in_keras(&run.weights, is_whole)?),
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

/// The whole model for Keras, or its weights alone.
#[cfg(feature = "keras")]
fn in_keras(weights: &Weights, is_whole: bool) -> Result<Vec<u8>> {
    let bytes = match is_whole {
        true => gatefold::exchange::to_keras_archive(weights),
        false => gatefold::exchange::to_keras_weights(weights),
    };
    Ok(bytes?)
}

/// Says how to do without a program that writes HDF5.
#[cfg(not(feature = "keras"))]
fn in_keras(_: &Weights, _: bool) -> Result<Vec<u8>> {
    let problem = "this gatefold was built without the feature `keras`; build it with that, or export \
                   safetensors";
    Err(option("--format", problem).into())
}
