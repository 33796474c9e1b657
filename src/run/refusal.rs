//! [`refuse`]: the error for a field that makes no sense; [`is_positive`]: what most numbers must be.

use crate::error::Error;

/// An error that names the field, and what would be right.
pub(super) fn refuse(field: &str, problem: impl Into<String>) -> Error {
    Error::Option {
        option: format!("`{field}`"),
        problem: problem.into(),
    }
}

/// Whether it is a number above 0 for the kernels, which compute with f32.
pub(super) fn is_positive(number: f64) -> bool {
    number as f32 > 0.0 && (number as f32).is_finite()
}
