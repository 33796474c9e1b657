//! Pooling over time: see `shaders/max_pool_*.wgsl`, `mean_weights.wgsl` and `weighted_sum_*.wgsl`.
//!
//! # Work
//! Forward, an item is some columns of `[B·W]`, or a row of the batch, and walks through time; backward, some timesteps.

use super::recurrence::MASK;
use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::{PoolDims, TimeWeightsDims};

/// Columns that a thread takes at once.
const COLUMNS: usize = 256;

/// Timesteps that a thread takes at once.
const TIMESTEPS: usize = 16;

/// T, B and W in numbers.
fn sizes(work: &Work) -> Result<[usize; 3]> {
    let PoolDims {
        length,
        batch,
        width,
        ..
    } = work.dims()?;
    Ok([
        length as usize,
        batch as usize,
        width as usize * work.element(),
    ])
}

pub(in crate::native) fn max_forward(mut work: Work<'_>) -> Result<()> {
    let [length, batch, width] = sizes(&work)?;
    let size = batch * width;
    let y = &mut work.bindings.take(1)?[..size];
    let ties = &mut work.bindings.take(2)?[..size];
    let x = &work.bindings.read(0)?[..length * size];
    let parts = y
        .chunks_mut(COLUMNS)
        .zip(ties.chunks_mut(COLUMNS))
        .enumerate();
    work.pool.each(parts.collect(), |(n, (y, ties))| {
        let columns = n * COLUMNS..n * COLUMNS + y.len();
        vectorised!(work.level, _simd => for (t, x) in x.chunks_exact(size).enumerate() {
            let x = &x[columns.clone()];
            if t == 0 {
                y.copy_from_slice(x);
                ties.fill(1.0);
            } else {
                keep_greater(x, y, ties);
            }
        });
    });
    Ok(())
}

/// A NaN is the greatest, and stays.
#[inline(always)]
fn keep_greater(x: &[f32], y: &mut [f32], ties: &mut [f32]) {
    for ((x, y), ties) in x.iter().zip(y).zip(ties) {
        let greater = !y.is_nan() & (x.is_nan() | (x > y));
        let counted = if x == y { *ties + 1.0 } else { *ties };
        *ties = if greater { 1.0 } else { counted };
        *y = if greater { *x } else { *y };
    }
}

pub(in crate::native) fn max_backward(mut work: Work<'_>) -> Result<()> {
    let [length, batch, width] = sizes(&work)?;
    let size = batch * width;
    let d_x = &mut work.bindings.take(4)?[..length * size];
    let x = &work.bindings.read(0)?[..length * size];
    let (y, ties) = (
        &work.bindings.read(1)?[..size],
        &work.bindings.read(2)?[..size],
    );
    let d_y = &work.bindings.read(3)?[..size];
    let parts = d_x
        .chunks_mut(TIMESTEPS * size)
        .zip(x.chunks(TIMESTEPS * size));
    work.pool.each(parts.collect(), |(d_x, x): (&mut [f32], &[f32])| {
        vectorised!(work.level, _simd => for (d_x, x) in d_x.chunks_exact_mut(size).zip(x.chunks_exact(size)) {
            for ((d_x, x), (y, (d_y, ties))) in d_x.iter_mut().zip(x).zip(y.iter().zip(d_y.iter().zip(ties))) {
                let share = d_y / ties;
                *d_x = if x == y { share } else { 0.0 };
            }
        });
    });
    Ok(())
}

/// Few numbers: not shared out.
pub(in crate::native) fn mean_weights(mut work: Work<'_>) -> Result<()> {
    let TimeWeightsDims {
        length,
        batch,
        masked,
        ..
    } = work.dims()?;
    let (length, batch) = (length as usize, batch as usize);
    let weights = &mut work.bindings.take(1)?[..length * batch];
    let slots = work.bindings.words(0)?;
    let kept = |position: usize| masked == 0 || slots[position] & MASK == 0;
    for b in 0..batch {
        let positions = (b..length * batch).step_by(batch);
        let count = positions.clone().filter(|&p| kept(p)).count();
        let weight = 1.0 / count.max(1) as f32;
        for p in positions {
            weights[p] = if kept(p) { weight } else { 0.0 };
        }
    }
    Ok(())
}

pub(in crate::native) fn weighted_sum_forward(mut work: Work<'_>) -> Result<()> {
    let [length, batch, width] = sizes(&work)?;
    let y = &mut work.bindings.take(2)?[..batch * width];
    let (weights, x) = (work.bindings.read(0)?, work.bindings.read(1)?);
    let rows = y.chunks_exact_mut(width).enumerate();
    work.pool.each(rows.collect(), |(b, y)| {
        vectorised!(work.level, _simd => {
            y.fill(0.0);
            for position in (b..length * batch).step_by(batch) {
                add_weighted(weights[position], &x[position * width..(position + 1) * width], y);
            }
        });
    });
    Ok(())
}

/// y += weight·x
#[inline(always)]
fn add_weighted(weight: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += weight * x;
    }
}

pub(in crate::native) fn weighted_sum_backward(mut work: Work<'_>) -> Result<()> {
    let [length, batch, width] = sizes(&work)?;
    let (size, add) = (batch * width, work.has("add"));
    let d_x = &mut work.bindings.take(2)?[..length * size];
    let weights = &work.bindings.read(0)?[..length * batch];
    let d_y = &work.bindings.read(1)?[..size];
    let parts = d_x
        .chunks_mut(TIMESTEPS * size)
        .zip(weights.chunks(TIMESTEPS * batch));
    work.pool.each(parts.collect(), |(d_x, weights): (&mut [f32], &[f32])| {
        vectorised!(work.level, _simd => for (n, (d_x, weight)) in d_x.chunks_exact_mut(width).zip(weights).enumerate() {
            if !add {
                d_x.fill(0.0);
            }
            let b = n % batch;
            add_weighted(*weight, &d_y[b * width..(b + 1) * width], d_x);
        });
    });
    Ok(())
}
