//! `gatefold compare`: the experiment's models on the same data, one after the other.

use std::path::PathBuf;

use anyhow::Result;
use gatefold::gpu::Gpu;
use gatefold::model::{Model, Variant};
use gatefold::report::{comparison_table_within, write_overview};
use gatefold::train::History;
use serde::Serialize;

use super::args::CompareArgs;
use super::report_page;
use super::resume::{Begun, Typed};
use super::run::Place;
use super::run_config::RunConfig;
use super::run_folder::{self, RunFolder};
use super::screen::{field, result_columns};
use super::settings::{Settings, option};
use super::training::{Trainer, tell_run, tell_synthetic};

#[derive(Serialize)]
struct ComparisonLine<'a> {
    folder: &'a std::path::Path,
    synthetic: bool,
}

/// Trains the variants from the same seed, a folder each, and compares them; or goes on with that.
pub fn run(mut args: CompareArgs, typed: &Typed, quiet: bool) -> Result<()> {
    let begun = args
        .resume
        .take()
        .map(|run| Begun::open(&run))
        .transpose()?;
    if let Some(begun) = &begun {
        adopt(begun, &mut args, typed)?;
    }
    let (mut settings, variants) = Settings::compare(&args, quiet)?;
    if let Some(begun) = &begun {
        settings.go_on(begun, typed);
    }
    let (trainer, gpu) = Trainer::new(settings)?;
    let size = trainer.dataset.vocabulary.size();
    let models = variants
        .iter()
        .map(|variant| {
            let model = variant.model(size)?;
            model.check_classes(trainer.dataset.classes.len())?;
            trainer.settings.with_mask(model)
        })
        .collect::<gatefold::Result<Vec<Model>>>()?;
    let config = trainer.config.of_comparison(&models);
    let places = places(&trainer, &models, begun.as_ref(), &config)?;
    let gpu = trainer.check(gpu, &models)?;
    let out = &trainer.settings.out;
    let (text, vocabulary) = (config.to_toml()?, &trainer.dataset.vocabulary);
    let folder = match begun {
        Some(begun) => {
            begun.folder.write_origin(&text, vocabulary)?;
            begun.folder
        }
        None => RunFolder::create(out, &text, vocabulary)?,
    };
    if trainer.settings.overwrite {
        run_folder::clear_comparison(out, Variant::ALL.into_iter().map(Variant::name))?;
    }
    match train_all(&trainer, gpu, &models, places) {
        Ok(histories) => conclude(&trainer, &models, &histories),
        Err(error) => {
            if models.iter().any(|model| out.join(model.name()).exists()) {
                trainer.tell_resume(&error);
            } else {
                folder.discard();
            }
            Err(error)
        }
    }
}

/// Puts what the comparison was begun with in the place of defaults.
fn adopt(begun: &Begun, args: &mut CompareArgs, typed: &Typed) -> gatefold::Result<()> {
    let path = begun.folder.path();
    let Some(comparison) = &begun.config.comparison else {
        let path = path.display();
        let problem = format!("{path} is one run; use gatefold train --resume {path}");
        return Err(option("--resume", problem));
    };
    let names = comparison
        .variants
        .iter()
        .map(|name| name.parse::<Variant>());
    let variants = names.collect::<gatefold::Result<Vec<_>>>()?;
    typed.adopt("variants", &mut args.variants, variants, |variants| {
        let names: Vec<&str> = variants.iter().map(|variant| variant.name()).collect();
        names.join(",")
    })?;
    begun.adopt(typed, &mut args.data, &mut args.training)?;
    args.training.output.out = Some(path.to_path_buf());
    Ok(())
}

/// Where each model is trained. Runs that cannot be gone on with are found before any training.
fn places(
    trainer: &Trainer,
    models: &[Model],
    begun: Option<&Begun>,
    config: &RunConfig,
) -> Result<Vec<Place>> {
    if let Some(begun) = begun {
        begun.check(config, trainer.output)?;
    }
    let mut places = Vec::with_capacity(models.len());
    for model in models {
        let path = trainer.settings.out.join(model.name());
        places.push(if begun.is_some() && run_folder::holds_run(&path) {
            let run = Begun::open(&path)?;
            run.refuse_other(&trainer.config.of_model(model))?;
            Place::Begun(Box::new(run))
        } else {
            Place::New(path)
        });
    }
    Ok(places)
}

fn train_all(
    trainer: &Trainer,
    mut gpu: Gpu,
    models: &[Model],
    places: Vec<Place>,
) -> Result<Vec<History>> {
    let mut histories = Vec::with_capacity(models.len());
    for (model, place) in models.iter().zip(places) {
        let (free, history) = trainer.train(gpu, model, place)?;
        gpu = free;
        histories.push(history);
    }
    Ok(histories)
}

/// Writes and tells what compares the runs.
fn conclude(trainer: &Trainer, models: &[Model], histories: &[History]) -> Result<()> {
    let (out, dataset) = (&trainer.settings.out, &trainer.dataset);
    write_overview(out, histories, Some(&dataset.name))?;
    let runs: Vec<PathBuf> = models.iter().map(|model| out.join(model.name())).collect();
    report_page::write(out, &runs)?;
    let output = trainer.output;
    let table = comparison_table_within(histories, result_columns());
    output.result(&format!("\n{table}\n"))?;
    tell_synthetic(output, dataset)?;
    let figures = "report.html, validation_loss.png, validation_accuracy.png, comparison.md";
    output.result(&field("Overview", &format!("{}: {figures}", out.display())))?;
    let names: Vec<&str> = models.iter().map(Model::name).collect();
    tell_run(trainer, &format!("{}/{}", out.display(), braced(&names)))?;
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
