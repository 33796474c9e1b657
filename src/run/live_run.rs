//! [`LiveRun`]: a run under way; keeps what each epoch and each checkpoint leave.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::callbacks::CallbackSpec;
use super::card_file::write_model_card;
use super::files;
use super::folder::RunFolder;
use super::model_card::model_card;
use super::outcome::{RunEvent, RunOutcome};
use super::recorder::Recorder;
use super::report::write_report;
use super::spec::RunSpec;
use super::trained_run::ParametersFrom;
use super::training::TrainingSpec;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::Model;
use crate::report::TensorBoard;
use crate::train::{
    Best, Checkpoint, CheckpointFiles, EpochRecord, Event, History, Position, Session, Snapshot,
    Weights, fit, resume,
};

/// A run under way, and the folder that keeps what it leaves.
pub(super) struct LiveRun<'a> {
    /// What it trains, with what, and how.
    work: LiveWork<'a>,
    folder: RunFolder,
    config: String,
    history: History,
    checkpoints: CheckpointFiles,
    /// Where the run stood when this process took it; none of a run that begins, or once its old result is gone.
    taken_at: Option<Position>,
    /// The epoch whose parameters are in [`files::BEST`].
    best: Option<usize>,
    tensorboard: Option<TensorBoard>,
}

/// What a run trains, with what, and how.
pub(super) struct LiveWork<'a> {
    pub(super) model: &'a Model,
    pub(super) dataset: &'a Arc<Dataset>,
    pub(super) training: &'a TrainingSpec,
    pub(super) callbacks: &'a CallbackSpec,
    /// What its `config.toml` says.
    pub(super) spec: RunSpec,
}

impl<'a> LiveRun<'a> {
    /// Of this folder and these checkpoints; `from` is where an earlier process left it.
    pub(super) fn new(
        work: LiveWork<'a>,
        folder: RunFolder,
        checkpoints: CheckpointFiles,
        from: Option<&Snapshot>,
    ) -> Result<LiveRun<'a>> {
        Ok(LiveRun {
            folder,
            config: work.spec.to_toml()?,
            history: History::new(work.model.name(), work.model.count_parameters()),
            checkpoints,
            taken_at: from.map(|from| from.position.clone()),
            best: None,
            tensorboard: None,
            work,
        })
    }

    /// Trains it to its end; the error is of what comes after its start. A run that leaves nothing leaves no folder.
    pub(super) fn train(
        mut self,
        mut session: Session,
        from: Option<&Snapshot>,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> RunOutcome {
        let mut recorder = Recorder::new(self.folder.path());
        let outcome = self
            .fit(&mut session, from, stop, &mut recorder, observe)
            .and_then(|()| self.finish(&session));
        recorder.end(outcome.as_ref().err().map(ToString::to_string));
        let outcome = RunOutcome {
            history: self.history,
            last_checkpoint: self.checkpoints.last().cloned(),
            end: outcome.map(|()| session.into_device()),
        };
        if outcome.end.is_err() && outcome.is_nothing() {
            self.folder.discard();
        }
        outcome
    }

    /// Runs the epochs that are left, and keeps what each leaves. Nothing is being written afterwards.
    fn fit(
        &mut self,
        session: &mut Session,
        from: Option<&Snapshot>,
        stop: &AtomicBool,
        recorder: &mut Recorder,
        observe: &mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if let Some(Snapshot { position, best, .. }) = from {
            self.history.epochs = position.epochs.clone();
            for record in &mut self.history.epochs {
                record.seconds = recorder.seconds_of(record.epoch).unwrap_or(0.0);
            }
            if let Some(best) = best {
                self.keep_best(best)?;
            }
        }
        if self.work.callbacks.tensorboard {
            let events = self.folder.path().join(files::EVENTS);
            self.tensorboard = Some(TensorBoard::create(&events, &self.history.epochs)?);
        }
        if !self.history.epochs.is_empty() {
            // They may be behind the checkpoint.
            self.folder.write(&self.history, &self.work.dataset.name)?;
        }
        let outcome = self.fit_epochs(session, from, stop, recorder, observe);
        let written = self.checkpoints.finish();
        let removed = self.remove_old_result();
        outcome.and(written).and(removed)
    }

    fn fit_epochs(
        &mut self,
        session: &mut Session,
        from: Option<&Snapshot>,
        stop: &AtomicBool,
        recorder: &mut Recorder,
        observe: &mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let dataset = self.work.dataset;
        let options = self
            .work
            .training
            .fit_options(self.work.callbacks, dataset)?;
        let steps = dataset.train.len().div_ceil(options.batch_size);
        let start = from.map_or(Position::default(), |from| from.position.clone());
        recorder.note_device_memory(session.device().buffer_bytes());
        recorder.begin(&self.history.variant, options.epochs, steps, &start);
        let begin = RunEvent::Begin {
            epochs: options.epochs,
            steps,
            position: &start,
        };
        // Whether nothing more is wanted shows at the first event of `fit` again.
        let mut ended = observe(&begin).is_break();
        let mut failure = None;
        let mut on_event = |event: Event<'_>| {
            recorder.observe(&event);
            let event = recorder.timed(event);
            let kept = match &event {
                Event::Epoch(record) => self.end_epoch(record),
                Event::Snapshot(snapshot) => self.checkpoint(snapshot),
                Event::Steps { .. } | Event::Validation { .. } | Event::Restart { .. } => Ok(()),
            };
            if let Err(error) = kept {
                failure.get_or_insert(error);
            } else if failure.is_none() {
                ended |= observe(&RunEvent::Fit(&event)).is_break();
            }
            match ended || failure.is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = match from {
            Some(from) => resume(session, dataset, &options, from, stop, &mut on_event),
            None => fit(session, dataset, &options, stop, &mut on_event),
        };
        match failure {
            Some(error) => Err(error),
            None => outcome.map(|_| ()),
        }
    }

    fn end_epoch(&mut self, record: &EpochRecord) -> Result<()> {
        self.history.epochs.push(record.clone());
        let written = self.folder.write(&self.history, &self.work.dataset.name);
        if written.is_err() {
            self.history.epochs.pop();
        }
        written?;
        match &mut self.tensorboard {
            Some(events) => events.append(record),
            None => Ok(()),
        }
    }

    fn checkpoint(&mut self, snapshot: &Arc<Snapshot>) -> Result<()> {
        if let Some(best) = &snapshot.best {
            self.keep_best(best)?;
        }
        self.checkpoints.save(Checkpoint {
            model: self.work.model.clone(),
            config: self.config.clone(),
            snapshot: Arc::clone(snapshot),
        })?;
        self.remove_old_result()
    }

    /// Removes the result of fewer epochs, which is not to be taken for that of this run, once a newer checkpoint is on
    /// disk.
    fn remove_old_result(&mut self) -> Result<()> {
        let last = self.checkpoints.last();
        if self.taken_at.is_some() && last.is_some() && last != self.taken_at.as_ref() {
            self.folder.remove_result()?;
            self.taken_at = None;
        }
        Ok(())
    }

    /// Writes the best epoch's parameters, unless the file has them.
    fn keep_best(&mut self, best: &Best) -> Result<()> {
        if self.best != Some(best.epoch) {
            self.write_weights(files::BEST, best.parameters.clone())?;
            self.best = Some(best.epoch);
        }
        Ok(())
    }

    fn write_weights(&self, name: &str, parameters: Vec<Vec<f32>>) -> Result<()> {
        let vocabulary = &self.work.dataset.vocabulary;
        let weights = Weights::new(self.work.model.clone(), parameters, vocabulary);
        weights.save(&self.folder.path().join(name))
    }

    /// Writes the trained parameters, the report and the model card. The last checkpoint stays, to train for more epochs.
    fn finish(&self, session: &Session) -> Result<()> {
        self.write_weights(files::MODEL, session.parameters()?)?;
        let folder = self.folder.path();
        if !self.history.epochs.is_empty() {
            write_report(folder, &[folder.to_path_buf()])?;
        }
        let card = model_card(
            &self.work.spec,
            &self.history.epochs,
            &ParametersFrom::Result,
            None,
        )?;
        write_model_card(folder, &card)?;
        self.folder.remove_previous_checkpoint()
    }
}
