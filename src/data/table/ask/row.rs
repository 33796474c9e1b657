//! [`TextRow`]: a text with what stands beside it.

use csv::ByteRecord;

use super::object::object_fields;
use crate::error::{Error, Result};

/// What a text is answered with, beside itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRow {
    /// The text.
    pub text: String,
    /// What stands in its row.
    pub cells: TextCells,
}

impl TextRow {
    /// The values of these columns as a table with commas has them: of a JSON object a string is itself, what is null or
    /// missing is empty, and all else is JSON. A line is its text.
    ///
    /// # Errors
    /// [`Error::Internal`] if the object is none.
    pub fn fields(&self, columns: &[String]) -> Result<Vec<String>> {
        match &self.cells {
            TextCells::None => Ok(vec![self.text.clone()]),
            TextCells::Fields(fields) => Ok(fields.clone()),
            TextCells::Object(object) => {
                object_fields(object, columns).map_err(|error| Error::Internal {
                    place: "a row of JSON Lines",
                    problem: error.to_string(),
                })
            }
        }
    }
}

/// What a row of a table holds.
#[derive(Debug, Clone, PartialEq)]
pub enum TextCells {
    /// The text is a line of its own.
    None,
    /// The values of [`TextInput::columns`](super::TextInput::columns).
    Fields(Vec<String>),
    /// A JSON object as it is written.
    Object(String),
}

/// A row, and whether its text could be decoded as a whole.
pub(super) type Checked = Option<(TextRow, bool)>;

/// The fields of a row as text.
pub(super) fn strings(record: &ByteRecord) -> Vec<String> {
    let text = |field| String::from_utf8_lossy(field).into_owned();
    record.iter().map(text).collect()
}
