//! SHA-256 of bytes and files, in hexadecimal.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Digits of a SHA-256 in hexadecimal.
pub(super) const DIGITS: usize = 64;

/// The SHA-256 of `bytes`: 64 lower-case hexadecimal digits.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hexadecimal(Sha256::digest(bytes))
}

/// The SHA-256 of the file's content, as [`sha256`] gives it, in memory of a fixed size.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read.
pub(super) fn sha256_of_file(path: &Path) -> Result<String> {
    let digest = || {
        let mut hasher = Sha256::new();
        let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
        loop {
            let bytes = file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(hexadecimal(hasher.finalize()));
            }
            hasher.update(bytes);
            let count = bytes.len();
            file.consume(count);
        }
    };
    digest().map_err(Error::io(path))
}

pub(super) fn hexadecimal(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
