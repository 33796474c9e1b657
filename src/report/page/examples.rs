//! Reviews that show what a model does.

use crate::report::Word;
use crate::train::THRESHOLD;

/// A review, what a model says of it, and why.
#[derive(Debug, Clone)]
pub struct Example {
    /// Probability that it is positive.
    pub probability: f32,
    /// 0 negative, 1 positive.
    pub label: u8,
    /// Its words, with what each contributed.
    pub words: Vec<Word>,
    /// Tokens of the review, those that were cut off included.
    pub tokens: usize,
    /// Zeros that filled its row of the batch, and what they contributed together.
    pub padding: (usize, f64),
}

impl Example {
    /// Whether the model is right.
    pub fn right(&self) -> bool {
        right(self.probability, self.label)
    }
}

pub(super) fn right(probability: f32, label: u8) -> bool {
    (probability > THRESHOLD) == (label == 1)
}

/// Indices of the reviews that were classified rightly, or wrongly, with the most confidence: at most `count`,
/// the surest first, equal ones in order.
///
/// # Examples
/// ```
/// use gatefold::report::surest;
///
/// let (probabilities, labels) = ([0.1, 0.6, 0.9, 0.8], [0, 0, 1, 0]);
/// assert_eq!(surest(&probabilities, &labels, true, 2), [0, 2]);
/// assert_eq!(surest(&probabilities, &labels, false, 2), [3, 1]);
/// ```
pub fn surest(probabilities: &[f32], labels: &[u8], rightly: bool, count: usize) -> Vec<usize> {
    let confidence = |index: &usize| (probabilities[*index] - THRESHOLD).abs();
    let mut chosen: Vec<usize> = (0..probabilities.len().min(labels.len()))
        .filter(|&index| right(probabilities[index], labels[index]) == rightly)
        .collect();
    chosen.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
    chosen.truncate(count);
    chosen
}
