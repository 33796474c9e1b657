//! The JSON files of a data set's folder, and what is said of one that is wrong.

use std::path::Path;

use crate::data::files::read_whole;
use crate::data::json_problem::problem_of;
use crate::error::{Error, Result};

/// No description comes near this many bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Reads a JSON file of a data set's folder.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = read_whole(path, LARGEST_FILE, || {
        format!(
            "longer than {} MiB; this is another file",
            LARGEST_FILE >> 20
        )
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        malformed(
            path,
            &place,
            format!("{}; copy the file again", problem_of(&error)),
        )
    })
}

/// A file of the folder that is not as it should be.
pub(super) fn malformed(path: &Path, place: &str, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: place.to_owned(),
        problem: problem.into(),
    }
}
