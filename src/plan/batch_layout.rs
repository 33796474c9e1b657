//! Where each part of a batch lies in the one buffer that is uploaded for a step.

use super::dispatch::{BufferId, Slice};
use crate::batch::{Batch, BatchShape, Runs};
use crate::data::PADDING;

/// Bit of a slot that says that its token is masked.
const MASKED: u32 = 0x8000_0000;

/// A range of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Section {
    first: usize,
    words: usize,
}

/// Where the lists of one [`Runs`] lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RunsSections {
    starts: Section,
    rows: Section,
    targets: Section,
}

/// Slices of the three lists of a [`Runs`], and their number.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunsSlices {
    pub(super) runs: usize,
    pub(super) starts: Slice,
    pub(super) rows: Slice,
    pub(super) targets: Slice,
}

/// Layout of a batch in memory, in words of 4 bytes; every part begins at a multiple of 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLayout {
    shape: BatchShape,
    slots: Section,
    unique: Section,
    labels: Section,
    weights: Section,
    partial: RunsSections,
    tokens: RunsSections,
    words: usize,
}

impl BatchLayout {
    /// The layout of batches of this shape.
    pub fn new(shape: BatchShape) -> Self {
        let mut words = 0;
        let mut section = |length: usize| {
            let section = Section {
                first: words,
                words: length,
            };
            words += length.next_multiple_of(64).max(64);
            section
        };
        let mut runs = |runs: usize, rows: usize| RunsSections {
            starts: section(runs + 1),
            rows: section(rows),
            targets: section(runs),
        };
        // A position stands either in a direct run or in a partial one.
        let partial = runs(shape.partial_runs, shape.positions());
        let tokens = runs(
            shape.direct_runs + shape.fold_runs,
            shape.positions() + shape.partial_runs,
        );
        BatchLayout {
            slots: section(shape.positions()),
            unique: section(shape.unique),
            labels: section(shape.size),
            weights: section(shape.size),
            partial,
            tokens,
            words,
            shape,
        }
    }

    /// Bytes of the whole upload.
    pub fn bytes(&self) -> u64 {
        self.words as u64 * 4
    }

    /// The batch's bytes, to be written to the buffer; padding is marked if it is to be masked.
    pub fn pack(&self, batch: &Batch, mask_padding: bool) -> Vec<u32> {
        let mut words = vec![0; self.words];
        let mut put = |section: Section, values: &[u32]| {
            words[section.first..section.first + values.len()].copy_from_slice(values);
        };
        let mut put_runs = |sections: RunsSections, runs: &Runs| {
            put(sections.starts, &runs.starts);
            put(sections.rows, &runs.rows);
            put(sections.targets, &runs.targets);
        };
        put_runs(self.partial, &batch.tokens.sums.partial);
        put_runs(self.tokens, &batch.tokens.sums.tokens());
        put(self.unique, &batch.tokens.unique);
        put(self.labels, bytemuck::cast_slice(&batch.labels));
        put(self.weights, bytemuck::cast_slice(&batch.weights));
        put(self.slots, &batch.tokens.slots);
        if mask_padding {
            let slots = &mut words[self.slots.first..self.slots.first + self.slots.words];
            for (slot, &id) in slots.iter_mut().zip(&batch.ids) {
                if id == PADDING {
                    *slot |= MASKED;
                }
            }
        }
        words
    }

    /// The sizes that this layout is for.
    pub fn shape(&self) -> BatchShape {
        self.shape
    }

    fn slice(&self, buffer: BufferId, section: Section) -> Slice {
        Slice {
            buffer,
            offset: section.first as u64 * 4,
            bytes: (section.words as u64 * 4).next_multiple_of(16).max(16),
        }
    }

    fn runs(&self, buffer: BufferId, runs: usize, sections: RunsSections) -> RunsSlices {
        RunsSlices {
            runs,
            starts: self.slice(buffer, sections.starts),
            rows: self.slice(buffer, sections.rows),
            targets: self.slice(buffer, sections.targets),
        }
    }

    pub(super) fn slots(&self, buffer: BufferId) -> Slice {
        self.slice(buffer, self.slots)
    }

    pub(super) fn unique(&self, buffer: BufferId) -> Slice {
        self.slice(buffer, self.unique)
    }

    pub(super) fn labels(&self, buffer: BufferId) -> Slice {
        self.slice(buffer, self.labels)
    }

    pub(super) fn weights(&self, buffer: BufferId) -> Slice {
        self.slice(buffer, self.weights)
    }

    pub(super) fn partial(&self, buffer: BufferId) -> RunsSlices {
        self.runs(buffer, self.shape.partial_runs, self.partial)
    }

    /// The direct runs, and behind them those that fold.
    pub(super) fn tokens(&self, buffer: BufferId) -> RunsSlices {
        let runs = self.shape.direct_runs + self.shape.fold_runs;
        self.runs(buffer, runs, self.tokens)
    }
}
