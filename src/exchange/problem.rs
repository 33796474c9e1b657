//! What is wrong with a file of another program.

use crate::model::Parameter;

/// What is wrong with a file, and where.
pub(super) struct Problem {
    pub place: String,
    pub text: String,
}

impl Problem {
    pub fn new(place: &str, text: impl Into<String>) -> Problem {
        Problem {
            place: place.to_string(),
            text: text.into(),
        }
    }
}

/// A parameter of another shape than the model's.
pub(super) fn check_shape(
    place: &str,
    parameter: &Parameter,
    found: &[usize],
) -> Result<(), Problem> {
    if found == parameter.shape {
        return Ok(());
    }
    let text = format!("expected shape {:?}, found {found:?}", parameter.shape);
    Err(Problem::new(place, text))
}
