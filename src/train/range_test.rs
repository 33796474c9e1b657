//! [`range_test`]: which learning rate suits a model, by the loss as the rate grows from step to step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::check::check_dataset;
use super::fit_options::FitOptions;
use super::results::StepResult;
use super::session::Session;
use crate::batch::{Batches, Order, PREFETCH, Prefetch, Reviews};
use crate::data::Dataset;
use crate::error::{Error, Result};

/// The first rate.
pub const FIRST_RATE: f64 = 1e-6;

/// Steps in which the rate grows tenfold.
pub const STEPS_A_DECADE: usize = 20;

/// Decades from the first rate to the last.
const DECADES: usize = 7;

/// What a loss keeps of the ones before.
const KEPT: f64 = 0.9;

/// The test ends where the loss is so many times the least.
const DIVERGED: f64 = 4.0;

/// Steps at the beginning whose slopes say little: the mean is over few losses.
const SKIPPED: usize = 10;

/// A step of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RangePoint {
    /// Its learning rate.
    pub rate: f64,
    /// The loss of its batch.
    pub loss: f64,
    /// A running mean of the losses so far, the later ones counting more.
    pub smoothed: f64,
}

/// What came of the test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RangeTest {
    /// Its steps, until the loss grew beyond all bounds.
    pub points: Vec<RangePoint>,
}

/// Trains for a step each at rates that grow by an even factor, until the loss grows beyond four times its least, and gives
/// the losses. The parameters are of no use afterwards.
///
/// `options` say how batches are made; epochs, schedule and validation do not matter. `observe` is told each step, and how
/// many there are at most.
///
/// # Source
/// Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
///
/// # Errors
/// [`Error::Interrupted`] if `stop` was set; else as [`fit`](super::fit()), but for losses that are not finite, which end the
/// test.
pub fn range_test(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    options: &FitOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(&RangePoint, usize),
) -> Result<RangeTest> {
    check_dataset(session.model(), dataset)?;
    let steps = DECADES * STEPS_A_DECADE + 1;
    let mut test = RangeTest::default();
    let mut mean = RunningMean::default();
    for epoch in 1.. {
        let order = Order::training(options.seed, epoch, options.bucket, options.shuffle_buffer);
        let reviews = Reviews::Train(Arc::clone(dataset));
        let batches = Batches::with_padding(reviews, options.batch_size, order, options.padding)?;
        let batches = batches.class_weights(options.class_weights.clone());
        for batch in Prefetch::new(batches, PREFETCH)? {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            let rate = rate_of(test.points.len());
            session.set_learning_rate(rate)?;
            let Some(loss) = finite(session.train_sharded(&batch?, options.shards))? else {
                return Ok(test);
            };
            let smoothed = mean.add(loss);
            let point = RangePoint {
                rate,
                loss,
                smoothed,
            };
            test.points.push(point);
            observe(&point, steps);
            if test.points.len() == steps || test.has_diverged() {
                return Ok(test);
            }
        }
    }
    Ok(test)
}

/// What the test is about to do, in words.
pub fn range_test_words() -> String {
    let last = rate_of(DECADES * STEPS_A_DECADE);
    format!(
        "learning rates from {FIRST_RATE:e} to {last}, a step each, {STEPS_A_DECADE} in each power of ten, until the loss is {DIVERGED} times \
         its least; nothing is trained"
    )
}

/// The rate of the step with this index.
fn rate_of(step: usize) -> f64 {
    FIRST_RATE * 10f64.powf(step as f64 / STEPS_A_DECADE as f64)
}

/// The loss, where it and its gradients are finite.
fn finite(result: Result<StepResult>) -> Result<Option<f64>> {
    match result {
        Ok(result) => Ok(Some(f64::from(result.loss))),
        Err(Error::NotFinite { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An exponential mean that does not remember a beginning at 0.
#[derive(Debug, Default)]
struct RunningMean {
    sum: f64,
    weight: f64,
}

impl RunningMean {
    fn add(&mut self, value: f64) -> f64 {
        self.sum = KEPT * self.sum + (1.0 - KEPT) * value;
        self.weight = KEPT * self.weight + (1.0 - KEPT);
        self.sum / self.weight
    }
}

impl RangeTest {
    fn least(&self) -> Option<usize> {
        let points = self.points.iter().enumerate();
        let least = points.min_by(|(_, a), (_, b)| a.smoothed.total_cmp(&b.smoothed));
        least.map(|(index, _)| index)
    }

    fn has_diverged(&self) -> bool {
        match (self.points.last(), self.least()) {
            (Some(last), Some(least)) => last.smoothed > DIVERGED * self.points[least].smoothed,
            _ => false,
        }
    }

    /// The rate at which the loss falls fastest, before its least; `None` where it never falls.
    ///
    /// # Examples
    /// ```
    /// use gatefold::train::{RangePoint, RangeTest};
    ///
    /// let fall = |index: i32| match index {
    ///     ..20 => 0.7,
    ///     20..30 => 0.7 - 0.01 * f64::from(index - 20).powi(2) / 2.0,
    ///     _ => 5.0,
    /// };
    /// let points = (0..40).map(|index| RangePoint {
    ///     rate: f64::from(index),
    ///     loss: fall(index),
    ///     smoothed: fall(index),
    /// });
    /// let test = RangeTest { points: points.collect() };
    /// assert_eq!(test.suggestion(), Some(28.0));
    /// ```
    pub fn suggestion(&self) -> Option<f64> {
        let least = self.least()?;
        let slopes = self.points.windows(3).enumerate();
        let slopes = slopes
            .map(|(index, around)| (index + 1, around[2].smoothed - around[0].smoothed))
            .filter(|(index, _)| (SKIPPED..least).contains(index));
        let (index, slope) = slopes.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (slope < 0.0).then(|| self.points[index].rate)
    }
}
