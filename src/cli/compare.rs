//! `gatefold compare`: the experiment's models on the same data, one after the other.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use gatefold::device::Device;
use gatefold::model::{Model, Variant};
use gatefold::ranks::Ranks;
use gatefold::report::{comparison_table_within, write_overview};
use gatefold::run::{
    BegunRun, RunFolder, RunPlace, RunSpec, clear_comparison, holds_run, write_report,
};
use gatefold::train::{History, Position};
use serde::Serialize;

use super::args::CompareArgs;
use super::ranks::open_run;
use super::screen::{field, result_columns};
use super::settings::{ModelSource, Settings};
use super::training_job::{TrainingJob, tell_run, tell_synthetic};
use super::typed::TypedOptions;
use super::usage::option;

#[derive(Serialize)]
struct ComparisonLine<'a> {
    folder: &'a std::path::Path,
    synthetic: bool,
}

/// Trains the variants from the same seed, a folder each, and compares them; or goes on with that.
pub fn run(
    args: &CompareArgs,
    typed: &TypedOptions,
    quiet: bool,
    ranks: Option<&Arc<Ranks>>,
) -> Result<()> {
    let resume = args.resume.as_deref();
    let begun = resume.map(|folder| open_run(ranks, folder)).transpose()?;
    let (settings, variants) = match &begun {
        Some(begun) => go_on(begun, args, typed, quiet)?,
        None => Settings::compare(args, quiet)?,
    };
    let (mut job, device) = TrainingJob::new(settings.share(ranks, typed)?)?;
    if begun.is_none() || typed.has("embedding") {
        job.read_vectors()?;
    }
    let size = job.dataset().vocabulary.size();
    let models = variants
        .iter()
        .map(|variant| {
            let classes = job.dataset().classes.len();
            let source = ModelSource::Variant(*variant);
            job.trainer.adapted(source.model_for(
                size,
                classes,
                job.trainer.training().embedding_width,
            )?)
        })
        .collect::<gatefold::Result<Vec<Model>>>()?;
    let spec = job.trainer.spec.of_comparison(&models);
    let places = places(&job, &models, begun.as_ref(), &spec)?;
    let starts = |place: &RunPlace| position(place).is_none();
    if !job.has_vectors && places.iter().any(starts) {
        job.read_vectors()?;
    }
    job.join(&spec, places.iter().map(position))?;
    let device = job.check(device, &models)?;
    if !job.settings.is_first() {
        return train_all(&job, device, &models, places).map(|_| ());
    }
    let out = &job.settings.out;
    let vocabulary = &job.dataset().vocabulary;
    let folder = match begun {
        Some(begun) => {
            let folder = begun.into_folder();
            folder.write_origin(&spec, vocabulary)?;
            folder
        }
        None => RunFolder::create(out, &spec, vocabulary)?,
    };
    if job.settings.overwrite {
        clear_comparison(out, Variant::ALL.into_iter().map(Variant::name))?;
    }
    match train_all(&job, device, &models, places) {
        Ok(histories) => conclude(&job, &models, &histories),
        Err(error) => {
            if models.iter().any(|model| out.join(model.name()).exists()) {
                job.tell_resume(&error);
            } else {
                folder.discard();
            }
            Err(error)
        }
    }
}

/// Where the run in a place stands, if it has begun.
fn position(place: &RunPlace) -> Option<&Position> {
    match place {
        RunPlace::New(_) | RunPlace::Taken(_) => None,
        RunPlace::Begun(begun) => begun.position(),
    }
}

/// What the comparison goes on with.
fn go_on(
    begun: &BegunRun,
    args: &CompareArgs,
    typed: &TypedOptions,
    quiet: bool,
) -> gatefold::Result<(Settings, Vec<Variant>)> {
    let Some(comparison) = &begun.spec.comparison else {
        let path = begun.path().display();
        let problem = format!("{path} is one run; use gatefold train --resume {path}");
        return Err(option("--resume", problem));
    };
    let names = comparison.variants.iter();
    let variants = names
        .map(|name| name.parse())
        .collect::<gatefold::Result<Vec<Variant>>>()?;
    let asked = (&args.data, &args.training);
    let settings = Settings::go_on(begun, typed, "compare", asked, &args.variants, quiet)?;
    Ok((settings, variants))
}

/// Where each model is trained. Runs that cannot be gone on with are found before any training.
fn places(
    job: &TrainingJob,
    models: &[Model],
    begun: Option<&BegunRun>,
    spec: &RunSpec,
) -> Result<Vec<RunPlace>> {
    if let Some(begun) = begun {
        for note in begun.check(spec)? {
            job.output.field("Note", &note);
        }
    }
    let mut places = Vec::with_capacity(models.len());
    for model in models {
        let path = job.settings.out.join(model.name());
        places.push(if begun.is_some() && holds_run(&path) {
            let run = open_run(job.settings.ranks.as_ref(), &path)?;
            run.check_same(&job.trainer.spec.of_model(model))?;
            RunPlace::Begun(Box::new(run))
        } else {
            RunPlace::New(path)
        });
    }
    Ok(places)
}

fn train_all(
    job: &TrainingJob,
    mut device: Device,
    models: &[Model],
    places: Vec<RunPlace>,
) -> Result<Vec<History>> {
    let mut histories = Vec::with_capacity(models.len());
    for (index, (model, place)) in models.iter().zip(places).enumerate() {
        let waiting = models.len() - index - 1;
        let (free, history) = job.train(device, model, place, waiting)?;
        device = free;
        histories.push(history);
    }
    Ok(histories)
}

/// Writes and tells what compares the runs.
fn conclude(job: &TrainingJob, models: &[Model], histories: &[History]) -> Result<()> {
    let (out, dataset) = (&job.settings.out, job.dataset());
    write_overview(out, histories, Some(&dataset.name))?;
    let runs: Vec<PathBuf> = models.iter().map(|model| out.join(model.name())).collect();
    write_report(out, &runs)?;
    let output = job.output;
    let table = comparison_table_within(histories, result_columns());
    output.result(&format!("\n{table}\n"))?;
    tell_synthetic(output, dataset)?;
    let figures = "report.html, validation_loss.png, validation_accuracy.png, comparison.md";
    output.result(&field("Overview", &format!("{}: {figures}", out.display())))?;
    let names: Vec<&str> = models.iter().map(Model::name).collect();
    tell_run(job, &format!("{}/{}", out.display(), braced(&names)))?;
    output.event(
        "comparison",
        &ComparisonLine {
            folder: out,
            synthetic: dataset.synthetic,
        },
    )
}

/// Names as a shell takes them: `{a,b}`, or the one there is.
fn braced(names: &[&str]) -> String {
    match names {
        [name] => name.to_string(),
        names => format!("{{{}}}", names.join(",")),
    }
}
