//! [`Validation`]: which test reviews a run is validated with.

use crate::batch::Order;

/// Which test reviews a run is validated with after each epoch.
///
/// # Source
/// The reference experiment: `test.shuffle(1000).padded_batch(10)`, of which 30 steps are taken after each epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// All of them, in their order.
    All,
    /// So many reviews, drawn anew after each epoch through a [`ShuffleBuffer`](crate::batch::ShuffleBuffer) of
    /// [`SHUFFLE_BUFFER`](crate::batch::SHUFFLE_BUFFER) places.
    Drawn(usize),
    /// The first batches, so many, in their order: always the same reviews.
    First(usize),
}

impl Validation {
    /// How many of `reviews` test reviews it takes, in batches of `batch_size`.
    pub fn count(self, reviews: usize, batch_size: usize) -> usize {
        match self {
            Validation::All => reviews,
            Validation::Drawn(most) => reviews.min(most),
            Validation::First(steps) => reviews.min(steps.saturating_mul(batch_size)),
        }
    }

    /// The order in which it takes them after `epoch` under `seed`.
    pub(super) fn order(self, seed: u64, epoch: u32) -> Order {
        match self {
            Validation::All | Validation::First(_) => Order::Sequential,
            Validation::Drawn(_) => Order::validation(seed, epoch),
        }
    }

    /// Whether it takes no review.
    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Validation::Drawn(0) | Validation::First(0))
    }
}
