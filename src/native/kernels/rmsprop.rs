//! One step of RMSprop, over all parameters at once: see `shaders/rmsprop.wgsl`.
//!
//! # Formula
//! v ← v + (g² − v)·(1 − ρ); u = rate·g / √(v + ε); w ← w − decay·w − u, or with momentum m ← momentum·m + u and − m. Nothing is
//! fused; v and m below the smallest normal number are 0.
//!
//! # Work
//! An item is a part of the numbers, each by itself.

use super::optimiser::{Fault, PART, flushed, scale};
use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::RmsPropDims;

/// A part of the parameters with their gradients and velocities, and their moves if there is momentum.
struct Item<'a> {
    n: usize,
    g: &'a [f32],
    w: &'a mut [f32],
    v: &'a mut [f32],
    m: Option<&'a mut [f32]>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: RmsPropDims = work.dims()?;
    let scale = scale(&work)?;
    let count = 4 * dims.count as usize;
    let gradients = &work.bindings.read(0)?[..count];
    let w = &mut work.bindings.take(1)?[..count];
    let v = &mut work.bindings.take(2)?[..count];
    let not_finite = work.bindings.take_words(3)?;
    let m = if work.has("momentum") {
        &mut work.bindings.take(4)?[..count]
    } else {
        &mut []
    };
    let mut moves = m.chunks_mut(PART);
    let parts = gradients
        .chunks(PART)
        .zip(w.chunks_mut(PART))
        .zip(v.chunks_mut(PART))
        .enumerate();
    let items = parts.map(|(n, ((g, w), v))| Item {
        n,
        g,
        w,
        v,
        m: moves.next(),
    });
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
fn step(dims: &RmsPropDims, scale: f32, item: Item) {
    let update = |g: f32, v: &mut f32| {
        *v = flushed(*v + (g * g - *v) * dims.one_minus_rho);
        dims.rate * g / (*v + dims.epsilon).sqrt()
    };
    let numbers = item.w.iter_mut().zip(item.g).zip(item.v);
    let Some(m) = item.m else {
        for ((w, g), v) in numbers {
            *w = *w - dims.decay * *w - update(g * scale, v);
        }
        return;
    };
    for (((w, g), v), m) in numbers.zip(m) {
        *m = flushed(dims.momentum * *m + update(g * scale, v));
        *w = *w - dims.decay * *w - *m;
    }
}
