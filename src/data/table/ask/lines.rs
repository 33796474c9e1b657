//! A text a line.

use std::io::BufRead;

use super::request::Named;
use super::row::{Checked, TextCells, TextRow};
use crate::data::table::encoding::LineCheck;
use crate::data::table::open::Input;
use crate::error::Result;

/// Reads line after line. A line ends in LF or CR LF.
pub(super) struct TextLines {
    input: Input,
    check: LineCheck,
    read: u64,
    bytes: Vec<u8>,
}

impl TextLines {
    pub fn new(input: Input, named: Named) -> TextLines {
        TextLines {
            input,
            check: LineCheck::new(named),
            read: 0,
            bytes: Vec::new(),
        }
    }

    pub fn next(&mut self) -> Result<Checked> {
        self.bytes.clear();
        let Input { place, reader } = &mut self.input;
        let read = reader.read_until(b'\n', &mut self.bytes);
        self.read += 1;
        if read.map_err(|error| place.failure(self.read, error))? == 0 {
            return Ok(None);
        }
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.check.add(self.read, line);
        let valid = std::str::from_utf8(line).is_ok();
        let row = TextRow {
            text: String::from_utf8_lossy(line).into_owned(),
            cells: TextCells::None,
        };
        Ok(Some((row, valid)))
    }

    /// Says that too many of the lines so far are not text.
    pub fn check(&self) -> Result<()> {
        self.check.finish(&self.input.place)
    }
}
