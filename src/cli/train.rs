//! `gatefold train`: one model.

use anyhow::{Context, Result};
use gatefold::report::comparison_table_within;

use super::args::TrainArgs;
use super::resume::{Begun, Typed};
use super::run::Place;
use super::screen::result_columns;
use super::settings::{ModelSource, Settings, option};
use super::training::{Trainer, tell_run, tell_synthetic};

/// Trains one model into its run folder, or goes on with a run.
pub fn run(mut args: TrainArgs, typed: &Typed, quiet: bool) -> Result<()> {
    let begun = args
        .resume
        .take()
        .map(|run| Begun::open(&run))
        .transpose()?;
    let (settings, source) = match &begun {
        Some(begun) => {
            let path = begun.folder.path();
            let model = begun.config.model.as_ref().ok_or_else(|| {
                let path = path.display();
                let problem =
                    format!("{path} is a comparison; use gatefold compare --resume {path}");
                option("--resume", problem)
            })?;
            begun.adopt(typed, &mut args.data, &mut args.training)?;
            args.training.output.out = Some(path.to_path_buf());
            let model = model.model().with_context(|| path.display().to_string())?;
            let mut settings = Settings::of_model(&model, &args, quiet)?;
            settings.go_on(begun, typed);
            (settings, ModelSource::Model(model))
        }
        None => Settings::train(&args, quiet)?,
    };
    let (trainer, gpu) = Trainer::new(settings)?;
    let output = trainer.output;
    let size = trainer.dataset.vocabulary.size();
    let classes = trainer.dataset.classes.len();
    let place = match begun {
        Some(begun) => {
            let now = trainer.config.of_model(&source.model(size)?);
            begun.check(&now, output)?;
            Place::Begun(Box::new(begun))
        }
        None => Place::New(trainer.settings.out.clone()),
    };
    let model = trainer
        .settings
        .with_mask(source.model_for(size, classes)?)?;
    let gpu = trainer.check(gpu, std::slice::from_ref(&model))?;
    let trained = trainer.train(gpu, &model, place);
    let (_, history) = trained.inspect_err(|error| trainer.tell_resume(error))?;
    let table = comparison_table_within(&[history], result_columns());
    output.result(&format!("\n{table}\n"))?;
    tell_synthetic(output, &trainer.dataset)?;
    tell_run(&trainer, &trainer.settings.out.display().to_string())
}
