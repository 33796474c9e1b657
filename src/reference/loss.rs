//! Binary cross-entropy on probabilities, cross-entropy of a softmax, their gradients, and accuracies.
//!
//! # Source
//! Keras 3's `binary_crossentropy(from_logits=False)` and `BinaryAccuracy(threshold=0.5)`;
//! `sparse_categorical_crossentropy`, which takes the sums of a softmax, and `SparseCategoricalAccuracy`.

/// Probabilities are clipped to `[CLIP, 1 − CLIP]` before the logarithm.
///
/// In f32 the upper bound rounds to 1 − 2⁻²³, so a device's loss of a saturated wrong answer is
/// 15.94 where this one's is 16.12.
pub const CLIP: f64 = 1e-7;

/// Σ_b w·(−y·ln p − (1 − y)·ln(1 − p)) / B, p clipped.
///
/// # Shapes
/// `probabilities`, `labels` and `weights` `[B]`, labels 0 or 1.
///
/// # Examples
/// ```
/// use gatefold::reference::loss::binary_cross_entropy;
///
/// assert!((binary_cross_entropy(&[0.5], &[1.0], &[3.0]) - 3.0 * 2f64.ln()).abs() < 1e-15);
/// ```
pub fn binary_cross_entropy(probabilities: &[f64], labels: &[f32], weights: &[f32]) -> f64 {
    let rows = probabilities.iter().zip(labels).zip(weights);
    let sum: f64 = rows
        .map(|((&p, &y), &w)| {
            let (p, y) = (p.clamp(CLIP, 1.0 - CLIP), f64::from(y));
            f64::from(w) * (-y * p.ln() - (1.0 - y) * (1.0 - p).ln())
        })
        .sum();
    sum / probabilities.len() as f64
}

/// Gradient of [`binary_cross_entropy`] by each probability: w·(p − y) / (p·(1 − p)·B), and 0 where
/// p was clipped.
///
/// # Shapes
/// `probabilities`, `labels` and `weights` `[B]`; returns `[B]`.
pub fn binary_cross_entropy_gradient(
    probabilities: &[f64],
    labels: &[f32],
    weights: &[f32],
) -> Vec<f64> {
    let count = probabilities.len() as f64;
    let rows = probabilities.iter().zip(labels).zip(weights);
    rows.map(|((&p, &y), &w)| {
        if (CLIP..=1.0 - CLIP).contains(&p) {
            f64::from(w) * (p - f64::from(y)) / (p * (1.0 - p) * count)
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

/// p\[b, c\] = e^s\[b, c\] / Σ_c e^s\[b, c\].
///
/// # Shapes
/// `sums` `[B, classes]`; returns the same.
///
/// # Examples
/// ```
/// use gatefold::reference::loss::softmax;
///
/// assert_eq!(softmax(&[7.0, 7.0, -800.0], 3), [0.5, 0.5, 0.0]);
/// ```
pub fn softmax(sums: &[f64], classes: usize) -> Vec<f64> {
    sums.chunks_exact(classes)
        .flat_map(|row| {
            let most = row.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = row.iter().map(|s| (s - most).exp()).sum();
            row.iter().map(move |s| (s - most).exp() / total)
        })
        .collect()
}

/// Σ_b w\[b\]·(ln Σ_c e^s\[b, c\] − s\[b, label\]) / B.
///
/// # Shapes
/// `sums` `[B, classes]`, `labels` `[B]`, from 0 to classes − 1, `weights` `[B]`.
pub fn softmax_cross_entropy(sums: &[f64], labels: &[f32], weights: &[f32], classes: usize) -> f64 {
    let loss = |((row, &label), &w): ((&[f64], &f32), &f32)| {
        let most = row.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = row.iter().map(|s| (s - most).exp()).sum();
        f64::from(w) * (total.ln() + most - row[label as usize])
    };
    let rows = sums.chunks_exact(classes).zip(labels).zip(weights);
    let sum: f64 = rows.map(loss).sum();
    sum / labels.len() as f64
}

/// Gradient of [`softmax_cross_entropy`] by each sum: w·(p − (c = label)) / B.
///
/// # Shapes
/// `probabilities` `[B, classes]` from [`softmax`], `labels` and `weights` `[B]`; returns `[B, classes]`.
pub fn softmax_cross_entropy_gradient(
    probabilities: &[f64],
    labels: &[f32],
    weights: &[f32],
    classes: usize,
) -> Vec<f64> {
    let count = labels.len() as f64;
    let of_class = |(i, p): (usize, &f64)| {
        let is_label = labels[i / classes] as usize == i % classes;
        f64::from(weights[i / classes]) * (p - f64::from(u8::from(is_label))) / count
    };
    probabilities.iter().enumerate().map(of_class).collect()
}

/// Share of rows whose most probable class, the first of equal ones, is the label.
///
/// # Shapes
/// `probabilities` `[B, classes]`, `labels` `[B]`.
pub fn categorical_accuracy(probabilities: &[f64], labels: &[f32], classes: usize) -> f64 {
    let best =
        |row: &[f64]| (1..classes).fold(0, |best, c| if row[c] > row[best] { c } else { best });
    let rows = probabilities.chunks_exact(classes).zip(labels);
    let right = rows
        .filter(|&(row, &label)| best(row) == label as usize)
        .count();
    right as f64 / labels.len() as f64
}
