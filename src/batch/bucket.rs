//! Buckets: batches of reviews of similar length, which need little padding.

use super::shuffle::{SHUFFLE_BUFFER, ShuffleBuffer};
use crate::random::{Philox, Stream};

/// The batches of one epoch as lists of indices, reviews of similar length together.
///
/// Reviews come in shuffled order. As many as the shuffle buffer has places, at most [`SHUFFLE_BUFFER`], a whole number
/// of batches, are sorted by length (stably, so that equal lengths stay shuffled) and cut into batches; then the
/// order of these batches is drawn. One batch of an epoch may be smaller than the others: the one with
/// the longest reviews of the last window.
///
/// # Source
/// Khomenko et al., "Accelerating recurrent neural network training using sequence bucketing and
/// multi-GPU data parallelization" (2016); the windows are those of torchtext's `BucketIterator`.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    indices: ShuffleBuffer,
    batch_size: usize,
    /// Reviews that are sorted together.
    window: usize,
    /// Batches of the window at hand that are still to come, the last first.
    ready: Vec<Vec<usize>>,
    random: Philox,
}

impl Buckets {
    /// The batches of `batch_size` (at least 1) of epoch number `epoch` under `seed`, with a shuffle
    /// buffer of `buffer` places.
    pub fn new(count: usize, batch_size: usize, buffer: usize, seed: u64, epoch: u32) -> Self {
        // More together would have the same reviews share a batch in every epoch.
        let sorted = buffer.min(SHUFFLE_BUFFER);
        Buckets {
            indices: ShuffleBuffer::new(count, buffer, seed, epoch),
            batch_size,
            window: batch_size.max(sorted - sorted % batch_size),
            ready: Vec::new(),
            random: Philox::new(seed, Stream::Buckets { epoch }.id()),
        }
    }

    /// Batches still to come: all windows but the last hold a whole number of them.
    pub fn steps(&self) -> usize {
        self.ready.len() + self.indices.len().div_ceil(self.batch_size)
    }

    /// The next batch, empty at the end; `length` tells the length of a review.
    pub fn next_batch(&mut self, length: impl Fn(usize) -> usize) -> Vec<usize> {
        if self.ready.is_empty() {
            let mut window: Vec<usize> = self.indices.by_ref().take(self.window).collect();
            window.sort_by_key(|&index| length(index));
            self.ready = window
                .chunks(self.batch_size)
                .map(<[usize]>::to_vec)
                .collect();
            // Fisher and Yates, from the end.
            for place in (1..self.ready.len()).rev() {
                let other = self.random.below(place as u32 + 1) as usize;
                self.ready.swap(place, other);
            }
        }
        self.ready.pop().unwrap_or_default()
    }
}
