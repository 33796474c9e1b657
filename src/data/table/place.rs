//! Errors that name a table's file and its lines.

use std::io;
use std::path::{Path, PathBuf};

use crate::data::raw::LARGEST_REVIEW;
use crate::error::Error;

/// Bytes of a row at most: a review of the largest size, six bytes a character where JSON escapes it.
pub(super) const LARGEST_ROW: u64 = 6 * LARGEST_REVIEW;

/// What errors name a file by.
pub(super) struct Place {
    path: PathBuf,
    gzip: bool,
}

impl Place {
    pub fn new(path: &Path, gzip: bool) -> Place {
        Place {
            path: path.to_owned(),
            gzip,
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
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match error.kind() {
            UnexpectedEof if self.gzip => {
                self.malformed(line, "the file is cut short; copy or download it again")
            }
            InvalidData | InvalidInput if self.gzip => self.malformed(
                line,
                format!("the file is corrupt ({error}); copy or download it again"),
            ),
            _ => Error::io(&self.path)(error),
        }
    }
}
