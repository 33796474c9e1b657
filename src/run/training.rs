//! [`TrainingSpec`]: how a run is trained.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::callbacks::CallbackSpec;
use super::class_weights::ClassWeights;
use super::optimiser::OptimiserName;
use super::reading::ReadingSpec;
use super::source::DataSpec;
use crate::batch::{SHUFFLE_BUFFER, Side};
use crate::data::{DEMO_LEARNING_RATE, Dataset, ReviewLimits, Source};
use crate::error::{Error, Result};
use crate::model::counted;
use crate::plan::{Adam, Gradients, Optimiser, RmsProp, Sgd, Storage};
use crate::train::{FitOptions, Validation};

/// The experiment's learning rate.
pub(super) const LEARNING_RATE: f64 = 1e-4;

/// Steps of the experiment's validation.
const VALIDATION_STEPS: usize = 30;

/// How a run is trained, as `config.toml` says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// Passes over the training reviews.
    pub epochs: usize,
    /// Reviews a batch.
    pub batch_size: usize,
    /// Parts that a batch is cut into, whose gradients are made one after the other.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub shards: usize,
    /// How parameters follow their gradients.
    pub optimiser: OptimiserName,
    /// Share of the last move that is made again. 0 is not nothing, but the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Whether the gradient is followed from where the momentum leads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nesterov: bool,
    /// The learning rate that the schedule starts from.
    pub learning_rate: f64,
    /// What the loss of a review counts, by its class; none where all count the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weight: Option<ClassWeights>,
    /// Bound of the norm of all gradients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Share of itself, times the learning rate, that every parameter loses before an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// A file of word vectors that the embedding starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// SHA-256 of its text, unpacked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_sha256: Option<String>,
    /// Numbers of each of its vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding_width: Option<usize>,
    /// Whether training leaves the embedding as it starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub freeze_embedding: bool,
    /// What initial parameters, the order of the reviews and dropout masks are drawn from.
    #[serde(with = "seed_as_text")]
    pub seed: u64,
    /// Places in the shuffle buffer of the training reviews.
    pub shuffle_buffer: Amount,
    /// Whether a batch holds reviews of similar length.
    pub bucket: bool,
    /// Where the padding stands.
    pub pad: Side,
    /// Most tokens of a review that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Which end of a longer review is cut off, where there is a most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate: Option<Side>,
    /// Test reviews to validate with after each epoch: drawn anew each time, if they are not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Amount>,
    /// Batches of test reviews to validate with instead, the first ones, always the same: what runs of earlier versions did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_steps: Option<usize>,
    /// Batches of training reviews to train on alone, and to validate with: whether a model can learn at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overfit_batches: Option<usize>,
    /// Whether recurrent layers skip padding.
    pub mask_padding: bool,
    /// Form of what recurrent layers keep for their backward pass.
    #[serde(default)]
    pub storage: Storage,
    /// Steps from one checkpoint to the next; 0 for one at the end of each epoch alone.
    pub checkpoint_steps: usize,
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

/// TOML's integers end at 2⁶³.
mod seed_as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(seed)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |_| D::Error::custom(format!("seed: {text:?} is no seed"));
        text.parse().map_err(wrong)
    }
}

impl TrainingSpec {
    /// The experiment's, with the learning rate that suits these reviews.
    pub fn new(data: &DataSpec) -> TrainingSpec {
        let fit = FitOptions::new();
        let optimiser = OptimiserName::default();
        let reading = ReadingSpec::of(fit.padding);
        TrainingSpec {
            epochs: fit.epochs,
            batch_size: fit.batch_size,
            shards: fit.shards,
            optimiser,
            momentum: None,
            nesterov: false,
            learning_rate: TrainingSpec::default_rate(optimiser, data),
            class_weight: None,
            clip_norm: None,
            weight_decay: None,
            embedding: None,
            embedding_sha256: None,
            embedding_width: None,
            freeze_embedding: false,
            seed: fit.seed,
            shuffle_buffer: TrainingSpec::default_buffer(data),
            bucket: fit.bucket,
            pad: reading.pad,
            max_length: reading.max_length,
            truncate: reading.truncate,
            validation: Some(TrainingSpec::default_validation(data, fit.batch_size)),
            validation_steps: None,
            overfit_batches: None,
            mask_padding: false,
            storage: Storage::default(),
            checkpoint_steps: fit.checkpoint_steps,
        }
    }

    /// The learning rate where none is asked for: Keras's of optimisers that the experiment does not use, the demo
    /// corpus's, or the experiment's.
    pub fn default_rate(optimiser: OptimiserName, data: &DataSpec) -> f64 {
        let usual = match data.is_demo() {
            true => DEMO_LEARNING_RATE,
            false => LEARNING_RATE,
        };
        optimiser.default_rate().unwrap_or(usual)
    }

    /// The shuffle buffer where none is asked for: a table's rows may be sorted, so all of it; else the experiment's.
    pub fn default_buffer(data: &DataSpec) -> Amount {
        match data.source().is_table() {
            true => Amount::All,
            false => Amount::Count(SHUFFLE_BUFFER),
        }
    }

    /// What is validated with where nothing is asked for: all test reviews of a table, else as many as the experiment's 30
    /// steps take.
    pub fn default_validation(data: &DataSpec, batch_size: usize) -> Amount {
        match data.source().is_table() {
            true => Amount::All,
            false => Amount::Count(VALIDATION_STEPS.saturating_mul(batch_size)),
        }
    }

    /// The same with what follows from other fields written out: AdamW's weight decay, the end that is cut off.
    pub fn completed(mut self) -> TrainingSpec {
        if self.optimiser == OptimiserName::AdamW && self.weight_decay.is_none() {
            self.weight_decay = Adam::decoupled(0.0).weight_decay;
        }
        if self.max_length.is_some() {
            self.truncate = self.truncate.or(Some(Side::After));
        }
        self
    }

    /// Which test reviews a run is validated with.
    pub fn validation(&self) -> Validation {
        match (self.validation, self.validation_steps) {
            (Some(Amount::Count(count)), _) => Validation::Drawn(count),
            (None, Some(steps)) => Validation::First(steps),
            (Some(Amount::All) | None, _) => Validation::All,
        }
    }

    /// How reviews are cut and padded.
    pub fn reading(&self) -> ReadingSpec {
        ReadingSpec {
            pad: self.pad,
            max_length: self.max_length,
            truncate: self.truncate,
        }
    }

    /// The optimiser with its numbers.
    pub fn optimiser(&self) -> Optimiser {
        let (rate, weight_decay) = (self.learning_rate, self.weight_decay);
        let momentum = self.momentum.unwrap_or(0.0);
        match self.optimiser {
            OptimiserName::Adam | OptimiserName::AdamW => Optimiser::Adam(Adam {
                weight_decay,
                ..Adam::new(rate)
            }),
            OptimiserName::Sgd => Optimiser::Sgd(Sgd {
                momentum,
                nesterov: self.nesterov,
                weight_decay,
                ..Sgd::new(rate)
            }),
            OptimiserName::RmsProp => Optimiser::RmsProp(RmsProp {
                momentum,
                weight_decay,
                ..RmsProp::new(rate)
            }),
        }
    }

    /// Clipping, and which norms are measured.
    pub fn gradients(&self, callbacks: &CallbackSpec) -> Gradients {
        Gradients {
            clip_norm: self.clip_norm,
            measure_norm: callbacks.gradient_norms,
            measure_layer_norms: callbacks.layer_gradient_norms,
        }
    }

    /// What the loss of a training review of `dataset` counts, by its class; empty where all count the same.
    ///
    /// # Errors
    /// As [`ClassWeights::of`].
    pub fn class_weights(&self, dataset: &Dataset) -> Result<Vec<f32>> {
        match &self.class_weight {
            Some(weights) => weights.of(dataset),
            None => Ok(Vec::new()),
        }
    }

    /// The reviews to train on: all of `dataset`, or its first batches where [`overfit_batches`] says so, which are then to
    /// validate with as well. `source` says how fewer of them are taken.
    ///
    /// [`overfit_batches`]: TrainingSpec::overfit_batches
    ///
    /// # Errors
    /// [`Error::Argument`] where there are not as many.
    pub fn reviews(&self, dataset: Arc<Dataset>, source: &Source) -> Result<Arc<Dataset>> {
        let Some(batches) = self.overfit_batches else {
            return Ok(dataset);
        };
        let reviews = batches.saturating_mul(self.batch_size);
        if reviews > dataset.train.len() {
            let problem = format!(
                "{batches} of {}, but there are {} to train on; give fewer",
                counted(self.batch_size, "review"),
                dataset.train.len()
            );
            return Err(Error::argument("overfit_batches", problem));
        }
        let mut few = Dataset::clone(&dataset);
        let limits = ReviewLimits {
            train: Some(reviews),
            test: None,
        };
        few.limit(limits, source);
        few.test = few.train.clone();
        few.held_out = Vec::new();
        Ok(Arc::new(few))
    }

    /// What [`fit`](crate::train::fit) is told.
    ///
    /// # Errors
    /// As [`TrainingSpec::class_weights`].
    pub fn fit_options(&self, callbacks: &CallbackSpec, dataset: &Dataset) -> Result<FitOptions> {
        let class_weights = self.class_weights(dataset)?;
        Ok(FitOptions::new()
            .epochs(self.epochs)
            .batch_size(self.batch_size)
            .shards(self.shards)
            .bucket(self.bucket)
            .padding(self.reading().padding())
            .seed(self.seed)
            .shuffle_buffer(self.shuffle_buffer.of(usize::MAX))
            .validation(self.validation())
            .checkpoint_steps(self.checkpoint_steps)
            .schedule(callbacks.schedule())
            .early_stopping(callbacks.early_stopping())
            .monitor(callbacks.monitor)
            .class_weights(class_weights))
    }
}
