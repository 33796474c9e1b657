//! [`Sgd`] and its dispatch.

use super::dims::SgdDims;
use super::gradients::Gradients;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// Stochastic gradient descent, with or without momentum.
///
/// # Source
/// Sutskever, Martens, Dahl and Hinton (2013) for Nesterov's momentum; Keras 3, `optimizers.SGD`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f64,
    /// Share of the last move that is made again, in `[0, 1)`. At 0 nothing is kept between steps.
    pub momentum: f64,
    /// Whether the gradient is followed from where the momentum leads (Nesterov); without momentum it changes nothing.
    pub nesterov: bool,
    /// As [`Adam::weight_decay`](super::Adam::weight_decay).
    pub weight_decay: Option<f64>,
}

impl Sgd {
    /// No momentum, no decay. Keras's default rate is 0.01.
    pub fn new(learning_rate: f64) -> Self {
        Sgd {
            learning_rate,
            momentum: 0.0,
            nesterov: false,
            weight_decay: None,
        }
    }
}

impl StepBuilder<'_> {
    /// Updates every parameter.
    pub(super) fn sgd(&mut self, sgd: Sgd, gradients: Gradients) -> Result<()> {
        let has_momentum = sgd.momentum > 0.0;
        let dims = SgdDims {
            count: self.vectors() as u32,
            rate: sgd.learning_rate as f32,
            momentum: sgd.momentum as f32,
            decay: (sgd.learning_rate * sgd.weight_decay.unwrap_or(0.0)) as f32,
        };
        let mut bindings = vec![
            self.trained_gradients()?,
            self.trained_parameters(),
            self.not_finite()?,
        ];
        if has_momentum {
            bindings.push(self.slot(names::MOMENTUM)?);
        }
        let kernel = Kernel::new("sgd")
            .flag("momentum", has_momentum)
            .flag("nesterov", has_momentum && sgd.nesterov);
        let operations = if has_momentum { 6 } else { 4 };
        self.update_all(kernel, &dims, bindings, operations, gradients)
    }
}
