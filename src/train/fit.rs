//! [`fit`] and [`resume`]: epochs of training and validation over a dataset.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tracing::debug;

use super::check::check_dataset;
use super::event::Event;
use super::fit_options::FitOptions;
use super::history::{EpochRecord, History};
use super::results::StepResult;
use super::session::Session;
use super::shared::COMPARED;
use super::snapshot::{Best, Position, Snapshot};
use super::state::SessionState;
use super::verdict::Verdict;
use crate::batch::{Batches, Order, PREFETCH, Padding, Prefetch, Reviews, longest_shape};
use crate::data::Dataset;
use crate::error::{Error, Result};

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
/// `observe` is given every event. It may return nothing, or a [`ControlFlow`]: a [`ControlFlow::Break`] ends training
/// after the step at hand, which is no error. The history then has the epochs that were finished, and the last
/// snapshot is of the last step.
///
/// The session's learning rate is the one that [`FitOptions::schedule`] starts from, and is the same afterwards.
/// Its parameters are those of the last step, or of the best epoch where
/// [`EarlyStopping::restore_best`](super::EarlyStopping::restore_best) says so.
///
/// # Errors
/// [`Error::ForInference`] of a session that does not train; [`Error::Argument`] names the field of `options`, or the
/// learning rate, that makes no sense; [`Error::Data`] the first review with an id or a label that the model does not know. [`Error::Interrupted`] if `stop` was set; what
/// [`Session::results`] and the batches report.
pub fn fit<V: Verdict>(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>) -> V,
) -> Result<History> {
    let observe = &mut |event: Event<'_>| observe(event).verdict();
    run(session, dataset, options, None, stop, observe)
}

/// Goes on from a snapshot of a run with the same model, data and options, but for more epochs: the result is
/// that of a run which never stopped, bit for bit on the same adapter and form of the kernels.
///
/// # Errors
/// [`Error::Shape`] if the snapshot is of another model; else as [`fit`].
pub fn resume<V: Verdict>(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    from: &Snapshot,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>) -> V,
) -> Result<History> {
    options.check(session.trained_by()?.learning_rate())?;
    session.restore(&from.state)?;
    let observe = &mut |event: Event<'_>| observe(event).verdict();
    run(session, dataset, options, Some(from), stop, observe)
}

fn run(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    from: Option<&Snapshot>,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<History> {
    let rate = session.trained_by()?.learning_rate();
    options.check(rate)?;
    check_dataset(session.model(), dataset)?;
    options.check_class_weights(session.model().classes())?;
    if let Some(ranks) = &session.ranks {
        ranks.share(options.shards)?;
        session.compare_ranks()?;
    }
    let mut history = History::new(session.model().name(), session.model().count_parameters());
    let last = Arc::new(match from {
        Some(from) => from.clone(),
        None => Snapshot {
            state: session.state()?,
            position: Position::default(),
            best: None,
        },
    });
    let mut run = TrainingRun {
        session,
        dataset,
        options,
        stop,
        observe,
        ended: false,
        is_told_to_stop: false,
        rate,
        position: last.position.clone(),
        best: last.best.clone(),
        last,
    };
    let outcome = run.run();
    run.session.set_learning_rate(rate)?;
    match outcome {
        // The observer's wish is no failure; that of `stop` is told, whoever else wished for it.
        Err(Error::Interrupted) if run.ended && !run.stopped_by_flag() => run.restore_best()?,
        outcome => outcome?,
    }
    history.epochs = run.position.epochs;
    Ok(history)
}

/// A run under way.
pub(super) struct TrainingRun<'a> {
    pub(super) session: &'a mut Session,
    pub(super) dataset: &'a Arc<Dataset>,
    pub(super) options: &'a FitOptions,
    stop: &'a AtomicBool,
    pub(super) observe: &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    /// Whether the observer wants no more.
    pub(super) ended: bool,
    /// Whether `stop` was set on any rank, as all have agreed.
    is_told_to_stop: bool,
    /// The session's learning rate before the schedule moved it.
    rate: f64,
    pub(super) position: Position,
    pub(super) best: Option<Arc<Best>>,
    /// What a restart goes back to.
    pub(super) last: Arc<Snapshot>,
}

impl TrainingRun<'_> {
    /// Goes on from the position until training is over.
    pub(super) fn run_epochs(&mut self) -> Result<()> {
        while !self.is_over()? {
            let start = Instant::now();
            let steps = self.train()? as u64;
            let last_step = self.position.epoch() as u64 * steps - 1;
            let validated = self.validate()?;
            self.session.compare_ranks()?;
            let trained = self.position.metrics;
            let record = EpochRecord {
                epoch: self.position.epoch(),
                loss: trained.loss(),
                accuracy: trained.accuracy(),
                val_loss: validated.loss(),
                val_accuracy: validated.accuracy(),
                learning_rate: self.rate(last_step, steps),
                gradient_norm: trained.gradient_norm(),
                gradient_norm_max: trained.gradient_norm_max(),
                layer_gradient_norms: self
                    .position
                    .layer_norms
                    .of_layers(self.session.trainable_layers()),
                seconds: start.elapsed().as_secs_f64(),
            };
            self.position.end_epoch(record.clone());
            // Taken first: an epoch that was told of must not be trained again.
            let state = self.session.state()?;
            let best = self.options.monitor.best(&self.position.epochs);
            if best.is_some_and(|best| best.epoch == record.epoch) {
                self.best = Some(Arc::new(Best {
                    epoch: record.epoch,
                    parameters: state.parameters.clone(),
                }));
            }
            self.last = self.snapshot_of(state);
            debug!(
                epoch = record.epoch,
                learning_rate = record.learning_rate,
                best = self.best.as_ref().map(|best| best.epoch),
                exchanged = self
                    .session
                    .ranks
                    .as_ref()
                    .map(|ranks| ranks.exchanged().as_secs_f64()),
                "epoch over"
            );
            self.ended |= (self.observe)(Event::Epoch(record)).is_break();
            self.ended |= (self.observe)(Event::Snapshot(&self.last)).is_break();
        }
        self.restore_best()
    }

    /// Puts the best epoch's parameters on the device, where they are to be the result.
    fn restore_best(&mut self) -> Result<()> {
        match (&self.options.early_stopping, &self.best) {
            (Some(stopping), Some(best)) if stopping.restore_best => {
                self.session.set_parameters(&best.parameters)
            }
            _ => Ok(()),
        }
    }

    fn is_over(&mut self) -> Result<bool> {
        self.share_wishes()?;
        let (options, epochs) = (self.options, &self.position.epochs);
        let stopping = options.early_stopping.as_ref();
        Ok(self.ended
            || epochs.len() >= options.epochs
            || stopping.is_some_and(|stopping| stopping.is_over(options.monitor, epochs)))
    }

    /// The learning rate of the run's step `step`, counted from 0, where an epoch has `steps`.
    fn rate(&self, step: u64, steps: u64) -> f64 {
        let FitOptions {
            schedule,
            monitor,
            epochs,
            rate,
            ..
        } = self.options;
        let of = *epochs as u64 * steps;
        let over = step / steps;
        if let Some(rate) = rate {
            return rate.of(step, over as usize + 1);
        }
        schedule.rate(
            self.rate,
            step,
            of,
            *monitor,
            &self.position.epochs[..over as usize],
        )
    }

    /// The steps of the epoch that are not done yet. Returns how many steps the epoch has.
    fn train(&mut self) -> Result<usize> {
        let options = self.options;
        let epoch = self.position.epoch() as u32;
        let batches = Batches::with_padding(
            Reviews::Train(self.dataset.clone()),
            options.batch_size,
            Order::training(options.seed, epoch, options.bucket, options.shuffle_buffer),
            options.padding,
        )?
        .class_weights(options.class_weights.clone());
        let steps = batches.steps();
        let batches = batches.skip_steps(self.position.done);
        let first = self.position.epochs.len() * steps + self.position.done;
        for (step, batch) in (first as u64..).zip(Prefetch::new(batches, PREFETCH)?) {
            if self.stopped()? {
                let results = self.session.drain()?;
                self.take(&results, steps);
                return Err(self.interrupt(self.session.sequence())?);
            }
            let batch = batch?;
            self.session
                .set_learning_rate(self.rate(step, steps as u64))?;
            match (self.options.shards, self.session.steps_on_device()) {
                // The first step compiles the kernels, so the second is the one to measure.
                (1, 1) if self.session.calibrates() => self.session.calibrate(&batch)?,
                (1, _) => self.session.train(&batch)?,
                (shards, _) => {
                    let result = self.session.train_sharded(&batch, shards)?;
                    self.take(&[result], steps);
                    if self.session.steps().is_multiple_of(COMPARED) {
                        self.session.compare_ranks()?;
                    }
                }
            }
            let every = self.options.checkpoint_steps as u64;
            if every > 0 && self.session.steps().is_multiple_of(every) {
                let results = self.session.drain()?;
                self.take(&results, steps);
                self.last = self.snapshot()?;
                self.ended |= (self.observe)(Event::Snapshot(&self.last)).is_break();
            } else {
                let results = self.session.results()?;
                self.take(&results, steps);
            }
        }
        let results = self.session.drain()?;
        self.take(&results, steps);
        Ok(steps)
    }

    /// Whether training is to end here: on all ranks or on none.
    pub(super) fn stopped(&mut self) -> Result<bool> {
        self.share_wishes()?;
        Ok(self.ended || self.stopped_by_flag())
    }

    /// Learns whether another rank wishes to end.
    fn share_wishes(&mut self) -> Result<()> {
        if let Some(ranks) = &self.session.ranks {
            let stop = self.stop.load(Ordering::Relaxed);
            [self.is_told_to_stop, self.ended] = ranks.any([stop, self.ended])?;
        }
        Ok(())
    }

    fn stopped_by_flag(&self) -> bool {
        match &self.session.ranks {
            None => self.stop.load(Ordering::Relaxed),
            Some(_) => self.is_told_to_stop,
        }
    }

    /// Moves on by steps that came back.
    fn take(&mut self, results: &[StepResult], of: usize) {
        if results.is_empty() {
            return;
        }
        let position = &mut self.position;
        position.done += results.len();
        for step in results {
            position.metrics.add(step);
            position.layer_norms.add(step);
        }
        let verdict = (self.observe)(Event::Steps {
            epoch: position.epoch(),
            done: position.done,
            of,
            metrics: position.metrics,
        });
        self.ended |= verdict.is_break();
    }

    /// What the device holds at this position, to which all steps have come back.
    fn snapshot(&self) -> Result<Arc<Snapshot>> {
        Ok(self.snapshot_of(self.session.state()?))
    }

    fn snapshot_of(&self, state: SessionState) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            state,
            position: self.position.clone(),
            best: self.best.clone(),
        })
    }

    /// Gives away a snapshot of steps that no earlier one has, as after `sequence` steps; all have come back.
    pub(super) fn interrupt(&mut self, sequence: u64) -> Result<Error> {
        if self.position != self.last.position {
            let mut state = self.session.state()?;
            state.sequence = sequence;
            self.last = self.snapshot_of(state);
            self.ended |= (self.observe)(Event::Snapshot(&self.last)).is_break();
        }
        Ok(Error::Interrupted)
    }
}
