//! Functions of a whole vector: e^x, sigmoid, tanh.
//!
//! Sums, products and quotients that round as IEEE 754 demands, and nothing else: the same bits on every processor.

use fearless_simd::{Simd, prelude::*};

use super::simd::are_plain;

/// 2ⁿ and p with e^x = 2ⁿ·(1 + p), n the integer next to x / ln 2, for |x| ≤ 87.
///
/// p = r + r²·q(r), r = x − n·ln 2 with ln 2 in two parts; q is the minimax polynomial of degree 4 on |r| ≤ ln 2 / 2,
/// whose relative error in e^x is 3.1e-9, 0.05 ulp.
///
/// Plain numbers call it, where vectors have it inlined: four times the instructions, at each of a kernel's gates, take the
/// compiler longer than all that is vectors.
#[inline(always)]
fn exp_parts<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    if const { are_plain::<S>() } {
        exp_parts_apart(simd, x)
    } else {
        exp_parts_inlined(simd, x)
    }
}

#[inline(never)]
fn exp_parts_apart<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    exp_parts_inlined(simd, x)
}

#[inline(always)]
fn exp_parts_inlined<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use fearless_simd::{Fallback, Level};

    use super::*;
    use crate::native::simd::{load, store, vectorised};

    /// What this processor can compute with.
    fn levels() -> Vec<Level> {
        vec![
            Level::new(),
            Level::baseline(),
            Level::Fallback(Fallback::new()),
        ]
    }

    #[derive(Debug, Clone, Copy)]
    enum Function {
        Exp,
        Sigmoid,
        Tanh,
    }

    impl Function {
        #[inline(always)]
        fn apply<S: Simd>(self, simd: S, x: &[f32], y: &mut [f32]) {
            for (x, y) in x.chunks(S::f32s::LEN).zip(y.chunks_mut(S::f32s::LEN)) {
                let x = load(simd, x);
                store::<S>(
                    match self {
                        Function::Exp => exp_negative(simd, x),
                        Function::Sigmoid => sigmoid(simd, x),
                        Function::Tanh => tanh(simd, x),
                    },
                    y,
                );
            }
        }

        /// The value, and the error that is allowed in units in its last place; none where x is outside.
        fn exact(self, x: f64) -> Option<(f64, f64)> {
            match self {
                Function::Exp => (-87.0..=0.0).contains(&x).then(|| (x.exp(), 1.1)),
                Function::Sigmoid => (x.abs() <= 87.0).then(|| (1.0 / (1.0 + (-x).exp()), 2.5)),
                Function::Tanh => (!x.is_nan()).then(|| (x.tanh(), 2.5)),
            }
        }
    }

    /// Every `step`-th f32, NaN and infinities among them.
    fn sweep(step: usize) {
        let bits: Vec<u32> = (0..=u32::MAX).step_by(step << 20).collect();
        for start in bits {
            let words = (0..1 << 20).map(|n| start.wrapping_add(n * step as u32));
            let x: Vec<f32> = words.map(f32::from_bits).collect();
            for function in [Function::Exp, Function::Sigmoid, Function::Tanh] {
                let [y, narrow, plain] = levels()
                    .try_into()
                    .map(|levels: [Level; 3]| {
                        levels.map(|level| {
                            let mut y = vec![0.0; x.len()];
                            vectorised!(level, simd => function.apply(simd, &x, &mut y));
                            y
                        })
                    })
                    .unwrap();
                let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
                for (((&x, &y), &narrow), &plain) in x.iter().zip(&y).zip(&narrow).zip(&plain) {
                    if matches!(function, Function::Exp) && x > 0.0 {
                        continue;
                    }
                    assert!(
                        same(y, narrow) && same(y, plain),
                        "{function:?}({x:e}): {y:e}, {narrow:e}, {plain:e}"
                    );
                    assert_eq!(y.is_nan(), x.is_nan(), "{function:?}({x:e}) is {y:e}");
                    if let Some((exact, bound)) = function.exact(f64::from(x)) {
                        let exponent = exact.abs().log2().floor().max(-126.0) as i32;
                        let ulps = (f64::from(y) - exact).abs() / 2f64.powi(exponent - 23);
                        assert!(
                            ulps <= bound,
                            "{function:?}({x:e}) is {y:e}, {ulps} ulp off"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn close_to_exact_and_the_same_on_all_vectors() {
        sweep(1021);
    }

    #[test]
    #[ignore = "minutes: every f32"]
    fn close_to_exact_for_every_number() {
        sweep(1);
    }

    #[test]
    fn beyond_their_bounds() {
        let x = [200.0, -200.0, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
        let mut y = [0.0; 6];
        for level in levels() {
            vectorised!(level, simd => Function::Sigmoid.apply(simd, &x, &mut y));
            assert!(y[0] == 1.0 && y[1] > 0.0 && y[1] < 1e-37 && y[2] == 1.0 && y[4] == 0.5);
            vectorised!(level, simd => Function::Tanh.apply(simd, &x, &mut y));
            assert_eq!(y[..4], [1.0, -1.0, 1.0, -1.0]);
            assert!(y[4].to_bits() == 0 && y[5].to_bits() == 1 << 31);
            vectorised!(level, simd => Function::Exp.apply(simd, &x, &mut y));
            assert_eq!((y[1], y[3], y[4]), (0.0, 0.0, 1.0));
        }
    }
}
