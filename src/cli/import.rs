//! `gatefold import`: a run folder from weights that another program trained.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::data::vocabulary_of;
use gatefold::exchange::load_parameters;
use gatefold::report::write_atomically;
use gatefold::run::{DataSpec, ReadingSpec, RunFolder, RunSpec, TrainedRun, check_folder, files};
use gatefold::train::Weights;
use serde::Serialize;

use super::args::ImportArgs;
use super::screen::{Output, field, grouped, print_json};
use super::settings::{DataSettings, ModelSource};

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
    let (data, reading, kept) = reading(args)?;
    check_folder(&args.out, args.overwrite)?;
    let named = data.vocabulary.as_deref().map(Path::new);
    let reviews = data.source();
    let vocabulary = vocabulary_of(&reviews, kept.as_deref().or(named))?;
    let mut model = source.model_for(vocabulary.size(), reviews.class_names().len())?;
    if args.mask_padding {
        model = model.with_mask()?;
    }
    let parameters = load_parameters(&args.file, &model)?;
    let weights = Weights::new(model, parameters, &vocabulary);
    let bytes = weights.to_bytes()?;

    let name = args.file.file_name().unwrap_or(args.file.as_os_str());
    let name = format!("unknown data (imported from {})", name.to_string_lossy());
    let spec = RunSpec::imported(data, &name, &weights, reading);
    let folder = RunFolder::create(&args.out, &spec, &vocabulary)?;
    if let Err(error) = write_atomically(&folder.path().join(files::MODEL), &bytes) {
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

/// Which data the model goes with, how its reviews are cut and padded, and a vocabulary that is kept elsewhere: what the
/// options say, or the run that they name.
fn reading(args: &ImportArgs) -> Result<(DataSpec, ReadingSpec, Option<PathBuf>)> {
    match &args.like {
        Some(run) => {
            let run = TrainedRun::open(run)?;
            let kept = run.kept_vocabulary().map(Path::to_path_buf);
            Ok((run.spec.data, ReadingSpec::of(run.padding), kept))
        }
        None => {
            let reading = args.padding.spec();
            reading.check()?;
            Ok((DataSettings::new(&args.data())?.spec, reading, None))
        }
    }
}
