//! [`OptimiserName`]: the optimisers that a run can have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An optimiser by its name, as `config.toml` says it; [`Optimiser`](crate::plan::Optimiser) has the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimiserName {
    /// The experiment's.
    #[default]
    Adam,
    /// Adam with a weight decay.
    AdamW,
    /// Gradient descent.
    Sgd,
    /// Gradients divided by the root of a running mean of their squares.
    RmsProp,
}

impl OptimiserName {
    /// All of them, the experiment's first.
    pub const ALL: [OptimiserName; 4] = [
        OptimiserName::Adam,
        OptimiserName::AdamW,
        OptimiserName::Sgd,
        OptimiserName::RmsProp,
    ];

    /// Its name as a key has it.
    pub fn name(self) -> &'static str {
        match self {
            OptimiserName::Adam => "adam",
            OptimiserName::AdamW => "adamw",
            OptimiserName::Sgd => "sgd",
            OptimiserName::RmsProp => "rmsprop",
        }
    }

    /// Its name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            OptimiserName::Adam => "Adam",
            OptimiserName::AdamW => "AdamW",
            OptimiserName::Sgd => "SGD",
            OptimiserName::RmsProp => "RMSprop",
        }
    }

    /// Keras's default learning rate, of the optimisers that the experiment says nothing of.
    pub(super) fn default_rate(self) -> Option<f64> {
        match self {
            OptimiserName::Adam | OptimiserName::AdamW => None,
            OptimiserName::Sgd => Some(0.01),
            OptimiserName::RmsProp => Some(0.001),
        }
    }

    /// Whether momentum can be given to it.
    pub(super) fn has_momentum(self) -> bool {
        matches!(self, OptimiserName::Sgd | OptimiserName::RmsProp)
    }
}

impl fmt::Display for OptimiserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
