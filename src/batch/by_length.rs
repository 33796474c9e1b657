//! Reviews of the same length together, for predictions that do not depend on the batch.

use super::pad::Padding;
use crate::data::Review;

/// Indices of `reviews` in batches of at most `batch_size` (at least 1), reviews of similar length together.
///
/// The lengths are those that `padding` keeps; equal lengths stay in order. Without `mixed` a batch holds
/// reviews of one length only, so that none is padded.
pub(crate) fn by_length(
    reviews: &[Review],
    batch_size: usize,
    padding: Padding,
    mixed: bool,
) -> Vec<Vec<usize>> {
    let length = |index: &usize| padding.length(&reviews[*index]);
    let mut indices: Vec<usize> = (0..reviews.len()).collect();
    indices.sort_by_key(length);
    indices
        .chunk_by(|a, b| mixed || length(a) == length(b))
        .flat_map(|alike| alike.chunks(batch_size.max(1)))
        .map(<[usize]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reviews(lengths: &[usize]) -> Vec<Review> {
        let review = |&length: &usize| Review {
            ids: vec![1; length].into(),
            label: 0,
        };
        lengths.iter().map(review).collect()
    }

    #[test]
    fn only_equal_lengths_share_a_batch_unless_mixed() {
        let reviews = reviews(&[3, 1, 3, 2, 3, 1]);
        let apart = by_length(&reviews, 2, Padding::AFTER, false);
        assert_eq!(apart, [vec![1, 5], vec![3], vec![0, 2], vec![4]]);
        let mixed = by_length(&reviews, 4, Padding::AFTER, true);
        assert_eq!(mixed, [vec![1, 5, 3, 0], vec![2, 4]]);
    }

    #[test]
    fn what_is_cut_to_the_same_length_goes_together() {
        let padding = Padding {
            max_length: std::num::NonZeroUsize::new(2),
            ..Padding::AFTER
        };
        let batches = by_length(&reviews(&[5, 2, 9, 1]), 8, padding, false);
        assert_eq!(batches, [vec![3], vec![0, 1, 2]]);
    }
}
