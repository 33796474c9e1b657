//! Whether long reviews are harder.

use super::examples::right;
use crate::data::{Lengths, Review};
use crate::train::Probabilities;

/// Groups of reviews that [`errors_by_length`] makes at most.
const GROUPS: usize = 8;

/// How many reviews of some lengths were classified wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthErrors {
    /// Tokens of the shortest.
    pub shortest: usize,
    /// Tokens of the longest.
    pub longest: usize,
    /// How many there are.
    pub reviews: usize,
    /// How many of them were classified wrongly.
    pub wrong: usize,
}

/// The errors of `probabilities`, in up to eight groups of about as many reviews, the shortest first.
///
/// Reviews of one length are in one group, so that groups differ in size where many are equally long.
///
/// # Examples
/// ```
/// use gatefold::data::Review;
/// use gatefold::report::errors_by_length;
/// use gatefold::train::Probabilities;
///
/// let review = |length, label| Review { ids: vec![1; length].into(), label };
/// let reviews = [review(7, 1), review(2, 0), review(7, 0)];
/// let probabilities = Probabilities::of_second(vec![0.9, 0.2, 0.8]);
/// let groups = errors_by_length(&reviews, &probabilities);
/// assert_eq!((groups[0].longest, groups[0].reviews, groups[0].wrong), (2, 1, 0));
/// assert_eq!((groups[1].longest, groups[1].reviews, groups[1].wrong), (7, 2, 1));
/// ```
pub fn errors_by_length(reviews: &[Review], probabilities: &Probabilities) -> Vec<LengthErrors> {
    let lengths = Lengths::of(reviews);
    let mut ends: Vec<usize> = (1..=GROUPS)
        .map(|group| lengths.quantile(group as f64 / GROUPS as f64))
        .collect();
    ends.dedup();
    let mut groups: Vec<LengthErrors> = ends
        .iter()
        .map(|&longest| LengthErrors {
            shortest: longest,
            longest,
            reviews: 0,
            wrong: 0,
        })
        .collect();
    for (review, row) in reviews.iter().zip(probabilities.rows()) {
        let length = review.ids.len();
        let place = ends.partition_point(|&end| end < length);
        if let Some(group) = groups.get_mut(place) {
            group.shortest = group.shortest.min(length);
            group.reviews += 1;
            group.wrong += usize::from(!right(row, review.label));
        }
    }
    groups.retain(|group| group.reviews > 0);
    groups
}
