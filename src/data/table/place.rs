//! Errors that name a table's file and its lines.

use std::io;
use std::path::{Path, PathBuf};

use crate::data::raw::LARGEST_REVIEW;
use crate::error::Error;

/// Bytes of a row at most: a review of the largest size, six bytes a character where JSON escapes it.
pub(super) const LARGEST_ROW: u64 = 6 * LARGEST_REVIEW;

/// What errors name a file by.
#[derive(Debug, Clone)]
pub(in crate::data) struct Place {
    path: PathBuf,
    is_packed: bool,
}

impl Place {
    /// A file, and whether it is read through a decompression.
    pub fn new(path: &Path, is_packed: bool) -> Place {
        Place {
            path: path.to_owned(),
            is_packed,
        }
    }

    /// What is wrong with a line, counted from 1.
    pub fn malformed(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::Malformed {
            path: self.path.clone(),
            place: format!("line {line}"),
            problem: problem.into(),
        }
    }

    /// A row that could not be read: longer than [`LARGEST_ROW`] bytes, or cut off by the stream's failure.
    pub fn row_failure(&self, line: u64, error: io::Error, remedy: &str) -> Error {
        match error.kind() {
            io::ErrorKind::FileTooLarge => {
                let largest = LARGEST_ROW >> 20;
                self.malformed(line, format!("longer than {largest} MiB; {remedy}"))
            }
            _ => self.failure(line, error),
        }
    }

    /// A stream that failed: the system, or the decompression.
    pub fn failure(&self, line: u64, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if self.is_packed => {
                self.malformed(line, "the file is cut short; copy or download it again")
            }
            // An error that is not the system's is one of the decompression.
            _ if self.is_packed && error.raw_os_error().is_none() => self.malformed(
                line,
                format!("the file is corrupt ({error}); copy or download it again"),
            ),
            _ => Error::io(&self.path)(error),
        }
    }
}
