//! [`Adam`] and its dispatch.

use super::dims::AdamDims;
use super::gradients::Gradients;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// The Adam optimiser with Keras's defaults but for the rate; with weight decay, AdamW.
///
/// # Source
/// Kingma and Ba (2015); Loshchilov and Hutter (2019) for the decay, which is apart from the gradient and its
/// moments; Keras 3, `optimizers.Adam` and `AdamW`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Step size before bias correction.
    pub learning_rate: f64,
    /// Decay of the first moments.
    pub beta1: f64,
    /// Decay of the second moments.
    pub beta2: f64,
    /// Added to the uncorrected √v.
    pub epsilon: f64,
    /// Before each update every parameter loses this share of itself, times the learning rate. As in Keras, where
    /// nothing was excluded, biases and the embedding's rows are no exception.
    pub weight_decay: Option<f64>,
}

impl Adam {
    /// β1 = 0.9, β2 = 0.999, ε = 1e-7, no decay.
    pub fn new(learning_rate: f64) -> Self {
        Adam {
            learning_rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
            weight_decay: None,
        }
    }

    /// AdamW: as [`Adam::new`], with Keras's weight decay of 0.004.
    pub fn decoupled(learning_rate: f64) -> Self {
        Adam {
            weight_decay: Some(0.004),
            ..Adam::new(learning_rate)
        }
    }

    /// rate·√(1 − β2^t) / (1 − β1^t) of step t, counted from 1.
    ///
    /// Keras rounds the betas to f32 before it raises them to the power t, in float64 too; so does this.
    pub fn step_size(&self, t: u64) -> f64 {
        let power = |beta: f64| f64::from(beta as f32).powf(t as f64);
        self.learning_rate * (1.0 - power(self.beta2)).sqrt() / (1.0 - power(self.beta1))
    }
}

impl StepBuilder<'_> {
    /// Updates every parameter.
    pub(super) fn adam(&mut self, adam: Adam, gradients: Gradients, step: u64) -> Result<()> {
        let m = self.slot(names::FIRST_MOMENTS)?;
        let v = self.slot(names::SECOND_MOMENTS)?;
        let dims = AdamDims {
            count: self.vectors() as u32,
            alpha: adam.step_size(step) as f32,
            one_minus_beta1: (1.0 - adam.beta1) as f32,
            one_minus_beta2: (1.0 - adam.beta2) as f32,
            epsilon: adam.epsilon as f32,
            decay: (adam.learning_rate * adam.weight_decay.unwrap_or(0.0)) as f32,
            ..AdamDims::default()
        };
        let bindings = vec![
            self.trained_gradients()?,
            self.trained_parameters(),
            m,
            v,
            self.not_finite()?,
        ];
        self.update_all(Kernel::new("adam"), &dims, bindings, 12, gradients)
    }
}
