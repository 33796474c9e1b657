//! [`Batch`]: reviews padded to one length, time-major, with their token plan.

use super::tokens::{TokenPlan, TokenScratch};
use crate::data::{PADDING, Review};

/// What a training step eats: `B` reviews, padded **after** the text with 0 to the longest, `T`.
///
/// # Examples
/// ```
/// use gatefold::batch::Batch;
/// use gatefold::data::Review;
///
/// let long = Review { ids: vec![5, 9, 5].into(), label: 1 };
/// let short = Review { ids: vec![7].into(), label: 0 };
/// let batch = Batch::new(&[&long, &short]);
/// assert_eq!(batch.to_string(), "[[5 9 5]\n [7 0 0]]");
/// assert_eq!(batch.ids, [5, 7, 9, 0, 5, 0]);
/// assert_eq!(batch.tokens.unique, [0, 5, 7, 9]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// T, timesteps: tokens of the longest review.
    pub length: usize,
    /// B, reviews.
    pub size: usize,
    /// Token ids, time-major: `[T, B]`; position `t·B + b`.
    pub ids: Vec<u32>,
    /// Tokens of each review before the padding: `[B]`.
    pub lengths: Vec<u32>,
    /// 0 (negative) or 1 (positive): `[B]`.
    pub labels: Vec<f32>,
    /// The unique tokens and where they stand.
    pub tokens: TokenPlan,
}

/// Memory that one batch leaves to the next; what it holds does not show in any batch.
#[derive(Debug, Clone, Default)]
pub struct Scratch(TokenScratch);

impl Batch {
    /// Pads `reviews` to one batch. A review without ids counts as one padding token.
    ///
    /// The plan counts by id, in memory for as many ids as the largest says.
    pub fn new(reviews: &[&Review]) -> Self {
        Batch::with_scratch(reviews, &mut Scratch::default())
    }

    /// As [`Batch::new`], reusing `scratch`: for one batch after the other.
    pub fn with_scratch(reviews: &[&Review], scratch: &mut Scratch) -> Self {
        let size = reviews.len();
        let lengths: Vec<u32> = reviews
            .iter()
            .map(|review| review.ids.len().max(1) as u32)
            .collect();
        let length = lengths.iter().max().map_or(0, |&longest| longest as usize);
        let mut ids = vec![PADDING; length * size];
        for (row, review) in reviews.iter().enumerate() {
            for (timestep, &id) in ids.chunks_exact_mut(size).zip(&review.ids) {
                timestep[row] = id;
            }
        }
        let tokens = TokenPlan::new(&ids, &mut scratch.0);
        Batch {
            length,
            size,
            ids,
            lengths,
            labels: reviews
                .iter()
                .map(|review| f32::from(review.label))
                .collect(),
            tokens,
        }
    }

    /// The ids of review `row` with its padding: T of them; none where there is no such review.
    pub fn row(&self, row: usize) -> impl Iterator<Item = u32> + '_ {
        self.ids
            .chunks(self.size.max(1))
            .filter_map(move |timestep| timestep.get(row).copied())
    }
}
