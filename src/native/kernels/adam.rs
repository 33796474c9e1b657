//! One step of Adam, over all parameters at once: see `shaders/adam.wgsl`.
//!
//! # Formula
//! m ← m + (g − m)·(1 − β1); v ← v + (g² − v)·(1 − β2); w ← w − decay·w − α·m / (√v + ε). Nothing is fused; m and v below the
//! smallest normal number are 0.
//!
//! # Work
//! An item is a part of the numbers, each by itself.

use super::optimiser::{Fault, PART, flushed, scale};
use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::AdamDims;

/// A part of the parameters with their gradients and moments.
struct Item<'a> {
    n: usize,
    g: &'a [f32],
    w: &'a mut [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: AdamDims = work.dims()?;
    let scale = scale(&work)?;
    let count = 4 * dims.count as usize;
    let gradients = &work.bindings.read(0)?[..count];
    let w = &mut work.bindings.take(1)?[..count];
    let m = &mut work.bindings.take(2)?[..count];
    let v = &mut work.bindings.take(3)?[..count];
    let not_finite = work.bindings.take_words(4)?;
    let moments = m.chunks_mut(PART).zip(v.chunks_mut(PART));
    let parts = gradients
        .chunks(PART)
        .zip(w.chunks_mut(PART))
        .zip(moments)
        .enumerate();
    let items = parts.map(|(n, ((g, w), (m, v)))| Item { n, g, w, m, v });
    let fault = Fault::default();
    work.pool.each(items.collect(), |item: Item| {
        vectorised!(work.level, _simd => {
            fault.look(item.n, item.g);
            step(&dims, scale, item);
        });
    });
    fault.keep(not_finite);
    Ok(())
}

#[inline(always)]
fn step(dims: &AdamDims, scale: f32, item: Item) {
    let moments = item.m.iter_mut().zip(item.v.iter_mut());
    for ((w, g), (m, v)) in item.w.iter_mut().zip(item.g).zip(moments) {
        let g = g * scale;
        *m = flushed(*m + (g - *m) * dims.one_minus_beta1);
        *v = flushed(*v + (g * g - *v) * dims.one_minus_beta2);
        let decayed = *w - dims.decay * *w;
        *w = decayed - dims.alpha * *m / (v.sqrt() + dims.epsilon);
    }
}
