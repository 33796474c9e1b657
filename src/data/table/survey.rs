//! A first look at a delimited file as a whole: what its quotes are, and whether its lines are text.

use csv::ByteRecord;

use super::encoding::LineCheck;
use super::lines::Lines;
use super::open::Input;
use super::place::Place;
use super::records::{Fault, Quotes, ReadRow, Records, split};
use crate::error::Result;

/// How to write quotes that are understood.
pub(super) const QUOTES: &str = "close the quotes around fields, and double those within";

/// What somebody looks for in the rows of a file.
pub(super) trait Layout {
    /// Where it stands.
    type Header;

    /// Finds it among the names of the columns.
    ///
    /// # Errors
    /// What is not there.
    fn header(&self, names: &ByteRecord) -> Result<Self::Header, String>;

    /// How many columns there are.
    fn width(header: &Self::Header) -> usize;

    /// Whether these fields are a row: as many as there are columns, of which each holds what it should.
    fn takes(&self, header: &Self::Header, fields: &ByteRecord) -> bool;
}

/// What is wrong with a row of `here` fields, where the first has `first`.
pub(super) fn wrong_width(here: usize, first: usize) -> String {
    format!("fields: {here} here, {first} in the first line; {QUOTES}")
}

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
pub(super) fn survey<L: Layout>(
    input: Input,
    delimiter: u8,
    columns: &L,
    mut check: LineCheck,
) -> Result<Survey> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), delimiter, Quotes::Around);
    let mut ways = Ways::new(delimiter, columns);
    while let Some(row) = records
        .read()
        .map_err(|(line, error)| place.row_failure(line, error, QUOTES))?
    {
        for (number, line) in (row.line..).zip(row.lines()) {
            check.add(number, line);
        }
        if ways.header.is_none() {
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
struct Ways<'a, L: Layout> {
    delimiter: u8,
    columns: &'a L,
    /// The columns as quotes around fields have them, and as plain ones do.
    header: Option<[L::Header; 2]>,
    /// The first row that quotes around fields do not explain, and what is wrong with it.
    broken: Option<(u64, String)>,
    /// The first line that is no row by itself.
    no_row: Option<u64>,
    fields: ByteRecord,
}

impl<'a, L: Layout> Ways<'a, L> {
    fn new(delimiter: u8, columns: &'a L) -> Ways<'a, L> {
        Ways {
            delimiter,
            columns,
            header: None,
            broken: None,
            no_row: None,
            fields: ByteRecord::new(),
        }
    }

    fn add(&mut self, row: &ReadRow, place: &Place) -> Result<()> {
        let Some([header, plain]) = &self.header else {
            return self.add_header(row, place);
        };
        // A quote that swallows rows shows at its ends: both lines are rows by themselves.
        let mut ends = [None; 2];
        for (number, line) in (row.line..).zip(row.lines()) {
            if self.no_row.is_some() && row.is_one_line() {
                break;
            }
            split(line, self.delimiter, &mut self.fields);
            let is_row = self.columns.takes(plain, &self.fields);
            if !is_row && !line.is_empty() {
                self.no_row.get_or_insert(number);
            }
            ends = [ends[0].or(Some(is_row)), Some(is_row)];
        }
        if self.broken.is_none() {
            let swallows = !row.is_one_line() && ends == [Some(true); 2];
            let problem = match row.fault {
                Some(fault) => Some(told(fault)),
                None if row.fields.len() != L::width(header) => {
                    Some(wrong_width(row.fields.len(), L::width(header)))
                }
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
        let header = |fields: &ByteRecord| self.columns.header(fields);
        let found = header(&row.fields).map_err(|problem| place.malformed(row.line, problem))?;
        split(
            row.lines().next().unwrap_or_default(),
            self.delimiter,
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
            (Some((line, _)), Some(no_row)) if self.delimiter == b'\t' && no_row > line => {
                Ok(survey(Quotes::Plain, Some(line)))
            }
            (Some((line, problem)), Some(_)) => Err(place.malformed(line, problem)),
        }
    }
}

fn told(fault: Fault) -> String {
    match fault {
        Fault::Unclosed => format!("a quote opens here that nothing closes; {QUOTES}"),
        Fault::AfterQuote => {
            format!("text follows the quote that closes a field of this row; {QUOTES}")
        }
    }
}
