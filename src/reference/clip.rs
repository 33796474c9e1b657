//! Clipping of gradients by the norm of them all.

/// √Σ g² over all tensors.
pub fn global_norm(gradients: &[Vec<f64>]) -> f64 {
    let mut sum = 0.0;
    for gradient in gradients {
        for g in gradient {
            sum += g * g;
        }
    }
    sum.sqrt()
}

/// What the gradients are multiplied by: 1 where their norm is at most `bound`, else bound / norm.
///
/// # Source
/// Keras 3's `global_clipnorm`; Pascanu et al., *On the difficulty of training recurrent neural
/// networks* (2013).
pub fn clip_scale(norm: f64, bound: f64) -> f64 {
    if norm <= bound { 1.0 } else { bound / norm }
}
