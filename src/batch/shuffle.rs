//! The shuffle buffer of the reference experiment: fill, draw uniformly, refill.

use std::ops::Range;

use crate::random::{Philox, Stream};

/// Places in the reference experiment's shuffle buffer.
pub const SHUFFLE_BUFFER: usize = 1000;

/// The numbers `0..count` in shuffled order: an iterator over indices.
///
/// A buffer holds the first numbers; each draw takes one of its places uniformly and puts the next
/// number there. So a number comes at most `buffer − 1` places early, and any number late: a small
/// buffer shuffles weakly, one of `count` places shuffles fully.
///
/// # Source
/// `tf.data.Dataset.shuffle` with `reshuffle_each_iteration`.
///
/// # Examples
/// ```
/// use gatefold::batch::ShuffleBuffer;
///
/// let mut order: Vec<usize> = ShuffleBuffer::new(100, 10, 0, 1).collect();
/// assert!(order[0] < 10);
/// order.sort();
/// assert!(order.into_iter().eq(0..100));
/// ```
#[derive(Debug, Clone)]
pub struct ShuffleBuffer {
    buffer: Vec<usize>,
    waiting: Range<usize>,
    random: Philox,
}

impl ShuffleBuffer {
    /// The order of training in epoch number `epoch` under `seed`. A `buffer` of 0 or 1 places keeps the order.
    pub fn new(count: usize, buffer: usize, seed: u64, epoch: u32) -> Self {
        ShuffleBuffer::of_stream(count, buffer, seed, Stream::Shuffle { epoch })
    }

    /// The order of validation after epoch number `epoch` under `seed`.
    pub fn validation(count: usize, buffer: usize, seed: u64, epoch: u32) -> Self {
        ShuffleBuffer::of_stream(count, buffer, seed, Stream::Validation { epoch })
    }

    fn of_stream(count: usize, buffer: usize, seed: u64, stream: Stream) -> Self {
        let filled = buffer.max(1).min(count);
        ShuffleBuffer {
            buffer: (0..filled).collect(),
            waiting: filled..count,
            random: Philox::new(seed, stream.id()),
        }
    }
}

impl Iterator for ShuffleBuffer {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.buffer.is_empty() {
            return None;
        }
        let place = self.random.below(self.buffer.len() as u32) as usize;
        Some(match self.waiting.next() {
            Some(next) => std::mem::replace(&mut self.buffer[place], next),
            None => self.buffer.swap_remove(place),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.buffer.len() + self.waiting.len();
        (left, Some(left))
    }
}

impl ExactSizeIterator for ShuffleBuffer {}
