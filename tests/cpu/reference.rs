//! The f64 twins: each kernel's values, and whole models against finite differences.

use gatefold::random::Philox;

use crate::support::fixture::relative_error;

mod kernels;
mod network;
mod optimisers;

/// `count` numbers from U(−limit, limit), others for every `stream`.
fn uniform(stream: u64, count: usize, limit: f64) -> Vec<f64> {
    let mut random = Philox::new(17, stream);
    (0..count)
        .map(|_| limit * (2.0 * random.unit_f64() - 1.0))
        .collect()
}

/// Whether `found` is `expected` but for the order of f64 sums.
fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    let error = relative_error(found, expected);
    assert!(error <= 1e-13, "{what}: {error:.2e}");
}
