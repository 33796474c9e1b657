//! `gatefold compare`: the experiment's models, or one's own, on the same data, one after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gatefold::device::Device;
use gatefold::model::{Model, Variant};
use gatefold::ranks::Ranks;
use gatefold::report::{comparison_table_within, write_overview};
use gatefold::run::{
    BegunRun, ComparisonSpec, RunFolder, RunPlace, RunSpec, clear_comparison, holds_run,
    write_report,
};
use gatefold::train::History;
use serde::Serialize;

use super::args::CompareArgs;
use super::ranks::open_run;
use super::resumed;
use super::screen::{field, result_columns};
use super::settings::{ModelSource, Settings};
use super::training_job::{TrainingJob, tell_run, tell_synthetic};
use super::typed::TypedOptions;

#[derive(Serialize)]
struct ComparisonLine<'a> {
    folder: &'a Path,
    synthetic: bool,
}

/// Trains the models from the same seed, a folder each, and compares them; or goes on with that.
pub fn run(
    args: &CompareArgs,
    typed: &TypedOptions,
    quiet: bool,
    ranks: Option<&Arc<Ranks>>,
) -> Result<()> {
    let begun = resumed::comparison(args.resume.as_deref(), ranks)?;
    let (settings, sources) = match &begun {
        Some((begun, comparison)) => go_on(begun, comparison, args, typed, quiet)?,
        None => Settings::compare(args, typed, quiet)?,
    };
    let begun = begun.map(|(begun, _)| begun);
    let (mut job, device) = TrainingJob::new(settings.share(ranks, typed)?)?;
    if begun.is_none() || typed.has("embedding") {
        job.read_vectors()?;
    }
    let size = job.dataset().vocabulary.size();
    let models = sources
        .iter()
        .map(|source| {
            let classes = job.dataset().classes.len();
            job.trainer.adapted(source.model_for(
                size,
                classes,
                job.trainer.training().embedding_width,
            )?)
        })
        .collect::<gatefold::Result<Vec<Model>>>()?;
    let spec = job.trainer.spec.of_comparison(&models);
    let places = places(&job, &models, begun.as_ref(), &spec)?;
    let starts = |place: &RunPlace| place.position().is_none();
    if !job.has_vectors && places.iter().any(starts) {
        job.read_vectors()?;
    }
    job.join(&spec, places.iter().map(RunPlace::position))?;
    let device = job.check(device, &models)?;
    if !job.settings.is_first() {
        return train_all(&job, device, &models, places).map(|_| ());
    }
    let out = &job.settings.out;
    let earlier = compared_before(out);
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
        clear_comparison(out, earlier.iter().map(String::as_str))?;
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

/// The names of the runs that an earlier comparison may have left in `out`.
fn compared_before(out: &Path) -> Vec<String> {
    let mut names = Variant::ALL.map(Variant::name).map(str::to_string).to_vec();
    // What cannot be read is replaced, and names no run.
    let earlier = RunSpec::read(out).ok().flatten();
    let earlier = earlier.and_then(|spec| spec.comparison);
    let own = earlier.into_iter().flat_map(|comparison| comparison.models);
    for model in own {
        // A name that no model can have is no folder below this one.
        if let Ok(model) = model.build() {
            names.push(model.name().to_string());
        }
    }
    names
}

/// What the comparison goes on with.
fn go_on(
    begun: &BegunRun,
    comparison: &ComparisonSpec,
    args: &CompareArgs,
    typed: &TypedOptions,
    quiet: bool,
) -> gatefold::Result<(Settings, Vec<ModelSource>)> {
    let source = |name: &String| match comparison.models.iter().find(|own| own.name == *name) {
        Some(own) => Ok(ModelSource::Model(own.clone().build()?)),
        None => Ok(ModelSource::Variant(name.parse()?)),
    };
    let sources = comparison.variants.iter().map(source);
    let sources = sources.collect::<gatefold::Result<Vec<ModelSource>>>()?;
    let asked = (&args.data, &args.training);
    let settings = Settings::go_on(begun, typed, "compare", asked, &args.variants, quiet)?;
    Ok((settings, sources))
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
