//! The arithmetic that measures an adapter's peak.

/// What each of `invocations` leaves: `[invocations, 4]`.
///
/// Twelve numbers begin at i mod 61, i mod 61 + 1, …; after `steps` times x ← factor·x + term they are added up,
/// three for each number of the result.
pub fn peak_arithmetic(invocations: usize, steps: usize, factor: f64, term: f64) -> Vec<f64> {
    let mut y = vec![0.0; 4 * invocations];
    for i in 0..invocations {
        for n in 0..12 {
            let mut x = (i % 61 + n) as f64;
            for _ in 0..steps {
                x = factor * x + term;
            }
            y[4 * i + n % 4] += x;
        }
    }
    y
}
