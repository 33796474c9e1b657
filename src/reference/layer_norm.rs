//! Layer normalisation: y = γ·(x − μ) / √(σ² + ε) + β, μ and σ² over the features of a row.
//!
//! # Source
//! Ba et al., "Layer Normalization" (2016); Keras 3's `LayerNormalization`.

/// Gradients that a layer normalisation hands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// `[rows, W]`
    pub x: Vec<f64>,
    /// Terms of the gradient of γ, one a row: `[rows, W]`.
    pub terms: Vec<f64>,
}

/// μ and 1 / √(σ² + ε) of each row.
///
/// # Shapes
/// `x` `[rows, width]`; returns `[rows]` pairs.
pub fn moments(x: &[f64], width: usize, epsilon: f64) -> Vec<[f64; 2]> {
    let of_row = |row: &[f64]| {
        let mean = row.iter().sum::<f64>() / width as f64;
        let squares: f64 = row.iter().map(|x| (x - mean).powi(2)).sum();
        [mean, 1.0 / (squares / width as f64 + epsilon).sqrt()]
    };
    x.chunks_exact(width).map(of_row).collect()
}

/// y = γ·(x − μ)·r + β.
///
/// # Shapes
/// `x` `[rows, W]`, `gamma` and `beta` `[W]`; returns `[rows, W]`.
pub fn forward(x: &[f64], gamma: &[f64], beta: &[f64], epsilon: f64) -> Vec<f64> {
    let width = gamma.len();
    let moments = moments(x, width, epsilon);
    let y = |i: usize| {
        let [mean, scale] = moments[i / width];
        gamma[i % width] * (x[i] - mean) * scale + beta[i % width]
    };
    (0..x.len()).map(y).collect()
}

/// With n = (x − μ)·r and g = γ·d_y: d_x = r·(g − mean of g − n·mean of g·n); the terms of d_γ are d_y·n, and d_β
/// is the sum of d_y over the rows.
///
/// # Shapes
/// `x` and `d_y` `[rows, W]`, `gamma` `[W]`, `moments` `[rows]` from [`moments`].
pub fn backward(x: &[f64], moments: &[[f64; 2]], gamma: &[f64], d_y: &[f64]) -> Gradients {
    let width = gamma.len();
    let (mut d_x, mut terms) = (Vec::new(), Vec::new());
    for (row, &[mean, scale]) in moments.iter().enumerate() {
        let at = row * width..(row + 1) * width;
        let normal: Vec<f64> = x[at.clone()].iter().map(|x| (x - mean) * scale).collect();
        let d_y = &d_y[at];
        let g: Vec<f64> = d_y.iter().zip(gamma).map(|(d, gamma)| d * gamma).collect();
        let mean_g = g.iter().sum::<f64>() / width as f64;
        let products = g.iter().zip(&normal).map(|(g, n)| g * n);
        let mean_product = products.sum::<f64>() / width as f64;
        for j in 0..width {
            d_x.push(scale * (g[j] - mean_g - normal[j] * mean_product));
            terms.push(d_y[j] * normal[j]);
        }
    }
    Gradients { x: d_x, terms }
}
