//! [`FitOptions`]: what to train, and for how long.

use super::early_stopping::EarlyStopping;
use super::monitor::Monitor;
use super::schedule::{RateFn, Schedule};
use super::validation::Validation;
use crate::batch::{Padding, SHUFFLE_BUFFER};

/// What to train, and for how long.
///
/// # Examples
/// ```
/// use gatefold::train::FitOptions;
///
/// let options = FitOptions::new().epochs(20).batch_size(32).seed(7);
/// assert_eq!((options.epochs, options.shuffle_buffer), (20, 1000));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitOptions {
    /// Passes over the training reviews.
    pub epochs: usize,
    /// Reviews a batch, B.
    pub batch_size: usize,
    /// Whether training batches hold reviews of similar length, see [`Order::Bucketed`](crate::batch::Order::Bucketed).
    pub bucket: bool,
    /// How reviews are cut and padded, in training and in validation.
    pub padding: Padding,
    /// Seed of the order of the reviews.
    pub seed: u64,
    /// Places in the shuffle buffer of the training reviews; as many as there are reviews, or more, shuffle them wholly.
    pub shuffle_buffer: usize,
    /// Which test reviews to validate with after each epoch.
    pub validation: Validation,
    /// Parts that each batch is cut into, whose gradients are made one after the other: see [`Session::train_sharded`].
    /// The result depends on it by rounding.
    ///
    /// [`Session::train_sharded`]: super::Session::train_sharded
    pub shards: usize,
    /// Steps from one snapshot to the next; 0 for one at the end of each epoch alone.
    pub checkpoint_steps: usize,
    /// How the learning rate moves, from that of the session.
    pub schedule: Schedule,
    /// Whether training may end before its last epoch.
    pub early_stopping: Option<EarlyStopping>,
    /// What tells which epoch is best.
    pub monitor: Monitor,
    /// What the loss of a training review counts, by its class; empty where all count 1. Validation counts all alike.
    ///
    /// # Source
    /// Keras's `fit(class_weight=…)`: the loss of a batch is still divided by its reviews, not by the sum of their weights.
    pub class_weights: Vec<f32>,
    /// What gives the learning rate in the place of `schedule` and of the session's rate.
    pub rate: Option<RateFn>,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions::new()
    }
}

impl FitOptions {
    /// The reference experiment's, with a snapshot every 500 steps.
    pub const fn new() -> Self {
        FitOptions {
            epochs: 5,
            batch_size: 10,
            bucket: false,
            padding: Padding::AFTER,
            seed: 0,
            shuffle_buffer: SHUFFLE_BUFFER,
            validation: Validation::Drawn(300),
            shards: 1,
            checkpoint_steps: 500,
            schedule: Schedule::CONSTANT,
            early_stopping: None,
            monitor: Monitor::ValLoss,
            class_weights: Vec::new(),
            rate: None,
        }
    }

    /// Sets the passes over the training reviews.
    pub const fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets the reviews a batch.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Sets whether training batches hold reviews of similar length.
    pub const fn bucket(mut self, bucket: bool) -> Self {
        self.bucket = bucket;
        self
    }

    /// Sets how reviews are cut and padded.
    pub const fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Sets the seed of the order of the reviews.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the places in the shuffle buffer of the training reviews.
    pub const fn shuffle_buffer(mut self, places: usize) -> Self {
        self.shuffle_buffer = places;
        self
    }

    /// Sets which test reviews to validate with after each epoch.
    pub const fn validation(mut self, validation: Validation) -> Self {
        self.validation = validation;
        self
    }

    /// Sets the parts that each batch is cut into.
    pub const fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// Sets the steps from one snapshot to the next; 0 for one at the end of each epoch alone.
    pub const fn checkpoint_steps(mut self, steps: usize) -> Self {
        self.checkpoint_steps = steps;
        self
    }

    /// Sets how the learning rate moves.
    pub const fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Sets whether training may end before its last epoch.
    pub const fn early_stopping(mut self, stopping: Option<EarlyStopping>) -> Self {
        self.early_stopping = stopping;
        self
    }

    /// Sets what tells which epoch is best.
    pub const fn monitor(mut self, monitor: Monitor) -> Self {
        self.monitor = monitor;
        self
    }

    /// Sets what the loss of a training review counts, by its class.
    pub fn class_weights(mut self, weights: Vec<f32>) -> Self {
        self.class_weights = weights;
        self
    }

    /// Takes the learning rate of each step from `rate`, which is given the run's step, counted from 0, and its epoch,
    /// counted from 1. `schedule` and the session's learning rate then count for nothing.
    ///
    /// The same step must have the same rate whenever it is asked for: a run that goes on from a snapshot asks again.
    ///
    /// # Examples
    /// ```
    /// use gatefold::train::FitOptions;
    ///
    /// let halved = FitOptions::new().rate(|_step, epoch| 1e-3 * 0.5f64.powi(epoch as i32 - 1));
    /// assert_eq!(halved.rate.map(|rate| rate.of(1_000, 3)), Some(0.25e-3));
    /// ```
    pub fn rate(mut self, rate: impl Fn(u64, usize) -> f64 + Send + Sync + 'static) -> Self {
        self.rate = Some(RateFn::new(rate));
        self
    }
}
