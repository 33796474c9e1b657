//! The rows of a CSV or TSV file, whole.

use csv::ByteRecord;

use super::origin::Content;
use super::request::{Named, TextRequest};
use super::row::{Checked, TextCells, TextRow, strings};
use crate::data::raw::{Content as Text, checked_text};
use crate::data::table::encoding::LineCheck;
use crate::data::table::excerpt::shortened;
use crate::data::table::lines::Lines;
use crate::data::table::place::Place;
use crate::data::table::records::Records;
use crate::data::table::survey::{self, Layout, QUOTES, quotes_note, wrong_width};
use crate::data::table::wanted::{Fit, Wanted};
use crate::error::Result;

/// Reads row after row.
pub(super) struct DelimitedRows {
    place: Place,
    records: Records,
    /// The column with the text.
    text: usize,
    width: usize,
}

impl Wanted for TextRequest {
    /// How many columns there are.
    type Header = usize;

    fn header(&self, names: &ByteRecord) -> Result<usize, String> {
        self.column(&strings(names))?;
        Ok(names.len())
    }

    fn width(header: &usize) -> usize {
        *header
    }

    fn fit(&self, header: &usize, fields: &ByteRecord) -> Fit {
        match fields.len() == *header {
            true => Fit::Whole,
            false => Fit::None,
        }
    }
}

impl DelimitedRows {
    /// The rows, the names of their columns, and what is to be told of them.
    pub fn open(
        content: &Content,
        delimiter: u8,
        asked: &TextRequest,
        named: Named,
    ) -> Result<(DelimitedRows, Vec<String>, Vec<String>)> {
        let check = LineCheck::new(named);
        let layout = Layout {
            delimiter,
            has_names: true,
        };
        let survey = survey::survey(content.open(named)?, layout, asked, check)?;
        let name = content.name();
        let name = name.file_name().unwrap_or(name.as_os_str());
        let plain = survey.plain_line;
        let quotes = plain.map(|line| quotes_note(&name.to_string_lossy(), line));
        let input = content.open(named)?;
        let place = input.place;
        let mut records = Records::new(Lines::new(input.reader), delimiter, survey.quotes);
        let header = records.read();
        let header = header.map_err(|(line, error)| place.row_failure(line, error, QUOTES))?;
        let names = header.map_or_else(Vec::new, |row| strings(&row.fields));
        let text = asked.column(&names);
        let rows = DelimitedRows {
            text: text.map_err(|problem| place.malformed(1, problem))?,
            place,
            records,
            width: names.len(),
        };
        let column = names.get(rows.text).map_or("", |name| name.trim());
        let found = (!asked.candidates().contains(&column))
            .then(|| format!("texts in column {}, by its usual name", shortened(column)));
        Ok((rows, names, quotes.into_iter().chain(found).collect()))
    }

    pub fn next(&mut self) -> Result<Checked> {
        let row = self.records.read();
        let row = row.map_err(|(line, error)| self.place.row_failure(line, error, QUOTES))?;
        let Some(row) = row else { return Ok(None) };
        let fields = &row.fields;
        if fields.len() != self.width {
            let problem = wrong_width(fields.len(), self.width);
            return Err(self.place.malformed(row.line, problem));
        }
        let text = checked_text(fields.get(self.text).unwrap_or_default());
        let (text, valid) = text.map_err(|problem| self.place.malformed(row.line, problem))?;
        let row = TextRow {
            text: match text {
                Text::Text(text) => text,
                Text::Ids(_) => String::new(),
            },
            cells: TextCells::Fields(strings(fields)),
        };
        Ok(Some((row, valid)))
    }
}
