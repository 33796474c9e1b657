//! Attention pooling: see `shaders/attention_*.wgsl`.
//!
//! # Formula
//! u = tanh(z); scores = u·v; weights = softmax over time of the scores, masked timesteps left out. Backward,
//! d_weights = x·d_y; d_scores = weights·(d_weights − Σ weights·d_weights); d_z = d_scores·v·(1 − u²). Sums along a row as in
//! [`lanes`](super::lanes), sums over time upwards.
//!
//! # Work
//! What has a row a position is shared out by positions; a number a position is too little for that.

use fearless_simd::{Simd, prelude::*};

use super::lanes::sum;
use super::recurrence::MASK;
use crate::error::Result;
use crate::native::math::{exp_negative, tanh};
use crate::native::simd::{load, store, vectorised};
use crate::native::work::Work;
use crate::plan::dims::{PoolDims, RowsDims, TimeWeightsDims};

/// Positions that a thread takes at once.
const PART: usize = 256;

/// Positions and numbers of a row.
fn rows(work: &Work) -> Result<[usize; 2]> {
    let RowsDims { rows, width, .. } = work.dims()?;
    Ok([rows as usize, width as usize * work.element()])
}

pub(in crate::native) fn scores_forward(mut work: Work<'_>) -> Result<()> {
    let [rows, width] = rows(&work)?;
    let u = &mut work.bindings.take(1)?[..rows * width];
    let scores = &mut work.bindings.take(2)?[..rows];
    let context = &work.bindings.read(0)?[..width];
    let parts = u.chunks_mut(PART * width).zip(scores.chunks_mut(PART));
    work.pool.each(parts.collect(), |(u, scores): (&mut [f32], &mut [f32])| {
        vectorised!(work.level, simd => for (u, score) in u.chunks_exact_mut(width).zip(scores) {
            for part in u.chunks_mut(lanes(simd)) {
                store_tanh(simd, part);
            }
            *score = dot(context, u);
        });
    });
    Ok(())
}

#[inline(always)]
fn lanes<S: Simd>(_: S) -> usize {
    S::f32s::LEN
}

#[inline(always)]
fn store_tanh<S: Simd>(simd: S, x: &mut [f32]) {
    let value = tanh(simd, load(simd, x));
    store::<S>(value, x);
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(
        a.len(),
        #[inline(always)]
        |sum, n| a[n] * b[n] + sum,
    )
}

pub(in crate::native) fn scores_backward(mut work: Work<'_>) -> Result<()> {
    let [rows, width] = rows(&work)?;
    let u = &mut work.bindings.take(2)?[..rows * width];
    let d_scores = &work.bindings.read(0)?[..rows];
    let context = &work.bindings.read(1)?[..width];
    let parts = u.chunks_mut(PART * width).zip(d_scores.chunks(PART));
    work.pool.each(parts.collect(), |(u, d_scores): (&mut [f32], &[f32])| {
        vectorised!(work.level, _simd => for (u, d_score) in u.chunks_exact_mut(width).zip(d_scores) {
            for (u, v) in u.iter_mut().zip(context) {
                *u = d_score * v * (1.0 - *u * *u);
            }
        });
    });
    Ok(())
}

pub(in crate::native) fn weights_forward(mut work: Work<'_>) -> Result<()> {
    let TimeWeightsDims {
        length,
        batch,
        masked,
        ..
    } = work.dims()?;
    let (length, batch) = (length as usize, batch as usize);
    let weights = &mut work.bindings.take(2)?[..length * batch];
    let (scores, slots) = (work.bindings.read(0)?, work.bindings.words(1)?);
    let kept = |position: usize| masked == 0 || slots[position] & MASK == 0;
    let mut row = vec![0.0; length];
    for b in 0..batch {
        let positions = (b..length * batch).step_by(batch);
        let least = f32::MIN;
        let greatest = positions.clone().filter(|&p| kept(p)).map(|p| scores[p]);
        let most = greatest.fold(least, |most, score| if score > most { score } else { most });
        for (distance, p) in row.iter_mut().zip(positions.clone()) {
            *distance = scores[p] - most;
        }
        vectorised!(work.level, simd => for part in row.chunks_mut(lanes(simd)) {
            store_exp(simd, part);
        });
        let mut total = 0.0;
        for (weight, p) in row.iter_mut().zip(positions.clone()) {
            *weight = if kept(p) { *weight } else { 0.0 };
            total += *weight;
        }
        let total = if total == 0.0 { 1.0 } else { total };
        for (weight, p) in row.iter().zip(positions) {
            weights[p] = weight / total;
        }
    }
    Ok(())
}

#[inline(always)]
fn store_exp<S: Simd>(simd: S, x: &mut [f32]) {
    let value = exp_negative(simd, load(simd, x));
    store::<S>(value, x);
}

pub(in crate::native) fn weights_backward(mut work: Work<'_>) -> Result<()> {
    let PoolDims {
        length,
        batch,
        width,
        ..
    } = work.dims()?;
    let (length, batch) = (length as usize, batch as usize);
    let width = width as usize * work.element();
    let d_scores = &mut work.bindings.take(3)?[..length * batch];
    let weights = &work.bindings.read(0)?[..length * batch];
    let x = &work.bindings.read(1)?[..length * batch * width];
    let d_y = work.bindings.read(2)?;
    let parts = d_scores
        .chunks_mut(PART)
        .zip(x.chunks(PART * width))
        .enumerate();
    work.pool.each(parts.collect(), |(n, (d_weights, x))| {
        vectorised!(work.level, _simd => for (i, (d_weight, x)) in d_weights.iter_mut().zip(x.chunks_exact(width)).enumerate() {
            let b = (n * PART + i) % batch;
            *d_weight = dot(x, &d_y[b * width..(b + 1) * width]);
        });
    });
    for b in 0..batch {
        let positions = (b..length * batch).step_by(batch);
        let mean = positions
            .clone()
            .fold(0.0, |mean, p| mean + weights[p] * d_scores[p]);
        for p in positions {
            d_scores[p] = weights[p] * (d_scores[p] - mean);
        }
    }
    Ok(())
}
