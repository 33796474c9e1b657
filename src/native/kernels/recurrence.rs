//! What the recurrences have in common: their sizes, their order of timesteps, and who computes which rows.
//!
//! # Work
//! An item is at most ten rows of the batch, in one direction: the rows of a tile. It runs over all timesteps without
//! meeting another item, its state in the nearest cache. Rows do not touch each other, so how they are divided changes no
//! result.

use crate::error::{Error, Result};
use crate::native::product::Packed;
use crate::native::work::Work;
use crate::plan::dims::RecurrenceDims;

/// Rows of an item, at most.
const ROWS: usize = 10;

/// Bit of an id or slot that says that its token is masked.
pub(super) const MASK: u32 = 0x8000_0000;

/// Sizes of a recurrence.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) length: usize,
    pub(super) batch: usize,
    pub(super) units: usize,
    pub(super) directions: usize,
}

/// The rows of an item.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) direction: usize,
    pub(super) first: usize,
    pub(super) rows: usize,
}

/// What the slots say of positions: which row of an input, and whether the token is masked.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a> {
    slots: &'a [u32],
    gathered: bool,
    masked: bool,
}

impl<'a> Slots<'a> {
    pub(super) fn new(work: &Work<'a>, binding: usize) -> Result<Slots<'a>> {
        Ok(Slots {
            slots: work.bindings.words(binding)?,
            gathered: work.has("gathered"),
            masked: work.has("masked"),
        })
    }

    /// The row of the input that belongs to a position.
    pub(super) fn row(&self, position: usize) -> usize {
        match self.gathered {
            true => (self.slots[position] & !MASK) as usize,
            false => position,
        }
    }

    /// Whether the token at a position is masked.
    pub(super) fn is_masked(&self, position: usize) -> bool {
        self.masked && self.slots[position] & MASK != 0
    }
}

impl Shape {
    pub(super) fn of(work: &Work) -> Result<Shape> {
        let RecurrenceDims {
            length,
            batch,
            first,
            count,
        } = work.dims()?;
        if first != 0 || count != length {
            return Err(Error::Internal {
                place: "a native recurrence",
                problem:
                    "a part of the timesteps, where there is nothing to carry from one to the next"
                        .into(),
            });
        }
        Ok(Shape {
            length: length as usize,
            batch: batch as usize,
            units: work.size("H")?,
            directions: work.size("D")?,
        })
    }

    /// The timestep that a direction processes as its s-th.
    pub(super) fn time(&self, direction: usize, s: usize) -> usize {
        if direction == 1 {
            self.length - 1 - s
        } else {
            s
        }
    }

    /// Puts the state of each block's rows into h `[T, B, D, H]`, at the timestep that its direction processes as its last.
    pub(super) fn put_last<'a>(
        &self,
        states: impl Iterator<Item = (Block, &'a [f32])>,
        h: &mut [f32],
    ) {
        let units = self.units;
        for (block, state) in states {
            let t = self.time(block.direction, self.length - 1);
            for (r, state) in state.chunks_exact(units).enumerate() {
                let row = t * self.batch + block.first + r;
                let to = (row * self.directions + block.direction) * units;
                h[to..to + units].copy_from_slice(state);
            }
        }
    }

    /// The rows of each item, so many items a direction that no thread is idle.
    pub(super) fn blocks(&self, threads: usize) -> Vec<Block> {
        let wanted = threads.div_ceil(self.directions.max(1));
        let count = self.batch.div_ceil(ROWS).max(wanted).min(self.batch);
        let cut = move |n: usize| n * self.batch / count;
        let block = |direction, n| Block {
            direction,
            first: cut(n),
            rows: cut(n + 1) - cut(n),
        };
        (0..self.directions)
            .flat_map(|d| (0..count).map(move |n| block(d, n)))
            .collect()
    }

    /// Cuts `[T, B, D, width]` into rows: of each block, those of the first timestep, then those of the next.
    pub(super) fn deal<'a>(
        &self,
        blocks: &[Block],
        all: &'a mut [f32],
        width: usize,
    ) -> Vec<Vec<&'a mut [f32]>> {
        let rows = |block: &Block| Vec::with_capacity(self.length * block.rows);
        let mut dealt: Vec<Vec<&mut [f32]>> = blocks.iter().map(rows).collect();
        // Whose the rows of a timestep are.
        let mut owners = vec![0; self.batch * self.directions];
        for (n, block) in blocks.iter().enumerate() {
            for row in block.first..block.first + block.rows {
                owners[row * self.directions + block.direction] = n;
            }
        }
        let timesteps = all.chunks_exact_mut((owners.len() * width).max(1));
        for timestep in timesteps.take(self.length) {
            for (row, owner) in timestep.chunks_exact_mut(width).zip(&owners) {
                dealt[*owner].push(row);
            }
        }
        dealt
    }

    /// Cuts `[D, B, width]` into blocks.
    pub(super) fn cut<'a>(
        &self,
        blocks: &[Block],
        all: &'a mut [f32],
        width: usize,
    ) -> Vec<&'a mut [f32]> {
        let mut rest = all;
        let part = |block: &Block| {
            let (own, tail) = std::mem::take(&mut rest).split_at_mut(block.rows * width);
            rest = tail;
            own
        };
        blocks.iter().map(part).collect()
    }
}

/// What the items of a backward recurrence read.
pub(super) struct Backward<'a> {
    pub(super) shape: Shape,
    pub(super) slots: Slots<'a>,
    /// What the forward pass kept of its states.
    pub(super) states: &'a [f32],
    /// Uᵀ of each direction.
    pub(super) recurrent: Vec<Packed>,
    d_h: &'a [f32],
    /// Whether `d_h` has all timesteps.
    sequences: bool,
    /// A row of zeros.
    pub(super) zeros: Vec<f32>,
}

/// A block, and its rows of `gates` by timestep.
pub(super) type BlockGates<'a> = (Block, Vec<&'a mut [f32]>);

impl<'a> Backward<'a> {
    /// With what each item writes; `pack` makes Uᵀ of a direction's U.
    pub(super) fn new(
        work: &mut Work<'a>,
        pack: impl Fn(&Work, &[f32], usize) -> Packed,
    ) -> Result<(Backward<'a>, Vec<BlockGates<'a>>)> {
        let shape = Shape::of(work)?;
        let gates = work.bindings.take(4)?;
        let recurrent = work
            .bindings
            .read(2)?
            .chunks_exact(4 * shape.units * shape.units);
        let backward = Backward {
            shape,
            slots: Slots::new(work, 1)?,
            states: work.bindings.read(3)?,
            recurrent: recurrent
                .take(shape.directions)
                .map(|recurrent| pack(work, recurrent, shape.units))
                .collect(),
            d_h: work.bindings.read(0)?,
            sequences: work.has("sequences"),
            zeros: vec![0.0; shape.units],
        };
        let blocks = shape.blocks(work.pool.threads());
        let gates = shape.deal(&blocks, gates, 4 * shape.units);
        Ok((backward, blocks.into_iter().zip(gates).collect()))
    }

    /// What comes from above to a block's row at its s-th step.
    #[inline(always)]
    pub(super) fn above(&self, block: Block, s: usize, row: usize) -> &[f32] {
        let Shape {
            length,
            batch,
            units,
            directions,
        } = self.shape;
        let timestep = if self.sequences {
            self.shape.time(block.direction, s)
        } else if s + 1 == length {
            0
        } else {
            return &self.zeros;
        };
        let row = timestep * batch + block.first + row;
        &self.d_h[(row * directions + block.direction) * units..][..units]
    }
}
