//! The forward recurrence of an LSTM: see `shaders/lstm_forward_portable.wgsl`.
//!
//! # Formula
//! a = h·U + z; i, f, o = σ(a), g = tanh(a); c = f·c + i·g; h = o·tanh(c). A masked timestep copies h and c.
//!
//! # Shapes
//! Those of the shader, but c: item by item, `[T, rows, H]` each; not written where nothing is kept for a backward pass,
//! which has the same items. Any H, all timesteps.
//!
//! # Work
//! An item ([`recurrence`](super::recurrence)) makes, timestep by timestep, a of all its rows by tiles over panels of U, which
//! come from the second-level cache; then the cell, a vector of units at a time, which takes the four gates apart and puts
//! them together again. z is added after the sum over units, for it comes from far away and nothing else waits for it.

use fearless_simd::{Simd, prelude::*};

use super::recurrence::{Block, Shape, Slots};
use crate::error::Result;
use crate::native::math::{sigmoid, tanh};
use crate::native::product::{Packed, Panel, next_rows, tile, with_tile};
use crate::native::simd::{
    apart, load, load_all, load_whole, store, store_all, store_whole, together, vectorised,
};
use crate::native::work::Work;

/// A block with its state and what it writes; rows of `h` and `gates` by timestep, none where they are not kept.
struct Item<'a> {
    block: Block,
    state: Vec<f32>,
    cell: Vec<f32>,
    h: Vec<&'a mut [f32]>,
    gates: Vec<&'a mut [f32]>,
    /// `[T, rows, H]`
    c: Option<&'a mut [f32]>,
}

/// What all items read.
struct Layer<'a> {
    shape: Shape,
    z: &'a [f32],
    slots: Slots<'a>,
    /// U of each direction.
    recurrent: Vec<Packed>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let shape = Shape::of(&work)?;
    let Shape {
        length,
        units,
        directions,
        ..
    } = shape;
    let (h, c) = (work.bindings.take(3)?, work.bindings.take(4)?);
    let gates = if work.has("save") {
        Some(work.bindings.take(5)?)
    } else {
        None
    };
    let recurrent = work.bindings.read(2)?;
    let layer = Layer {
        shape,
        z: work.bindings.read(0)?,
        slots: Slots::new(&work, 1)?,
        recurrent: (0..directions)
            .map(|d| pack(&work, &recurrent[d * units * 4 * units..], units))
            .collect(),
    };
    let blocks = shape.blocks(work.pool.threads());
    let mut items: Vec<Item> = blocks
        .iter()
        .map(|&block| Item::new(block, units))
        .collect();
    if let Some(gates) = gates {
        for (item, gates) in items.iter_mut().zip(shape.deal(&blocks, gates, 4 * units)) {
            item.gates = gates;
        }
        for (item, c) in items.iter_mut().zip(shape.cut(&blocks, c, length * units)) {
            item.c = Some(c);
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

impl Item<'_> {
    fn new(block: Block, units: usize) -> Self {
        let zeros = vec![0.0; block.rows * units];
        Item {
            block,
            state: zeros.clone(),
            cell: zeros,
            h: vec![],
            gates: vec![],
            c: None,
        }
    }
}

fn pack(work: &Work, recurrent: &[f32], units: usize) -> Packed {
    let row = |k: usize, columns: std::ops::Range<usize>, to: &mut [f32]| {
        to.copy_from_slice(&recurrent[k * 4 * units..][columns]);
    };
    vectorised!(work.level, simd => Packed::new(simd, units, 4 * units, row))
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
        direction, rows, ..
    } = item.block;
    let save = item.c.is_some();
    let columns = 4 * units.next_multiple_of(S::f32s::LEN);
    let mut sums = vec![0.0; rows * columns];
    let mut starts = vec![0; rows];
    for s in 0..length {
        let t = layer.shape.time(direction, s);
        let position = t * batch + item.block.first;
        for (r, start) in starts.iter_mut().enumerate() {
            *start = (layer.slots.row(position + r) * directions + direction) * 4 * units;
        }
        for panel in layer.recurrent[direction].panels() {
            let mut r = 0;
            while r < rows {
                let n = next_rows::<S>(rows - r, panel.vectors);
                let (state, sums) = (
                    &item.state[r * units..],
                    &mut sums[r * columns + panel.column..],
                );
                let z = (layer.z, &starts[r..]);
                with_tile!(
                    n,
                    panel.vectors,
                    sums_tile::<S>(simd, state, units, panel, z, sums, columns)
                );
                r += n;
            }
        }
        for r in 0..rows {
            let masked = layer.slots.is_masked(position + r);
            let own = r * units..(r + 1) * units;
            let (state, cell) = (&mut item.state[own.clone()], &mut item.cell[own]);
            if save || !masked {
                let gates = item.gates.get_mut(t * rows + r).map(|gates| &mut gates[..]);
                row_cell(simd, &sums[r * columns..], state, cell, gates, masked);
            }
            if let Some(h) = item.h.get_mut(t * rows + r) {
                h.copy_from_slice(state);
            }
            if let Some(c) = &mut item.c {
                c[(t * rows + r) * units..][..units].copy_from_slice(cell);
            }
        }
    }
}

/// sums = h·panel + z, of N rows.
#[inline(always)]
fn sums_tile<S: Simd, const N: usize, const V: usize>(
    simd: S,
    state: &[f32],
    units: usize,
    panel: Panel,
    (z, starts): (&[f32], &[usize]),
    to: &mut [f32],
    row: usize,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut states: [&[f32]; N] = [&[]; N];
            for n in 0..N {
                states[n] = &state[n * units..(n + 1) * units];
            }
            let mut sums = [[S::f32s::splat(simd, 0.0); V]; N];
            tile::<S, N, V>(simd, states, panel.numbers, &mut sums);
            for n in 0..N {
                let z = load_all::<S, V>(simd, &z[starts[n] + panel.column..][..panel.count]);
                for v in 0..V {
                    sums[n][v] += z[v];
                }
                store_whole::<S, V>(&sums[n], &mut to[n * row..]);
            }
        },
    );
}

/// The cell of a row: state and cell are replaced, unless the timestep is masked.
///
/// Whole vectors of units take a loop without a choice in it; the last units of an odd layer and masked rows the other.
#[inline(always)]
fn row_cell<S: Simd>(
    simd: S,
    sums: &[f32],
    state: &mut [f32],
    cell: &mut [f32],
    mut gates: Option<&mut [f32]>,
    masked: bool,
) {
    let (lanes, units) = (S::f32s::LEN, state.len());
    let whole = if masked { 0 } else { units - units % lanes };
    simd.vectorize(
        #[inline(always)]
        || {
            let states = state[..whole].chunks_exact_mut(lanes);
            let cells = cell[..whole].chunks_exact_mut(lanes);
            let rows = sums.chunks_exact(4 * lanes).zip(states.zip(cells));
            if let Some(gates) = &mut gates {
                let gates = gates[..4 * whole].chunks_exact_mut(4 * lanes);
                for (gates, (sums, (h, c))) in gates.zip(rows) {
                    let of = gates_of(simd, load_whole(simd, sums));
                    store_whole::<S, 4>(&together::<S>(of), gates);
                    advance(simd, of, h, c);
                }
            } else {
                for (sums, (h, c)) in rows {
                    advance(simd, gates_of(simd, load_whole(simd, sums)), h, c);
                }
            }
            for unit in (whole..units).step_by(lanes) {
                let own = unit..units.min(unit + lanes);
                let of = gates_of(simd, load_whole(simd, &sums[4 * unit..]));
                if let Some(gates) = &mut gates {
                    store_all::<S, 4>(&together::<S>(of), &mut gates[4 * own.start..4 * own.end]);
                }
                if !masked {
                    advance(simd, of, &mut state[own.clone()], &mut cell[own]);
                }
            }
        },
    );
}

/// i, f, g, o of some units.
#[inline(always)]
fn gates_of<S: Simd>(simd: S, sums: [S::f32s; 4]) -> [S::f32s; 4] {
    let [i, f, g, o] = apart::<S>(sums);
    [
        sigmoid(simd, i),
        sigmoid(simd, f),
        tanh(simd, g),
        sigmoid(simd, o),
    ]
}

/// c and h of some units.
#[inline(always)]
fn advance<S: Simd>(simd: S, [i, f, g, o]: [S::f32s; 4], h: &mut [f32], c: &mut [f32]) {
    let cell = f.mul_add_precise(load(simd, c), i * g);
    store::<S>(cell, c);
    store::<S>(o * tanh(simd, cell), h);
}
