//! [`Batches`]: the batches of one epoch, in the order that the epoch has.

use std::ops::Range;
use std::sync::Arc;

use super::bucket::Buckets;
use super::pad::{Batch, Padding, Scratch};
use super::shuffle::{SHUFFLE_BUFFER, ShuffleBuffer};
use crate::data::{Dataset, Review};
use crate::error::{Error, Result};

/// The order in which an epoch goes through the reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they stand.
    Sequential,
    /// Through a [`ShuffleBuffer`].
    Shuffled {
        /// The run's seed.
        seed: u64,
        /// The epoch, counted from 1; each has an order of its own.
        epoch: u32,
        /// Places in the buffer, [`SHUFFLE_BUFFER`] as a rule.
        buffer: usize,
    },
    /// Through a [`ShuffleBuffer`] of [`SHUFFLE_BUFFER`] places, as validation takes the test reviews.
    Validation {
        /// The run's seed.
        seed: u64,
        /// The epoch that is over, counted from 1; after each the order is another one.
        epoch: u32,
    },
    /// Shuffled, but with reviews of similar length in one batch, so that it needs little padding.
    ///
    /// As many reviews as the buffer has places, at most [`SHUFFLE_BUFFER`], a whole number of batches, are taken from the
    /// [`ShuffleBuffer`], sorted by length and cut into batches; the order of these is drawn.
    Bucketed {
        /// The run's seed.
        seed: u64,
        /// The epoch, counted from 1; each has batches of its own.
        epoch: u32,
        /// Places in the buffer.
        buffer: usize,
    },
}

impl Order {
    /// The order of validation after `epoch` under `seed`.
    pub fn validation(seed: u64, epoch: u32) -> Order {
        Order::Validation { seed, epoch }
    }

    /// The order of training in `epoch` under `seed`, through a buffer of so many places.
    pub fn training(seed: u64, epoch: u32, bucket: bool, buffer: usize) -> Order {
        if bucket {
            Order::Bucketed {
                seed,
                epoch,
                buffer,
            }
        } else {
            Order::Shuffled {
                seed,
                epoch,
                buffer,
            }
        }
    }
}

/// One half of a data set that is shared between threads.
#[derive(Debug, Clone)]
pub enum Reviews {
    /// [`Dataset::train`].
    Train(Arc<Dataset>),
    /// [`Dataset::test`].
    Test(Arc<Dataset>),
}

impl AsRef<[Review]> for Reviews {
    fn as_ref(&self) -> &[Review] {
        match self {
            Reviews::Train(dataset) => &dataset.train,
            Reviews::Test(dataset) => &dataset.test,
        }
    }
}

/// The batches of one epoch, one after the other. One may be smaller than the others: the last, or
/// with [`Order::Bucketed`] any.
///
/// `R` is anything that has reviews: `&[Review]`, or [`Reviews`] and `Arc<[Review]>`, which can go
/// to another thread.
///
/// # Examples
/// ```
/// use gatefold::batch::{Batches, Order};
/// use gatefold::data::Review;
///
/// let reviews: Vec<Review> = (1..=5).map(|id| Review { ids: vec![id].into(), label: 0 }).collect();
/// let batches = Batches::new(&reviews, 2, Order::Sequential)?;
/// assert_eq!(batches.steps(), 3);
/// let sizes: Vec<usize> = batches.map(|batch| batch.size).collect();
/// assert_eq!(sizes, [2, 2, 1]);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches<R> {
    reviews: R,
    batch_size: usize,
    padding: Padding,
    indices: Indices,
    /// Reviews still to be taken, at most.
    left: usize,
    /// What the loss of a review counts, by its class; empty where all count 1.
    class_weights: Vec<f32>,
    scratch: Scratch,
}

#[derive(Debug, Clone)]
enum Indices {
    Sequential(Range<usize>),
    Shuffled(ShuffleBuffer),
    Bucketed(Buckets),
}

impl<R: AsRef<[Review]>> Batches<R> {
    /// The epoch's batches of `batch_size` reviews in `order`, padded after the text.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch size of 0, [`Error::Data`] where there are no reviews.
    pub fn new(reviews: R, batch_size: usize, order: Order) -> Result<Self> {
        Batches::with_padding(reviews, batch_size, order, Padding::AFTER)
    }

    /// As [`Batches::new`], with reviews cut and padded as `padding` says.
    ///
    /// # Errors
    /// As [`Batches::new`].
    pub fn with_padding(
        reviews: R,
        batch_size: usize,
        order: Order,
        padding: Padding,
    ) -> Result<Self> {
        if batch_size == 0 {
            return Err(Error::argument(
                "batch_size",
                "a batch holds at least 1 review",
            ));
        }
        let count = reviews.as_ref().len();
        if count == 0 {
            return Err(Error::Data(
                "there are no reviews to make batches of".into(),
            ));
        }
        let indices = match order {
            Order::Sequential => Indices::Sequential(0..count),
            Order::Shuffled {
                seed,
                epoch,
                buffer,
            } => Indices::Shuffled(ShuffleBuffer::new(count, buffer, seed, epoch)),
            Order::Validation { seed, epoch } => {
                let order = ShuffleBuffer::validation(count, SHUFFLE_BUFFER, seed, epoch);
                Indices::Shuffled(order)
            }
            Order::Bucketed {
                seed,
                epoch,
                buffer,
            } => Indices::Bucketed(Buckets::new(count, batch_size, buffer, seed, epoch)),
        };
        Ok(Batches {
            reviews,
            batch_size,
            padding,
            indices,
            left: usize::MAX,
            class_weights: Vec::new(),
            scratch: Scratch::default(),
        })
    }

    /// Takes the first `reviews` reviews of the order alone.
    pub fn at_most(mut self, reviews: usize) -> Self {
        self.left = reviews;
        self
    }

    /// Has the loss of a review count what `weights` says of its class; 1 where it says nothing.
    ///
    /// # Examples
    /// ```
    /// use gatefold::batch::{Batches, Order};
    /// use gatefold::data::Review;
    ///
    /// let reviews: Vec<Review> = (0..3).map(|label| Review { ids: vec![1].into(), label }).collect();
    /// let mut batches = Batches::new(&reviews, 3, Order::Sequential)?.class_weights(vec![0.5, 4.0]);
    /// assert_eq!(batches.next().map(|batch| batch.weights), Some(vec![0.5, 4.0, 1.0]));
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn class_weights(mut self, weights: Vec<f32>) -> Self {
        self.class_weights = weights;
        self
    }

    /// Number of batches still to come; of a fresh value, the epoch's.
    pub fn steps(&self) -> usize {
        let steps = match &self.indices {
            Indices::Sequential(range) => range.len().div_ceil(self.batch_size),
            Indices::Shuffled(buffer) => buffer.len().div_ceil(self.batch_size),
            Indices::Bucketed(buckets) => buckets.steps(),
        };
        steps.min(self.left.div_ceil(self.batch_size))
    }

    /// Leaves out the next `steps` batches without making them, as a resumed epoch must.
    pub fn skip_steps(mut self, steps: usize) -> Self {
        for _ in 0..steps.min(self.steps()) {
            self.next_indices();
        }
        self
    }

    /// The reviews of the next batch; none at the end.
    fn next_indices(&mut self) -> Vec<usize> {
        let reviews = self.reviews.as_ref();
        let size = self.batch_size.min(self.left);
        let mut indices: Vec<usize> = match &mut self.indices {
            Indices::Sequential(range) => range.take(size).collect(),
            Indices::Shuffled(buffer) => buffer.take(size).collect(),
            Indices::Bucketed(buckets) => {
                buckets.next_batch(|index| self.padding.length(&reviews[index]))
            }
        };
        indices.truncate(size);
        self.left -= indices.len();
        indices
    }
}

impl<R: AsRef<[Review]>> Iterator for Batches<R> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let indices = self.next_indices();
        let reviews = self.reviews.as_ref();
        let chosen: Vec<&Review> = indices.iter().map(|&index| &reviews[index]).collect();
        if chosen.is_empty() {
            return None;
        }
        let mut batch = Batch::with_padding(&chosen, self.padding, &mut self.scratch);
        for (weight, review) in batch.weights.iter_mut().zip(&chosen) {
            let of_class = self.class_weights.get(usize::from(review.label));
            *weight = of_class.copied().unwrap_or(*weight);
        }
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.steps(), Some(self.steps()))
    }
}

impl<R: AsRef<[Review]>> ExactSizeIterator for Batches<R> {}
