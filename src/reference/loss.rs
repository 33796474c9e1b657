//! Binary cross-entropy on probabilities, its gradient, and accuracy.
//!
//! # Source
//! Keras 3's `binary_crossentropy(from_logits=False)` and `BinaryAccuracy(threshold=0.5)`.

/// Probabilities are clipped to `[CLIP, 1 − CLIP]` before the logarithm.
///
/// In f32 the upper bound rounds to 1 − 2⁻²³, so a device's loss of a saturated wrong answer is
/// 15.94 where this one's is 16.12.
pub const CLIP: f64 = 1e-7;

/// Mean over the batch of −y·ln p − (1 − y)·ln(1 − p), p clipped.
///
/// # Shapes
/// `probabilities` and `labels` `[B]`, labels 0 or 1.
///
/// # Examples
/// ```
/// use gatefold::reference::loss::binary_cross_entropy;
///
/// assert!((binary_cross_entropy(&[0.5], &[1.0]) - 2f64.ln()).abs() < 1e-15);
/// ```
pub fn binary_cross_entropy(probabilities: &[f64], labels: &[f32]) -> f64 {
    let sum: f64 = probabilities
        .iter()
        .zip(labels)
        .map(|(&p, &y)| {
            let (p, y) = (p.clamp(CLIP, 1.0 - CLIP), f64::from(y));
            -y * p.ln() - (1.0 - y) * (1.0 - p).ln()
        })
        .sum();
    sum / probabilities.len() as f64
}

/// Gradient of [`binary_cross_entropy`] by each probability: (p − y) / (p·(1 − p)·B), and 0 where
/// p was clipped.
///
/// # Shapes
/// `probabilities` and `labels` `[B]`; returns `[B]`.
pub fn binary_cross_entropy_gradient(probabilities: &[f64], labels: &[f32]) -> Vec<f64> {
    let count = probabilities.len() as f64;
    probabilities
        .iter()
        .zip(labels)
        .map(|(&p, &y)| {
            if (CLIP..=1.0 - CLIP).contains(&p) {
                (p - f64::from(y)) / (p * (1.0 - p) * count)
            } else {
                0.0
            }
        })
        .collect()
}

/// Share of rows where p > 0.5 agrees with the label.
///
/// # Shapes
/// `probabilities` and `labels` `[B]`, labels 0 or 1.
pub fn accuracy(probabilities: &[f64], labels: &[f32]) -> f64 {
    let right = probabilities
        .iter()
        .zip(labels)
        .filter(|&(&p, &y)| (p > 0.5) == (y > 0.5))
        .count();
    right as f64 / probabilities.len() as f64
}
