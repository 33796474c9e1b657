//! One step of gradient descent, over all parameters at once: see `shaders/sgd.wgsl`.
//!
//! # Formula
//! w ← w − decay·w, then without momentum − rate·g; with it m ← momentum·m − rate·g and + m, or with nesterov
//! + momentum·m − rate·g. Nothing is fused; m below the smallest normal number is 0.
//!
//! # Work
//! An item is a part of the numbers, each by itself.

use super::optimiser::{Fault, PART, flushed, scale};
use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::SgdDims;

/// A part of the parameters with their gradients, and their moves if there is momentum.
struct Item<'a> {
    n: usize,
    g: &'a [f32],
    w: &'a mut [f32],
    m: Option<&'a mut [f32]>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: SgdDims = work.dims()?;
    let scale = scale(&work)?;
    let (momentum, nesterov) = (work.has("momentum"), work.has("nesterov"));
    let count = 4 * dims.count as usize;
    let gradients = &work.bindings.read(0)?[..count];
    let w = &mut work.bindings.take(1)?[..count];
    let not_finite = work.bindings.take_words(2)?;
    let m = if momentum {
        &mut work.bindings.take(3)?[..count]
    } else {
        &mut []
    };
    let mut moves = m.chunks_mut(PART);
    let parts = gradients.chunks(PART).zip(w.chunks_mut(PART)).enumerate();
    let items = parts.map(|(n, (g, w))| Item {
        n,
        g,
        w,
        m: moves.next(),
    });
    let fault = Fault::default();
    work.pool.each(items.collect(), |item: Item| {
        vectorised!(work.level, _simd => {
            fault.look(item.n, item.g);
            step(&dims, scale, nesterov, item);
        });
    });
    fault.keep(not_finite);
    Ok(())
}

#[inline(always)]
fn step(dims: &SgdDims, scale: f32, nesterov: bool, item: Item) {
    let numbers = item.w.iter_mut().zip(item.g);
    let Some(m) = item.m else {
        for (w, g) in numbers {
            *w = *w - dims.decay * *w - dims.rate * (g * scale);
        }
        return;
    };
    for ((w, g), m) in numbers.zip(m) {
        let step = dims.rate * (g * scale);
        *m = flushed(dims.momentum * *m - step);
        let moved = if nesterov {
            dims.momentum * *m - step
        } else {
            *m
        };
        *w = *w - dims.decay * *w + moved;
    }
}
