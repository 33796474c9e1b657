//! The rows of CSV and TSV files.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::open::{Input, LARGEST_ROW};
use super::row::{Columns, ContentColumn, IDS, Row, SPLIT, SYNTHETIC, missing, row_of, shortened};
use crate::data::raw::checked_text;
use crate::error::Result;

const QUOTES: &str = "close the quotes around fields, and double those within";

/// Where the columns are.
struct Header {
    content: ContentColumn<usize>,
    label: usize,
    split: Option<usize>,
    synthetic: Option<usize>,
}

/// Calls `visit` with every row after the first, which has the names of the columns.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line of a row that is wrong, or that `visit` calls wrong;
/// [`crate::Error::Io`].
pub(super) fn visit(
    input: Input,
    delimiter: u8,
    columns: &Columns,
    mut visit: impl FnMut(Row) -> Result<(), String>,
) -> Result<()> {
    let Input { place, reader } = input;
    let state = Rc::new(State::default());
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(RowLimiter {
            inner: reader.chain(b"\n"),
            state: Rc::clone(&state),
        });
    let unclosed = |line| {
        // The line break that `RowLimiter` appends would have ended the row.
        let problem = format!("a quote opens here that nothing closes; {QUOTES}");
        place.malformed(line, problem)
    };
    let fail = |line, error: csv::Error| match error.into_kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            place.too_long(line, QUOTES)
        }
        ErrorKind::Io(error) => place.failure(line, error),
        _ if state.ended.get() => unclosed(line),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let problem = format!("fields: {len} here, {expected_len} in the first line; {QUOTES}");
            place.malformed(line, problem)
        }
        _ => place.malformed(line, format!("not a row; {QUOTES}")),
    };
    let names = reader.byte_headers().map_err(|error| fail(1, error))?;
    let header = Header::new(names, columns).map_err(|problem| place.malformed(1, problem))?;
    let mut record = ByteRecord::new();
    loop {
        state.taken.set(0);
        let line = reader.position().line();
        let more = reader
            .read_byte_record(&mut record)
            .map_err(|error| fail(line, error))?;
        if !more {
            return Ok(());
        }
        let line = record.position().map_or(line, |position| position.line());
        if state.ended.get() {
            return Err(unclosed(line));
        }
        header
            .row(&record, columns)
            .and_then(&mut visit)
            .map_err(|problem| place.malformed(line, problem))?;
    }
}

impl Header {
    fn new(names: &ByteRecord, columns: &Columns) -> Result<Header, String> {
        if names.is_empty() {
            return Err("the file is empty".to_owned());
        }
        let find = |name: &str| {
            names
                .iter()
                .position(|field| field.trim_ascii() == name.as_bytes())
        };
        let all = || {
            let names = names.iter().map(String::from_utf8_lossy);
            shortened(&names.collect::<Vec<_>>().join(", "))
        };
        Ok(Header {
            content: columns.pick(find(columns.text), find(IDS), all)?,
            label: find(columns.label)
                .ok_or_else(|| missing(columns.label, "Table::label_column", &all()))?,
            split: find(SPLIT),
            synthetic: find(SYNTHETIC),
        })
    }

    fn row(&self, record: &ByteRecord, columns: &Columns) -> Result<Row, String> {
        let field = |index: usize| record.get(index).unwrap_or_default();
        let split = self
            .split
            .map(|index| String::from_utf8_lossy(field(index)));
        let synthetic = self.synthetic.map(field) == Some(b"true");
        let content = || match self.content {
            ContentColumn::Text(index) => checked_text(field(index)),
            ContentColumn::Ids(index) => columns.ids(&numbers(field(index))?),
        };
        let label = || columns.label(&String::from_utf8_lossy(field(self.label)));
        row_of(split.as_deref(), label, content, synthetic)
    }
}

/// Numbers with spaces between them.
fn numbers(field: &[u8]) -> Result<Vec<i64>, String> {
    let text = String::from_utf8_lossy(field);
    let parsed = text.split_ascii_whitespace().map(|number| {
        number.parse().map_err(|_| {
            format!(
                "id `{}`; expected whole numbers with spaces between",
                shortened(number)
            )
        })
    });
    parsed.collect()
}

/// What a [`RowLimiter`] has read so far.
#[derive(Default)]
struct State {
    /// Bytes since the row before.
    taken: Cell<u64>,
    /// Whether the end of the file was told, after the line break.
    ended: Cell<bool>,
}

/// Bounds the bytes of a row, and ends the last one with a line break.
struct RowLimiter<R> {
    inner: io::Chain<R, &'static [u8]>,
    state: Rc<State>,
}

impl<R: Read> Read for RowLimiter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let taken = &self.state.taken;
        if taken.get() > LARGEST_ROW {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.inner.read(buffer)?;
        taken.set(taken.get() + count as u64);
        self.state.ended.set(count == 0 && !buffer.is_empty());
        Ok(count)
    }
}
