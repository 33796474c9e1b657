//! The objects of a JSON file: one a line, or the elements of one array.

use std::io::{self, BufRead};

use super::lines::Lines;
use super::open::Input;
use super::place::{LARGEST_ROW, Place};
use crate::error::Result;

const OF_LINES: &str = "put each object on a line of its own";
const OF_ARRAYS: &str = "put commas between the objects, and a bracket after the last";

/// Calls `look` with every object's bytes, not yet looked at, and the line that they begin in.
///
/// A file that begins with a bracket is an array; lines of others that are blank are none.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line of what is no array, or that `look` calls wrong; [`crate::Error::Io`].
pub(super) fn each(input: Input, look: impl FnMut(u64, &[u8]) -> Result<(), String>) -> Result<()> {
    let Input { place, mut reader } = input;
    let mut line = 1;
    let first = next_byte(&mut reader, &mut line).map_err(|error| place.failure(line, error))?;
    match first {
        Some(b'[') => {
            reader.consume(1);
            elements(reader, line, &place, look)
        }
        _ => lines(Lines::after(reader, line - 1), &place, look),
    }
}

fn lines(
    mut lines: Lines,
    place: &Place,
    mut look: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let number = lines.next_number();
        let more = lines.read(&mut bytes);
        if !more.map_err(|error| place.row_failure(number, error, OF_LINES))? {
            return Ok(());
        }
        if !bytes.trim_ascii().is_empty() {
            look(number, bytes.trim_ascii_end())
                .map_err(|problem| place.malformed(number, problem))?;
        }
    }
}

fn elements(
    mut reader: Box<dyn BufRead>,
    mut line: u64,
    place: &Place,
    mut look: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<()> {
    let mut bytes = Vec::new();
    let mut any = false;
    loop {
        let failure = |line, error| place.row_failure(line, error, OF_ARRAYS);
        let next = next_byte(&mut reader, &mut line).map_err(|error| failure(line, error))?;
        if next == Some(b']') && !any {
            reader.consume(1);
            break;
        }
        let begun = line;
        bytes.clear();
        let end =
            element(&mut reader, &mut line, &mut bytes).map_err(|error| failure(begun, error))?;
        let Some(end) = end else {
            let problem = "the array ends without a bracket; copy or write the file again";
            return Err(place.malformed(begun, problem));
        };
        look(begun, bytes.trim_ascii_end()).map_err(|problem| place.malformed(begun, problem))?;
        any = true;
        if end == b']' {
            break;
        }
    }
    match next_byte(&mut reader, &mut line).map_err(|error| place.failure(line, error))? {
        None => Ok(()),
        Some(_) => Err(place.malformed(line, "something follows the array; take it out")),
    }
}

/// Skips white space, and gives the byte after it without taking it; `line` is the line of that.
fn next_byte(reader: &mut Box<dyn BufRead>, line: &mut u64) -> io::Result<Option<u8>> {
    let mut after_return = false;
    loop {
        let found = fill(reader)?;
        let Some(&byte) = found.first() else {
            return Ok(None);
        };
        if !byte.is_ascii_whitespace() {
            return Ok(Some(byte));
        }
        count_line(byte, &mut after_return, line);
        reader.consume(1);
    }
}

/// Appends what stands before the next comma or bracket of the array itself to `bytes`, takes that and gives it; `None`
/// at the end of the file.
fn element(
    reader: &mut Box<dyn BufRead>,
    line: &mut u64,
    bytes: &mut Vec<u8>,
) -> io::Result<Option<u8>> {
    let (mut depth, mut in_string, mut is_escaped) = (0u64, false, false);
    let mut after_return = false;
    loop {
        let found = fill(reader)?;
        if found.is_empty() {
            return Ok(None);
        }
        let mut end = None;
        for (place, &byte) in found.iter().enumerate() {
            count_line(byte, &mut after_return, line);
            if in_string {
                in_string = is_escaped || byte != b'"';
                is_escaped = !is_escaped && byte == b'\\';
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'[' | b'{' => depth += 1,
                b',' | b']' if depth == 0 => {
                    end = Some((place, byte));
                    break;
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let count = end.map_or(found.len(), |(place, _)| place);
        bytes.extend_from_slice(&found[..count]);
        reader.consume(count + usize::from(end.is_some()));
        if bytes.len() as u64 > LARGEST_ROW {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if let Some((_, byte)) = end {
            return Ok(Some(byte));
        }
    }
}

/// Counts the ends of lines: LF, CR LF or CR.
fn count_line(byte: u8, after_return: &mut bool, line: &mut u64) {
    *line += u64::from(byte == b'\r' || byte == b'\n' && !*after_return);
    *after_return = byte == b'\r';
}

/// What the stream has next, nothing at its end.
fn fill(reader: &mut Box<dyn BufRead>) -> io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    reader.fill_buf()
}
