//! Norms of each layer's gradients: of an epoch, and summed up within one.

use serde::{Deserialize, Serialize};

use super::results::StepResult;

/// The norms of a layer's gradients in an epoch, before any clipping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    /// The layer's name, as the summary has it.
    pub layer: String,
    /// Mean over the training steps.
    pub mean: f64,
    /// The greatest.
    pub max: f64,
}

/// Sums since the start of an epoch of the norms of each layer's gradients; empty where none are measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNormSums {
    steps: u64,
    // Finite, as the norms of all steps that training goes on after; decimal digits give them back exactly.
    sums: Vec<f64>,
    max: Vec<f64>,
}

impl LayerNormSums {
    /// Takes in a step's [norms](StepResult::layer_norms), if it has any.
    pub fn add(&mut self, step: &StepResult) {
        if step.layer_norms.is_empty() {
            return;
        }
        self.steps += 1;
        self.sums.resize(step.layer_norms.len(), 0.0);
        self.max.resize(step.layer_norms.len(), 0.0);
        let totals = self.sums.iter_mut().zip(&mut self.max);
        for ((sum, max), norm) in totals.zip(step.layer_norms.iter().copied().map(f64::from)) {
            *sum += norm;
            *max = max.max(norm);
        }
    }

    /// Whether no norm was taken in.
    pub fn is_empty(&self) -> bool {
        self.steps == 0
    }

    /// Means and maxima, of layers with these names.
    pub fn of_layers<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<LayerNorm> {
        let totals = self.sums.iter().zip(&self.max);
        let norm = |(name, (sum, max)): (&str, (&f64, &f64))| LayerNorm {
            layer: name.to_string(),
            mean: sum / self.steps as f64,
            max: *max,
        };
        names.zip(totals).map(norm).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_counts_once() {
        let mut norms = LayerNormSums::default();
        for layer_norms in [vec![1.0, 0.5], vec![3.0, 0.25], Vec::new()] {
            norms.add(&StepResult {
                sequence: 0,
                loss: 0.0,
                right: 0,
                reviews: 1,
                gradient_norm: None,
                layer_norms,
            });
        }
        let norm = |layer: &str, mean, max| LayerNorm {
            layer: layer.to_string(),
            mean,
            max,
        };
        assert_eq!(
            norms.of_layers(["embedding", "dense"].into_iter()),
            [norm("embedding", 2.0, 3.0), norm("dense", 0.375, 0.5)]
        );
    }
}
