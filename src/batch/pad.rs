//! [`Batch`]: reviews cut and padded to one length, time-major, with their token plan.

use std::num::NonZeroUsize;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::tokens::{TokenPlan, TokenScratch};
use crate::data::{PADDING, Review};

/// An end of a review's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Its beginning; Keras's `"pre"`.
    Before,
    /// Its end; Keras's `"post"`.
    After,
}

/// How reviews of different lengths become rows of one length.
///
/// A batch is as long as the longest of its reviews, so a row is filled up to that length, not to
/// `max_length`.
///
/// # Source
/// Keras's `pad_sequences(maxlen, padding, truncating)`, which fills up to `maxlen`, and whose default is
/// `"pre"` for both.
///
/// # Examples
/// ```
/// use std::num::NonZeroUsize;
/// use gatefold::batch::{Batches, Order, Padding, Side};
/// use gatefold::data::Review;
///
/// let reviews = [vec![5, 9, 6, 8], vec![7]].map(|ids| Review { ids: ids.into(), label: 1 });
/// let padding = Padding { pad: Side::Before, max_length: NonZeroUsize::new(3), truncate: Side::After };
/// let mut batches = Batches::with_padding(&reviews, 2, Order::Sequential, padding)?;
/// let text = batches.next().map(|batch| batch.to_string());
/// assert_eq!(text.as_deref(), Some("[[5 9 6]\n [0 0 7]]"));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Where the padding stands.
    pub pad: Side,
    /// Most tokens of a review that are kept; `None` keeps all.
    pub max_length: Option<NonZeroUsize>,
    /// Which end of a longer review is cut off.
    pub truncate: Side,
}

impl Padding {
    /// Padding after the text, of which nothing is cut off: the reference experiment's.
    pub const AFTER: Padding = Padding {
        pad: Side::After,
        max_length: None,
        truncate: Side::After,
    };

    /// The part of `ids`, or of what goes with each, that is kept.
    pub fn kept<'a, T>(&self, ids: &'a [T]) -> &'a [T] {
        &ids[self.kept_of(ids.len())]
    }

    /// Which of so many ids are kept.
    pub fn kept_of(&self, ids: usize) -> Range<usize> {
        let most = self.max_length.map_or(usize::MAX, NonZeroUsize::get);
        match self.truncate {
            Side::Before => ids.saturating_sub(most)..ids,
            Side::After => 0..ids.min(most),
        }
    }

    /// Tokens of `review` in a batch: those that are kept, at least 1.
    pub fn length(&self, review: &Review) -> usize {
        self.kept(&review.ids).len().max(1)
    }
}

impl Default for Padding {
    fn default() -> Self {
        Padding::AFTER
    }
}

/// What a training step eats: `B` reviews, padded with 0 to the longest, `T`.
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
    /// Tokens of each review, its padding left out: `[B]`.
    pub lengths: Vec<u32>,
    /// Each review's class, counted from 0: `[B]`.
    pub labels: Vec<f32>,
    /// What each review's loss counts: `[B]`; 1 unless [`Batches::class_weights`](super::Batches::class_weights) said
    /// otherwise.
    pub weights: Vec<f32>,
    /// The unique tokens and where they stand.
    pub tokens: TokenPlan,
}

/// Memory that one batch leaves to the next; what it holds does not show in any batch.
#[derive(Debug, Clone, Default)]
pub struct Scratch(TokenScratch);

impl Scratch {
    /// The unique tokens of `ids`, and where they stand.
    pub(super) fn tokens(&mut self, ids: &[u32]) -> TokenPlan {
        TokenPlan::new(ids, &mut self.0)
    }
}

impl Batch {
    /// Pads `reviews` **after** the text to one batch. A review without ids counts as one padding token.
    ///
    /// The plan counts by id, in memory for as many ids as the largest says.
    pub fn new(reviews: &[&Review]) -> Self {
        Batch::with_padding(reviews, Padding::AFTER, &mut Scratch::default())
    }

    /// As [`Batch::new`], cut and padded as `padding` says, reusing `scratch`: for one batch after the other.
    pub fn with_padding(reviews: &[&Review], padding: Padding, scratch: &mut Scratch) -> Self {
        let size = reviews.len();
        let lengths: Vec<u32> = reviews
            .iter()
            .map(|review| padding.length(review) as u32)
            .collect();
        let length = lengths.iter().max().map_or(0, |&longest| longest as usize);
        let mut ids = vec![PADDING; length * size];
        for (row, review) in reviews.iter().enumerate() {
            let kept = padding.kept(&review.ids);
            let first = match padding.pad {
                Side::Before => length - kept.len(),
                Side::After => 0,
            };
            let timesteps = ids.chunks_exact_mut(size).skip(first);
            for (timestep, &id) in timesteps.zip(kept) {
                timestep[row] = id;
            }
        }
        let tokens = scratch.tokens(&ids);
        Batch {
            length,
            size,
            ids,
            lengths,
            labels: reviews
                .iter()
                .map(|review| f32::from(review.label))
                .collect(),
            weights: vec![1.0; size],
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
