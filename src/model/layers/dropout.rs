//! Dropout.

use serde::{Deserialize, Serialize};

use super::{LayerSpec, Output};

/// Zeroes a share of its inputs while training and scales the rest by 1 / (1 − rate).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Share of the inputs set to 0, in [0, 1).
    pub rate: f32,
}

impl Dropout {
    /// Drops a share `rate` of the inputs.
    pub fn new(rate: f32) -> Self {
        Dropout { rate }
    }
}

impl LayerSpec for Dropout {
    fn output(&self, below: Output) -> Result<Output, String> {
        if (0.0..1.0).contains(&self.rate) {
            Ok(below)
        } else {
            Err(format!(
                "the rate must be at least 0 and below 1, not {}",
                self.rate
            ))
        }
    }
}
