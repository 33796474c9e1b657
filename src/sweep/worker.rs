//! [`Worker`]: takes the next trial that is neither finished nor taken, and trains it or goes on with it.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::file::Method;
use super::folder::SweepFolder;
use super::outcome::{Outcome, TrialState};
use super::rounds::Task;
use super::trial_model::{TrialModel, check_fit};
use super::trials::{Sweep, Trial};
use crate::data::{Dataset, WordVectors};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{AdapterChoice, KernelForm};
use crate::model::Model;
use crate::run::{
    BegunRun, DataSpec, ReviewSource, RunEvent, RunFolder, RunOutcome, RunPlace, RunSpec, Trainer,
    holds_run,
};

/// Between two looks for trials of a round that other processes train.
const PAUSE: Duration = Duration::from_millis(500);

/// Every so manieth trial: `3/8` is every eighth, from the third.
///
/// # Examples
/// ```
/// use gatefold::sweep::Share;
///
/// let share: Share = "3/8".parse()?;
/// assert!(share.has(2) && share.has(10) && !share.has(3));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// From which, counted from 1.
    pub number: usize,
    /// One of how many.
    pub of: usize,
}

impl Share {
    /// Whether the trial with this index is in it.
    pub fn has(self, trial: usize) -> bool {
        trial % self.of == self.number - 1
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Share> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Share { number, of }),
            _ => Err(Error::Data(format!(
                "{text:?} is no share; give K/N with K from 1 to N, 3/8 say"
            ))),
        }
    }
}

/// What happens while a worker works.
#[derive(Debug)]
pub enum SweepEvent<'a> {
    /// A trial begins, or goes on.
    Begin {
        /// The trial.
        trial: &'a Trial,
        /// Its number, counted from 1.
        number: usize,
        /// Epochs to train.
        epochs: usize,
        /// What should be known of where it goes on.
        notes: &'a [String],
    },
    /// What its training tells.
    Run(&'a RunEvent<'a>),
    /// A trial is over, for this round.
    End {
        /// The trial.
        trial: &'a Trial,
        /// Its number, counted from 1.
        number: usize,
        /// What came of it.
        state: &'a TrialState,
    },
    /// The file system has no locks: two processes may train the same trial.
    NoLocks,
    /// The next round waits for so many trials that other processes train.
    Waiting(usize),
}

/// What a worker did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// Trials that it trained, or went on with.
    pub trained: usize,
    /// Trials that are not over: other processes have them, or they are of another share.
    pub left: usize,
}

/// Trains trials of a sweep until none is left that nobody has.
pub struct Worker<'a> {
    sweep: &'a Sweep,
    folder: &'a SweepFolder,
    /// The device to use.
    pub adapter: AdapterChoice,
    /// The form of its kernels.
    pub kernels: KernelForm,
    /// Rows of a recurrence's workgroup, if they are not left to the adapter.
    pub row_tile: Option<usize>,
    /// The folder where encoded reviews are kept.
    pub cache: Option<PathBuf>,
    /// Which trials it takes; all where that is not said.
    pub share: Option<Share>,
    device: Option<Device>,
    data: Option<(DataSpec, Arc<Dataset>)>,
    told_no_locks: bool,
}

impl<'a> Worker<'a> {
    /// A worker on this sweep, on the best device there is.
    pub fn new(sweep: &'a Sweep, folder: &'a SweepFolder) -> Worker<'a> {
        Worker {
            sweep,
            folder,
            adapter: AdapterChoice::default(),
            kernels: KernelForm::default(),
            row_tile: None,
            cache: None,
            share: None,
            device: None,
            data: None,
            told_no_locks: false,
        }
    }

    /// Trains until nothing is left for it. A trial that fails is noted with its reason, and the others go on.
    ///
    /// `stop` ends training after the step at hand, so that the trial can be gone on with.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if `stop` was set; [`Error::Io`] of a disk that is full or gone, and what stands against all
    /// trials alike: of the device, of the data, of a folder that holds another run.
    pub fn work(
        &mut self,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&SweepEvent<'_>),
    ) -> Result<Worked> {
        let mut worked = Worked::default();
        let mut is_waiting = false;
        loop {
            let tasks = self.sweep.tasks(&self.folder.states(self.sweep)?);
            let mut trained = 0;
            for task in &tasks {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Interrupted);
                }
                if self.share.is_none_or(|share| share.has(task.trial))
                    && self.take(*task, stop, observe)?
                {
                    trained += 1;
                }
            }
            worked.trained += trained;
            worked.left = tasks.len() - trained;
            if trained > 0 {
                is_waiting = false;
                continue;
            }
            // A round of halving decides what the next one has; other sweeps are over for who finds nothing.
            if tasks.is_empty() || self.sweep.file.search.method != Method::Halving {
                return Ok(worked);
            }
            if !is_waiting {
                observe(&SweepEvent::Waiting(tasks.len()));
                is_waiting = true;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Trains the trial, unless another process has it, or has done it by now.
    fn take(
        &mut self,
        task: Task,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&SweepEvent<'_>),
    ) -> Result<bool> {
        let sweep = self.sweep;
        let Some(trial) = sweep.trials.get(task.trial) else {
            return Ok(false);
        };
        let path = self.folder.trial(&trial.folder);
        let Some(folder) = RunFolder::claim(&path)? else {
            return Ok(false);
        };
        let held = folder.hold();
        if !held.is_locked() && !self.told_no_locks {
            observe(&SweepEvent::NoLocks);
            self.told_no_locks = true;
        }
        if Outcome::read(&path)?.is_some_and(|outcome| outcome.is_done(task.epochs)) {
            return Ok(false);
        }
        let trained = match self.dataset(&trial.spec, stop) {
            Ok(dataset) => self.train(trial, task, &dataset, folder, stop, observe),
            Err(error) if self.data_varies() => Err(error),
            // Of what all trials have, none can be trained.
            Err(error) => return Err(error),
        };
        let failed = match trained {
            Ok(outcome) => match outcome.end {
                Ok(device) => {
                    self.device = Some(device);
                    None
                }
                Err(error) => Some(error),
            },
            Err(error) => Some(error),
        };
        let failed = match failed {
            Some(error) if ends_process(&error) => return Err(error),
            failed => failed.map(|error| error.to_string()),
        };
        let outcome = Outcome {
            epochs: task.epochs,
            failed,
        };
        outcome.write(&path)?;
        let state = TrialState::read(&path)?;
        observe(&SweepEvent::End {
            trial,
            number: task.trial + 1,
            state: &state,
        });
        // Until here no other process may take it for one to go on with.
        drop(held);
        Ok(true)
    }

    fn train(
        &mut self,
        trial: &Trial,
        task: Task,
        dataset: &Arc<Dataset>,
        folder: RunFolder,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&SweepEvent<'_>),
    ) -> Result<RunOutcome> {
        let mut spec = trial.spec.clone();
        if let Some(training) = &mut spec.training {
            training.epochs = task.epochs;
        }
        let device = self.device()?;
        let (trainer, model) = self.prepare(&trial.model, spec, dataset, &device, stop)?;
        let mut notes = Vec::new();
        let place = match holds_run(folder.path()) {
            true => {
                let begun = BegunRun::of(folder)?;
                notes = begun.check(&trainer.spec.of_model(&model))?;
                RunPlace::Begun(Box::new(begun))
            }
            false => RunPlace::Taken(folder),
        };
        observe(&SweepEvent::Begin {
            trial,
            number: task.trial + 1,
            epochs: task.epochs,
            notes: &notes,
        });
        trainer.train(device, &model, place, stop, &mut |event| {
            observe(&SweepEvent::Run(event));
            ControlFlow::Continue(())
        })
    }

    /// The trainer of a trial, with the vectors that its embedding starts with if it has any, and its model.
    ///
    /// # Errors
    /// As [`Trainer::new`], [`Trainer::read_vectors`] and [`TrialModel::build`]; [`Error::Model`] for a model that does not fit
    /// the data.
    pub fn prepare(
        &self,
        model: &TrialModel,
        spec: RunSpec,
        dataset: &Arc<Dataset>,
        device: &Device,
        stop: &AtomicBool,
    ) -> Result<(Trainer, Model)> {
        let limits = device.limits(self.kernels)?.with_row_tile(self.row_tile)?;
        let mut trainer = Trainer::new(spec, Arc::clone(dataset), &device.report(), limits)?;
        let width = trainer.read_vectors(stop)?.map(WordVectors::width);
        let (vocabulary, classes) = (dataset.vocabulary.size(), dataset.classes.len());
        let model = model.build(vocabulary, classes, width)?;
        check_fit(&model, vocabulary, classes)?;
        let model = trainer.adapted(model)?;
        Ok((trainer, model))
    }

    /// Whether trials have different reviews.
    fn data_varies(&self) -> bool {
        let mut axes = self.sweep.file.axes.iter();
        axes.any(|axis| axis.key.starts_with("data."))
    }

    /// The reviews of a trial: those of the one before, if they are the same. Models of trials that do not fit them are refused
    /// as they are read, before one is trained on them.
    ///
    /// # Errors
    /// As [`ReviewSource::load`]; [`Error::Malformed`] where a model has another number of classes, or too few embeddings.
    pub fn dataset(&mut self, spec: &RunSpec, stop: &AtomicBool) -> Result<Arc<Dataset>> {
        match &self.data {
            Some((data, dataset)) if *data == spec.data => Ok(Arc::clone(dataset)),
            _ => {
                // Two of them need not be in memory at once.
                self.data = None;
                let reviews = ReviewSource::of(&spec.data, self.cache.clone());
                let dataset = Arc::new(reviews.load(stop)?);
                let (vocabulary, classes) = (dataset.vocabulary.size(), dataset.classes.len());
                let mut trials = self.sweep.trials.iter();
                trials.try_for_each(|trial| match trial.spec.data == spec.data {
                    true => trial.model.check(&self.sweep.file, vocabulary, classes),
                    false => Ok(()),
                })?;
                self.data = Some((spec.data.clone(), Arc::clone(&dataset)));
                Ok(dataset)
            }
        }
    }

    /// The device, opened where it is not, or was lost with a trial that failed.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub fn device(&mut self) -> Result<Device> {
        match self.device.take() {
            Some(device) => Ok(device),
            None => Device::open(&self.adapter),
        }
    }

    /// Keeps a device for the next trial.
    pub fn keep(&mut self, device: Device) {
        self.device = Some(device);
    }
}

/// Whether an error stands against the process, and not against the trial alone.
fn ends_process(error: &Error) -> bool {
    matches!(
        error,
        Error::Io { .. }
            | Error::Interrupted
            | Error::Malformed { .. }
            | Error::NoVocabulary { .. }
            | Error::Adapter(_)
            | Error::Internal { .. }
    )
}
