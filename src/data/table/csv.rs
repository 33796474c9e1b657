//! The rows of CSV and TSV files.

use std::borrow::Cow;

use csv::ByteRecord;

use super::encoding::LineCheck;
use super::header::{Header, numbered};
use super::labels::LabelTally;
use super::lines::Lines;
use super::names::{Asked, Chosen};
use super::open::Input;
use super::records::{Quotes, ReadRow, Records, split};
use super::row::{Columns, Row, is_unlabelled, split_among};
use super::survey::{Layout, QUOTES, told, wrong_width};
use crate::error::Result;

/// Chooses the columns and, where there is a tally, counts the labels.
///
/// # Errors
/// [`crate::Error::Malformed`] where a column is missing; [`crate::Error::Io`].
pub(super) fn look(
    input: Input,
    layout: Layout,
    asked: Asked,
    mut check: LineCheck,
    tally: Option<&mut LabelTally>,
) -> Result<Chosen> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), layout.delimiter, Quotes::Around);
    let failure = |(line, error)| place.row_failure(line, error, QUOTES);
    let Some(first) = records.read().map_err(failure)? else {
        return Err(place.malformed(1, "the file is empty; copy or write it again"));
    };
    let malformed = |problem: String| place.malformed(first.line, problem);
    if let Some(fault) = first.fault {
        return Err(malformed(told(fault)));
    }
    let names = match layout.has_names {
        true => {
            for (number, line) in (first.line..).zip(first.lines()) {
                check.add(number, line);
            }
            // Names that cannot be read are none that could be found.
            check.finish_header(&place)?;
            first.fields.clone()
        }
        false => numbered(first.fields.len()),
    };
    let names: Vec<_> = names.iter().map(String::from_utf8_lossy).collect();
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let remedy = match layout.has_names {
        true => "; or give `Table::no_header` and columns by number, if this row has no names",
        false => "; columns without names have numbers, from 1",
    };
    let chosen =
        Chosen::among(&names, asked).map_err(|problem| malformed(format!("{problem}{remedy}")))?;
    let Some(tally) = tally else {
        return Ok(chosen);
    };
    let place_of = |wanted: &str| names.iter().position(|name| *name == wanted);
    let mut labels = LabelColumn {
        label: place_of(&chosen.label).unwrap_or(names.len()),
        split: split_among(names.iter().copied()).and_then(place_of),
        width: names.len(),
        layout,
        ..LabelColumn::default()
    };
    if !layout.has_names {
        labels.add(first);
    }
    while let Some(row) = records.read().map_err(failure)? {
        labels.add(row);
    }
    tally.merge(labels.finish());
    Ok(chosen)
}

/// Counts labels both ways that quotes may be meant, for it is yet to be decided.
#[derive(Default)]
struct LabelColumn {
    layout: Layout,
    label: usize,
    split: Option<usize>,
    width: usize,
    /// Of rows without any quote.
    common: LabelTally,
    /// Of others, with quotes around fields and with plain ones.
    around: LabelTally,
    plain: LabelTally,
    /// Whether quotes around fields do not explain some row, and whether every line is as wide as a row.
    is_broken: bool,
    is_ragged: bool,
    fields: ByteRecord,
}

impl LabelColumn {
    fn add(&mut self, row: &ReadRow) {
        let has_quote = |line: &[u8]| line.contains(&b'"');
        if row.is_one_line() && !row.lines().any(has_quote) {
            self.is_broken |= row.fields.len() != self.width;
            self.is_ragged |= row.fields.len() != self.width;
            if let Some(label) = self.label_of(&row.fields) {
                self.common.add(&label);
            }
            return;
        }
        self.is_broken |= row.fault.is_some() || row.fields.len() != self.width;
        if let (None, Some(label)) = (row.fault, self.label_of(&row.fields)) {
            self.around.add(&label);
        }
        let mut fields = std::mem::take(&mut self.fields);
        for line in row.lines() {
            split(line, self.layout.delimiter, &mut fields);
            self.is_ragged |= !line.is_empty() && fields.len() != self.width;
            if let Some(label) = self.label_of(&fields) {
                self.plain.add(&label);
            }
        }
        self.fields = fields;
    }

    /// The label of a row that should have one.
    fn label_of<'a>(&self, fields: &'a ByteRecord) -> Option<Cow<'a, str>> {
        let field = |place: usize| fields.get(place).map(String::from_utf8_lossy);
        let split = self.split.and_then(field);
        let counts =
            fields.len() == self.width && !split.is_some_and(|split| is_unlabelled(&split));
        field(self.label).filter(|_| counts)
    }

    fn finish(self) -> LabelTally {
        let mut tally = self.common;
        tally.merge(match self.is_broken && !self.is_ragged {
            true => self.plain,
            false => self.around,
        });
        tally
    }
}

/// Calls `visit` with every row and the line it begins in; the names of the columns, where the first row has them, are
/// none.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line of a row that is wrong, or that `visit` calls wrong;
/// [`crate::Error::Io`].
pub(super) fn visit(
    input: Input,
    layout: Layout,
    quotes: Quotes,
    columns: &Columns,
    mut visit: impl FnMut(u64, Row) -> Result<(), String>,
) -> Result<()> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), layout.delimiter, quotes);
    let mut header: Option<Header> = None;
    while let Some(row) = records
        .read()
        .map_err(|(line, error)| place.row_failure(line, error, QUOTES))?
    {
        let fields = &row.fields;
        let malformed = |problem: String| place.malformed(row.line, problem);
        if header.is_none() {
            let names = match layout.has_names {
                true => fields,
                false => &numbered(fields.len()),
            };
            header = Some(Header::new(names, columns).map_err(malformed)?);
            if layout.has_names {
                continue;
            }
        }
        let Some(header) = &header else { continue };
        if fields.len() != header.width {
            return Err(malformed(wrong_width(fields.len(), header.width)));
        }
        header
            .row(fields, columns)
            .and_then(|found| visit(row.line, found))
            .map_err(malformed)?;
    }
    Ok(())
}
