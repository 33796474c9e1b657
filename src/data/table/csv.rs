//! The rows of CSV and TSV files.

use super::header::Header;
use super::lines::Lines;
use super::open::Input;
use super::records::{Quotes, Records};
use super::row::{Columns, Row};
use super::survey::{QUOTES, wrong_width};
use crate::error::Result;

/// Calls `visit` with every row after the first, which has the names of the columns.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line of a row that is wrong, or that `visit` calls wrong;
/// [`crate::Error::Io`].
pub(super) fn visit(
    input: Input,
    delimiter: u8,
    quotes: Quotes,
    columns: &Columns,
    mut visit: impl FnMut(Row) -> Result<(), String>,
) -> Result<()> {
    let Input { place, reader } = input;
    let mut records = Records::new(Lines::new(reader), delimiter, quotes);
    let mut header: Option<Header> = None;
    while let Some(row) = records
        .read()
        .map_err(|(line, error)| place.row_failure(line, error, QUOTES))?
    {
        let fields = &row.fields;
        let malformed = |problem: String| place.malformed(row.line, problem);
        let Some(header) = &header else {
            header = Some(Header::new(fields, columns).map_err(malformed)?);
            continue;
        };
        if fields.len() != header.width {
            return Err(malformed(wrong_width(fields.len(), header.width)));
        }
        header
            .row(fields, columns)
            .and_then(&mut visit)
            .map_err(malformed)?;
    }
    Ok(())
}
