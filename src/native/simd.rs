//! Vectors whose width the processor chooses: 16 numbers with AVX-512, 8 with AVX2, 4 with NEON.
//!
//! Numbers of a vector are different outputs; no sum runs across one. With [`SimdFloat::mul_add_precise`], which
//! rounds once everywhere, each output is then computed by the same operations in the same order whatever the width,
//! so the bytes are the same. Where the processor has none of these (before 2013, for x86) a form of plain numbers
//! takes their place: the same bytes, slowly.
//!
//! What is called within [`vectorised`] has to be inlined, or the compiler does not use the wide instructions there.

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

/// The first numbers of a slice; zeros past its end.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, from: &[f32]) -> S::f32s {
    match from.get(..S::f32s::LEN) {
        Some(whole) => S::f32s::from_slice(simd, whole),
        None => {
            let mut vector = S::f32s::splat(simd, 0.0);
            vector.as_mut_slice()[..from.len()].copy_from_slice(from);
            vector
        }
    }
}

/// Puts a vector at the start of a slice, as far as that reaches.
#[inline(always)]
pub(super) fn store<S: Simd>(vector: S::f32s, to: &mut [f32]) {
    match to.get_mut(..S::f32s::LEN) {
        Some(whole) => vector.store_slice(whole),
        None => to.copy_from_slice(&vector.as_slice()[..to.len()]),
    }
}

/// As [`load`], several vectors that follow one another.
#[inline(always)]
pub(super) fn load_all<S: Simd, const V: usize>(simd: S, from: &[f32]) -> [S::f32s; V] {
    let mut vectors = [S::f32s::splat(simd, 0.0); V];
    // Indices and no array methods, which keep the compiler from holding vectors in registers.
    for v in 0..V {
        vectors[v] = load(simd, &from[from.len().min(v * S::f32s::LEN)..]);
    }
    vectors
}

/// As [`store`], several vectors that follow one another.
#[inline(always)]
pub(super) fn store_all<S: Simd, const V: usize>(vectors: &[S::f32s; V], to: &mut [f32]) {
    for v in 0..V {
        let first = to.len().min(v * S::f32s::LEN);
        store::<S>(vectors[v], &mut to[first..]);
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

/// 0 in the place of numbers below the smallest normal one, as GPUs have it.
///
/// A gradient that vanishes over time would stay there for hundreds of timesteps, since the least number times 0.7
/// rounds to itself, and some processors take a hundred cycles and more for each such operation.
#[inline(always)]
pub(super) fn flushed<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let zero = S::f32s::splat(simd, 0.0);
    x.abs()
        .simd_lt(S::f32s::splat(simd, f32::MIN_POSITIVE))
        .select(zero, x)
}
