//! A first look at a delimited file as a whole: what its quotes are, and whether its lines are text.

use csv::ByteRecord;

use super::encoding::LineCheck;
use super::header::numbered;
use super::lines::Lines;
use super::open::Input;
use super::place::Place;
use super::records::{Fault, Quotes, ReadRow, Records, split};
use super::wanted::{Fit, Wanted};
use crate::error::Result;

/// How a delimited file is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub delimiter: u8,
    /// Whether the first row has the names of the columns.
    pub has_names: bool,
}

/// What is wrong with a row of `here` fields, where the first has `first`.
pub(super) fn wrong_width(here: usize, first: usize) -> String {
    format!("fields: {here} here, {first} in the first line; {QUOTES}")
}

/// How to write quotes that are understood.
pub(super) const QUOTES: &str = "close the quotes around fields, and double those within";

/// What a file turned out to be.
pub(super) struct Survey {
    pub quotes: Quotes,
    /// Where quotes are plain, the line of the first that can be nothing else.
    pub plain_line: Option<u64>,
}

/// What is to be told of a file whose quotes turned out to be plain, in this line.
pub(super) fn quotes_note(name: &str, line: u64) -> String {
    format!(
        "quotes in {name} are part of its texts: as quotes around fields they make no sense in line {line}"
    )
}

/// Reads all of a file, to decide whether its quotes are around fields or plain.
///
/// They are around fields where every row keeps to their rules and has as many fields as the first. They are plain
/// where some row does not, or quotes would take in lines that are rows of their own, but every line by itself is a row.
///
/// # Errors
/// [`crate::Error::Malformed`] with the first line that is no row either way, or, of a file with tabs, the line where
/// the better of the two ways ends; also where too many lines are not text. [`crate::Error::Io`].
pub(super) fn survey<W: Wanted>(
    input: Input,
    layout: Layout,
    wanted: &W,
    mut check: LineCheck,
) -> Result<Survey> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), layout.delimiter, Quotes::Around);
    let mut ways = Ways::new(layout, wanted);
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
struct Ways<'a, W: Wanted> {
    layout: Layout,
    wanted: &'a W,
    /// The columns as quotes around fields have them, and as plain ones do.
    header: Option<[W::Header; 2]>,
    /// The first row that quotes around fields do not explain, and what is wrong with it.
    broken: Option<(u64, String)>,
    /// The first line that is no row by itself.
    no_row: Option<u64>,
    fields: ByteRecord,
}

impl<'a, W: Wanted> Ways<'a, W> {
    fn new(layout: Layout, wanted: &'a W) -> Ways<'a, W> {
        Ways {
            layout,
            wanted,
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
            let fit = self.wanted.fit(plain, &self.fields);
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
                None if row.fields.len() != W::width(header) => {
                    Some(wrong_width(row.fields.len(), W::width(header)))
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
        let has_names = self.layout.has_names;
        let header = |fields: &ByteRecord| match has_names {
            true => self.wanted.header(fields),
            false => self.wanted.header(&numbered(fields.len())),
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
            return Err(place.malformed(1, "the file is empty; copy or write it again"));
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
