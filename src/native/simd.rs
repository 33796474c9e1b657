//! Vectors whose width the processor chooses: 16 numbers with AVX-512, 8 with AVX2, 4 with NEON.
//!
//! Numbers of a vector are different outputs; no sum runs across one. With [`SimdFloat::mul_add_precise`], which
//! rounds once everywhere, each output is then computed by the same operations in the same order whatever the width,
//! so the bytes are the same. Where the processor has none of these (before 2013, for x86) a form of plain numbers
//! takes their place: the same bytes, slowly.
//!
//! What is called within [`vectorised`] has to be inlined, or the compiler does not use the wide instructions there.

#![allow(clippy::needless_range_loop)] // array methods keep the compiler from holding vectors in registers

use fearless_simd::{Simd, prelude::*};

/// Runs `$body`, in which `$simd` stands for the vectors of `$level`.
macro_rules! vectorised {
    ($level:expr, $simd:ident => $body:expr) => {
        match $level {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx512($simd) => fearless_simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            fearless_simd::Level::Avx2($simd) => fearless_simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon($simd) => fearless_simd::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            _ => {
                let $simd = fearless_simd::Fallback::new();
                fearless_simd::Simd::vectorize(
                    $simd,
                    #[inline(always)]
                    || $body,
                )
            }
        }
    };
}
pub(super) use vectorised;

/// Whether these are plain numbers in the place of vectors, on x86.
pub(super) const fn are_plain<S: Simd>() -> bool {
    S::f32s::LEN == 4 && cfg!(any(target_arch = "x86", target_arch = "x86_64"))
}

/// Numbers of the widest vector.
const WIDEST: usize = 16;

/// The first numbers of a slice; zeros past its end.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, from: &[f32]) -> S::f32s {
    match from.get(..S::f32s::LEN) {
        Some(whole) => S::f32s::from_slice(simd, whole),
        None => {
            let mut numbers = [0.0; WIDEST];
            numbers[..from.len()].copy_from_slice(from);
            S::f32s::from_slice(simd, &numbers[..S::f32s::LEN])
        }
    }
}

/// Puts a vector at the start of a slice, as far as that reaches.
#[inline(always)]
pub(super) fn store<S: Simd>(vector: S::f32s, to: &mut [f32]) {
    match to.get_mut(..S::f32s::LEN) {
        Some(whole) => vector.store_slice(whole),
        None => {
            let mut numbers = [0.0; WIDEST];
            vector.store_slice(&mut numbers[..S::f32s::LEN]);
            to.copy_from_slice(&numbers[..to.len()]);
        }
    }
}

/// As [`load`], several vectors that follow one another.
#[inline(always)]
pub(super) fn load_all<S: Simd, const V: usize>(simd: S, from: &[f32]) -> [S::f32s; V] {
    if from.len() >= V * S::f32s::LEN {
        return load_whole(simd, from);
    }
    let mut vectors = [S::f32s::splat(simd, 0.0); V];
    for v in 0..V {
        vectors[v] = load(simd, &from[from.len().min(v * S::f32s::LEN)..]);
    }
    vectors
}

/// As [`load_all`] from a slice that is long enough: what the innermost loops take.
#[inline(always)]
pub(super) fn load_whole<S: Simd, const V: usize>(simd: S, from: &[f32]) -> [S::f32s; V] {
    let lanes = S::f32s::LEN;
    let from = &from[..V * lanes];
    let mut vectors = [S::f32s::splat(simd, 0.0); V];
    for v in 0..V {
        vectors[v] = S::f32s::from_slice(simd, &from[v * lanes..(v + 1) * lanes]);
    }
    vectors
}

/// As [`store`], several vectors that follow one another.
#[inline(always)]
pub(super) fn store_all<S: Simd, const V: usize>(vectors: &[S::f32s; V], to: &mut [f32]) {
    if to.len() >= V * S::f32s::LEN {
        return store_whole::<S, V>(vectors, to);
    }
    for v in 0..V {
        let first = to.len().min(v * S::f32s::LEN);
        store::<S>(vectors[v], &mut to[first..]);
    }
}

/// As [`store_all`] into a slice that is long enough.
#[inline(always)]
pub(super) fn store_whole<S: Simd, const V: usize>(vectors: &[S::f32s; V], to: &mut [f32]) {
    let lanes = S::f32s::LEN;
    let to = &mut to[..V * lanes];
    for v in 0..V {
        vectors[v].store_slice(&mut to[v * lanes..(v + 1) * lanes]);
    }
}

/// The four numbers of each unit, which lie side by side, number by number.
#[inline(always)]
pub(super) fn apart<S: Simd>([x, y, z, w]: [S::f32s; 4]) -> [S::f32s; 4] {
    let ((even_0, odd_0), (even_1, odd_1)) = (x.deinterleave(y), z.deinterleave(w));
    let ((first, third), (second, fourth)) =
        (even_0.deinterleave(even_1), odd_0.deinterleave(odd_1));
    [first, second, third, fourth]
}

/// Undoes [`apart`].
#[inline(always)]
pub(super) fn together<S: Simd>([first, second, third, fourth]: [S::f32s; 4]) -> [S::f32s; 4] {
    let ((even_0, even_1), (odd_0, odd_1)) = (first.interleave(third), second.interleave(fourth));
    let ((x, y), (z, w)) = (even_0.interleave(odd_0), even_1.interleave(odd_1));
    [x, y, z, w]
}

/// 2⁻¹¹⁰: gradients that recurrences carry are 0 below it.
const LEAST: f32 = f32::from_bits((127 - 110) << 23);

/// 0 in the place of a gradient below [`LEAST`], far below what an optimiser notices.
///
/// A gradient that vanishes over time would end as a number that is not normal, and stay one for hundreds of timesteps: the
/// least number times 0.7 rounds to itself. Such an operation takes some processors more than a hundred cycles; a step took
/// 540 ms in the place of 30. The products of what is left with states and weights are normal too.
#[inline(always)]
pub(super) fn flushed<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let zero = S::f32s::splat(simd, 0.0);
    x.abs().simd_lt(S::f32s::splat(simd, LEAST)).select(zero, x)
}
