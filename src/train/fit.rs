//! [`fit`] and [`resume`]: epochs of training and validation over a dataset.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::history::{EpochRecord, History};
use super::metrics::Metrics;
use super::segment::segment_length;
use super::session::{Session, StepResult};
use super::snapshot::{Position, Snapshot};
use crate::batch::{Batch, Batches, Order, Padding, Prefetch, Reviews, longest_shape};
use crate::data::Dataset;
use crate::error::{Error, Result};

/// Batches prepared ahead of the device.
const PREFETCH: usize = 8;

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
    /// Steps from one snapshot to the next; 0 for one at the end of each epoch alone.
    pub checkpoint_steps: usize,
}

impl Default for FitOptions {
    /// The reference experiment's, and a snapshot every 500 steps.
    fn default() -> Self {
        FitOptions {
            epochs: 5,
            batch_size: 10,
            bucket: false,
            padding: Padding::AFTER,
            seed: 0,
            validation_steps: 30,
            checkpoint_steps: 500,
        }
    }
}

/// What happens during [`fit`].
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
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
    /// All that [`resume`] needs to go on from here: after [`FitOptions::checkpoint_steps`], at the end of
    /// an epoch, and where training was asked to stop.
    Snapshot(&'a Arc<Snapshot>),
    /// The device failed; a new one goes on from the last snapshot.
    Restart {
        /// What the device reported.
        error: &'a Error,
        /// Which restart of the run this is, counted from 1; after [`RESTARTS`](super::RESTARTS) of them
        /// the next failure ends the run.
        restart: usize,
        /// The snapshot's place in the run.
        position: &'a Position,
    },
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
/// thread prepares. `stop` ends training after the step at hand. Where the device fails, a new one goes on
/// from the last snapshot, which changes no bit of the result.
///
/// # Errors
/// [`Error::Interrupted`] if `stop` was set; what [`Session::results`] and the batches report.
pub fn fit(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<History> {
    let start = Position::default();
    run(session, dataset, options, start, stop, observe)
}

/// Goes on from a snapshot of a run with the same model, data and options, but for more epochs: the result is
/// that of a run which never stopped, bit for bit on the same adapter and form of the kernels.
///
/// # Errors
/// [`Error::Shape`] if the snapshot is of another model; else as [`fit`].
pub fn resume(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    from: &Snapshot,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<History> {
    session.restore(&from.state)?;
    let start = from.position.clone();
    run(session, dataset, options, start, stop, observe)
}

fn run(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    position: Position,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<History> {
    session.model().check_classes(dataset.classes.len())?;
    let mut history = History::new(session.model().name(), session.model().count_parameters());
    let state = session.state()?;
    let last = Arc::new(Snapshot {
        state,
        position: position.clone(),
    });
    let mut run = Run {
        session,
        dataset,
        options,
        stop,
        observe,
        position,
        last,
    };
    run.run()?;
    history.epochs = run.position.epochs;
    Ok(history)
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) session: &'a mut Session,
    dataset: &'a Arc<Dataset>,
    options: &'a FitOptions,
    stop: &'a AtomicBool,
    pub(super) observe: &'a mut dyn FnMut(Event<'_>),
    pub(super) position: Position,
    /// What a restart goes back to.
    pub(super) last: Arc<Snapshot>,
}

impl Run<'_> {
    /// Goes on from the position until all epochs are over.
    pub(super) fn run_epochs(&mut self) -> Result<()> {
        while self.position.epochs.len() < self.options.epochs {
            let start = Instant::now();
            self.train()?;
            let validated = self.validate()?;
            let trained = self.position.metrics;
            let record = EpochRecord {
                epoch: self.position.epoch(),
                loss: trained.loss(),
                accuracy: trained.accuracy(),
                val_loss: validated.loss(),
                val_accuracy: validated.accuracy(),
                learning_rate: self.session.learning_rate(),
                seconds: start.elapsed().as_secs_f64(),
            };
            self.position.end_epoch(record);
            // Taken first: an epoch that was told of must not be trained again.
            self.last = self.snapshot()?;
            (self.observe)(Event::Epoch(record));
            (self.observe)(Event::Snapshot(&self.last));
        }
        Ok(())
    }

    /// The steps of the epoch that are not done yet.
    fn train(&mut self) -> Result<()> {
        let options = self.options;
        let epoch = self.position.epoch() as u32;
        let batches = Batches::with_padding(
            Reviews::Train(self.dataset.clone()),
            options.batch_size,
            Order::training(options.seed, epoch, options.bucket),
            options.padding,
        )?;
        let steps = batches.steps();
        let batches = batches.skip_steps(self.position.done);
        for batch in Prefetch::new(batches, PREFETCH)? {
            if self.stopped() {
                let results = self.session.drain()?;
                self.take(&results, steps);
                return Err(self.interrupt(self.session.sequence())?);
            }
            let batch = batch?;
            match self.session.steps_on_device() {
                // The first step compiles the kernels, so the second is the one to measure.
                1 if !self.session.gpu().is_software() => calibrate(self.session, &batch)?,
                _ => self.session.train(&batch)?,
            }
            let every = self.options.checkpoint_steps as u64;
            if every > 0 && self.session.steps().is_multiple_of(every) {
                let results = self.session.drain()?;
                self.take(&results, steps);
                self.last = self.snapshot()?;
                (self.observe)(Event::Snapshot(&self.last));
            } else {
                let results = self.session.results()?;
                self.take(&results, steps);
            }
        }
        let results = self.session.drain()?;
        self.take(&results, steps);
        Ok(())
    }

    /// Loss and accuracy over the first batches of the test reviews, in their order.
    fn validate(&mut self) -> Result<Metrics> {
        let batches = Batches::with_padding(
            Reviews::Test(self.dataset.clone()),
            self.options.batch_size,
            Order::Sequential,
            self.options.padding,
        )?;
        let trained = self.session.sequence();
        let mut metrics = Metrics::default();
        for batch in Prefetch::new(batches.take(self.options.validation_steps), PREFETCH)? {
            if self.stopped() {
                self.session.drain()?;
                // The epoch's validation will begin anew.
                return Err(self.interrupt(trained)?);
            }
            self.session.evaluate(&batch?)?;
            let results = self.session.results()?;
            results.iter().for_each(|step| metrics.add(step));
        }
        let results = self.session.drain()?;
        results.iter().for_each(|step| metrics.add(step));
        Ok(metrics)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Moves on by steps that came back.
    fn take(&mut self, results: &[StepResult], of: usize) {
        if results.is_empty() {
            return;
        }
        let position = &mut self.position;
        position.done += results.len();
        results.iter().for_each(|step| position.metrics.add(step));
        (self.observe)(Event::Steps {
            epoch: position.epoch(),
            done: position.done,
            of,
            metrics: position.metrics,
        });
    }

    /// What the device holds at this position, to which all steps have come back.
    fn snapshot(&self) -> Result<Arc<Snapshot>> {
        Ok(Arc::new(Snapshot {
            state: self.session.state()?,
            position: self.position.clone(),
        }))
    }

    /// Gives away a snapshot of steps that no earlier one has, as after `sequence` steps; all have come back.
    fn interrupt(&mut self, sequence: u64) -> Result<Error> {
        if self.position != self.last.position {
            let mut state = self.session.state()?;
            state.sequence = sequence;
            let position = self.position.clone();
            self.last = Arc::new(Snapshot { state, position });
            (self.observe)(Event::Snapshot(&self.last));
        }
        Ok(Error::Interrupted)
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
