//! [`refuse`]: the error for a field that makes no sense.

use crate::error::Error;

/// An error that names the field, and what would be right.
pub(super) fn refuse(field: &str, problem: impl Into<String>) -> Error {
    Error::Option {
        option: format!("`{field}`"),
        problem: problem.into(),
    }
}
