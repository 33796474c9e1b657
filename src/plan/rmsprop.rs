//! [`RmsProp`] and its dispatch.

use super::dims::RmsPropDims;
use super::gradients::Gradients;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// RMSprop, which divides each gradient by the root of a running mean of its squares; the plain, uncentred form.
///
/// # Source
/// Hinton, Neural Networks for Machine Learning (2012), lecture 6e; Keras 3, `optimizers.RMSprop`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the running mean of squares.
    pub rho: f64,
    /// Share of the last move that is made again, in `[0, 1)`. At 0 no moves are kept.
    pub momentum: f64,
    /// Added to the running mean, under the root.
    pub epsilon: f64,
    /// As [`Adam::weight_decay`](super::Adam::weight_decay).
    pub weight_decay: Option<f64>,
}

impl RmsProp {
    /// ρ = 0.9, ε = 1e-7, no momentum, no decay. Keras's default rate is 0.001.
    pub fn new(learning_rate: f64) -> Self {
        RmsProp {
            learning_rate,
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            weight_decay: None,
        }
    }
}

impl StepBuilder<'_> {
    /// Updates every parameter.
    pub(super) fn rmsprop(&mut self, rmsprop: RmsProp, gradients: Gradients) -> Result<()> {
        let has_momentum = rmsprop.momentum > 0.0;
        let dims = RmsPropDims {
            count: self.vectors() as u32,
            rate: rmsprop.learning_rate as f32,
            one_minus_rho: (1.0 - rmsprop.rho) as f32,
            epsilon: rmsprop.epsilon as f32,
            momentum: rmsprop.momentum as f32,
            decay: (rmsprop.learning_rate * rmsprop.weight_decay.unwrap_or(0.0)) as f32,
            ..RmsPropDims::default()
        };
        let mut bindings = vec![
            self.trained_gradients()?,
            self.trained_parameters(),
            self.slot(names::VELOCITY)?,
            self.not_finite()?,
        ];
        if has_momentum {
            bindings.push(self.slot(names::MOMENTUM)?);
        }
        let kernel = Kernel::new("rmsprop").flag("momentum", has_momentum);
        let operations = if has_momentum { 12 } else { 10 };
        self.update_all(kernel, &dims, bindings, operations, gradients)
    }
}
