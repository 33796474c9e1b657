//! One run: a model trained from its start, or from where an earlier process left it, and all that it leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use gatefold::Error;
use gatefold::gpu::Gpu;
use gatefold::model::Model;
use gatefold::report::TensorBoard;
use gatefold::train::{
    Best, Checkpoint, CheckpointFiles, EpochRecord, Event, History, Monitor, Position, Session,
    Snapshot, Weights, fit, resume,
};
use gatefold::watch::Recorder;
use serde::Serialize;

use super::progress::Progress;
use super::report_page;
use super::resume::Begun;
use super::run_folder::{self, RunFolder};
use super::screen::counted;
use super::settings::Settings;
use super::training::Trainer;

/// Where a run is written.
pub enum Place {
    /// A folder that holds no run yet, or one to replace.
    New(PathBuf),
    /// A run to go on with.
    Begun(Box<Begun>),
}

#[derive(Serialize)]
struct RunLine<'a> {
    variant: &'a str,
    folder: &'a Path,
    epochs: usize,
    complete: bool,
}

#[derive(Serialize)]
struct EarlyStoppingLine<'a> {
    variant: &'a str,
    /// Whether training ended before its last epoch.
    stopped: bool,
    epochs: usize,
    best_epoch: usize,
    monitor: Monitor,
    value: f64,
}

/// A run under way.
struct Run<'a> {
    trainer: &'a Trainer,
    folder: RunFolder,
    config: String,
    model: &'a Model,
    history: History,
    checkpoints: CheckpointFiles,
    /// The epoch whose parameters are in [`run_folder::BEST`].
    best: Option<usize>,
    tensorboard: Option<TensorBoard>,
}

impl Trainer {
    /// Trains a model. What its finished epochs gave and its last checkpoints are kept whatever happens.
    pub fn train(&self, gpu: Gpu, model: &Model, place: Place) -> Result<(Gpu, History)> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        let summary = model.summarise();
        self.output.event("model", &summary)?;
        let table = summary.within(self.output.columns());
        self.output.say(&format!("\n{table}\n"));
        let mut session = self.session(gpu, model)?;
        let config = self.config.of_model(model).to_toml()?;
        let vocabulary = &self.dataset.vocabulary;
        let (folder, checkpoints, from) = match place {
            Place::New(path) => {
                let folder = RunFolder::create(&path, &config, vocabulary)?;
                (folder, CheckpointFiles::new(&path), None)
            }
            Place::Begun(begun) => {
                begun.tell(self.output);
                begun.folder.write_origin(&config, vocabulary)?;
                let from = begun.found.map(|found| found.checkpoint.snapshot);
                (begun.folder, begun.checkpoints, from)
            }
        };
        let mut run = Run {
            trainer: self,
            folder,
            config,
            model,
            history: History::new(model.name(), model.count_parameters()),
            checkpoints,
            best: None,
            tensorboard: None,
        };
        let mut recorder = Recorder::new(run.folder.path());
        let outcome = run
            .fit(&mut session, from.as_deref(), &mut recorder)
            .and_then(|()| run.finish(&session));
        if outcome.is_ok() {
            run.tell_best()?;
        }
        recorder.end(outcome.as_ref().err().map(ToString::to_string));
        run.tell_kept(outcome.as_ref().err())?;
        match outcome {
            Ok(()) => Ok((session.into_gpu(), run.history)),
            Err(error) => {
                if run.holds_nothing() {
                    run.folder.discard();
                }
                Err(error)
            }
        }
    }

    /// Says how to go on with what an error left in the output folder, if anything.
    pub fn tell_resume(&self, error: &anyhow::Error) {
        let settings = &self.settings;
        // The same steps would give the same numbers.
        let hopeless = matches!(error.downcast_ref(), Some(Error::NotFinite { .. }));
        if !hopeless && run_folder::holds_run(&settings.out) {
            self.output.say(&format!(
                "Go on with: gatefold {} --resume {}",
                settings.command,
                settings.out.display()
            ));
        }
    }
}

impl Run<'_> {
    /// Runs the epochs that are left, and keeps what each leaves. Nothing is being written afterwards.
    fn fit(
        &mut self,
        session: &mut Session,
        from: Option<&Snapshot>,
        recorder: &mut Recorder,
    ) -> Result<()> {
        if let Some(Snapshot { position, best, .. }) = from {
            self.history.epochs = position.epochs.clone();
            if let Some(best) = best {
                self.keep_best(best)?;
            }
        }
        if self.trainer.settings.tensorboard {
            let events = self.folder.path().join(run_folder::EVENTS);
            self.tensorboard = Some(TensorBoard::create(&events, &self.history.epochs)?);
        }
        if !self.history.epochs.is_empty() {
            // They may be behind the checkpoint.
            self.folder
                .write(&self.history, &self.trainer.dataset.name)?;
        }
        let outcome = self.fit_epochs(session, from, recorder);
        let written = self.checkpoints.finish();
        outcome.and(Ok(written?))
    }

    fn fit_epochs(
        &mut self,
        session: &mut Session,
        from: Option<&Snapshot>,
        recorder: &mut Recorder,
    ) -> Result<()> {
        let trainer = self.trainer;
        let (options, stop) = (&trainer.settings.fit, &*trainer.stop);
        let steps = trainer.dataset.train.len().div_ceil(options.batch_size);
        let start = from.map_or(Position::default(), |from| from.position.clone());
        let name = &self.history.variant;
        let mut progress = Progress::new(trainer.output, name, options.epochs, steps)?;
        if start.epochs.len() < options.epochs {
            progress.begin(&start);
        }
        recorder.begin(name, options.epochs, steps, &start);
        let mut failed = None;
        let mut observe = |event: Event<'_>| {
            recorder.observe(&event);
            let told = match event {
                Event::Steps {
                    epoch,
                    done,
                    of,
                    metrics,
                } => {
                    progress.steps(epoch, done, of, metrics);
                    Ok(())
                }
                Event::Validation { .. } => Ok(()),
                Event::Epoch(record) => {
                    let written = self.end_epoch(record.clone());
                    written.and_then(|()| progress.epoch(record))
                }
                Event::Snapshot(snapshot) => self.checkpoint(snapshot),
                Event::Restart {
                    error,
                    restart,
                    position,
                } => progress.restart(error, restart, position),
            };
            if let Err(error) = told {
                failed.get_or_insert(error);
                stop.store(true, Ordering::Relaxed);
            }
        };
        let outcome = match from {
            Some(from) => resume(session, &trainer.dataset, options, from, stop, &mut observe),
            None => fit(session, &trainer.dataset, options, stop, &mut observe),
        };
        match failed {
            Some(error) => Err(error),
            None => Ok(outcome.map(|_| ())?),
        }
    }

    fn end_epoch(&mut self, record: EpochRecord) -> Result<()> {
        self.history.epochs.push(record.clone());
        let written = self.folder.write(&self.history, &self.trainer.dataset.name);
        if written.is_err() {
            self.history.epochs.pop();
        }
        written?;
        if let Some(events) = &mut self.tensorboard {
            events.append(&record)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, snapshot: &Arc<Snapshot>) -> Result<()> {
        if let Some(best) = &snapshot.best {
            self.keep_best(best)?;
        }
        Ok(self.checkpoints.save(Checkpoint {
            model: self.model.clone(),
            config: self.config.clone(),
            snapshot: Arc::clone(snapshot),
        })?)
    }

    /// Writes the best epoch's parameters, unless the file has them.
    fn keep_best(&mut self, best: &Best) -> Result<()> {
        if self.best != Some(best.epoch) {
            self.write_weights(run_folder::BEST, best.parameters.clone())?;
            self.best = Some(best.epoch);
        }
        Ok(())
    }

    fn write_weights(&self, name: &str, parameters: Vec<Vec<f32>>) -> Result<()> {
        let vocabulary = &self.trainer.dataset.vocabulary;
        let weights = Weights::new(self.model.clone(), parameters, vocabulary);
        Ok(weights.save(&self.folder.path().join(name))?)
    }

    /// Writes the trained parameters and the report. The last checkpoint stays, to train for more epochs.
    fn finish(&self, session: &Session) -> Result<()> {
        self.write_weights(run_folder::MODEL, session.parameters()?)?;
        let folder = self.folder.path();
        report_page::write(folder, &[folder.to_path_buf()])?;
        Ok(self.folder.remove_previous_checkpoint()?)
    }

    fn holds_nothing(&self) -> bool {
        self.history.epochs.is_empty() && self.checkpoints.last().is_none()
    }

    /// Says whether training ended early, and which epoch's parameters are the result.
    fn tell_best(&self) -> Result<()> {
        let Settings { fit, .. } = &self.trainer.settings;
        let (Some(stopping), Some(best)) =
            (fit.early_stopping, fit.monitor.best(&self.history.epochs))
        else {
            return Ok(());
        };
        let output = self.trainer.output;
        let (epochs, monitor) = (self.history.epochs.len(), fit.monitor);
        let stopped = stopping.is_over(monitor, &self.history.epochs);
        if stopped {
            let patience = counted(stopping.patience, "epoch");
            let words = format!("after epoch {epochs}: no better {monitor} for {patience}");
            output.field("Stopped", &words);
        }
        let value = monitor.value(best);
        let words = format!(
            "epoch {}, {monitor} {value:.4}: its parameters are the result",
            best.epoch
        );
        output.field("Best", &words);
        let line = EarlyStoppingLine {
            variant: &self.history.variant,
            stopped,
            epochs,
            best_epoch: best.epoch,
            monitor,
            value,
        };
        output.event("early_stopping", &line)
    }

    fn tell_kept(&self, error: Option<&anyhow::Error>) -> Result<()> {
        let output = self.trainer.output;
        let epochs = self.history.epochs.len();
        let folder = self.folder.path();
        if error.is_some() {
            if self.holds_nothing() {
                output.say("Nothing was kept: no step was finished.");
            }
            if epochs > 0 {
                output.say(&format!(
                    "Kept the history and plots of {epochs} of {} in {}.",
                    counted(self.trainer.settings.fit.epochs, "epoch"),
                    folder.display()
                ));
            }
            if let Some(last) = self.checkpoints.last() {
                output.say(&format!(
                    "The last checkpoint, of {last}, stands in {}.",
                    folder.display()
                ));
            }
        }
        let line = RunLine {
            variant: &self.history.variant,
            folder,
            epochs,
            complete: error.is_none(),
        };
        if epochs > 0 {
            output.event("run", &line)?;
        }
        Ok(())
    }
}
