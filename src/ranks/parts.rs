//! Several strings of bytes as one.

use crate::error::{Error, Result};

/// Appends each with its length before it.
pub(super) fn pack_parts(parts: &[Vec<u8>], bytes: &mut Vec<u8>) {
    for part in parts {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    }
}

/// Those that were packed.
pub(super) fn unpack_parts(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk().ok_or_else(strange)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| strange())?;
        let (part, rest) = rest.split_at_checked(length).ok_or_else(strange)?;
        parts.push(part.to_vec());
        bytes = rest;
    }
    Ok(parts)
}

/// A message that no rank of this version sends.
pub(super) fn strange() -> Error {
    Error::Internal {
        place: "messages between ranks",
        problem: "a message has another form than was expected".to_string(),
    }
}
