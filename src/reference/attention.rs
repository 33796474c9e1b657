//! Attention pooling: a weighted sum over time whose weights are a softmax of learned scores.
//!
//! # Source
//! Yang et al., "Hierarchical Attention Networks for Document Classification" (2016), equations 5 to 7.

use super::activations::{tanh, tanh_derivative};
use super::matmul::{a_b, a_bt, at_b, column_sums};
use super::pooling::{weighted_sum, weighted_sum_gradient};

/// W `[in, A]`, b `[A]`, v `[A]`.
#[derive(Debug, Clone, Copy)]
pub struct AttentionParameters<'a> {
    /// W
    pub kernel: &'a [f64],
    /// b
    pub bias: &'a [f64],
    /// v
    pub context: &'a [f64],
}

/// What the backward pass needs of the forward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Tape {
    /// tanh(x·W + b), `[P, A]`
    pub u: Vec<f64>,
    /// `[T, B]`
    pub weights: Vec<f64>,
}

/// Gradients that an attention pooling hands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// `[T, B, in]`
    pub x: Vec<f64>,
    /// `[in, A]`
    pub kernel: Vec<f64>,
    /// `[A]`
    pub bias: Vec<f64>,
    /// `[A]`
    pub context: Vec<f64>,
}

/// scores\[p\] = Σ_a u\[p, a\]·v\[a\].
///
/// # Shapes
/// `u` `[P, A]`, `context` `[A]`; returns `[P]`.
pub fn scores(u: &[f64], context: &[f64]) -> Vec<f64> {
    let score = |u: &[f64]| u.iter().zip(context).map(|(u, v)| u * v).sum();
    u.chunks_exact(context.len()).map(score).collect()
}

/// Softmax of the scores over the timesteps that are kept; 0 at the others.
///
/// # Shapes
/// `scores` and `keep` `[T, B]`; returns `[T, B]`, zeros in a row of which nothing is kept.
pub fn softmax_over_time(scores: &[f64], batch: usize, keep: Option<&[bool]>) -> Vec<f64> {
    let kept = |p: &usize| keep.is_none_or(|keep| keep[*p]);
    let mut weights = vec![0.0; scores.len()];
    for b in 0..batch {
        let positions = || (b..scores.len()).step_by(batch).filter(kept);
        let most = positions().map(|p| scores[p]).fold(f64::MIN, f64::max);
        let sum: f64 = positions().map(|p| (scores[p] - most).exp()).sum();
        for p in positions() {
            weights[p] = (scores[p] - most).exp() / sum;
        }
    }
    weights
}

/// Gradient of the scores through [`softmax_over_time`] and the weighted sum of x:
/// α_t·(d_y·x_t − Σ_s α_s·d_y·x_s).
///
/// # Shapes
/// `weights` `[T, B]`, `x` `[T, B, W]`, `d_y` `[B, W]`; returns `[T, B]`.
pub fn scores_gradient(weights: &[f64], x: &[f64], d_y: &[f64], batch: usize) -> Vec<f64> {
    let width = d_y.len() / batch;
    let d_weight = |p: usize| -> f64 {
        let row = &d_y[(p % batch) * width..][..width];
        let x = &x[p * width..][..width];
        x.iter().zip(row).map(|(x, d)| x * d).sum()
    };
    let d_weights: Vec<f64> = (0..weights.len()).map(d_weight).collect();
    let mut means = vec![0.0; batch];
    for (p, d) in d_weights.iter().enumerate() {
        means[p % batch] += weights[p] * d;
    }
    let d_score = |p: usize| weights[p] * (d_weights[p] - means[p % batch]);
    (0..weights.len()).map(d_score).collect()
}

/// d_z\[p, a\] = d_scores\[p\]·v\[a\]·(1 − u²).
///
/// # Shapes
/// `d_scores` `[P]`, `context` `[A]`, `u` `[P, A]`; returns `[P, A]`.
pub fn projection_gradient(d_scores: &[f64], context: &[f64], u: &[f64]) -> Vec<f64> {
    let units = context.len();
    let d_z = |i: usize| d_scores[i / units] * context[i % units] * tanh_derivative(u[i]);
    (0..u.len()).map(d_z).collect()
}

/// y = Σ_t α_t·x_t, and what the backward pass needs.
///
/// # Shapes
/// `x` `[T, B, in]`, `keep` `[T, B]`; returns `[B, in]`.
pub fn forward(
    x: &[f64],
    parameters: AttentionParameters,
    batch: usize,
    keep: Option<&[bool]>,
) -> (Vec<f64>, Tape) {
    let AttentionParameters {
        kernel,
        bias,
        context,
    } = parameters;
    let units = bias.len();
    let inputs = kernel.len() / units;
    let z = a_b(x, kernel, Some(bias), x.len() / inputs, units, inputs);
    let u: Vec<f64> = z.into_iter().map(tanh).collect();
    let weights = softmax_over_time(&scores(&u, context), batch, keep);
    (weighted_sum(&weights, x, batch), Tape { u, weights })
}

/// Gradients by x and the parameters.
///
/// # Shapes
/// `x` `[T, B, in]`, `d_y` `[B, in]`.
pub fn backward(
    x: &[f64],
    parameters: AttentionParameters,
    batch: usize,
    tape: &Tape,
    d_y: &[f64],
) -> Gradients {
    let units = parameters.bias.len();
    let inputs = parameters.kernel.len() / units;
    let positions = tape.weights.len();
    let d_scores = scores_gradient(&tape.weights, x, d_y, batch);
    let d_z = projection_gradient(&d_scores, parameters.context, &tape.u);
    let mut d_x = weighted_sum_gradient(&tape.weights, d_y, batch);
    let through_scores = a_bt(&d_z, parameters.kernel, positions, inputs, units);
    d_x.iter_mut()
        .zip(through_scores)
        .for_each(|(sum, d)| *sum += d);
    Gradients {
        x: d_x,
        kernel: at_b(x, &d_z, inputs, units, positions),
        bias: column_sums(&d_z, units),
        context: at_b(&tape.u, &d_scores, units, 1, positions),
    }
}
