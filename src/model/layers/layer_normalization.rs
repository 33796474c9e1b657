//! Layer normalisation.

use serde::{Deserialize, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{LayerSpec, Output, tensor};

/// Normalises the features of each position: `[.., width] → [.., width]`.
///
/// ```text
/// y = γ·(x − μ) / √(σ² + epsilon) + β      μ, σ² mean and variance over the features; γ, β [width]
/// ```
///
/// # Source
/// Ba et al., "Layer Normalization" (2016); Keras 3 `LayerNormalization`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNormalization {
    /// Keeps the root away from 0.
    #[serde(default = "LayerNormalization::default_epsilon")]
    pub epsilon: f32,
}

impl LayerNormalization {
    /// With Keras's epsilon, 0.001.
    pub fn new() -> Self {
        LayerNormalization {
            epsilon: Self::default_epsilon(),
        }
    }

    fn default_epsilon() -> f32 {
        1e-3
    }
}

impl LayerSpec for LayerNormalization {
    fn output(&self, below: Output) -> Result<Output, String> {
        let epsilon = self.epsilon;
        if epsilon > 0.0 && epsilon.is_finite() {
            Ok(below)
        } else {
            Err(format!("epsilon must be above 0, 0.001 say, not {epsilon}"))
        }
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        vec![
            tensor("gamma", &[input], Initialiser::Ones),
            tensor("beta", &[input], Initialiser::Zeros),
        ]
    }
}

impl Default for LayerNormalization {
    fn default() -> Self {
        LayerNormalization::new()
    }
}
