//! [`Trainer`]: trains models into run folders, from their start or from where an earlier process left them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::callbacks::CallbackSpec;
use super::card_file::write_model_card;
use super::files;
use super::folder::RunFolder;
use super::model_card::model_card;
use super::outcome::{RunEvent, RunOutcome, RunPlace};
use super::recorder::Recorder;
use super::report::write_report;
use super::spec::RunSpec;
use super::trained_run::ParametersFrom;
use super::training::TrainingSpec;
use crate::data::{Dataset, WordVectors};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::AdapterReport;
use crate::model::{Model, initialise};
use crate::plan::Limits;
use crate::ranks::Ranks;
use crate::report::TensorBoard;
use crate::train::{
    Best, Checkpoint, CheckpointFiles, EpochRecord, Event, History, Position, Session, Snapshot,
    Weights, fit, reserve_for, resume,
};

/// All that training needs but the model and the device.
///
/// # Examples
/// ```no_run
/// use std::ops::ControlFlow;
/// use std::sync::{Arc, atomic::AtomicBool};
/// use gatefold::data::{Source, demo};
/// use gatefold::device::Device;
/// use gatefold::gpu::{AdapterChoice, KernelForm};
/// use gatefold::model::Variant;
/// use gatefold::run::{RunPlace, RunSpec, TrainedRun, Trainer};
///
/// let dataset = Arc::new(demo()?);
/// let model = Variant::Bidirectional.model(dataset.vocabulary.size())?;
/// let device = Device::open(&AdapterChoice::default())?;
/// let limits = device.limits(KernelForm::Automatic)?;
///
/// let trainer = Trainer::new(RunSpec::new(&Source::Demo), dataset, &device.report(), limits)?;
/// let place = RunPlace::New("runs/mine".into());
/// let outcome = trainer.train(device, &model, place, &AtomicBool::new(false), &mut |_event| ControlFlow::Continue(()))?;
/// let (_device, history) = outcome.finished()?;
/// println!("{} epochs", history.epochs.len());
///
/// let run = TrainedRun::open("runs/mine")?; // `gatefold predict runs/mine` says the same
/// println!("{}", run.predict(&["a fine film"])?[0].class);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    /// What every run's `config.toml` says, but for the model.
    pub spec: RunSpec,
    /// The reviews.
    pub dataset: Arc<Dataset>,
    training: TrainingSpec,
    callbacks: CallbackSpec,
    class_weights: Vec<f32>,
    limits: Limits,
    /// Vectors that the embedding starts with, once they are read.
    vectors: Option<WordVectors>,
    /// The processes that train together, this one among them.
    ranks: Option<Arc<Ranks>>,
}

impl Trainer {
    /// For runs of `spec` on these reviews, a device like `adapter` and kernels within `limits`.
    ///
    /// # Errors
    /// As [`RunSpec::check`], [`RunSpec::trained`], [`TrainingSpec::class_weights`] and [`Limits::with_storage`].
    pub fn new(
        spec: RunSpec,
        dataset: Arc<Dataset>,
        adapter: &AdapterReport,
        limits: Limits,
    ) -> Result<Trainer> {
        spec.check()?;
        let (training, callbacks) = spec.trained()?;
        let dataset = training.reviews(dataset, &spec.data.source())?;
        let class_weights = training.class_weights(&dataset)?;
        let limits = limits.with_storage(training.storage)?;
        Ok(Trainer {
            training: training.clone(),
            callbacks: callbacks.clone(),
            class_weights,
            spec: spec.found(&dataset, adapter, &limits),
            dataset,
            limits,
            vectors: None,
            ranks: None,
        })
    }

    /// Has it train together with other ranks, which each have such a trainer. The first of them writes the run's folder, and
    /// the others write nothing.
    ///
    /// # Errors
    /// As [`Ranks::share`], and as [`Ranks::check_same`] of what the spec says and of `facts`.
    pub fn join(
        &mut self,
        ranks: &Arc<Ranks>,
        spec: &RunSpec,
        facts: &[(&str, String)],
    ) -> Result<()> {
        ranks.share(self.training.shards)?;
        let spec = spec.of_all_ranks()?;
        let spec = spec
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()));
        ranks.check_same(&facts.iter().cloned().chain(spec).collect::<Vec<_>>())?;
        self.ranks = Some(Arc::clone(ranks));
        Ok(())
    }

    /// How it trains.
    pub fn training(&self) -> &TrainingSpec {
        &self.training
    }

    /// What steers it.
    pub fn callbacks(&self) -> &CallbackSpec {
        &self.callbacks
    }

    /// What the loss of a training review counts, by its class; empty where all count the same.
    pub fn class_weights(&self) -> &[f32] {
        &self.class_weights
    }

    /// All of that for people, see [`TrainingSpec::words`].
    pub fn words(&self) -> String {
        self.training.words(&self.callbacks, &self.dataset)
    }

    /// What it is validated with, for people, see [`TrainingSpec::validation_words`].
    pub fn validation_words(&self) -> String {
        self.training.validation_words(&self.dataset)
    }

    /// Reads the vectors that the embedding is to start with, if any are asked for. A run that goes on from a checkpoint
    /// does not need them.
    ///
    /// # Errors
    /// As [`WordVectors::load`]; [`Error::Malformed`] where [`TrainingSpec::embedding_sha256`] says that it was another file.
    pub fn read_vectors(&mut self, stop: &AtomicBool) -> Result<Option<&WordVectors>> {
        self.vectors = self.training.read_vectors(&self.dataset.vocabulary, stop)?;
        self.spec.training = Some(self.training.clone());
        Ok(self.vectors.as_ref())
    }

    /// `model` with its padding masked and its embedding frozen, as far as that is asked for.
    ///
    /// # Errors
    /// As [`Model::with_mask`].
    pub fn adapted(&self, mut model: Model) -> Result<Model> {
        if self.training.mask_padding {
            model = model.with_mask()?;
        }
        if self.training.freeze_embedding {
            model = model.with_frozen_embedding()?;
        }
        Ok(model)
    }

    /// The model on the device, with initial parameters and memory for the longest batch.
    ///
    /// # Errors
    /// As [`Session::new`] and [`reserve_for`]; [`Error::Argument`] where [`Trainer::read_vectors`] was not called, and
    /// [`Error::Model`] where the embedding has another width than the vectors.
    pub fn session(&self, device: impl Into<Device>, model: &Model) -> Result<Session> {
        let mut parameters = initialise(model, self.training.seed);
        self.training
            .place_vectors(self.vectors.as_ref(), model, &mut parameters)?;
        self.session_of(device.into(), model, &parameters)
    }

    /// As [`Trainer::session`], for parameters that are yet to come: those of a checkpoint.
    ///
    /// # Errors
    /// As [`Session::new`] and [`reserve_for`].
    pub fn session_to_resume(&self, device: impl Into<Device>, model: &Model) -> Result<Session> {
        self.session_of(device.into(), model, &initialise(model, self.training.seed))
    }

    fn session_of(
        &self,
        device: Device,
        model: &Model,
        parameters: &[Vec<f32>],
    ) -> Result<Session> {
        let training = &self.training;
        let mut session = Session::new(
            device,
            model.clone(),
            self.limits.clone(),
            parameters,
            training.optimiser(),
            training.seed,
        )?;
        session.set_gradients(training.gradients(&self.callbacks))?;
        if let Some(ranks) = &self.ranks {
            session.join(Arc::clone(ranks));
        }
        let padding = training.reading().padding();
        // Memory is for what is on the device at once.
        let rows = training.batch_size.div_ceil(training.shards);
        reserve_for(&mut session, &self.dataset, rows, padding)?;
        Ok(session)
    }

    /// Trains a model. What its finished epochs gave and its last checkpoints are kept whatever happens; a run without
    /// either leaves no folder.
    ///
    /// `stop` ends training after the step at hand, as an error, so that the run can be gone on with. `observe` may end
    /// it as well, which is no error: the run is then over, and its parameters are the result.
    ///
    /// # Errors
    /// Of what comes before the first step; what comes later is [`RunOutcome::end`].
    pub fn train(
        &self,
        device: impl Into<Device>,
        model: &Model,
        place: RunPlace,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> Result<RunOutcome> {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        let goes_on = matches!(&place, RunPlace::Begun(begun) if !begun.is_at_start());
        let mut session = match goes_on {
            true => self.session_to_resume(device, model)?,
            false => self.session(device, model)?,
        };
        if self.ranks.as_ref().is_some_and(|ranks| !ranks.is_first()) {
            let from = match place {
                RunPlace::Begun(begun) => begun.checkpoint.map(|found| found.checkpoint.snapshot),
                RunPlace::New(_) | RunPlace::Taken(_) => None,
            };
            return self.follow(session, from.as_deref(), stop, observe);
        }
        let spec = self.spec.of_model(model);
        let vocabulary = &self.dataset.vocabulary;
        let (folder, checkpoints, from) = match place {
            RunPlace::New(path) => {
                let folder = RunFolder::create(&path, &spec, vocabulary)?;
                (folder, CheckpointFiles::new(&path), None)
            }
            RunPlace::Taken(folder) => {
                folder.write_origin(&spec, vocabulary)?;
                let checkpoints = CheckpointFiles::new(folder.path());
                (folder, checkpoints, None)
            }
            RunPlace::Begun(begun) => {
                begun.folder.write_origin(&spec, vocabulary)?;
                let from = begun.checkpoint.map(|found| found.checkpoint.snapshot);
                (begun.folder, begun.checkpoints, from)
            }
        };
        let mut run = Run {
            trainer: self,
            folder,
            config: spec.to_toml()?,
            model,
            history: History::new(model.name(), model.count_parameters()),
            checkpoints,
            taken_at: from.as_ref().map(|from| from.position.clone()),
            best: None,
            tensorboard: None,
        };
        let mut recorder = Recorder::new(run.folder.path());
        let outcome = run
            .fit(&mut session, from.as_deref(), stop, &mut recorder, observe)
            .and_then(|()| run.finish(&session));
        recorder.end(outcome.as_ref().err().map(ToString::to_string));
        let outcome = RunOutcome {
            history: run.history,
            last_checkpoint: run.checkpoints.last().cloned(),
            end: outcome.map(|()| session.into_device()),
        };
        if outcome.end.is_err() && outcome.is_nothing() {
            run.folder.discard();
        }
        Ok(outcome)
    }
}

/// A run under way.
struct Run<'a> {
    trainer: &'a Trainer,
    folder: RunFolder,
    config: String,
    model: &'a Model,
    history: History,
    checkpoints: CheckpointFiles,
    /// Where the run stood when this process took it; none of a run that begins, or once its old result is gone.
    taken_at: Option<Position>,
    /// The epoch whose parameters are in [`files::BEST`].
    best: Option<usize>,
    tensorboard: Option<TensorBoard>,
}

impl Run<'_> {
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
        if self.trainer.callbacks.tensorboard {
            let events = self.folder.path().join(files::EVENTS);
            self.tensorboard = Some(TensorBoard::create(&events, &self.history.epochs)?);
        }
        if !self.history.epochs.is_empty() {
            // They may be behind the checkpoint.
            self.folder
                .write(&self.history, &self.trainer.dataset.name)?;
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
        let trainer = self.trainer;
        let options = trainer
            .training
            .fit_options(&trainer.callbacks, &trainer.dataset)?;
        let steps = trainer.dataset.train.len().div_ceil(options.batch_size);
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
        let dataset = &trainer.dataset;
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
        let written = self.folder.write(&self.history, &self.trainer.dataset.name);
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
            model: self.model.clone(),
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
        let vocabulary = &self.trainer.dataset.vocabulary;
        let weights = Weights::new(self.model.clone(), parameters, vocabulary);
        weights.save(&self.folder.path().join(name))
    }

    /// Writes the trained parameters, the report and the model card. The last checkpoint stays, to train for more epochs.
    fn finish(&self, session: &Session) -> Result<()> {
        self.write_weights(files::MODEL, session.parameters()?)?;
        let folder = self.folder.path();
        if !self.history.epochs.is_empty() {
            write_report(folder, &[folder.to_path_buf()])?;
        }
        let spec = self.trainer.spec.of_model(self.model);
        let card = model_card(&spec, &self.history.epochs, &ParametersFrom::Result, None)?;
        write_model_card(folder, &card)?;
        self.folder.remove_previous_checkpoint()
    }
}
