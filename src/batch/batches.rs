//! [`Batches`]: the batches of one epoch, in the order that the epoch has.

use std::ops::Range;
use std::sync::Arc;

use super::pad::{Batch, Scratch};
use super::shuffle::ShuffleBuffer;
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
        /// Places in the buffer, [`SHUFFLE_BUFFER`](super::SHUFFLE_BUFFER) as a rule.
        buffer: usize,
    },
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

/// The batches of one epoch, one after the other; the last may be smaller than the others.
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
    indices: Indices,
    scratch: Scratch,
}

#[derive(Debug, Clone)]
enum Indices {
    Sequential(Range<usize>),
    Shuffled(ShuffleBuffer),
}

impl Iterator for Indices {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Indices::Sequential(range) => range.next(),
            Indices::Shuffled(buffer) => buffer.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Indices::Sequential(range) => range.size_hint(),
            Indices::Shuffled(buffer) => buffer.size_hint(),
        }
    }
}

impl ExactSizeIterator for Indices {}

impl<R: AsRef<[Review]>> Batches<R> {
    /// The epoch's batches of `batch_size` reviews in `order`.
    ///
    /// # Errors
    /// [`Error::Option`] for a batch size of 0, [`Error::Data`] where there are no reviews.
    pub fn new(reviews: R, batch_size: usize, order: Order) -> Result<Self> {
        if batch_size == 0 {
            return Err(Error::Option {
                option: "--batch-size".into(),
                problem: "a batch holds at least 1 review".into(),
            });
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
        };
        Ok(Batches {
            reviews,
            batch_size,
            indices,
            scratch: Scratch::default(),
        })
    }

    /// Number of batches still to come; of a fresh value, the epoch's.
    pub fn steps(&self) -> usize {
        self.indices.len().div_ceil(self.batch_size)
    }

    /// Leaves out the next `steps` batches without making them, as a resumed epoch must.
    pub fn skip_steps(mut self, steps: usize) -> Self {
        let reviews = steps.saturating_mul(self.batch_size);
        self.indices.by_ref().take(reviews).for_each(drop);
        self
    }
}

impl<R: AsRef<[Review]>> Iterator for Batches<R> {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let reviews = self.reviews.as_ref();
        let chosen: Vec<&Review> = self
            .indices
            .by_ref()
            .take(self.batch_size)
            .map(|index| &reviews[index])
            .collect();
        (!chosen.is_empty()).then(|| Batch::with_scratch(&chosen, &mut self.scratch))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.steps(), Some(self.steps()))
    }
}

impl<R: AsRef<[Review]>> ExactSizeIterator for Batches<R> {}
