//! One run: a model trained from its start, or from where an earlier process left it, and all that it leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use gatefold::Error;
use gatefold::gpu::Gpu;
use gatefold::model::Model;
use gatefold::report::write_atomically;
use gatefold::train::{
    Checkpoint, CheckpointFiles, EpochRecord, Event, History, Position, Session, Snapshot, Weights,
    fit, resume,
};
use serde::Serialize;

use super::progress::Progress;
use super::report_page;
use super::resume::Begun;
use super::run_folder::{self, RunFolder};
use super::screen::counted;
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

/// A run under way.
struct Run<'a> {
    trainer: &'a Trainer,
    folder: RunFolder,
    config: String,
    model: &'a Model,
    history: History,
    checkpoints: CheckpointFiles,
}

impl Trainer {
    /// Trains a model. What its finished epochs gave and its last checkpoints are kept whatever happens.
    pub fn train(&self, gpu: Gpu, model: &Model, place: Place) -> Result<(Gpu, History)> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        self.output.event("model", &model.summarise())?;
        self.output.say(&format!("\n{}\n", model.summary()));
        let mut session = self.session(gpu, model)?;
        let config = self.config.of_model(model).to_toml()?;
        let (folder, checkpoints, from) = match place {
            Place::New(path) => {
                let folder = RunFolder::create(&path, &config)?;
                (folder, CheckpointFiles::new(&path), None)
            }
            Place::Begun(begun) => {
                begun.tell(self.output);
                begun.folder.write_config(&config)?;
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
        };
        let outcome = run
            .fit(&mut session, from.as_deref())
            .and_then(|()| run.finish(&session));
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
    fn fit(&mut self, session: &mut Session, from: Option<&Snapshot>) -> Result<()> {
        if let Some(Snapshot { position, .. }) = from {
            self.history.epochs = position.epochs.clone();
        }
        if !self.history.epochs.is_empty() {
            // They may be behind the checkpoint.
            self.folder
                .write(&self.history, &self.trainer.dataset.name)?;
        }
        let outcome = self.fit_epochs(session, from);
        let written = self.checkpoints.finish();
        outcome.and(Ok(written?))
    }

    fn fit_epochs(&mut self, session: &mut Session, from: Option<&Snapshot>) -> Result<()> {
        let trainer = self.trainer;
        let (options, stop) = (&trainer.settings.fit, &*trainer.stop);
        let steps = trainer.dataset.train.len().div_ceil(options.batch_size);
        let start = from.map_or(Position::default(), |from| from.position.clone());
        let name = &self.history.variant;
        let mut progress = Progress::new(trainer.output, name, options.epochs, steps)?;
        if start.epochs.len() < options.epochs {
            progress.begin(&start);
        }
        let mut failed = None;
        let mut observe = |event: Event<'_>| {
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
                Event::Epoch(record) => {
                    let written = self.end_epoch(record);
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
        self.history.epochs.push(record);
        let written = self.folder.write(&self.history, &self.trainer.dataset.name);
        if written.is_err() {
            self.history.epochs.pop();
        }
        Ok(written?)
    }

    fn checkpoint(&mut self, snapshot: &Arc<Snapshot>) -> Result<()> {
        Ok(self.checkpoints.save(Checkpoint {
            model: self.model.clone(),
            config: self.config.clone(),
            snapshot: Arc::clone(snapshot),
        })?)
    }

    /// Writes the trained parameters and the report. The last checkpoint stays, to train for more epochs.
    fn finish(&self, session: &Session) -> Result<()> {
        let vocabulary = &self.trainer.dataset.vocabulary;
        let weights = Weights {
            model: self.model.clone(),
            parameters: session.parameters()?,
            vocabulary_sha256: vocabulary.sha256().to_string(),
            vocabulary_size: vocabulary.size(),
        };
        let file = self.folder.path().join(run_folder::MODEL);
        write_atomically(&file, &weights.to_bytes()?)?;
        let folder = self.folder.path();
        report_page::write(folder, &[folder.to_path_buf()])?;
        Ok(self.folder.remove_previous_checkpoint()?)
    }

    fn holds_nothing(&self) -> bool {
        self.history.epochs.is_empty() && self.checkpoints.last().is_none()
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
