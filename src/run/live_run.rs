//! [`LiveRun`]: a run under way; keeps what each epoch and each checkpoint leave.

use std::sync::Arc;

use super::callbacks::CallbackSpec;
use super::card_file::write_model_card;
use super::epochs::{Course, Epochs};
use super::files;
use super::folder::RunFolder;
use super::model_card::model_card;
use super::outcome::RunOutcome;
use super::parameters::ParametersFrom;
use super::recorder::Recorder;
use super::report::write_report;
use super::spec::RunSpec;
use super::training::TrainingSpec;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::Model;
use crate::report::TensorBoard;
use crate::train::{
    Best, Checkpoint, CheckpointFiles, EpochRecord, Event, History, Position, Session, Snapshot,
    Weights,
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
    pub(super) fn train(mut self, mut session: Session, course: Course<'_>) -> RunOutcome {
        let mut recorder = Recorder::new(self.folder.path());
        let outcome = self
            .fit(&mut session, course, &mut recorder)
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
        mut course: Course<'_>,
        recorder: &mut Recorder,
    ) -> Result<()> {
        if let Some(Snapshot { position, best, .. }) = course.from {
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
        let outcome = self.fit_epochs(session, &mut course, recorder);
        let written = self.checkpoints.finish();
        let removed = self.remove_old_result();
        outcome.and(written).and(removed)
    }

    fn fit_epochs(
        &mut self,
        session: &mut Session,
        course: &mut Course<'_>,
        recorder: &mut Recorder,
    ) -> Result<()> {
        let LiveWork {
            training,
            callbacks,
            dataset,
            ..
        } = self.work;
        let epochs = Epochs::new(dataset, training.fit_options(callbacks, dataset)?, course);
        recorder.note_device_memory(session.device().buffer_bytes());
        let variant = &self.history.variant;
        recorder.begin(variant, epochs.count(), epochs.steps(), &epochs.start);
        epochs.train(session, course, &mut |event| {
            recorder.observe(&event);
            let event = recorder.timed(event);
            match &event {
                Event::Epoch(record) => self.end_epoch(record)?,
                Event::Snapshot(snapshot) => self.checkpoint(snapshot)?,
                Event::Steps { .. } | Event::Validation { .. } | Event::Restart { .. } => {}
            }
            Ok(event)
        })
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
