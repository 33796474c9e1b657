//! Exponential and logarithm of one number, in f64: the same bits on every machine, which the system's library leaves open.

/// ln 2 in two parts, the first with zeros at its end, so that a product with a small whole number is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// e^x, to some units in the last place of f64. NaN gives NaN.
pub(super) fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 709.0 {
        return f64::INFINITY;
    }
    if x < -708.0 {
        return 0.0;
    }
    let n = (x * std::f64::consts::LOG2_E).round();
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    // Taylor: |r| is at most ½ ln 2.
    let mut sum = 1.0;
    for k in (1..=14).rev() {
        sum = 1.0 + r / f64::from(k) * sum;
    }
    sum * f64::from_bits(((n as i64 + 1023) as u64) << 52)
}

/// ln x, to some units in the last place of f64, of an x that an f32 can be. NaN and numbers below 0 give NaN.
pub(super) fn ln(x: f64) -> f64 {
    if x.is_nan() || x < 0.0 {
        return f64::NAN;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    // x = 2^n·m with m from √½ to √2.
    let bits = x.to_bits();
    let mut n = (bits >> 52) as i64 - 1023;
    let mut m = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        n += 1;
    }
    // ln m = 2 artanh s
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    for k in (0..=10).rev() {
        sum = sum * square + 1.0 / f64::from(2 * k + 1);
    }
    n as f64 * LN_2[0] + (n as f64 * LN_2[1] + 2.0 * s * sum)
}

/// 1 / (1 + e^-x), rounded once to f32. NaN gives NaN.
pub(super) fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + exp(-f64::from(x)))) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_systems_library() {
        let mut x = 1e-45_f64;
        while x < 1e38 {
            let distance = (ln(x) - x.ln()).abs();
            assert!(distance <= 4e-16 * x.ln().abs().max(0.3), "ln {x}");
            x *= 1.37;
        }
        for n in -700_000..=700_000 {
            let x = f64::from(n) * 1e-3;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-15, "exp {x}");
        }
    }

    #[test]
    fn ends_of_the_range() {
        assert!(exp(f64::NAN).is_nan() && ln(f64::NAN).is_nan() && ln(-1.0).is_nan());
        assert_eq!((exp(f64::NEG_INFINITY), exp(0.0)), (0.0, 1.0));
        assert_eq!(
            (exp(f64::INFINITY), ln(f64::INFINITY)),
            (f64::INFINITY, f64::INFINITY)
        );
        assert_eq!((ln(0.0), ln(1.0)), (f64::NEG_INFINITY, 0.0));
        assert_eq!(
            (sigmoid(0.0), sigmoid(200.0), sigmoid(-200.0)),
            (0.5, 1.0, 0.0)
        );
        assert!(sigmoid(f32::NAN).is_nan());
    }
}
