//! Reviews → shuffled, padded batches with their unique-token plan, prepared ahead of the device.
//!
//! [`Batches`] gives the batches of an epoch one by one, [`Prefetch`] prepares them on a thread of
//! its own. What they hold depends on the reviews, the batch size, the [`Order`] and the [`Padding`] alone.

mod batches;
mod bucket;
mod by_length;
mod pad;
mod prefetch;
mod shape;
mod shard;
mod show;
mod shuffle;
mod tokens;

pub use batches::{Batches, Order, Reviews};
pub(crate) use by_length::by_length;
pub use pad::{Batch, Padding, Scratch, Side};
pub use prefetch::{PREFETCH, Prefetch};
pub use shape::{BatchShape, longest_shape};
pub use shuffle::{SHUFFLE_BUFFER, ShuffleBuffer};
pub use tokens::{RUN, Runs, SegmentSums, TokenPlan};
