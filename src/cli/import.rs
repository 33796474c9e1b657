//! `gatefold import`: a run folder from weights that another program trained.

use std::path::Path;

use anyhow::Result;
use gatefold::data::vocabulary_of;
use gatefold::exchange::load_parameters;
use gatefold::report::write_atomically;
use gatefold::train::Weights;
use serde::Serialize;

use super::imported_config;
use super::run_args::ImportArgs;
use super::run_folder::{self, MODEL, RunFolder};
use super::screen::{Output, field, grouped, print_json};
use super::settings::{DataSettings, ModelSource, mask_padding};

#[derive(Serialize)]
struct Report<'a> {
    run: &'a Path,
    model: &'a str,
    parameters: usize,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
}

/// Reads the weights for a model and writes what the commands that use a run need.
pub fn run(args: &ImportArgs, quiet: bool) -> Result<()> {
    let source = ModelSource::new(&args.model)?;
    let data = DataSettings::new(&args.data())?;
    run_folder::check(&args.out, args.overwrite)?;
    let vocabulary = vocabulary_of(&data.source, data.vocabulary.as_deref())?;
    let mut model = source.model_for(vocabulary.size(), data.source.class_names().len())?;
    if args.mask_padding {
        model = mask_padding(model)?;
    }
    let parameters = load_parameters(&args.file, &model)?;
    let weights = Weights::new(model, parameters, &vocabulary);
    let bytes = weights.to_bytes()?;

    let name = args.file.file_name().unwrap_or(args.file.as_os_str());
    let name = format!("unknown data (imported from {})", name.to_string_lossy());
    let config = imported_config::to_toml(&data, &name, &weights)?;
    let folder = RunFolder::create(&args.out, &config, &vocabulary)?;
    if let Err(error) = write_atomically(&folder.path().join(MODEL), &bytes) {
        folder.discard();
        return Err(error.into());
    }
    let report = Report {
        run: &args.out,
        model: weights.model.name(),
        parameters: weights.model.count_parameters(),
        vocabulary_size: weights.vocabulary_size,
        vocabulary_sha256: &weights.vocabulary_sha256,
    };
    if args.json {
        return print_json(&report);
    }
    let output = Output {
        json: args.json,
        quiet,
    };
    let parameters = grouped(report.parameters);
    output.result(&field(
        "Imported",
        &format!(
            "{}: {} with {parameters} parameters",
            args.out.display(),
            report.model
        ),
    ))
}
