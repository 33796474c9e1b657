//! [`Adam`] and its dispatch.

use super::dims::AdamDims;
use super::dispatch::Lifetime;
use super::kernel::Kernel;
use super::step::{StepBuilder, names};
use crate::error::Result;

/// The Adam optimiser with Keras's defaults but for the rate.
///
/// # Source
/// Kingma and Ba (2015); Keras 3, `optimizers.Adam`.
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
}

impl Adam {
    /// β1 = 0.9, β2 = 0.999, ε = 1e-7.
    pub fn new(learning_rate: f64) -> Self {
        Adam {
            learning_rate,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-7,
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
    pub(super) fn adam(&mut self, adam: Adam, step: u64) -> Result<()> {
        let numbers = self.parameters.len();
        let m = self
            .plan
            .buffer(names::FIRST_MOMENTS, numbers, Lifetime::Persistent)?;
        let v = self
            .plan
            .buffer(names::SECOND_MOMENTS, numbers, Lifetime::Persistent)?;
        let dims = AdamDims {
            count: (numbers / 4) as u32,
            alpha: adam.step_size(step) as f32,
            one_minus_beta1: (1.0 - adam.beta1) as f32,
            one_minus_beta2: (1.0 - adam.beta2) as f32,
            epsilon: adam.epsilon as f32,
            ..AdamDims::default()
        };
        let bindings = [
            self.gradient_buffer()?,
            self.parameter_buffer,
            m,
            v,
            self.not_finite()?,
        ];
        let groups = self.plan.elementwise(numbers / 4);
        self.plan.dispatch(
            "adam".into(),
            Kernel::new("adam"),
            &dims,
            &bindings,
            groups,
            12 * numbers,
        )
    }
}
