//! Loss and accuracy accumulated over batches, as Keras does.

use serde::{Deserialize, Serialize};

use super::bits;
use super::results::StepResult;

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
    #[serde(with = "bits")]
    norm: f64,
    #[serde(with = "bits")]
    norm_max: f64,
    norms: u64,
}

impl Metrics {
    /// Takes in a batch.
    pub fn add(&mut self, step: &StepResult) {
        self.loss += f64::from(step.loss) * step.reviews as f64;
        self.right += u64::from(step.right);
        self.reviews += step.reviews as u64;
        if let Some(norm) = step.gradient_norm.map(f64::from) {
            self.norm += norm;
            self.norm_max = self.norm_max.max(norm);
            self.norms += 1;
        }
    }

    /// Mean of the steps' [gradient norms](StepResult::gradient_norm), if any was measured.
    pub fn gradient_norm(&self) -> Option<f64> {
        (self.norms > 0).then(|| self.norm / self.norms as f64)
    }

    /// The greatest of them.
    pub fn gradient_norm_max(&self) -> Option<f64> {
        (self.norms > 0).then_some(self.norm_max)
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
            gradient_norm: None,
            layer_norms: Vec::new(),
        };
        let mut metrics = Metrics::default();
        metrics.add(&step(0.5, 9, 10));
        metrics.add(&step(2.0, 0, 2));
        assert_eq!(metrics.loss(), (0.5 * 10.0 + 2.0 * 2.0) / 12.0);
        assert_eq!(metrics.accuracy(), 0.75);
        assert_eq!(metrics.gradient_norm(), None);
        assert_eq!(metrics.gradient_norm_max(), None);
    }

    #[test]
    fn every_step_counts_once_in_the_norm() {
        let mut metrics = Metrics::default();
        for (norm, reviews) in [(0.5, 10), (4.0, 10), (1.5, 2)] {
            metrics.add(&StepResult {
                sequence: 0,
                loss: 0.0,
                right: 0,
                reviews,
                gradient_norm: Some(norm),
                layer_norms: Vec::new(),
            });
        }
        assert_eq!(metrics.gradient_norm(), Some(2.0));
        assert_eq!(metrics.gradient_norm_max(), Some(4.0));
    }
}
