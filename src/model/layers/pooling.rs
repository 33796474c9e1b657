//! Layers that make one vector of a sequence: maximum, mean and attention.

use serde::{Deserialize, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{LayerSpec, Output, check_size, pooled, tensor};

/// The greatest value of each feature over time: `[T, B, width] → [B, width]`.
///
/// As in Keras it does not see a mask: masked timesteps count. Where several timesteps share the greatest
/// value, each gets an equal part of the gradient.
///
/// # Source
/// Keras 3 `GlobalMaxPooling1D`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalMaxPooling1D {}

impl GlobalMaxPooling1D {
    /// The greatest value over time.
    pub fn new() -> Self {
        GlobalMaxPooling1D {}
    }
}

impl LayerSpec for GlobalMaxPooling1D {
    fn output(&self, below: Output) -> Result<Output, String> {
        pooled(below)
    }
}

/// The mean of each feature over the timesteps that are not masked: `[T, B, width] → [B, width]`.
///
/// A row without such a timestep gives 0, where Keras divides 0 by 0.
///
/// # Source
/// Keras 3 `GlobalAveragePooling1D`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAveragePooling1D {}

impl GlobalAveragePooling1D {
    /// The mean over time.
    pub fn new() -> Self {
        GlobalAveragePooling1D {}
    }
}

impl LayerSpec for GlobalAveragePooling1D {
    fn output(&self, below: Output) -> Result<Output, String> {
        pooled(below)
    }
}

/// A mean over time whose weights are learned: `[T, B, width] → [B, width]`.
///
/// ```text
/// u_t = tanh(x_t·W + b)      W [width, units], b [units]
/// α   = softmax over t of u_t·v, masked timesteps left out      v [units, 1]
/// y   = Σ_t α_t·x_t
/// ```
///
/// A row without a timestep that is not masked gives 0.
///
/// # Source
/// Yang et al., "Hierarchical Attention Networks for Document Classification" (NAACL 2016), equations 5 to 7;
/// in Keras `Dense(units, "tanh")`, `Dense(1, use_bias=False)` and `Softmax(axis=1)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionPooling {
    /// Numbers that a timestep is scored by, columns of W.
    pub units: usize,
}

impl AttentionPooling {
    /// A mean over time, weighted by scores that are made from `units` numbers a timestep.
    pub fn new(units: usize) -> Self {
        AttentionPooling { units }
    }
}

impl LayerSpec for AttentionPooling {
    fn output(&self, below: Output) -> Result<Output, String> {
        check_size("units", self.units)?;
        pooled(below)
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        vec![
            tensor("kernel", &[input, self.units], Initialiser::GlorotUniform),
            tensor("bias", &[self.units], Initialiser::Zeros),
            tensor("context", &[self.units, 1], Initialiser::GlorotUniform),
        ]
    }
}
