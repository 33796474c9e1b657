//! Dropout masks from the counter-based generator Philox 4×32-10.
//!
//! A mask depends on seed, step and layer alone, so the backward pass draws it again.
//!
//! # Source
//! Srivastava et al. (2014), inverted scaling as in Keras; Salmon et al. (2011) for Philox.

use crate::random::philox4x32;

/// What a mask depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// Seed of the run.
    pub seed: u64,
    /// Optimiser step that the mask is for.
    pub step: u64,
    /// Index of the dropout layer in [`crate::model::Model::layers`].
    pub layer: u32,
}

/// Factor of each of `count` elements: 0 where dropped, 1 / (1 − rate) where kept.
///
/// Element e uses word `e mod 4` of the block with key `[seed low, seed high]` and counter
/// `[e / 4, step low, step high, layer]`; it is kept where `(word >> 8)·2⁻²⁴ ≥ rate`.
///
/// # Examples
/// ```
/// use gatefold::reference::dropout::{Draw, factors};
///
/// let draw = Draw { seed: 1, step: 1, layer: 4 };
/// assert_eq!(factors(draw, 0.0, 5), [1.0; 5]);
/// assert!(factors(draw, 0.5, 64).iter().all(|&f| f == 0.0 || f == 2.0));
/// ```
pub fn factors(draw: Draw, rate: f32, count: usize) -> Vec<f64> {
    let key = [draw.seed as u32, (draw.seed >> 32) as u32];
    (0..count)
        .map(|e| {
            let counter = [
                (e / 4) as u32,
                draw.step as u32,
                (draw.step >> 32) as u32,
                draw.layer,
            ];
            let word = philox4x32(counter, key)[e % 4];
            let uniform = (word >> 8) as f32 / 16_777_216.0;
            factor(uniform >= rate, rate)
        })
        .collect()
}

/// Factors of a mask given as 0 (dropped) and 1 (kept).
pub fn factors_of_mask(mask: &[f32], rate: f32) -> Vec<f64> {
    mask.iter().map(|&kept| factor(kept != 0.0, rate)).collect()
}

fn factor(kept: bool, rate: f32) -> f64 {
    if kept {
        1.0 / (1.0 - f64::from(rate))
    } else {
        0.0
    }
}

/// Multiplies `values` by their `factors`: the forward pass, and the backward pass of a gradient.
///
/// # Shapes
/// Both of one length, which the result has too.
pub fn apply(values: &[f64], factors: &[f64]) -> Vec<f64> {
    values
        .iter()
        .zip(factors)
        .map(|(value, factor)| value * factor)
        .collect()
}
