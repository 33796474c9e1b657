//! What `compare` and `train` share: the device, the data, and telling how a run goes.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use gatefold::Error;
use gatefold::data::Dataset;
use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::run::{
    RunEvent, RunOutcome, RunPlace, RunSpec, Trainer, check_folder, files, holds_run,
};
use gatefold::train::{Event, History, Monitor, Position, range_test_words};
#[cfg(feature = "serve")]
use gatefold::watch::Page;
use serde::Serialize;
use tracing::info;

use super::interrupt;
#[cfg(feature = "serve")]
use super::page;
use super::progress::Progress;
use super::screen::{Output, counted, field};
use super::settings::Settings;
use super::tell_origin::{load_told, tell_adapter, tell_class_weights, tell_data, tell_vectors};
use super::time_limit::TimeLimit;

/// Models that are trained on the same data, and what is told of that.
pub struct TrainingJob {
    pub settings: Settings,
    pub output: Output,
    pub trainer: Trainer,
    /// Whether the vectors that the embedding starts with were read, if there are any.
    pub has_vectors: bool,
    /// Whether the user asked to stop.
    stop: Arc<AtomicBool>,
    limit: TimeLimit,
    /// Shows the run until training is over.
    #[cfg(feature = "serve")]
    _page: Option<Page>,
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

impl TrainingJob {
    /// Checks the output folder, opens the device and loads the data, telling what it finds.
    pub fn new(settings: Settings) -> Result<(TrainingJob, Device)> {
        if !settings.begun && settings.is_first() {
            check_folder(&settings.out, settings.overwrite)?;
        }
        let output = Output {
            json: settings.json,
            quiet: settings.quiet,
        };
        #[cfg(feature = "serve")]
        let page = settings
            .serve
            .map(|address| page::open(&settings.out, address, output));
        #[cfg(feature = "serve")]
        let page = page.transpose()?;
        let stop = interrupt::install(output)?;
        let limit = TimeLimit::from_now(settings.max_time);
        let device = Device::open(&settings.adapter)?;
        let limits = device.limits(settings.kernels)?;
        let limits = limits.with_row_tile(settings.row_tile)?;
        tell_adapter(output, &device.report(), &limits)?;
        let dataset = Arc::new(load_told(&settings.data, &stop, output)?);
        tell_data(output, &dataset)?;
        let trainer = Trainer::new(settings.spec.clone(), dataset, &device.report(), limits)?;
        tell_class_weights(output, &trainer);
        let job = TrainingJob {
            trainer,
            has_vectors: false,
            settings,
            output,
            stop,
            limit,
            #[cfg(feature = "serve")]
            _page: page,
        };
        Ok((job, device))
    }

    /// Has the job share its work with the other ranks, if there are any, which must be about to train the same: `spec`, from
    /// where `begun` stand.
    pub fn join<'a>(
        &mut self,
        spec: &RunSpec,
        begun: impl Iterator<Item = Option<&'a Position>>,
    ) -> Result<()> {
        let Some(ranks) = &self.settings.ranks else {
            return Ok(());
        };
        let places = begun.map(|position| match position {
            Some(position) => position.to_string(),
            None => "the beginning".to_string(),
        });
        let places = places.collect::<Vec<_>>().join(", ");
        self.trainer
            .join(ranks, spec, &[("the place of the run", places)])?;
        let (size, shards) = (ranks.size(), self.trainer.training().shards);
        let words = format!(
            "{size}, each with {} of {shards} shards of a batch",
            shards / size
        );
        self.output.field("Ranks", &words);
        Ok(())
    }

    /// Whether the user asked to stop.
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// Reads the vectors that the embedding is to start with, if any are asked for, and tells for how much of the vocabulary
    /// and of the training reviews there are some.
    pub fn read_vectors(&mut self) -> Result<()> {
        self.has_vectors = true;
        let dataset = Arc::clone(&self.trainer.dataset);
        let Some(vectors) = self.trainer.read_vectors(&self.stop)? else {
            return Ok(());
        };
        tell_vectors(self.output, vectors, &dataset)
    }

    /// The reviews.
    pub fn dataset(&self) -> &Dataset {
        &self.trainer.dataset
    }

    /// Fails where a model cannot be trained on this data and device, before any is.
    pub fn check(&self, mut device: Device, models: &[Model]) -> Result<Device> {
        for model in models {
            let session = self.trainer.session_to_resume(device, model)?;
            info!(
                "{}: {} MiB of buffers",
                model.name(),
                session.device().buffer_bytes() >> 20
            );
            device = session.into_device();
        }
        if self.settings.finds_rate {
            self.output.field("Testing", &range_test_words());
            return Ok(device);
        }
        self.output.field("Training", &self.trainer.words());
        self.output.field(
            "Validated",
            &format!("with {}", self.trainer.validation_words()),
        );
        Ok(device)
    }

    /// Trains a model, and tells how that goes and what was kept; so many others wait for their turn.
    pub fn train(
        &self,
        device: Device,
        model: &Model,
        place: RunPlace,
        waiting: usize,
    ) -> Result<(Device, History)> {
        let trained = self.train_limited(device, model, place, waiting);
        trained.map_err(|error| self.limit.told(error))
    }

    fn train_limited(
        &self,
        device: Device,
        model: &Model,
        place: RunPlace,
        waiting: usize,
    ) -> Result<(Device, History)> {
        let output = self.output;
        self.limit.look(&self.stop);
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
        let summary = model.summarise();
        output.event("model", &summary)?;
        output.say(&format!("\n{}\n", summary.within(output.columns())));
        let folder = match &place {
            RunPlace::New(path) => path.clone(),
            RunPlace::Taken(folder) => folder.path().to_path_buf(),
            RunPlace::Begun(begun) => {
                let (from, note) = begun.words();
                if let Some(note) = note {
                    output.field("Note", &note);
                }
                output.field("Resuming", &from);
                begun.path().to_path_buf()
            }
        };
        let mut progress = None;
        let mut failure = None;
        let mut observe = |event: &RunEvent<'_>| {
            self.limit.look(&self.stop);
            if let Err(error) = tell(event, model.name(), waiting, output, &mut progress) {
                // What cannot be told to anyone is not trained further; it can be gone on with.
                failure.get_or_insert(error);
                self.stop.store(true, Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        };
        let outcome = self
            .trainer
            .train(device, model, place, &self.stop, &mut observe)?;
        drop(progress);
        if outcome.end.is_ok() {
            self.tell_best(&outcome.history)?;
        }
        self.tell_kept(&folder, &outcome)?;
        match failure {
            Some(error) => Err(error),
            None => Ok(outcome.finished()?),
        }
    }

    /// Says whether training ended early, and which epoch's parameters are the result.
    fn tell_best(&self, history: &History) -> Result<()> {
        let callbacks = self.trainer.callbacks();
        let (monitor, records) = (callbacks.monitor, &history.epochs);
        let (Some(stopping), Some(best)) = (callbacks.early_stopping(), monitor.best(records))
        else {
            return Ok(());
        };
        let (output, epochs) = (self.output, records.len());
        let stopped = stopping.is_over(monitor, records);
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
            variant: &history.variant,
            stopped,
            epochs,
            best_epoch: best.epoch,
            monitor,
            value,
        };
        output.event("early_stopping", &line)
    }

    fn tell_kept(&self, folder: &Path, outcome: &RunOutcome) -> Result<()> {
        let output = self.output;
        let (epochs, shown) = (outcome.history.epochs.len(), folder.display());
        if outcome.end.is_err() {
            if outcome.is_nothing() {
                output.say("Nothing was kept: no step was finished.");
            }
            if epochs > 0 {
                let of = counted(self.trainer.training().epochs, "epoch");
                output.say(&format!(
                    "Kept the history and plots of {epochs} of {of} in {shown}."
                ));
            }
            if let Some(last) = &outcome.last_checkpoint {
                output.say(&format!(
                    "The last checkpoint, of {last}, stands in {shown}."
                ));
            }
        }
        let line = RunLine {
            variant: &outcome.history.variant,
            folder,
            epochs,
            complete: outcome.end.is_ok(),
        };
        match epochs {
            0 => Ok(()),
            _ => output.event("run", &line),
        }
    }

    /// Says how to go on with what an error left in the output folder, if anything.
    pub fn tell_resume(&self, error: &anyhow::Error) {
        let settings = &self.settings;
        // The same steps would give the same numbers.
        let hopeless = error.downcast_ref().is_some_and(Error::recurs);
        if !hopeless && holds_run(&settings.out) {
            self.output.say(&format!(
                "Go on with: gatefold {} --resume {}",
                settings.command,
                settings.out.display()
            ));
        }
    }
}

/// Shows what happens to the run of this model.
fn tell(
    event: &RunEvent<'_>,
    model: &str,
    waiting: usize,
    output: Output,
    progress: &mut Option<Progress>,
) -> Result<()> {
    match (event, progress) {
        (
            RunEvent::Begin {
                epochs,
                steps,
                position,
            },
            progress,
        ) => {
            let mut shown = Progress::new(output, model, *epochs, *steps, waiting)?;
            if position.epochs.len() < *epochs {
                shown.begin(position);
            }
            *progress = Some(shown);
            Ok(())
        }
        (RunEvent::Fit(event), Some(progress)) => match event {
            Event::Steps {
                epoch,
                done,
                of,
                metrics,
            } => {
                progress.steps(*epoch, *done, *of, *metrics);
                Ok(())
            }
            Event::Epoch(record) => progress.epoch(record.clone()),
            Event::Snapshot(_) | Event::Validation { .. } => Ok(()),
            Event::Restart {
                error,
                restart,
                position,
            } => progress.restart(error, *restart, position),
        },
        (RunEvent::Fit(_), None) => Ok(()),
    }
}

/// Says of results on made-up reviews that they are.
pub fn tell_synthetic(output: Output, dataset: &Dataset) -> Result<()> {
    if dataset.synthetic {
        for note in &dataset.notes {
            output.result(&field("Note", note))?;
        }
    }
    Ok(())
}

/// Says where a run's files are.
pub fn tell_run(job: &TrainingJob, folder: &str) -> Result<()> {
    let vocabulary = files::vocabulary(job.dataset().vocabulary.kind());
    let files = format!(
        "report.html, README.md, loss.png, accuracy.png, history.csv, history.json, model.safetensors, best.safetensors, \
         config.toml, {vocabulary}"
    );
    let TrainingJob {
        output, settings, ..
    } = job;
    output.result(&field("Run", &format!("{folder}: {files}")))?;
    if job.trainer.callbacks().tensorboard {
        let command = format!("tensorboard --logdir {}", settings.out.display());
        output.result(&field("Events", &command))?;
    }
    Ok(())
}
