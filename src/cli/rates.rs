//! `gatefold train … --learning-rate find`: which learning rate suits a model, without training it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use gatefold::Error;
use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::report::{rates_csv, rates_figure, write_atomically, write_plot};
use gatefold::train::range_test;
use serde::Serialize;

use super::progress::bar;
use super::screen::field;
use super::training_job::TrainingJob;

const BAR: &str = "Rates  {pos}/{len} {wide_bar:.cyan/dim} {left} left  {msg}";

#[derive(Serialize)]
struct RatesLine<'a> {
    folder: &'a Path,
    suggestion: Option<f64>,
    steps: usize,
}

/// Runs the test, writes its table and its picture, and tells the suggestion.
pub fn find(job: &TrainingJob, device: Device, model: &Model) -> Result<()> {
    let (trainer, output) = (&job.trainer, job.output);
    let mut session = trainer.session(device, model)?;
    let options = trainer
        .training()
        .fit_options(trainer.callbacks(), &trainer.dataset)?;
    let bar = bar(output, BAR, 1)?;
    let test = range_test(
        &mut session,
        &trainer.dataset,
        &options,
        job.stop(),
        &mut |point, steps| {
            bar.set_length(steps as u64);
            bar.inc(1);
            bar.set_message(format!(
                "rate {:.1e}  loss {:.3}",
                point.rate, point.smoothed
            ));
        },
    );
    bar.finish_and_clear();
    let test = test?;
    let out = &job.settings.out;
    fs::create_dir_all(out).map_err(Error::io(out))?;
    write_atomically(&out.join("learning_rates.csv"), &rates_csv(&test)?)?;
    let caption = format!("{} · {}", model.name(), trainer.dataset.name);
    write_plot(out, "learning_rates", &rates_figure(&test, Some(caption)))?;
    let suggestion = test.suggestion();
    let words = match suggestion {
        Some(rate) => format!("{rate:.1e}, where the loss falls fastest: give --learning-rate {rate:.1e}"),
        None => "none: the loss did not fall at any rate, which more reviews or other options may change".to_string(),
    };
    output.result(&field("Suggested", &words))?;
    let files = format!(
        "{}: learning_rates.csv, learning_rates.png, learning_rates.svg",
        out.display()
    );
    output.result(&field("Rates", &files))?;
    let line = RatesLine {
        folder: out,
        suggestion,
        steps: test.points.len(),
    };
    output.event("learning_rates", &line)
}
