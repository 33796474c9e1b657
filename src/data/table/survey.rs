//! A first look at a delimited file as a whole: what its quotes are, and whether its lines are text.

use csv::ByteRecord;

use super::encoding::LineCheck;
use super::header::{Fit, Header, numbered};
use super::lines::Lines;
use super::open::Input;
use super::place::Place;
use super::records::{Fault, Quotes, ReadRow, Records, split};
use super::row::Columns;
use crate::error::Result;

/// How a delimited file is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub delimiter: u8,
    /// Whether the first row has the names of the columns.
    pub has_names: bool,
}

/// How to write quotes that are understood.
pub(super) const QUOTES: &str = "close the quotes around fields, and double those within";

/// What a file turned out to be.
pub(super) struct Survey {
    pub quotes: Quotes,
    /// Where the first quote stands that only a plain character can be.
    pub plain_line: Option<u64>,
}

/// Reads all of a file, to decide whether its quotes are around fields or plain.
///
/// They are around fields where every row keeps to their rules and has as many fields as the first. They are plain
/// where some row does not, or quotes would take in lines that are rows of their own, but every line by itself is a row.
///
/// # Errors
/// [`crate::Error::Malformed`] with the first line that is no row either way, or, of a file with tabs, the line where
/// the better of the two ways ends; also where too many lines are not text. [`crate::Error::Io`].
pub(super) fn survey(
    input: Input,
    layout: Layout,
    columns: &Columns,
    mut check: LineCheck,
) -> Result<Survey> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), layout.delimiter, Quotes::Around);
    let mut ways = Ways::new(layout, columns);
    while let Some(row) = records
        .read()
        .map_err(|(line, error)| place.row_failure(line, error, QUOTES))?
    {
        for (number, line) in (row.line..).zip(row.lines()) {
            check.add(number, line);
        }
        if ways.header.is_none() && layout.has_names {
            // Names that cannot be read are none that could be found.
            check.finish_header(&place)?;
        }
        ways.add(row, &place)?;
        if ways.broken.is_some() {
            records.quotes = Quotes::Plain;
        }
    }
    check.finish(&place)?;
    ways.decide(&place)
}

/// The two ways to take quotes, and where each first goes wrong.
struct Ways<'a> {
    layout: Layout,
    columns: &'a Columns,
    /// The columns as quotes around fields have them, and as plain ones do.
    header: Option<[Header; 2]>,
    /// The first row that quotes around fields do not explain, and what is wrong with it.
    broken: Option<(u64, String)>,
    /// The first line that is no row by itself.
    no_row: Option<u64>,
    fields: ByteRecord,
}

impl<'a> Ways<'a> {
    fn new(layout: Layout, columns: &'a Columns) -> Ways<'a> {
        Ways {
            layout,
            columns,
            header: None,
            broken: None,
            no_row: None,
            fields: ByteRecord::new(),
        }
    }

    fn add(&mut self, row: &ReadRow, place: &Place) -> Result<()> {
        if self.header.is_none() {
            self.add_header(row, place)?;
            if self.layout.has_names {
                return Ok(());
            }
        }
        let Some([header, plain]) = &self.header else {
            return Ok(());
        };
        // A quote that swallows rows shows at its ends: both lines are rows by themselves.
        let mut ends = [None; 2];
        for (number, line) in (row.line..).zip(row.lines()) {
            if self.no_row.is_some() && row.is_one_line() {
                break;
            }
            split(line, self.layout.delimiter, &mut self.fields);
            let fit = plain.fit(&self.fields, self.columns);
            if fit == Fit::None && !line.is_empty() {
                self.no_row.get_or_insert(number);
            }
            // Parts of a text look like a row without a label now and then.
            let is_row = fit == Fit::Whole;
            ends = [ends[0].or(Some(is_row)), Some(is_row)];
        }
        if self.broken.is_none() {
            let swallows = !row.is_one_line() && ends == [Some(true); 2];
            let problem = match row.fault {
                Some(fault) => Some(told(fault)),
                None if row.fields.len() != header.width => Some(format!(
                    "fields: {} here, {} in the first line; {QUOTES}",
                    row.fields.len(),
                    header.width
                )),
                None if swallows => Some(format!(
                    "a quote opens here and takes in whole rows, to line {}; double a quote that is part of a \
                     text, and put quotes around it",
                    row.last_line()
                )),
                None => None,
            };
            self.broken = problem.map(|problem| (row.line, problem));
        }
        Ok(())
    }

    fn add_header(&mut self, row: &ReadRow, place: &Place) -> Result<()> {
        if let Some(fault) = row.fault {
            return Err(place.malformed(row.line, told(fault)));
        }
        let has_names = self.layout.has_names;
        let header = |fields: &ByteRecord| match has_names {
            true => Header::new(fields, self.columns),
            false => Header::new(&numbered(fields.len()), self.columns),
        };
        let found = header(&row.fields).map_err(|problem| place.malformed(row.line, problem))?;
        split(
            row.lines().next().unwrap_or_default(),
            self.layout.delimiter,
            &mut self.fields,
        );
        let plain = match header(&self.fields) {
            Ok(plain) => plain,
            Err(_) => {
                self.no_row = Some(row.line);
                header(&row.fields).map_err(|problem| place.malformed(row.line, problem))?
            }
        };
        self.header = Some([found, plain]);
        Ok(())
    }

    fn decide(self, place: &Place) -> Result<Survey> {
        if self.header.is_none() {
            return Err(place.malformed(1, "the file is empty"));
        }
        let survey = |quotes, plain_line| Survey { quotes, plain_line };
        match (self.broken, self.no_row) {
            (None, _) => Ok(survey(Quotes::Around, None)),
            (Some((line, _)), None) => Ok(survey(Quotes::Plain, Some(line))),
            // Tables with tabs have plain quotes as a rule: what is wrong is told when the line is read.
            (Some((line, _)), Some(no_row)) if self.layout.delimiter == b'\t' && no_row > line => {
                Ok(survey(Quotes::Plain, Some(line)))
            }
            (Some((line, problem)), Some(_)) => Err(place.malformed(line, problem)),
        }
    }
}

pub(super) fn told(fault: Fault) -> String {
    match fault {
        Fault::Unclosed => format!("a quote opens here that nothing closes; {QUOTES}"),
        Fault::AfterQuote => {
            format!("text follows the quote that closes a field of this row; {QUOTES}")
        }
    }
}
