//! Measuring how fast the processor computes and copies at most.

use std::hint::black_box;
use std::time::{Duration, Instant};

use fearless_simd::{Simd, prelude::*};

use super::device::Native;
use super::simd::vectorised;

/// Sums at a time: enough that none waits for another.
const SUMS: usize = 12;

/// Numbers of the array that is copied: more than caches hold.
const COPIED: usize = 16 << 20;

/// What a measurement should take.
const LONG_ENOUGH: Duration = Duration::from_millis(20);

/// Measurements of which the fastest counts.
const TRIES: usize = 5;

impl Native {
    /// Billions of floating-point operations a second, a multiply-add counting two, and of bytes read and written, of an
    /// array larger than caches: the most that kernels can get, on all threads.
    pub fn peak(&self) -> [f64; 2] {
        let threads = self.threads();
        let operations = 2 * SUMS * self.vectors().lanes() * threads;
        let arithmetic = |rounds: usize| {
            self.pool.run(threads, |_| {
                black_box(vectorised!(self.level, simd => arithmetic(simd, rounds)));
            });
        };
        let from = vec![1.0_f32; COPIED];
        let mut to = vec![0.0_f32; COPIED];
        let part = COPIED.div_ceil(threads);
        let mut copy = |copies: usize| {
            for _ in 0..copies {
                let parts = to.chunks_mut(part).zip(from.chunks(part));
                self.pool
                    .each(parts.collect(), |(to, from)| to.copy_from_slice(from));
                black_box(&mut to);
            }
        };
        [
            operations as f64 * fastest(arithmetic, 1 << 10),
            (8 * COPIED) as f64 * fastest(&mut copy, 1),
        ]
    }
}

/// Billions of rounds a second.
fn fastest(mut work: impl FnMut(usize), least: usize) -> f64 {
    let mut time = |rounds| {
        let start = Instant::now();
        work(rounds);
        start.elapsed()
    };
    let mut rounds = least;
    while time(rounds) < LONG_ENOUGH {
        rounds *= 2;
    }
    let best = (0..TRIES).map(|_| time(rounds)).min().unwrap_or_default();
    rounds as f64 / best.as_secs_f64() / 1e9
}

/// So many rounds of a fused multiplication and addition on each sum, which stay between their start and 1.
#[inline(always)]
fn arithmetic<S: Simd>(simd: S, rounds: usize) -> f32 {
    let of = |x: f32| S::f32s::splat(simd, black_box(x));
    let (factor, term) = (of(0.9375), of(1.0 - 0.9375));
    let mut sums = [of(0.5); SUMS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = sum.mul_add(factor, term);
        }
    }
    let total = sums.into_iter().fold(of(0.0), |total, sum| total + sum);
    total.as_slice().iter().sum()
}
