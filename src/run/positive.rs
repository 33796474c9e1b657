//! [`is_positive`]: what most numbers of a training must be.

/// Whether it is a number above 0 for the kernels, which compute with f32.
pub(super) fn is_positive(number: f64) -> bool {
    number as f32 > 0.0 && (number as f32).is_finite()
}
