//! A table's file as a stream of UTF-8.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::encoding::Decoded;
use super::form::Packing;
use super::lines::BUFFER;
use super::place::Place;
use super::unpack::unpacked;
use crate::data::byte_order_mark::{self, UTF_8_MARK};
use crate::error::Result;

/// Bytes that tell what a file is.
const HEAD: u64 = 512;

/// A table's file.
pub(in crate::data) struct Input {
    pub place: Place,
    pub reader: Box<dyn BufRead>,
}

/// Opens a table; what is read is what was packed. It is read as `encoding` or, where none is named, as what a byte order
/// mark says, which itself is left out, or UTF-8.
///
/// # Errors
/// [`crate::Error::Malformed`] for what is no text, [`crate::Error::Io`].
pub(in crate::data) fn open(
    path: &Path,
    packing: Packing,
    encoding: Option<&'static Encoding>,
) -> Result<Input> {
    let place = Place::new(path, packing != Packing::None);
    of_stream(place, unpacked(path, packing)?, encoding)
}

/// As [`open`], of a stream that is called so, and is unpacked.
pub(super) fn of_stream(
    place: Place,
    mut reader: Box<dyn BufRead>,
    encoding: Option<&'static Encoding>,
) -> Result<Input> {
    let mut head = Vec::new();
    let read = reader.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|error| place.failure(1, error))?;
    let (found, mark) = match byte_order_mark::of(&head) {
        Some(byte_order_mark::Mark::Utf8) => (UTF_8, UTF_8_MARK.len()),
        Some(byte_order_mark::Mark::Utf16Le) => (UTF_16LE, 2),
        Some(byte_order_mark::Mark::Utf16Be) => (UTF_16BE, 2),
        None => (encoding.unwrap_or(UTF_8), 0),
    };
    let is_utf_16 = |encoding: &'static Encoding| encoding == UTF_16LE || encoding == UTF_16BE;
    match encoding {
        Some(encoding) if encoding != found && !(is_utf_16(encoding) && is_utf_16(found)) => {
            let problem = format!(
                "the byte order mark says that this is {}, and not {}; leave out `Table::encoding`",
                found.name(),
                encoding.name()
            );
            return Err(place.malformed(1, problem));
        }
        _ => {}
    }
    if !is_utf_16(found)
        && let Some(problem) = no_text(&head)
    {
        return Err(place.malformed(1, problem));
    }
    let mut head = Cursor::new(head);
    head.set_position(mark as u64);
    let reader = head.chain(reader);
    let reader: Box<dyn BufRead> = match found == UTF_8 {
        true => Box::new(reader),
        false => Box::new(BufReader::with_capacity(
            BUFFER,
            Decoded::new(reader, found),
        )),
    };
    Ok(Input { place, reader })
}

/// What is wrong with a file that begins so and is called a table, if it is none.
fn no_text(head: &[u8]) -> Option<String> {
    let problem = match head {
        [0x1F, 0x8B, ..] => {
            "a gzip file; have its name end in .gz, once for each time it was compressed"
        }
        [b'P', b'K', 3, 4, ..] => {
            "a zip archive, or a spreadsheet; have its name end in .zip, or save the sheet as CSV in UTF-8"
        }
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file; have its name end in .parquet",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "a bzip2 file; have its name end in .bz2",
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => "an xz file; have its name end in .xz",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "a zstd file; have its name end in .zst",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "a spreadsheet; save the sheet as CSV in UTF-8",
        _ => {
            let zeros = |parity| {
                let bytes = head.iter().skip(parity).step_by(2);
                4 * bytes.filter(|&&byte| byte == 0).count() > head.len()
            };
            return match (zeros(0), zeros(1)) {
                (false, false) => None,
                (true, true) => Some("no text: most of its bytes are 0".to_owned()),
                (big, _) => Some(format!(
                    "UTF-16 without a byte order mark; save it as UTF-8, or give {} as `Table::encoding`",
                    if big { "utf-16be" } else { "utf-16le" }
                )),
            };
        }
    };
    Some(problem.to_owned())
}
