//! `gatefold import`: a run folder from weights that another program trained.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::data::vocabulary_of;
use gatefold::exchange::{load_model, load_parameters};
use gatefold::model::Model;
use gatefold::report::write_atomically;
use gatefold::run::{
    DataSpec, ParametersFrom, ReadingSpec, RunFolder, RunSpec, TrainedRun, check_folder, files,
    model_card, write_model_card,
};
use gatefold::train::Weights;
use serde::Serialize;

use super::args::ImportArgs;
use super::screen::{Output, field, grouped, print_json};
use super::settings::{DataSettings, ModelSource};
use super::usage::option;

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
    let given = match args.model.is_given() {
        true => Some(ModelSource::new(&args.model)?),
        false => None,
    };
    let (data, reading, kept) = reading(args)?;
    check_folder(&args.out, args.overwrite)?;
    let named = data.vocabulary.as_deref().map(Path::new);
    let reviews = data.source();
    let vocabulary = vocabulary_of(&reviews, kept.as_deref().or(named))?;
    let classes = reviews.class_names().len();
    let mut model = match given {
        Some(source) => source.model_for(vocabulary.size(), classes, None)?,
        None => described(&args.file, vocabulary.size(), classes)?,
    };
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
    let card = model_card(&spec, &[], &ParametersFrom::Result, None)?;
    write_model_card(folder.path(), &card)?;
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

/// The model that a file of weights describes, which must suit the data.
fn described(file: &Path, vocabulary: usize, classes: usize) -> Result<Model> {
    let Some(model) = load_model(file)? else {
        let problem = format!(
            "{} holds weights alone; name the model that they are of, or give it with --config FILE",
            file.display()
        );
        return Err(option("VARIANT", problem).into());
    };
    let rows = model.embedding().vocabulary;
    if rows < vocabulary {
        let problem = format!(
            "the model in {} has {rows} embeddings, but the vocabulary has {vocabulary} ids; give the one that it was \
             trained with",
            file.display()
        );
        return Err(option("--vocab", problem).into());
    }
    if model.classes() != classes {
        let problem = format!(
            "the model in {} tells {} classes apart, but the data have {classes}; name those that it was trained with, \
             in the order of its outputs, and the table of reviews with --data",
            file.display(),
            model.classes()
        );
        return Err(option("--classes", problem).into());
    }
    Ok(model)
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
