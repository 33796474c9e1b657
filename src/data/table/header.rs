//! Where the columns of a delimited file are, and what they make of a row.

use csv::ByteRecord;

use super::excerpt::shortened;
use super::row::{Columns, ContentColumn, IDS, Row, SYNTHETIC, missing, row_of, split_among};
use super::wanted::{Fit, Wanted};
use crate::data::raw::checked_text;

/// Where the columns are.
pub(super) struct Header {
    content: ContentColumn<usize>,
    label: usize,
    split: Option<usize>,
    synthetic: Option<usize>,
    /// How many columns there are.
    pub width: usize,
}

impl Header {
    /// Finds the columns among their names.
    ///
    /// # Errors
    /// Which column is not there.
    pub fn new(names: &ByteRecord, columns: &Columns) -> Result<Header, String> {
        let find = |name: &str| {
            names
                .iter()
                .position(|field| field.trim_ascii() == name.as_bytes())
        };
        let all = || {
            let names = names.iter().map(String::from_utf8_lossy);
            shortened(&names.collect::<Vec<_>>().join(", "))
        };
        let trimmed = names
            .iter()
            .map(|name| std::str::from_utf8(name.trim_ascii()));
        let trimmed = trimmed.filter_map(Result::ok);
        Ok(Header {
            content: columns.pick(find(&columns.text), find(IDS), all)?,
            label: find(&columns.label)
                .ok_or_else(|| missing(&columns.label, "Table::label_column", &all()))?,
            split: split_among(trimmed).and_then(find),
            synthetic: find(SYNTHETIC),
            width: names.len(),
        })
    }

    /// The review in a row.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn row(&self, record: &ByteRecord, columns: &Columns) -> Result<Row, String> {
        let field = |index: usize| record.get(index).unwrap_or_default();
        let split = self
            .split
            .map(|index| String::from_utf8_lossy(field(index)));
        let synthetic = self.synthetic.map(field) == Some(b"true");
        let content = || match self.content {
            ContentColumn::Text(index) => checked_text(field(index)).map(Some),
            ContentColumn::Ids(index) => columns.ids(&numbers(field(index))?),
        };
        let label = || {
            columns
                .labels
                .label(&String::from_utf8_lossy(field(self.label)))
        };
        row_of(split.as_deref(), label, content, synthetic)
    }
}

impl Wanted for Columns {
    type Header = Header;

    fn header(&self, names: &ByteRecord) -> Result<Header, String> {
        Header::new(names, self)
    }

    fn width(header: &Header) -> usize {
        header.width
    }

    fn fit(&self, header: &Header, fields: &ByteRecord) -> Fit {
        match header.row(fields, self) {
            _ if fields.len() != header.width => Fit::None,
            Err(_) => Fit::None,
            Ok(Row::Incomplete(_)) => Fit::Incomplete,
            Ok(Row::Labelled(_) | Row::Unlabelled) => Fit::Whole,
        }
    }
}

/// The names of columns that have none: their numbers, from 1.
pub(super) fn numbered(width: usize) -> ByteRecord {
    let names: Vec<String> = (1..=width).map(|number| number.to_string()).collect();
    ByteRecord::from(names)
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
