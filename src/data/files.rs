//! Reading a file whole, within a bound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};

/// The bytes of the file at `path`; `problem` tells what is wrong with one of more than `largest` bytes.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] where it is too long.
pub(super) fn read_whole(
    path: &Path,
    largest: u64,
    problem: impl FnOnce() -> String,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Error::io(path))?;
    file.take(largest + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::io(path))?;
    if bytes.len() as u64 > largest {
        return Err(Error::Malformed {
            path: path.to_owned(),
            place: "the file".to_owned(),
            problem: problem(),
        });
    }
    Ok(bytes)
}
