//! Functions of a whole vector: e^x, sigmoid, tanh.
//!
//! Sums, products and quotients that round as IEEE 754 demands, and nothing else: the same bits on every processor.

use fearless_simd::{Simd, prelude::*};

/// 2ⁿ and p with e^x = 2ⁿ·(1 + p), n the integer next to x / ln 2, for |x| ≤ 87.
///
/// p = r + r²·q(r), r = x − n·ln 2 with ln 2 in two parts; q is the minimax polynomial of degree 4 on |r| ≤ ln 2 / 2,
/// whose relative error in e^x is 3.1e-9, 0.05 ulp.
#[inline(always)]
fn exp_parts<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let v = |c: f32| S::f32s::splat(simd, c);
    let shift = v(12_582_912.0); // 1.5·2²³: added to it, a number is rounded to an integer, which stands in the lowest bits
    let n = x.mul_add_precise(v(std::f32::consts::LOG2_E), shift);
    let scale = S::f32s::from_bits((n.to_bits() << 23) + v(1.0).to_bits());
    let n = n - shift;
    let r = n.mul_add_precise(v(-0.693_145_75), x);
    let r = n.mul_add_precise(v(-1.428_606_8e-6), r);
    let q = r.mul_add_precise(v(0.001_381_459_9), v(0.008_368_717));
    let q = r.mul_add_precise(q, v(0.041_668_39));
    let q = r.mul_add_precise(q, v(0.166_665_21));
    let q = r.mul_add_precise(q, v(0.499_999_94));
    (scale, (r * r).mul_add_precise(q, r))
}

/// x, but not above `most`. A NaN stays one, which the processors' own minima do not agree on.
#[inline(always)]
fn at_most<S: Simd>(simd: S, x: S::f32s, most: f32) -> S::f32s {
    let most = S::f32s::splat(simd, most);
    x.simd_gt(most).select(most, x)
}

/// x, but not below `least`. A NaN stays one.
#[inline(always)]
fn at_least<S: Simd>(simd: S, x: S::f32s, least: f32) -> S::f32s {
    let least = S::f32s::splat(simd, least);
    x.simd_lt(least).select(least, x)
}

/// e^x for x ≤ 0, at most 1.1 ulp off; 0 below −87, where e^x is next to the smallest normal number. A NaN stays one.
#[inline(always)]
pub(super) fn exp_negative<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let zero = S::f32s::splat(simd, 0.0);
    let (scale, p) = exp_parts(simd, at_least(simd, x, -87.0));
    let power = scale.mul_add_precise(p, scale);
    x.simd_lt(S::f32s::splat(simd, -87.0)).select(zero, power)
}

/// 1 / (1 + e^−x), at most 2.5 ulp off within ±87; outside, where e^x or its inverse would not be normal, the value there.
/// A NaN stays one.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let v = |c: f32| S::f32s::splat(simd, c);
    let x = at_least(simd, at_most(simd, x, 87.0), -87.0);
    let (scale, p) = exp_parts(simd, v(0.0) - x);
    v(1.0) / (scale.mul_add_precise(p, scale) + v(1.0))
}

/// −E / (2 + E) with the sign of x, E = e^−2|x| − 1 = 2ⁿ·p + (2ⁿ − 1), which does not cancel: at most 2.5 ulp off.
/// A NaN stays one.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let v = |c: f32| S::f32s::splat(simd, c);
    let size = at_most(simd, x.abs(), 9.1); // tanh(9.1) rounds to 1
    let (scale, p) = exp_parts(simd, size * v(-2.0));
    let e = scale.mul_add_precise(p, scale - v(1.0));
    ((v(0.0) - e) / (e + v(2.0))).copysign(x)
}
