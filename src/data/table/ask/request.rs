//! [`TextRequest`]: how texts are to be read.

use encoding_rs::Encoding;

use super::form::TextForm;
use crate::data::table::excerpt::shortened;
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

    /// The place of the text's column among `names`.
    ///
    /// # Errors
    /// What was looked for, and what is there.
    pub(super) fn column(&self, names: &[String]) -> Result<usize, String> {
        let candidates = self.candidates();
        let place = |wanted: &&str| names.iter().position(|name| name.trim() == *wanted);
        candidates.iter().find_map(place).ok_or_else(|| {
            let shown = shortened(&names.join(", "));
            let told = missing(&candidates.join("` or `"), "Table::text_column", &shown);
            format!("{told}, or read each line as a text with `TextForm::Lines`")
        })
    }
}
