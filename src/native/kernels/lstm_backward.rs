//! The backward recurrence of an LSTM: see `shaders/lstm_backward_portable.wgsl`.
//!
//! # Formula
//! dh = d_h + dz·Uᵀ of the timestep processed after; dc = dc·f of that one + dh·o·(1 − tanh²(c));
//! dz_i = dc·g·i·(1 − i), dz_f = dc·c_before·f·(1 − f), dz_g = dc·i·(1 − g²), dz_o = dh·tanh(c)·o·(1 − o).
//! A masked timestep has dz = 0 and passes dh and dc on. dz and dc below 2⁻¹¹⁰ are 0.
//!
//! # Shapes
//! Those of the shader, but c, see [`lstm_forward`](super::lstm_forward); carry is not touched.
//!
//! # Work
//! Items as forward. A timestep is the cell of each row, which puts dz in the gates' place, then the product of those rows
//! with panels of Uᵀ, whose sums run over the columns as they lie: unit by unit, gate by gate.

use fearless_simd::{Simd, prelude::*};

use super::recurrence::{Backward, Block, Shape};
use crate::error::Result;
use crate::native::math::tanh;
use crate::native::product::{Packed, product};
use crate::native::simd::{apart, flushed, load, load_all, store, store_all, together, vectorised};
use crate::native::work::Work;

/// A block with the gradients that it carries, and its rows of `gates` by timestep.
struct Item<'a> {
    block: Block,
    dh: Vec<f32>,
    dc: Vec<f32>,
    gates: Vec<&'a mut [f32]>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let (layer, blocks) = Backward::new(&mut work, pack)?;
    let items = blocks.into_iter().map(|(block, gates)| {
        let zeros = vec![0.0; block.rows * layer.shape.units];
        Item {
            block,
            dh: zeros.clone(),
            dc: zeros,
            gates,
        }
    });
    work.pool.each(items.collect(), |mut item: Item| {
        vectorised!(work.level, simd => run_item(simd, &layer, &mut item));
    });
    Ok(())
}

fn pack(work: &Work, recurrent: &[f32], units: usize) -> Packed {
    let row = |column: usize, of: std::ops::Range<usize>, to: &mut [f32]| {
        for (to, unit) in to.iter_mut().zip(of) {
            *to = recurrent[unit * 4 * units + column];
        }
    };
    vectorised!(work.level, simd => Packed::new(simd, 4 * units, units, row))
}

#[inline(always)]
fn run_item<S: Simd>(simd: S, layer: &Backward, item: &mut Item) {
    let Shape {
        length,
        batch,
        units,
        ..
    } = layer.shape;
    let Block {
        direction,
        rows,
        first: first_row,
    } = item.block;
    let mut next = vec![0.0; rows * units];
    for s in (0..length).rev() {
        let t = layer.shape.time(direction, s);
        let position = t * batch + first_row;
        let mut all_masked = true;
        for r in 0..rows {
            let own = r * units..(r + 1) * units;
            let (dh, dc) = (&mut item.dh[own.clone()], &mut item.dc[own]);
            let above = layer.above(item.block, s, r);
            let gates = &mut *item.gates[t * rows + r];
            if layer.slots.is_masked(position + r) {
                gates.fill(0.0);
                for (dh, above) in dh.iter_mut().zip(above) {
                    *dh += above;
                }
                continue;
            }
            all_masked = false;
            let own = (direction * batch + first_row) * length; // positions of the items before
            let c_at = |t: usize| &layer.states[(own + t * rows + r) * units..][..units];
            let before = if s > 0 {
                c_at(layer.shape.time(direction, s - 1))
            } else {
                &layer.zeros[..]
            };
            row_cell(simd, [c_at(t), before, dh, above], dc, gates);
        }
        if all_masked || s == 0 {
            continue;
        }
        let gates = &item.gates[t * rows..(t + 1) * rows];
        product(
            simd,
            rows,
            #[inline(always)]
            |r| &*gates[r],
            &layer.recurrent[direction],
            None,
            &mut next,
            (units, 0),
        );
        for r in 0..rows {
            if !layer.slots.is_masked(position + r) {
                let own = r * units..(r + 1) * units;
                item.dh[own.clone()].copy_from_slice(&next[own]);
            }
        }
    }
}

/// The cell of a row: dz in the gates' place, dc for the timestep before. As forward, whole vectors have a loop to themselves.
#[inline(always)]
fn row_cell<S: Simd>(
    simd: S,
    [c, before, dh, above]: [&[f32]; 4],
    dc: &mut [f32],
    gates: &mut [f32],
) {
    let (lanes, units) = (S::f32s::LEN, dc.len());
    simd.vectorize(
        #[inline(always)]
        || {
            let cells = c.chunks_exact(lanes).zip(before.chunks_exact(lanes));
            let above_them = dh.chunks_exact(lanes).zip(above.chunks_exact(lanes));
            let rows = cells.zip(above_them).zip(dc.chunks_exact_mut(lanes));
            let rows = rows.zip(gates.chunks_exact_mut(4 * lanes));
            for ((((c, before), (dh, above)), dc), gates) in rows {
                units_cell(simd, [c, before, dh, above], dc, gates);
            }
            let whole = units - units % lanes;
            if whole < units {
                let rest = [c, before, dh, above].map(|row| &row[whole..units]);
                units_cell(simd, rest, &mut dc[whole..], &mut gates[4 * whole..]);
            }
        },
    );
}

/// The cell of some units, a vector at most.
#[inline(always)]
fn units_cell<S: Simd>(
    simd: S,
    [c, before, dh, above]: [&[f32]; 4],
    dc: &mut [f32],
    gates: &mut [f32],
) {
    let one = S::f32s::splat(simd, 1.0);
    let [i, f, g, o] = apart::<S>(load_all::<S, 4>(simd, gates));
    let dh = load(simd, dh) + load(simd, above);
    let tanh_c = tanh(simd, load(simd, c));
    let d_cell = (dh * o).mul_add_precise(one - tanh_c * tanh_c, load(simd, dc));
    store::<S>(flushed(simd, d_cell * f), dc);
    let dz = [
        flushed(simd, d_cell * g * (i * (one - i))),
        flushed(simd, d_cell * load(simd, before) * (f * (one - f))),
        flushed(simd, d_cell * i * (one - g * g)),
        flushed(simd, dh * tanh_c * (o * (one - o))),
    ];
    store_all::<S, 4>(&together::<S>(dz), gates);
}
