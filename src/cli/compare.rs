//! `gatefold compare`: the experiment's models on the same data, one after the other.

use anyhow::Result;
use gatefold::model::{Model, Variant};
use gatefold::report::{comparison_table, write_overview};
use serde::Serialize;

use super::args::CompareArgs;
use super::run_folder;
use super::screen::field;
use super::settings::Settings;
use super::training::{Trainer, tell_run, tell_synthetic};

#[derive(Serialize)]
struct ComparisonLine<'a> {
    folder: &'a std::path::Path,
    synthetic: bool,
}

/// Trains the variants from the same seed, a folder each, and compares them.
pub fn run(args: &CompareArgs, quiet: bool) -> Result<()> {
    let (settings, variants) = Settings::compare(args, quiet)?;
    let (trainer, gpu) = Trainer::new(settings)?;
    let size = trainer.dataset.vocabulary.size();
    let models = variants
        .iter()
        .map(|variant| trainer.settings.with_mask(variant.model(size)?))
        .collect::<gatefold::Result<Vec<Model>>>()?;
    let mut gpu = trainer.check(gpu, &models)?;
    let out = &trainer.settings.out;
    if trainer.settings.overwrite {
        run_folder::clear_comparison(out, Variant::ALL.into_iter().map(Variant::name))?;
    }
    let mut histories = Vec::with_capacity(models.len());
    for model in &models {
        let (free, history) = trainer.train(gpu, model, &out.join(model.name()))?;
        gpu = free;
        histories.push(history);
    }
    let dataset = &trainer.dataset;
    write_overview(out, &histories, Some(&dataset.name))?;
    let output = trainer.output;
    output.result(&format!("\n{}\n", comparison_table(&histories)))?;
    tell_synthetic(output, dataset)?;
    let figures = "validation_loss.png, validation_accuracy.png, comparison.md";
    output.result(&field("Overview", &format!("{}: {figures}", out.display())))?;
    let names: Vec<&str> = models.iter().map(Model::name).collect();
    tell_run(output, &format!("{}/{}", out.display(), braced(&names)))?;
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
