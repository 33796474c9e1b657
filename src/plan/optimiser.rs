//! [`Optimiser`]: what a step does to the parameters, and what it keeps from step to step.

use super::adam::Adam;
use super::gradients::Gradients;
use super::rmsprop::RmsProp;
use super::sgd::Sgd;
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// How parameters follow their gradients.
///
/// # Examples
/// ```
/// use gatefold::plan::{Adam, Optimiser, Sgd};
///
/// let adam = Optimiser::from(Adam::new(1e-3));
/// assert_eq!(adam.slots().len(), 2);
/// // Without momentum nothing is kept from step to step.
/// assert!(Optimiser::from(Sgd::new(0.01)).slots().is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// Adam, or AdamW where weights decay.
    Adam(Adam),
    /// Gradient descent, with or without momentum.
    Sgd(Sgd),
    /// RMSprop.
    RmsProp(RmsProp),
}

/// What an optimiser keeps from step to step: a number for each parameter, 0 before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Name of the buffer, laid out as the parameters are, and of its tensors in checkpoints.
    pub name: &'static str,
    /// What messages call it.
    pub title: &'static str,
}

const FIRST_MOMENTS: Slot = Slot {
    name: names::FIRST_MOMENTS,
    title: "first moment",
};
const SECOND_MOMENTS: Slot = Slot {
    name: names::SECOND_MOMENTS,
    title: "second moment",
};
const MOMENTUM: Slot = Slot {
    name: names::MOMENTUM,
    title: "momentum",
};
const VELOCITY: Slot = Slot {
    name: names::VELOCITY,
    title: "velocity",
};

impl Optimiser {
    /// What it keeps from step to step, in the order in which it is saved.
    pub fn slots(&self) -> &'static [Slot] {
        match self {
            Optimiser::Adam(_) => &[FIRST_MOMENTS, SECOND_MOMENTS],
            Optimiser::Sgd(sgd) if sgd.momentum > 0.0 => &[MOMENTUM],
            Optimiser::Sgd(_) => &[],
            Optimiser::RmsProp(rmsprop) if rmsprop.momentum > 0.0 => &[VELOCITY, MOMENTUM],
            Optimiser::RmsProp(_) => &[VELOCITY],
        }
    }

    /// The step size, before any correction.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Optimiser::Adam(adam) => adam.learning_rate,
            Optimiser::Sgd(sgd) => sgd.learning_rate,
            Optimiser::RmsProp(rmsprop) => rmsprop.learning_rate,
        }
    }

    /// Sets the step size.
    pub fn set_learning_rate(&mut self, rate: f64) {
        match self {
            Optimiser::Adam(adam) => adam.learning_rate = rate,
            Optimiser::Sgd(sgd) => sgd.learning_rate = rate,
            Optimiser::RmsProp(rmsprop) => rmsprop.learning_rate = rate,
        }
    }
}

impl From<Adam> for Optimiser {
    fn from(adam: Adam) -> Self {
        Optimiser::Adam(adam)
    }
}

impl From<Sgd> for Optimiser {
    fn from(sgd: Sgd) -> Self {
        Optimiser::Sgd(sgd)
    }
}

impl From<RmsProp> for Optimiser {
    fn from(rmsprop: RmsProp) -> Self {
        Optimiser::RmsProp(rmsprop)
    }
}

impl StepBuilder<'_> {
    /// Updates every parameter in step `step`, counted from 1.
    pub(super) fn update(
        &mut self,
        optimiser: Optimiser,
        gradients: Gradients,
        step: u64,
    ) -> Result<()> {
        match optimiser {
            Optimiser::Adam(adam) => self.adam(adam, gradients, step),
            Optimiser::Sgd(sgd) => self.sgd(sgd, gradients),
            Optimiser::RmsProp(rmsprop) => self.rmsprop(rmsprop, gradients),
        }
    }
}
