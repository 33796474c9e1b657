//! Pooling over time: the greatest value, and weighted sums, of which the mean is one.
//!
//! `x` is `[T, B, W]` with `size = B·W` numbers a timestep.

/// y\[b, j\] = max over t of x\[t, b, j\].
///
/// # Shapes
/// `x` `[T, B, W]`, `size` B·W; returns `[B, W]`.
pub fn max(x: &[f64], size: usize) -> Vec<f64> {
    let mut y = x[..size].to_vec();
    for (i, &value) in x.iter().enumerate() {
        y[i % size] = y[i % size].max(value);
    }
    y
}

/// Number of timesteps that have the greatest value.
///
/// # Shapes
/// `x` `[T, B, W]`, `y` `[B, W]` from [`max`]; returns `[B, W]`.
pub fn ties(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut ties = vec![0.0; y.len()];
    for (i, &value) in x.iter().enumerate() {
        if value == y[i % y.len()] {
            ties[i % y.len()] += 1.0;
        }
    }
    ties
}

/// Gradient of [`max`]: among the timesteps that have the greatest value it is divided evenly, as Keras's
/// back ends do.
///
/// # Shapes
/// `x` `[T, B, W]`, `y` and `d_y` `[B, W]`; returns `[T, B, W]`.
pub fn max_gradient(x: &[f64], y: &[f64], d_y: &[f64]) -> Vec<f64> {
    let ties = ties(x, y);
    let part = |i: usize| {
        let n = i % y.len();
        if x[i] == y[n] { d_y[n] / ties[n] } else { 0.0 }
    };
    (0..x.len()).map(part).collect()
}

/// Weights of the mean over the timesteps that are kept: 1 / n_b, and 0 where masked.
///
/// # Shapes
/// `keep` `[T, B]`, or `None` where all are; returns `[T, B]`, zeros in a row of which nothing is kept.
pub fn mean_weights(steps: usize, batch: usize, keep: Option<&[bool]>) -> Vec<f64> {
    let kept = |p: usize| keep.is_none_or(|keep| keep[p]);
    let count = |b: usize| (0..steps).filter(|t| kept(t * batch + b)).count();
    let weight = |p: usize| {
        if kept(p) {
            1.0 / count(p % batch) as f64
        } else {
            0.0
        }
    };
    (0..steps * batch).map(weight).collect()
}

/// y\[b, j\] = Σ_t weights\[t, b\]·x\[t, b, j\].
///
/// # Shapes
/// `weights` `[T, B]`, `x` `[T, B, W]`; returns `[B, W]`.
pub fn weighted_sum(weights: &[f64], x: &[f64], batch: usize) -> Vec<f64> {
    let width = x.len() / weights.len();
    let mut y = vec![0.0; batch * width];
    for (i, &value) in x.iter().enumerate() {
        y[i % (batch * width)] += weights[i / width] * value;
    }
    y
}

/// Gradient of [`weighted_sum`] by x: weights\[t, b\]·d_y\[b, j\].
///
/// # Shapes
/// `weights` `[T, B]`, `d_y` `[B, W]`; returns `[T, B, W]`.
pub fn weighted_sum_gradient(weights: &[f64], d_y: &[f64], batch: usize) -> Vec<f64> {
    let width = d_y.len() / batch;
    (0..weights.len() * width)
        .map(|i| weights[i / width] * d_y[i % d_y.len()])
        .collect()
}
