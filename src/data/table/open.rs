//! A table's file as a stream of bytes, and errors that name its lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::data::raw::LARGEST_REVIEW;
use crate::error::{Error, Result};

/// Bytes of a row at most: a review of the largest size, six bytes a character where JSON escapes it.
pub(super) const LARGEST_ROW: u64 = 6 * LARGEST_REVIEW;

const BUFFER: usize = 1 << 16;

/// A table's file.
pub(super) struct Input {
    pub place: Place,
    pub reader: Box<dyn BufRead>,
}

/// What errors name the file by.
pub(super) struct Place {
    path: PathBuf,
    gzip: bool,
}

/// Opens a table; with `gzip`, what is read is what was compressed.
///
/// # Errors
/// [`Error::Io`]
pub(super) fn open(path: &Path, gzip: bool) -> Result<Input> {
    let file = File::open(path).map_err(Error::io(path))?;
    let file = BufReader::with_capacity(BUFFER, file);
    Ok(Input {
        place: Place {
            path: path.to_owned(),
            gzip,
        },
        reader: if gzip {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(file)))
        } else {
            Box::new(file)
        },
    })
}

impl Place {
    /// What is wrong with a line, counted from 1.
    pub fn malformed(&self, line: u64, problem: impl Into<String>) -> Error {
        Error::Malformed {
            path: self.path.clone(),
            place: format!("line {line}"),
            problem: problem.into(),
        }
    }

    /// A row of more than [`LARGEST_ROW`] bytes.
    pub fn too_long(&self, line: u64, remedy: &str) -> Error {
        let largest = LARGEST_ROW >> 20;
        self.malformed(line, format!("longer than {largest} MiB; {remedy}"))
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
