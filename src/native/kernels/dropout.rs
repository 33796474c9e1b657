//! Sets a share of the numbers to 0 and scales the rest: see `shaders/dropout.wgsl`, which draws the same words.
//!
//! # Work
//! An item is a part of the numbers. Words are drawn for sixteen counters at once, each step of Philox a loop over them,
//! which becomes vectors.

use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::DropoutDims;

/// Numbers that a thread takes at once.
const PART: usize = 16 << 10;

/// Counters at once; each gives words for four numbers.
const LANES: usize = 16;

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: DropoutDims = work.dims()?;
    let given = work.has("given");
    let count = dims.count as usize;
    let y = &mut work.bindings.take(2)?[..count];
    let x = &work.bindings.read(0)?[..count];
    let mask = if given {
        &work.bindings.read(1)?[..count]
    } else {
        x
    };
    let parts = y
        .chunks_mut(PART)
        .zip(x.chunks(PART).zip(mask.chunks(PART)))
        .enumerate();
    work.pool.each(parts.collect(), |(n, (y, (x, mask)))| {
        vectorised!(work.level, _simd => match given {
            true => keep(mask.iter().map(|mask| *mask != 0.0), dims.scale, x, y),
            false => draw(&dims, n * PART / 4, x, y),
        });
    });
    Ok(())
}

#[inline(always)]
fn keep(keep: impl Iterator<Item = bool>, scale: f32, x: &[f32], y: &mut [f32]) {
    for ((y, x), keep) in y.iter_mut().zip(x).zip(keep) {
        *y = if keep { x * scale } else { 0.0 };
    }
}

/// Drops what the words say; `block` is the first counter.
#[inline(always)]
fn draw(dims: &DropoutDims, block: usize, x: &[f32], y: &mut [f32]) {
    let parts = y.chunks_mut(4 * LANES).zip(x.chunks(4 * LANES));
    for (n, (y, x)) in parts.enumerate() {
        let words = words(dims, (block + n * LANES) as u32);
        let kept = |e: usize| (words[e % 4][e / 4] >> 8) as f32 * (-24f32).exp2() >= dims.rate;
        keep((0..4 * LANES).map(kept), dims.scale, x, y);
    }
}

/// The four words of each of the counters from `block` on: [`philox4x32`](crate::random::philox4x32), side by side.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // a loop over lanes, of which the compiler makes vectors
fn words(dims: &DropoutDims, block: u32) -> [[u32; LANES]; 4] {
    let mut c = [
        [0; LANES],
        [dims.step_low; LANES],
        [dims.step_high; LANES],
        [dims.layer; LANES],
    ];
    for (lane, c) in c[0].iter_mut().enumerate() {
        *c = block.wrapping_add(lane as u32);
    }
    let (mut k0, mut k1) = (dims.seed_low, dims.seed_high);
    for _ in 0..10 {
        for lane in 0..LANES {
            let p0 = 0xd251_1f53 * u64::from(c[0][lane]);
            let p1 = 0xcd9e_8d57 * u64::from(c[2][lane]);
            c[0][lane] = (p1 >> 32) as u32 ^ c[1][lane] ^ k0;
            c[1][lane] = p1 as u32;
            c[2][lane] = (p0 >> 32) as u32 ^ c[3][lane] ^ k1;
            c[3][lane] = p0 as u32;
        }
        k0 = k0.wrapping_add(0x9e37_79b9);
        k1 = k1.wrapping_add(0xbb67_ae85);
    }
    c
}
