//! `gatefold export`: a trained model in another program's format.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::exchange::{to_onnx, to_safetensors};
use gatefold::report::{read_history, write_atomically};
use gatefold::run::{ExportedFile, TrainedRun, files, model_card, write_model_card};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<&'a Path>,
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
    let card = match args.card {
        true => Some(write_card(&run, args, is_whole)?),
        false => None,
    };
    let model = &run.weights.model;
    let report = Report {
        output: &args.output,
        format,
        model: model.name(),
        parameters: model.count_parameters(),
        bytes: bytes.len(),
        card: card.as_deref(),
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
    ))?;
    match &card {
        Some(card) => output.result(&field("Card", &card.display().to_string())),
        None => Ok(()),
    }
}

/// Writes the model card beside the exported file, and tells where.
fn write_card(run: &TrainedRun, args: &ExportArgs, is_whole: bool) -> Result<PathBuf> {
    let name = args.output.file_name().unwrap_or(args.output.as_os_str());
    let name = name.to_string_lossy();
    let file = match args.format {
        ExportFormat::Safetensors => ExportedFile::Safetensors(&name),
        ExportFormat::Keras if is_whole => ExportedFile::Keras(&name),
        ExportFormat::Keras => ExportedFile::KerasWeights(&name),
        ExportFormat::Onnx => ExportedFile::Onnx(&name),
    };
    // Imported weights have none.
    let epochs = match run.spec.training {
        Some(_) => read_history(&run.folder)?.epochs,
        None => Vec::new(),
    };
    let card = model_card(&run.spec, &epochs, &run.parameters, Some(file))?;
    let folder = args.output.parent().unwrap_or(Path::new(""));
    let path = folder.join(files::CARD);
    match write_model_card(folder, &card)? {
        true => Ok(path),
        false => {
            let problem = format!(
                "{} is not as gatefold wrote it, so it stays; the file is exported without a model card: move that one \
                 away, or leave out --card",
                path.display()
            );
            Err(option("--card", problem).into())
        }
    }
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
