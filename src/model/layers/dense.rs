//! The dense layer and what it applies to its sums.

use serde::{Deserialize, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{LayerSpec, Output, check_size, tensor};

/// What a dense layer applies to its sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// The sums themselves.
    #[default]
    Linear,
    /// max(x, 0).
    Relu,
    /// 1 / (1 + e^−x).
    Sigmoid,
    /// e^x / Σ e^x over the units: a probability for each class. Of the last layer alone.
    Softmax,
}

/// `activation(x·W + b)`: `[.., in] → [.., units]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Columns of W.
    pub units: usize,
    /// Applied to the sums.
    #[serde(default)]
    pub activation: Activation,
}

impl Dense {
    /// `units` sums, no activation.
    pub fn new(units: usize) -> Self {
        Dense {
            units,
            activation: Activation::Linear,
        }
    }

    /// With relu.
    pub fn relu(mut self) -> Self {
        self.activation = Activation::Relu;
        self
    }

    /// With the logistic function.
    pub fn sigmoid(mut self) -> Self {
        self.activation = Activation::Sigmoid;
        self
    }

    /// With a softmax: a probability for each of as many classes as there are units.
    pub fn softmax(mut self) -> Self {
        self.activation = Activation::Softmax;
        self
    }
}

impl LayerSpec for Dense {
    fn output(&self, below: Output) -> Result<Output, String> {
        check_size("units", self.units)?;
        Ok(below.with_width(self.units))
    }

    fn parameters(&self, input: usize) -> Vec<Parameter> {
        vec![
            tensor("kernel", &[input, self.units], Initialiser::GlorotUniform),
            tensor("bias", &[self.units], Initialiser::Zeros),
        ]
    }
}
