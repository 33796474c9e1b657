//! [`Trainer`]: trains models into run folders, from their start or from where an earlier process left them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::callbacks::CallbackSpec;
use super::epochs::Course;
use super::folder::RunFolder;
use super::live_run::{LiveRun, LiveWork};
use super::outcome::{RunEvent, RunOutcome, RunPlace};
use super::spec::RunSpec;
use super::training::TrainingSpec;
use crate::data::{Dataset, WordVectors};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::AdapterReport;
use crate::model::{Model, initialise};
use crate::plan::Limits;
use crate::ranks::Ranks;
use crate::train::{CheckpointFiles, Session, reserve_for};

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
        let session = match goes_on {
            true => self.session_to_resume(device, model)?,
            false => self.session(device, model)?,
        };
        if self.ranks.as_ref().is_some_and(|ranks| !ranks.is_first()) {
            let from = match place {
                RunPlace::Begun(begun) => begun.checkpoint.map(|found| found.checkpoint.snapshot),
                RunPlace::New(_) | RunPlace::Taken(_) => None,
            };
            let from = from.as_deref();
            return self.follow(session, Course::new(from, stop, observe));
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
        let work = LiveWork {
            model,
            dataset: &self.dataset,
            training: &self.training,
            callbacks: &self.callbacks,
            spec,
        };
        let from = from.as_deref();
        let run = LiveRun::new(work, folder, checkpoints, from)?;
        Ok(run.train(session, Course::new(from, stop, observe)))
    }
}
