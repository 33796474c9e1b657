//! `gatefold train`: one model.

use std::sync::Arc;

use anyhow::{Context, Result};
use gatefold::ranks::Ranks;
use gatefold::report::comparison_table_within;
use gatefold::run::{BegunRun, RunPlace};

use super::args::TrainArgs;
use super::rates;
use super::resumed;
use super::screen::result_columns;
use super::settings::{ModelSource, Settings};
use super::training_job::{TrainingJob, tell_run, tell_synthetic};
use super::typed::TypedOptions;

/// Trains one model into its run folder, or goes on with a run.
pub fn run(
    args: &TrainArgs,
    typed: &TypedOptions,
    quiet: bool,
    ranks: Option<&Arc<Ranks>>,
) -> Result<()> {
    let begun = resumed::run(args.resume.as_deref(), ranks)?;
    let (settings, source) = match &begun {
        Some((begun, model)) => {
            let path = begun.path().display();
            let model = model.clone().build().with_context(|| path.to_string())?;
            let asked = (&args.data, &args.training);
            let settings = Settings::go_on(begun, typed, "train", asked, &[], quiet)?;
            (settings, ModelSource::Model(model))
        }
        None => Settings::train(args, quiet)?,
    };
    let begun = begun.map(|(begun, _)| begun);
    let (mut job, device) = TrainingJob::new(settings.share(ranks, typed)?)?;
    if begun.as_ref().is_none_or(BegunRun::is_at_start) || typed.has("embedding") {
        job.read_vectors()?;
    }
    let output = job.output;
    let size = job.dataset().vocabulary.size();
    let classes = job.dataset().classes.len();
    // That the data are others than the run's is said before that they do not fit its model.
    let place = match begun {
        Some(begun) => {
            let now = job.trainer.spec.of_model(&source.model(size)?);
            for note in begun.check(&now)? {
                output.field("Note", &note);
            }
            RunPlace::Begun(Box::new(begun))
        }
        None => RunPlace::New(job.settings.out.clone()),
    };
    let model = source.model_for(size, classes, job.trainer.training().embedding_width)?;
    let model = job.trainer.adapted(model)?;
    let spec = job.trainer.spec.of_model(&model);
    job.join(&spec, std::iter::once(place.position()))?;
    let device = job.check(device, std::slice::from_ref(&model))?;
    if job.settings.finds_rate {
        return rates::find(&job, device, &model);
    }
    let trained = job.train(device, &model, place, 0);
    let (_, history) = trained.inspect_err(|error| job.tell_resume(error))?;
    let table = comparison_table_within(&[history], result_columns());
    output.result(&format!("\n{table}\n"))?;
    tell_synthetic(output, job.dataset())?;
    tell_run(&job, &job.settings.out.display().to_string())
}
