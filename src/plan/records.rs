//! The ring of records: what the last steps came to, in the buffer that the host reads.

use super::dispatch::{Lifetime, Slice};
use super::step_builder::{StepBuilder, names};
use crate::error::Result;

/// Records in the ring of step results. A record is read before its place is used again.
pub const RECORDS: u64 = 64;

/// Where the norms begin in the buffer of records, in bytes: a multiple of the 256 that a binding's offset may need.
const NORMS_OFFSET: u64 = RECORDS * 16;

/// Bytes of norms in the records, one a record: a multiple of 256 too.
const NORMS_BYTES: u64 = RECORDS * 4;

/// Bytes of records, without the norms of layers behind them.
pub const RECORD_BYTES: u64 = NORMS_OFFSET + NORMS_BYTES;

/// Bytes of records with the norms of so many layers.
pub const fn record_bytes(layers: usize) -> u64 {
    RECORD_BYTES + layers as u64 * NORMS_BYTES
}

impl StepBuilder<'_> {
    /// The place of this step's record in the ring.
    pub(super) fn record(&self) -> u32 {
        (self.context.sequence % RECORDS) as u32
    }

    /// The part that holds a record a step: marker, loss, right predictions, fault.
    pub(super) fn records(&mut self) -> Result<Slice> {
        Ok(Slice {
            bytes: NORMS_OFFSET,
            ..self.all_records()?
        })
    }

    /// The part of the records that holds norms of gradients.
    pub(super) fn norms(&mut self) -> Result<Slice> {
        let all = self.all_records()?;
        Ok(Slice {
            offset: NORMS_OFFSET,
            bytes: NORMS_BYTES,
            ..all
        })
    }

    /// The part that holds those of a layer, by its place among the layers that have parameters.
    pub(super) fn norms_of_layer(&mut self, place: usize) -> Result<Slice> {
        Ok(Slice {
            offset: record_bytes(place),
            ..self.norms()?
        })
    }

    fn all_records(&mut self) -> Result<Slice> {
        let layers = self.parameters.trainable_names().count();
        let words = record_bytes(layers) as usize / 4;
        self.plan
            .buffer(names::RECORDS, words, Lifetime::Persistent)
    }
}
