//! [`fit`]: epochs of training and validation over a dataset.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::history::{EpochRecord, History};
use super::metrics::Metrics;
use super::segment::segment_length;
use super::session::Session;
use crate::batch::{Batch, Batches, Order, Padding, Prefetch, Reviews, longest_shape};
use crate::data::Dataset;
use crate::error::{Error, Result};

/// Batches prepared ahead of the device.
pub(super) const PREFETCH: usize = 8;

/// What to train, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// Passes over the training reviews.
    pub epochs: usize,
    /// Reviews a batch, B.
    pub batch_size: usize,
    /// Whether training batches hold reviews of similar length, see [`Order::Bucketed`].
    pub bucket: bool,
    /// How reviews are cut and padded, in training and in validation.
    pub padding: Padding,
    /// Seed of the order of the reviews.
    pub seed: u64,
    /// Batches of the test reviews to validate with after each epoch.
    pub validation_steps: usize,
}

impl Default for FitOptions {
    /// The reference experiment's.
    fn default() -> Self {
        FitOptions {
            epochs: 5,
            batch_size: 10,
            bucket: false,
            padding: Padding::AFTER,
            seed: 0,
            validation_steps: 30,
        }
    }
}

/// What happens during [`fit`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// Steps of the epoch came back.
    Steps {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Steps done.
        done: usize,
        /// Steps of the epoch.
        of: usize,
        /// Running means.
        metrics: Metrics,
    },
    /// An epoch and its validation are over.
    Epoch(EpochRecord),
}

/// Allocates what the longest batch of this dataset needs, before any step is taken.
///
/// # Errors
/// [`Error::Limit`] if that batch cannot fit the adapter, [`Error::Device`] if memory runs out.
pub fn reserve_for(
    session: &mut Session,
    dataset: &Dataset,
    batch_size: usize,
    padding: Padding,
) -> Result<()> {
    let train = longest_shape(&dataset.train, batch_size, padding);
    session.reserve(train.holding(longest_shape(&dataset.test, batch_size, padding)))
}

/// Trains for the epochs asked for, and validates after each.
///
/// Reviews go through a shuffle buffer of 1,000, drawn anew every epoch, into padded batches that another
/// thread prepares. `stop` ends training after the step at hand.
///
/// # Errors
/// [`Error::Interrupted`] if `stop` was set; what [`Session::results`] and the batches report.
pub fn fit(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event),
) -> Result<History> {
    let mut history = History::new(session.model().name(), session.model().count_parameters());
    for epoch in 1..=options.epochs {
        let start = Instant::now();
        let trained = train_epoch(session, dataset, options, epoch, stop, observe)?;
        let validated = validate(session, dataset, options, stop)?;
        let record = EpochRecord {
            epoch,
            loss: trained.loss(),
            accuracy: trained.accuracy(),
            val_loss: validated.loss(),
            val_accuracy: validated.accuracy(),
            learning_rate: session.learning_rate(),
            seconds: start.elapsed().as_secs_f64(),
        };
        history.epochs.push(record);
        observe(Event::Epoch(record));
    }
    Ok(history)
}

fn train_epoch(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    epoch: usize,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event),
) -> Result<Metrics> {
    let batches = Batches::with_padding(
        Reviews::Train(dataset.clone()),
        options.batch_size,
        Order::training(options.seed, epoch as u32, options.bucket),
        options.padding,
    )?;
    let steps = batches.steps();
    let mut running = Running {
        metrics: Metrics::default(),
        done: 0,
    };
    for batch in Prefetch::new(batches, PREFETCH)? {
        if stop.load(Ordering::Relaxed) {
            session.drain()?;
            return Err(Error::Interrupted);
        }
        let batch = batch?;
        match session.steps() {
            // The first step compiles the kernels, so the second is the one to measure.
            1 if !session.gpu().is_software() => calibrate(session, &batch)?,
            _ => session.train(&batch)?,
        }
        let results = session.results()?;
        running.take(results, epoch, steps, observe);
    }
    let results = session.drain()?;
    running.take(results, epoch, steps, observe);
    Ok(running.metrics)
}

struct Running {
    metrics: Metrics,
    done: usize,
}

impl Running {
    fn take(
        &mut self,
        results: Vec<super::StepResult>,
        epoch: usize,
        of: usize,
        observe: &mut dyn FnMut(Event),
    ) {
        if results.is_empty() {
            return;
        }
        self.done += results.len();
        results.iter().for_each(|step| self.metrics.add(step));
        observe(Event::Steps {
            epoch,
            done: self.done,
            of,
            metrics: self.metrics,
        });
    }
}

/// Trains on a batch alone and sets the length of the recurrences' segments by the time it took.
fn calibrate(session: &mut Session, batch: &Batch) -> Result<()> {
    session.gpu().wait()?;
    let start = Instant::now();
    session.train(batch)?;
    session.gpu().wait()?;
    let step: Duration = start.elapsed();
    session.set_segment(segment_length(step, batch.length));
    Ok(())
}

/// Loss and accuracy over the first batches of the test reviews, in their order.
fn validate(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    stop: &AtomicBool,
) -> Result<Metrics> {
    let batches = Batches::with_padding(
        Reviews::Test(dataset.clone()),
        options.batch_size,
        Order::Sequential,
        options.padding,
    )?;
    let mut metrics = Metrics::default();
    for batch in Prefetch::new(batches.take(options.validation_steps), PREFETCH)? {
        if stop.load(Ordering::Relaxed) {
            session.drain()?;
            return Err(Error::Interrupted);
        }
        session.evaluate(&batch?)?;
        session.results()?.iter().for_each(|step| metrics.add(step));
    }
    session.drain()?.iter().for_each(|step| metrics.add(step));
    Ok(metrics)
}
