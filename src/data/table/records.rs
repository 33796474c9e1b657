//! The rows of a delimited file, with quotes or without.

use std::io;

use csv::ByteRecord;

use super::lines::{Lines, content};

/// What a quote is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Where a field begins with one, it ends with one; two within stand for one.
    Around,
    /// A character as any other.
    Plain,
}

/// How a row breaks the rules of quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file ends within quotes.
    Unclosed,
    /// Something other than a delimiter follows the quote that closes a field.
    AfterQuote,
}

/// Reads row after row; lines that are empty are none.
pub(super) struct Records {
    lines: Lines,
    delimiter: u8,
    pub quotes: Quotes,
    row: ReadRow,
}

/// The row that was read last.
#[derive(Default)]
pub(super) struct ReadRow {
    /// The line that it begins in.
    pub line: u64,
    pub fields: ByteRecord,
    pub fault: Option<Fault>,
    bytes: Vec<u8>,
    /// Where each of its lines ends.
    ends: Vec<usize>,
}

impl ReadRow {
    /// The lines that it takes, without what ends them.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(move |(start, &end)| content(&self.bytes[start..end]))
    }

    /// Whether it takes one line alone.
    pub fn is_one_line(&self) -> bool {
        self.ends.len() == 1
    }

    /// The line that it ends in.
    pub fn last_line(&self) -> u64 {
        self.line + self.ends.len() as u64 - 1
    }
}

impl Records {
    pub fn new(lines: Lines, delimiter: u8, quotes: Quotes) -> Records {
        Records {
            lines,
            delimiter,
            quotes,
            row: ReadRow::default(),
        }
    }

    /// The next row, or `None` after the last.
    ///
    /// # Errors
    /// As [`Lines::read`], with the line that the row begins in.
    pub fn read(&mut self) -> Result<Option<&ReadRow>, (u64, io::Error)> {
        let row = &mut self.row;
        loop {
            row.bytes.clear();
            row.ends.clear();
            row.line = self.lines.next_number();
            let more = self.lines.read(&mut row.bytes);
            if !more.map_err(|error| (row.line, error))? {
                return Ok(None);
            }
            row.ends.push(row.bytes.len());
            if !content(&row.bytes).is_empty() {
                break;
            }
        }
        row.fault = None;
        match self.quotes {
            Quotes::Plain => split(content(&row.bytes), self.delimiter, &mut row.fields),
            Quotes::Around => self.unquote().map_err(|error| (self.row.line, error))?,
        }
        Ok(Some(&self.row))
    }

    /// Splits the line that was read, and reads on while a quote is open.
    fn unquote(&mut self) -> io::Result<()> {
        let row = &mut self.row;
        row.fields.clear();
        let mut field = Vec::new();
        let (mut start, mut state) = (0, State::Start);
        loop {
            let line = &row.bytes[start..];
            let end = content(line).len();
            for &byte in &line[..end] {
                state = match (state, byte) {
                    (State::Start, b'"') => State::Within,
                    (State::Within, b'"') => State::Closed,
                    (State::Within, _) => {
                        field.push(byte);
                        State::Within
                    }
                    (State::Closed, b'"') => {
                        field.push(byte);
                        State::Within
                    }
                    (_, byte) if byte == self.delimiter => {
                        row.fields.push_field(&field);
                        field.clear();
                        State::Start
                    }
                    (state, _) => {
                        if state == State::Closed {
                            row.fault.get_or_insert(Fault::AfterQuote);
                        }
                        field.push(byte);
                        State::Open
                    }
                };
            }
            if state != State::Within {
                break;
            }
            field.extend_from_slice(&line[end..]);
            start = row.bytes.len();
            if !self.lines.read(&mut row.bytes)? {
                row.fault.get_or_insert(Fault::Unclosed);
                break;
            }
            row.ends.push(row.bytes.len());
        }
        row.fields.push_field(&field);
        Ok(())
    }
}

/// Where in a field a byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before its first byte.
    Start,
    /// In one without quotes.
    Open,
    /// Between quotes.
    Within,
    /// After a quote between quotes.
    Closed,
}

/// The fields of a line in which a quote is a character as any other.
pub(super) fn split(line: &[u8], delimiter: u8, fields: &mut ByteRecord) {
    fields.clear();
    line.split(|&byte| byte == delimiter)
        .for_each(|field| fields.push_field(field));
}
