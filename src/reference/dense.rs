//! `y = activation(x·W + b)`, forward and backward.

use super::activations;
use super::matmul::{a_b, a_bt, at_b, column_sums};
use crate::model::Activation;

/// Gradients that a dense layer hands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// `[rows, in]`
    pub x: Vec<f64>,
    /// `[in, units]`
    pub kernel: Vec<f64>,
    /// `[units]`
    pub bias: Vec<f64>,
}

/// y = activation(x·W + b).
///
/// # Shapes
/// `x` `[rows, in]`, `kernel` `[in, units]`, `bias` `[units]`; returns `[rows, units]`. Rows and
/// width of `x` follow from the lengths.
pub fn forward(x: &[f64], kernel: &[f64], bias: &[f64], activation: Activation) -> Vec<f64> {
    let units = bias.len();
    let input = kernel.len() / units;
    a_b(x, kernel, Some(bias), x.len() / input, units, input)
        .into_iter()
        .map(|sum| activations::apply(activation, sum))
        .collect()
}

/// From dy: ds = dy·activation′(y), dx = ds·Wᵀ, dW = xᵀ·ds, db = Σ_rows ds.
///
/// # Shapes
/// `x` `[rows, in]`, `kernel` `[in, units]`, `y` and `d_y` `[rows, units]`.
pub fn backward(
    x: &[f64],
    kernel: &[f64],
    y: &[f64],
    d_y: &[f64],
    units: usize,
    activation: Activation,
) -> Gradients {
    let input = kernel.len() / units;
    let rows = x.len() / input;
    let d_sum: Vec<f64> = y
        .iter()
        .zip(d_y)
        .map(|(&y, &d)| d * activations::derivative(activation, y))
        .collect();
    Gradients {
        x: a_bt(&d_sum, kernel, rows, input, units),
        kernel: at_b(x, &d_sum, input, units, rows),
        bias: column_sums(&d_sum, units),
    }
}
