//! [`TextRequest`]: how texts are to be read.

use encoding_rs::Encoding;

use super::form::TextForm;
use crate::data::table::excerpt::shortened;
use crate::data::table::names::text_among;
use crate::data::table::row::{TEXT, missing};

/// The encoding that was named, if one was.
pub(super) type Named = Option<&'static Encoding>;

/// How texts are to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextRequest {
    /// What the file is; `None` goes by the end of its name, else by what it begins with.
    pub form: Option<TextForm>,
    /// The column with the text.
    pub text_column: Option<String>,
    /// The column that is looked for where none was named, before `text`: that of the run's own table.
    pub usual_column: Option<String>,
    /// How the text is encoded, as [`Table::encoding`](crate::data::Table::encoding).
    pub encoding: Option<String>,
}

impl TextRequest {
    /// The columns that may have the text, the best first.
    pub(super) fn candidates(&self) -> Vec<&str> {
        match &self.text_column {
            Some(name) => vec![name],
            None => self
                .usual_column
                .as_deref()
                .into_iter()
                .chain([TEXT])
                .collect(),
        }
    }

    /// The place of the text's column among `names`: of the first candidate that is there, or the only one with a usual name.
    ///
    /// # Errors
    /// What was looked for, and what is there.
    pub(super) fn column(&self, names: &[String]) -> Result<usize, String> {
        let candidates = self.candidates();
        let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
        let place = |wanted: &str| names.iter().position(|name| *name == wanted);
        if let Some(place) = candidates.iter().find_map(|wanted| place(wanted)) {
            return Ok(place);
        }
        let found = match &self.text_column {
            Some(named) => Err(missing(
                named,
                "Table::text_column",
                &shortened(&names.join(", ")),
            )),
            None => text_among(&names),
        };
        found
            .and_then(|name| place(&name).ok_or(name))
            .map_err(|told| format!("{told}, or read each line as a text with `TextForm::Lines`"))
    }
}
