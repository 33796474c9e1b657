//! Reviews that show what a model does.

use crate::report::Word;
use crate::train::{Probabilities, THRESHOLD, predicted};

/// A review, what a model says of it, and why.
#[derive(Debug, Clone)]
pub struct Example {
    /// What the model says of it, as [`Probabilities::row`].
    pub probabilities: Vec<f32>,
    /// Its class.
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
        right(&self.probabilities, self.label)
    }
}

/// Whether what is predicted is the label.
pub(super) fn right(row: &[f32], label: u8) -> bool {
    predicted(row) == usize::from(label)
}

/// How sure a prediction is; to be compared with others of the same model.
fn confidence(row: &[f32]) -> f32 {
    match row {
        [second] => (second - THRESHOLD).abs(),
        _ => row[predicted(row)],
    }
}

/// Indices of the reviews that were classified rightly, or wrongly, with the most confidence: at most `count`,
/// the surest first, equal ones in order.
///
/// # Examples
/// ```
/// use gatefold::report::surest;
/// use gatefold::train::Probabilities;
///
/// let probabilities = Probabilities::of_second(vec![0.1, 0.6, 0.9, 0.8]);
/// let labels = [0, 0, 1, 0];
/// assert_eq!(surest(&probabilities, &labels, true, 2), [0, 2]);
/// assert_eq!(surest(&probabilities, &labels, false, 2), [3, 1]);
/// ```
pub fn surest(
    probabilities: &Probabilities,
    labels: &[u8],
    rightly: bool,
    count: usize,
) -> Vec<usize> {
    let rows = probabilities.rows().zip(labels).enumerate();
    let mut chosen: Vec<(usize, f32)> = rows
        .filter(|(_, (row, label))| right(row, **label) == rightly)
        .map(|(index, (row, _))| (index, confidence(row)))
        .collect();
    chosen.sort_by(|a, b| b.1.total_cmp(&a.1));
    chosen.truncate(count);
    chosen.into_iter().map(|(index, _)| index).collect()
}
