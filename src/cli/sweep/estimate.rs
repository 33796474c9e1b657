//! `gatefold sweep --dry-run`: how many trials, and how long they take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Result;
use gatefold::Error;
use gatefold::batch::{Batches, Order, Reviews};
use gatefold::sweep::{Sweep, SweepFolder, Trial, Worker};
use serde::Serialize;

use super::{table, worker};
use crate::cli::args::SweepArgs;
use crate::cli::screen::{Output, clock, counted, field};

#[derive(Serialize)]
struct EstimateLine {
    trials: usize,
    configurations: usize,
    seconds: f64,
}

/// Measures a step of each configuration, and adds up.
pub fn run(args: &SweepArgs, sweep: &Sweep, stop: &AtomicBool, output: Output) -> Result<()> {
    let folder = SweepFolder::unopened(&super::out(args, sweep));
    let mut worker = worker(args, sweep, &folder);
    let mut seconds = 0.0;
    let mut last = None;
    for trial in &sweep.trials {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        // Trials that differ in the seed alone take as long.
        let of_trial = match last {
            Some((configuration, seconds)) if configuration == trial.configuration => seconds,
            _ => measure(&mut worker, trial, stop)?,
        };
        last = Some((trial.configuration, of_trial));
        seconds += of_trial;
    }
    let jobs = usize::from(args.jobs);
    let time = match jobs {
        1 => format!("about {}", clock(seconds)),
        jobs => format!(
            "about {} of one process alone; {jobs} share it as far as the machine has room for them",
            clock(seconds)
        ),
    };
    output.result(&field("Trials", &table::summary(sweep)))?;
    output.result(&field("Time", &format!("{time}, without validation")))?;
    if sweep.trials.len() > 1 {
        let each = seconds / sweep.trials.len() as f64;
        output.result(&field(
            "",
            &format!(
                "{} each, of {}",
                clock(each),
                counted(sweep.trials.len(), "trial")
            ),
        ))?;
    }
    let line = EstimateLine {
        trials: sweep.trials.len(),
        configurations: sweep.configurations.len(),
        seconds,
    };
    output.event("estimate", &line)
}

/// Seconds of training a trial, by its second step: the first compiles kernels.
fn measure(worker: &mut Worker<'_>, trial: &Trial, stop: &AtomicBool) -> Result<f64> {
    let dataset = worker.dataset(&trial.spec, stop)?;
    let device = worker.device()?;
    let (trainer, model) =
        worker.prepare(&trial.model, trial.spec.clone(), &dataset, &device, stop)?;
    let mut session = trainer.session(device, &model)?;
    let training = trainer.training();
    let options = training.fit_options(trainer.callbacks(), &dataset)?;
    let order = Order::training(options.seed, 1, options.bucket, options.shuffle_buffer);
    let reviews = Reviews::Train(Arc::clone(&dataset));
    let batches = Batches::with_padding(reviews, options.batch_size, order, options.padding)?;
    let steps = batches.steps();
    let mut seconds = 0.0;
    for batch in batches.take(2) {
        let start = Instant::now();
        session.train(&batch)?;
        session.drain()?;
        seconds = start.elapsed().as_secs_f64();
    }
    worker.keep(session.into_device());
    Ok(seconds * (steps * training.epochs) as f64)
}
