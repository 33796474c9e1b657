//! Loss and accuracy accumulated over batches, as Keras does.

use serde::{Deserialize, Serialize};

use super::bits;
use super::session::StepResult;

/// Running means since the start of an epoch.
///
/// # Source
/// Keras 3, `Trainer.compute_loss`: the mean of the batches' losses, each weighted with its number of
/// reviews; `BinaryAccuracy` with a threshold of 0.5, over all reviews.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    #[serde(with = "bits")]
    loss: f64,
    right: u64,
    reviews: u64,
}

impl Metrics {
    /// Takes in a batch.
    pub fn add(&mut self, step: &StepResult) {
        self.loss += f64::from(step.loss) * step.reviews as f64;
        self.right += u64::from(step.right);
        self.reviews += step.reviews as u64;
    }

    /// Mean loss; NaN before the first batch.
    pub fn loss(&self) -> f64 {
        self.loss / self.reviews as f64
    }

    /// Share of the reviews classified rightly; NaN before the first batch.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.reviews as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_last_batch_counts_by_its_reviews() {
        let step = |loss, right, reviews| StepResult {
            sequence: 0,
            loss,
            right,
            reviews,
        };
        let mut metrics = Metrics::default();
        metrics.add(&step(0.5, 9, 10));
        metrics.add(&step(2.0, 0, 2));
        assert_eq!(metrics.loss(), (0.5 * 10.0 + 2.0 * 2.0) / 12.0);
        assert_eq!(metrics.accuracy(), 0.75);
    }
}
