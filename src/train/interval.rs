//! How far a share that was counted may be from the true one.

/// The 97.5 % quantile of the normal distribution: what leaves 5 % outside, on both sides together.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// The 95 % confidence interval of a share, where `right` of `all` were counted; from 0 to 1 where nothing was.
///
/// It holds for few counts and for shares near 0 and 1, where the usual one, mean ± 1.96 standard errors, does not.
///
/// # Source
/// Wilson (1927), *Probable inference, the law of succession, and statistical inference*.
///
/// # Examples
/// ```
/// use gatefold::train::wilson_interval;
///
/// let (from, to) = wilson_interval(8, 10);
/// assert_eq!(format!("{from:.4} to {to:.4}"), "0.4902 to 0.9433");
/// ```
pub fn wilson_interval(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (count, share) = (all as f64, right as f64 / all as f64);
    let square = QUANTILE * QUANTILE;
    let middle = share + square / (2.0 * count);
    let spread = QUANTILE * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    let scale = 1.0 + square / count;
    let bound = |value: f64| (value / scale).clamp(0.0, 1.0);
    (bound(middle - spread), bound(middle + spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that Python gives of the formula.
    #[test]
    fn is_that_of_another_program() {
        for (right, all, expected) in [
            (0, 10, "0.000000 0.277533"),
            (10, 10, "0.722467 1.000000"),
            (262, 300, "0.830919 0.906308"),
            (1, 1, "0.206549 1.000000"),
        ] {
            let (from, to) = wilson_interval(right, all);
            assert_eq!(format!("{from:.6} {to:.6}"), expected, "{right} of {all}");
        }
        assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
    }
}
