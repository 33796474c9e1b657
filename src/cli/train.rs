//! `gatefold train`: one model.

use anyhow::Result;
use gatefold::report::comparison_table;

use super::args::TrainArgs;
use super::settings::Settings;
use super::training::{Trainer, tell_run, tell_synthetic};

/// Trains one model into its run folder.
pub fn run(args: &TrainArgs, quiet: bool) -> Result<()> {
    let (settings, source) = Settings::train(args, quiet)?;
    let (trainer, gpu) = Trainer::new(settings)?;
    let model = source.model_for(trainer.dataset.vocabulary.size())?;
    let model = trainer.settings.with_mask(model)?;
    let gpu = trainer.check(gpu, std::slice::from_ref(&model))?;
    let out = &trainer.settings.out;
    let (_, history) = trainer.train(gpu, &model, out)?;
    let output = trainer.output;
    output.result(&format!("\n{}\n", comparison_table(&[history])))?;
    tell_synthetic(output, &trainer.dataset)?;
    tell_run(output, &out.display().to_string())
}
