//! [`BatchShape`]: the sizes of a batch, known ahead for reserving memory.

use super::pad::{Batch, Padding};
use super::tokens::{most_fold_runs, most_partial_runs};
use crate::data::Review;

/// The sizes that decide how much memory a step needs. Smaller in every field, it needs no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct BatchShape {
    /// T, timesteps.
    pub length: usize,
    /// B, reviews.
    pub size: usize,
    /// U, unique tokens.
    pub unique: usize,
    /// Runs of [`SegmentSums::direct`](super::SegmentSums::direct).
    pub direct_runs: usize,
    /// Runs of [`SegmentSums::partial`](super::SegmentSums::partial): rows of the partial buffer.
    pub partial_runs: usize,
    /// Runs of [`SegmentSums::fold`](super::SegmentSums::fold).
    pub fold_runs: usize,
}

impl BatchShape {
    /// T·B, positions.
    pub fn positions(&self) -> usize {
        self.length * self.size
    }

    /// The least shape that holds both: the larger of each field.
    pub fn holding(self, other: BatchShape) -> BatchShape {
        BatchShape {
            length: self.length.max(other.length),
            size: self.size.max(other.size),
            unique: self.unique.max(other.unique),
            direct_runs: self.direct_runs.max(other.direct_runs),
            partial_runs: self.partial_runs.max(other.partial_runs),
            fold_runs: self.fold_runs.max(other.fold_runs),
        }
    }
}

impl Batch {
    /// The batch's sizes.
    pub fn shape(&self) -> BatchShape {
        let sums = &self.tokens.sums;
        BatchShape {
            length: self.length,
            size: self.size,
            unique: self.tokens.unique.len(),
            direct_runs: sums.direct.len(),
            partial_runs: sums.partial.len(),
            fold_runs: sums.fold.len(),
        }
    }
}

/// A shape that holds every batch of at most `batch_size` of these reviews, in whatever order, with
/// what `padding` keeps of them.
pub fn longest_shape(reviews: &[Review], batch_size: usize, padding: Padding) -> BatchShape {
    let mut lengths: Vec<usize> = reviews
        .iter()
        .map(|review| padding.length(review))
        .collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    lengths.truncate(batch_size);
    let length = lengths.first().copied().unwrap_or(0);
    let size = lengths.len();
    let positions = length.saturating_mul(size);
    // Padding is one token more than the texts hold.
    let unique = distinct_ids(reviews, padding).min(lengths.iter().sum::<usize>() + 1);
    BatchShape {
        length,
        size,
        unique,
        direct_runs: unique,
        partial_runs: most_partial_runs(positions),
        fold_runs: unique.min(most_fold_runs(positions)),
    }
}

/// Number of different ids in what is kept of `reviews`, the padding always among them.
fn distinct_ids(reviews: &[Review], padding: Padding) -> usize {
    let mut seen = vec![true];
    let mut distinct = 1;
    for &id in reviews.iter().flat_map(|review| padding.kept(&review.ids)) {
        let id = id as usize;
        if id >= seen.len() {
            seen.resize(id + 1, false);
        }
        distinct += usize::from(!std::mem::replace(&mut seen[id], true));
    }
    distinct
}
