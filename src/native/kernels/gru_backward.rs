//! The backward recurrence of a GRU: see `shaders/gru_backward_portable.wgsl`.
//!
//! # Formula
//! dh = d_h + dh·z + di·Uᵀ of the timestep processed after; da_z = di_z = dh·(h_before − g)·z·(1 − z);
//! da_g = dh·(1 − z)·(1 − g²), di_g = da_g·r; da_r = di_r = da_g·i_g·r·(1 − r). A masked timestep has da = di = 0 and passes dh
//! on. da, di and dh·z below 2⁻¹¹⁰ are 0.
//!
//! # Shapes
//! Those of the shader; carry is not touched.
//!
//! # Work
//! Items as forward. di is kept a second time, gate by gate without gaps, for the product with Uᵀ, whose sums take the gates
//! one after the other.

use fearless_simd::{Simd, prelude::*};

use super::recurrence::{Backward, Block, Shape};
use crate::error::Result;
use crate::native::product::{Packed, product};
use crate::native::simd::{apart, flushed, load, load_all, store, store_all, together, vectorised};
use crate::native::work::Work;

/// A block with the gradient that it carries, and its rows of `gates` by timestep.
struct Item<'a> {
    block: Block,
    dh: Vec<f32>,
    gates: Vec<&'a mut [f32]>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let (layer, blocks) = Backward::new(&mut work, pack)?;
    let items = blocks.into_iter().map(|(block, gates)| Item {
        block,
        dh: vec![0.0; block.rows * layer.shape.units],
        gates,
    });
    work.pool.each(items.collect(), |mut item: Item| {
        vectorised!(work.level, simd => run_item(simd, &layer, &mut item));
    });
    Ok(())
}

/// Uᵀ of a direction: rows are units of z, then of r, then of g.
fn pack(work: &Work, recurrent: &[f32], units: usize) -> Packed {
    let row = |k: usize, of: std::ops::Range<usize>, to: &mut [f32]| {
        for (to, unit) in to.iter_mut().zip(of) {
            *to = recurrent[(unit * units + k % units) * 4 + k / units];
        }
    };
    vectorised!(work.level, simd => Packed::new(simd, 3 * units, units, row))
}

#[inline(always)]
fn run_item<S: Simd>(simd: S, layer: &Backward, item: &mut Item) {
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
    let mut inner = vec![0.0; rows * 3 * units];
    let mut through = vec![0.0; rows * units];
    for s in (0..length).rev() {
        let t = layer.shape.time(direction, s);
        let position = t * batch + first;
        let mut all_masked = true;
        for r in 0..rows {
            let above = layer.above(item.block, s, r);
            let dh = &mut item.dh[r * units..(r + 1) * units];
            for (dh, above) in dh.iter_mut().zip(above) {
                *dh += above;
            }
            let gates = &mut *item.gates[t * rows + r];
            if layer.slots.is_masked(position + r) {
                gates.fill(0.0);
                continue;
            }
            all_masked = false;
            let before = match s {
                0 => &layer.zeros[..],
                _ => {
                    let row = layer.shape.time(direction, s - 1) * batch + first + r;
                    &layer.states[(row * directions + direction) * units..][..units]
                }
            };
            let inner = &mut inner[r * 3 * units..(r + 1) * 3 * units];
            row_cell(simd, before, dh, inner, gates);
        }
        if all_masked || s == 0 {
            continue;
        }
        let recurrent = &layer.recurrent[direction];
        product(
            simd,
            rows,
            #[inline(always)]
            |r| &inner[r * 3 * units..],
            recurrent,
            None,
            &mut through,
            (units, 0),
        );
        // Of masked rows `inner` is that of another timestep, whose product nobody takes.
        for r in (0..rows).filter(|r| !layer.slots.is_masked(position + r)) {
            let own = r * units..(r + 1) * units;
            for (dh, through) in item.dh[own.clone()].iter_mut().zip(&through[own]) {
                *dh += through;
            }
        }
    }
}

/// The cell of a row: da and di_g in the gates' place, di in `inner`, dh·z in that of dh.
#[inline(always)]
fn row_cell<S: Simd>(
    simd: S,
    before: &[f32],
    dh: &mut [f32],
    inner: &mut [f32],
    gates: &mut [f32],
) {
    let (lanes, units) = (S::f32s::LEN, dh.len());
    simd.vectorize(
        #[inline(always)]
        || {
            let one = S::f32s::splat(simd, 1.0);
            let (of_z, rest) = inner.split_at_mut(units);
            let (of_r, of_g) = rest.split_at_mut(units);
            for unit in (0..units).step_by(lanes) {
                let own = unit..units.min(unit + lanes);
                let gates = &mut gates[4 * own.start..4 * own.end];
                let [z, r, g, i_g] = apart::<S>(load_all::<S, 4>(simd, gates));
                let (d, before) = (
                    load(simd, &dh[own.clone()]),
                    load(simd, &before[own.clone()]),
                );
                let da_z = flushed(simd, d * (before - g) * (z * (one - z)));
                let da_g = flushed(simd, d * (one - z) * (one - g * g));
                let da_r = flushed(simd, da_g * i_g * (r * (one - r)));
                let di_g = flushed(simd, da_g * r);
                store::<S>(flushed(simd, d * z), &mut dh[own.clone()]);
                store::<S>(da_z, &mut of_z[own.clone()]);
                store::<S>(da_r, &mut of_r[own.clone()]);
                store::<S>(di_g, &mut of_g[own]);
                store_all::<S, 4>(&together::<S>([da_z, da_r, da_g, di_g]), gates);
            }
        },
    );
}
