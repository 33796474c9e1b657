//! Rows of text as the bytes of a CSV file.

use crate::error::{Error, Result};

/// A header and rows as CSV; `place` says in errors what was being done.
///
/// # Errors
/// [`Error::Internal`] where the CSV writer refuses: a row has not as many fields as the header.
///
/// # Examples
/// ```
/// let bytes = gatefold::report::csv_of("an example", ["name", "words"], [["a", "one, two"]])?;
/// assert_eq!(bytes, b"name,words\na,\"one, two\"\n");
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn csv_of<Header, Row>(
    place: &'static str,
    header: Header,
    rows: impl IntoIterator<Item = Row>,
) -> Result<Vec<u8>>
where
    Header: IntoIterator<Item: AsRef<[u8]>>,
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    let refused = |problem: String| Error::Internal { place, problem };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(header);
    written.map_err(|error| refused(error.to_string()))?;
    for row in rows {
        let written = writer.write_record(row);
        written.map_err(|error| refused(error.to_string()))?;
    }
    let bytes = writer.into_inner();
    bytes.map_err(|error| refused(error.to_string()))
}
