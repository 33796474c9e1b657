//! [`Schedule`]: how the learning rate moves from step to step.

use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

use super::history::EpochRecord;
use super::monitor::Monitor;

/// A warm-up, then what [`Decay`] says.
///
/// A rate is a function of the step and of the epochs that are over, of nothing else: a run that goes on from a
/// checkpoint has the rates of one that never stopped.
///
/// # Examples
/// ```
/// use gatefold::train::{Decay, Monitor, Schedule};
///
/// let schedule = Schedule { warmup_steps: 10, decay: Decay::Cosine { minimum: 0.0 } };
/// // Of the 110 steps of a run: the first, the last of the warm-up, one in the middle of the fall.
/// let rates = [0, 9, 10, 60].map(|step| schedule.rate(1e-3, step, 110, Monitor::ValLoss, &[]));
/// let expected = [0.0, 0.9e-3, 1e-3, 0.5e-3];
/// assert!(rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-12));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Steps over which the rate grows evenly, from 0 in the first of them.
    pub warmup_steps: u64,
    /// What follows.
    pub decay: Decay,
}

/// What becomes of the learning rate after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decay {
    /// It stays.
    Constant,
    /// It falls along half a cosine, step by step, towards `minimum` after the run's last step.
    ///
    /// # Source
    /// Keras 3, `optimizers.schedules.CosineDecay` with `alpha` = minimum / rate and `decay_steps` = the run's
    /// steps without the warm-up, which starts from an `initial_learning_rate` of 0.
    Cosine {
        /// The least rate.
        minimum: f64,
    },
    /// It is lowered, from epoch to epoch, where the monitored metric no longer improves.
    Plateau(Plateau),
}

/// When and by how much the learning rate is lowered.
///
/// # Source
/// Keras 3, `callbacks.ReduceLROnPlateau`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// What the rate is multiplied with, in (0, 1).
    pub factor: f64,
    /// Epochs without an improvement after which it is.
    pub patience: usize,
    /// An improvement is more than this.
    pub min_delta: f64,
    /// Epochs after that in which nothing is counted.
    pub cooldown: usize,
    /// The least rate.
    pub minimum: f64,
}

impl Default for Plateau {
    /// Keras's, but for a patience of 1 epoch instead of 10: runs are of a few epochs here.
    fn default() -> Self {
        Plateau {
            factor: 0.1,
            patience: 1,
            min_delta: 1e-4,
            cooldown: 0,
            minimum: 0.0,
        }
    }
}

/// A schedule of one's own: see [`FitOptions::rate`](super::FitOptions::rate).
#[derive(Clone)]
pub struct RateFn(Arc<dyn Fn(u64, usize) -> f64 + Send + Sync>);

impl RateFn {
    /// The schedule that `rate` is.
    pub fn new(rate: impl Fn(u64, usize) -> f64 + Send + Sync + 'static) -> Self {
        RateFn(Arc::new(rate))
    }

    /// The learning rate of the run's step `step`, counted from 0, which is in epoch `epoch`, counted from 1.
    pub fn of(&self, step: u64, epoch: usize) -> f64 {
        (self.0)(step, epoch)
    }
}

impl fmt::Debug for RateFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateFn")
    }
}

impl PartialEq for RateFn {
    /// Whether both are clones of one.
    fn eq(&self, other: &RateFn) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Schedule {
    /// The same rate in every step.
    pub const CONSTANT: Schedule = Schedule {
        warmup_steps: 0,
        decay: Decay::Constant,
    };

    /// The learning rate of step `step`, counted from 0, in a run of `steps` steps whose rate is `rate` before
    /// any decay; `epochs` are the epochs over before that step.
    pub fn rate(
        &self,
        rate: f64,
        step: u64,
        steps: u64,
        monitor: Monitor,
        epochs: &[EpochRecord],
    ) -> f64 {
        if step < self.warmup_steps {
            return rate * step as f64 / self.warmup_steps as f64;
        }
        match &self.decay {
            Decay::Constant => rate,
            Decay::Cosine { minimum } => {
                let decay_steps = (steps - self.warmup_steps.min(steps)).max(1);
                let done = (step - self.warmup_steps).min(decay_steps);
                let fall = 0.5 * (1.0 + (PI * done as f64 / decay_steps as f64).cos());
                minimum + (rate - minimum) * fall
            }
            Decay::Plateau(plateau) => plateau.rate(rate, monitor, epochs),
        }
    }
}

impl Plateau {
    /// The learning rate after these epochs.
    pub fn rate(&self, rate: f64, monitor: Monitor, epochs: &[EpochRecord]) -> f64 {
        let mut rate = rate;
        let mut best = None;
        let (mut waited, mut cooldown) = (0, 0usize);
        for record in epochs {
            let value = monitor.value(record);
            if cooldown > 0 {
                cooldown -= 1;
                waited = 0;
            }
            if monitor.improves(value, best, self.min_delta) {
                best = Some(value);
                waited = 0;
            } else if cooldown == 0 {
                waited += 1;
                if waited >= self.patience && rate > self.minimum {
                    rate = (rate * self.factor).max(self.minimum);
                    cooldown = self.cooldown;
                    waited = 0;
                }
            }
        }
        rate
    }
}
