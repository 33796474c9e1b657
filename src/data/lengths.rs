//! [`Lengths`]: how long reviews are, and how many are how long.

use super::Review;

/// Tokens of each of some reviews, for figures and histograms.
///
/// # Examples
/// ```
/// use gatefold::data::{Lengths, Review};
///
/// let reviews = [3, 1, 8].map(|length| Review { ids: vec![1; length].into(), label: 0 });
/// let lengths = Lengths::of(&reviews);
/// assert_eq!((lengths.mean(), lengths.quantile(0.5), lengths.longest()), (4.0, 3, 8));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengths {
    ascending: Vec<usize>,
}

impl Lengths {
    /// The lengths of `reviews`.
    pub fn of(reviews: &[Review]) -> Self {
        let mut ascending: Vec<usize> = reviews.iter().map(|review| review.ids.len()).collect();
        ascending.sort_unstable();
        Lengths { ascending }
    }

    /// Number of reviews.
    pub fn count(&self) -> usize {
        self.ascending.len()
    }

    /// Tokens of all of them.
    pub fn tokens(&self) -> usize {
        self.ascending.iter().sum()
    }

    /// Their mean, 0 of none.
    pub fn mean(&self) -> f64 {
        self.tokens() as f64 / self.count().max(1) as f64
    }

    /// The least length that a share of at least `share` of the reviews does not exceed; 0 of none.
    pub fn quantile(&self, share: f64) -> usize {
        let rank = (share * self.count() as f64).ceil() as usize;
        let place = rank.max(1) - 1;
        self.ascending.get(place).copied().unwrap_or(0)
    }

    /// The longest, 0 of none.
    pub fn longest(&self) -> usize {
        self.ascending.last().copied().unwrap_or(0)
    }

    /// How many reviews are longer than `length`.
    pub fn above(&self, length: usize) -> usize {
        let within = self.ascending.partition_point(|&own| own <= length);
        self.count() - within
    }
}

/// Ranges of lengths, all equally wide, from 0 on: `0..width`, `width..2·width` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bins {
    /// Lengths that one bin takes: 1, 2 or 5 times a power of ten.
    pub width: usize,
    /// Number of bins.
    pub count: usize,
}

impl Bins {
    /// The narrowest bins of which at most `most` hold every length up to `length`.
    pub fn up_to(length: usize, most: usize) -> Self {
        let powers = std::iter::successors(Some(1usize), |power| power.checked_mul(10));
        let mut widths = powers.flat_map(|power| [1, 2, 5].map(|step| power.saturating_mul(step)));
        let enough = |width: &usize| length / width < most.max(1);
        let width = widths.find(enough).unwrap_or(usize::MAX);
        Bins {
            width,
            count: length / width + 1,
        }
    }

    /// How many of `lengths` fall in each bin.
    pub fn fill(&self, lengths: &Lengths) -> Vec<usize> {
        let mut counts = vec![0; self.count];
        for length in &lengths.ascending {
            if let Some(count) = counts.get_mut(length / self.width) {
                *count += 1;
            }
        }
        counts
    }

    /// The longest length that a bin takes.
    pub fn longest(&self) -> usize {
        self.width.saturating_mul(self.count) - 1
    }
}
