//! The forward recurrence of a GRU: see `shaders/gru_forward_portable.wgsl`.
//!
//! # Formula
//! i = b_r + h·U; z, r = σ(a_z + i_z), σ(a_r + i_r); g = tanh(a_g + r·i_g); h = z·h + (1 − z)·g. A masked timestep copies h.
//!
//! # Shapes
//! Those of the shader. Any H, all timesteps.
//!
//! # Work
//! Items as for an LSTM ([`recurrence`](super::recurrence)). The fourth column of a unit, which is 0, has no place in the
//! product: U's columns are packed a vector of units at a time, gate by gate, as the cell takes them.

use fearless_simd::{Simd, prelude::*};

use super::recurrence::{Block, Shape, Slots};
use crate::error::Result;
use crate::native::math::{sigmoid, tanh};
use crate::native::product::{Packed, product};
use crate::native::simd::{apart, load, load_all, store, store_all, together, vectorised};
use crate::native::work::Work;

/// A block with its state and what it writes; rows of `h` and `gates` by timestep, none where they are not kept.
struct Item<'a> {
    block: Block,
    state: Vec<f32>,
    h: Vec<&'a mut [f32]>,
    gates: Vec<&'a mut [f32]>,
}

/// What all items read.
struct Layer<'a> {
    shape: Shape,
    input: &'a [f32],
    slots: Slots<'a>,
    /// U of each direction, and b_r in the same order.
    recurrent: Vec<(Packed, Vec<f32>)>,
    save: bool,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let shape = Shape::of(&work)?;
    let Shape {
        units, directions, ..
    } = shape;
    let h = work.bindings.take(4)?;
    let gates = if work.has("save") {
        Some(work.bindings.take(5)?)
    } else {
        None
    };
    let (recurrent, bias) = (work.bindings.read(2)?, work.bindings.read(3)?);
    let pack = |d: usize| {
        let bias = &bias[(directions + d) * units * 4..];
        vectorised!(work.level, simd => pack(simd, &recurrent[d * units * 4 * units..], bias, units))
    };
    let layer = Layer {
        shape,
        input: work.bindings.read(0)?,
        slots: Slots::new(&work, 1)?,
        recurrent: (0..directions).map(pack).collect(),
        save: gates.is_some(),
    };
    let blocks = shape.blocks(work.pool.threads());
    let item = |&block: &Block| {
        let state = vec![0.0; block.rows * units];
        Item {
            block,
            state,
            h: vec![],
            gates: vec![],
        }
    };
    let mut items: Vec<Item> = blocks.iter().map(item).collect();
    if let Some(gates) = gates {
        for (item, gates) in items.iter_mut().zip(shape.deal(&blocks, gates, 4 * units)) {
            item.gates = gates;
        }
    }
    if !work.has("last") {
        for (item, h) in items.iter_mut().zip(shape.deal(&blocks, h, units)) {
            item.h = h;
        }
        run_items(&work, &layer, &mut items);
        return Ok(());
    }
    run_items(&work, &layer, &mut items);
    let states = items.iter().map(|item| (item.block, &item.state[..]));
    shape.put_last(states, h);
    Ok(())
}

/// U and b_r by vectors of units: their z, their r, their g.
#[inline(always)]
fn pack<S: Simd>(simd: S, recurrent: &[f32], bias: &[f32], units: usize) -> (Packed, Vec<f32>) {
    let lanes = S::f32s::LEN;
    let columns = 3 * units.next_multiple_of(lanes);
    let number = |of: &[f32], column: usize| {
        let (unit, gate) = (
            column / (3 * lanes) * lanes + column % lanes,
            column / lanes % 3,
        );
        if unit < units {
            of[4 * unit + gate]
        } else {
            0.0
        }
    };
    let packed = Packed::new(simd, units, columns, |k, columns, to| {
        for (to, column) in to.iter_mut().zip(columns) {
            *to = number(&recurrent[k * 4 * units..], column);
        }
    });
    (
        packed,
        (0..columns).map(|column| number(bias, column)).collect(),
    )
}

fn run_items(work: &Work, layer: &Layer, items: &mut [Item]) {
    work.pool
        .each(items.iter_mut().collect(), |item: &mut Item| {
            vectorised!(work.level, simd => run_item(simd, layer, item));
        });
}

#[inline(always)]
fn run_item<S: Simd>(simd: S, layer: &Layer, item: &mut Item) {
    let Shape {
        length,
        batch,
        units,
        directions,
    } = layer.shape;
    let Block {
        direction,
        rows,
        first,
    } = item.block;
    let (recurrent, bias) = &layer.recurrent[direction];
    let columns = bias.len();
    let mut sums = vec![0.0; rows * columns];
    for s in 0..length {
        let t = layer.shape.time(direction, s);
        let position = t * batch + first;
        let state = &item.state;
        product(
            simd,
            rows,
            #[inline(always)]
            |r| &state[r * units..],
            recurrent,
            Some(bias),
            &mut sums,
            (columns, 0),
        );
        for r in 0..rows {
            let masked = layer.slots.is_masked(position + r);
            let state = &mut item.state[r * units..(r + 1) * units];
            if layer.save || !masked {
                let row = layer.slots.row(position + r) * directions + direction;
                let input = &layer.input[row * 4 * units..(row + 1) * 4 * units];
                let gates = item.gates.get_mut(t * rows + r).map(|gates| &mut gates[..]);
                row_cell(
                    simd,
                    &sums[r * columns..(r + 1) * columns],
                    input,
                    state,
                    gates,
                    masked,
                );
            }
            if let Some(h) = item.h.get_mut(t * rows + r) {
                h.copy_from_slice(state);
            }
        }
    }
}

/// The cell of a row: the state is replaced, unless the timestep is masked.
#[inline(always)]
fn row_cell<S: Simd>(
    simd: S,
    sums: &[f32],
    input: &[f32],
    state: &mut [f32],
    mut gates: Option<&mut [f32]>,
    masked: bool,
) {
    let (lanes, units) = (S::f32s::LEN, state.len());
    simd.vectorize(
        #[inline(always)]
        || {
            let one = S::f32s::splat(simd, 1.0);
            for (unit, sums) in (0..units).step_by(lanes).zip(sums.chunks_exact(3 * lanes)) {
                let own = unit..units.min(unit + lanes);
                let [i_z, i_r, i_g] = load_all::<S, 3>(simd, sums);
                let a = apart::<S>(load_all::<S, 4>(simd, &input[4 * own.start..4 * own.end]));
                let (z, r) = (sigmoid(simd, a[0] + i_z), sigmoid(simd, a[1] + i_r));
                let g = tanh(simd, r.mul_add_precise(i_g, a[2]));
                if let Some(gates) = &mut gates {
                    store_all::<S, 4>(
                        &together::<S>([z, r, g, i_g]),
                        &mut gates[4 * own.start..4 * own.end],
                    );
                }
                if !masked {
                    let h = z.mul_add_precise(load(simd, &state[own.clone()]), (one - z) * g);
                    store::<S>(h, &mut state[own]);
                }
            }
        },
    );
}
