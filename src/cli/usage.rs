//! [`option`]: the error for an option that makes no sense.

use gatefold::Error;

/// An option that makes no sense, with what would.
pub fn option(name: &str, problem: impl Into<String>) -> Error {
    Error::Argument {
        name: name.to_string(),
        problem: problem.into(),
    }
}
