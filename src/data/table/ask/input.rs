//! [`TextInput`]: texts, read one after the other.

use std::path::Path;

use super::delimited::DelimitedRows;
use super::form::{TextForm, form_of};
use super::json::JsonRows;
use super::lines::TextLines;
use super::origin::TextOrigin;
use super::request::TextRequest;
use super::row::TextRow;
use crate::data::table::encoding;
use crate::data::table::form::csv_delimiter;
use crate::error::{Error, Result};

/// Texts, read one after the other.
pub struct TextInput {
    rows: Rows,
    columns: Vec<String>,
    form: TextForm,
    notes: Vec<String>,
    repaired: usize,
}

enum Rows {
    Lines(TextLines),
    Delimited(DelimitedRows),
    Json(JsonRows),
}

impl TextInput {
    /// Opens a file or a stream. A table is looked at as a whole first, so that what is wrong with it shows before
    /// anything is answered; one that comes as a stream is kept in memory for that.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a table without the column that has the texts, with rows that are not as wide as the first,
    /// or of which too many lines are not text; for what is no text. [`Error::Argument`] for a column of what is no table,
    /// or an encoding of no such name; [`Error::Io`].
    pub fn open(origin: TextOrigin, asked: &TextRequest) -> Result<TextInput> {
        let named = asked.encoding.as_deref().map(encoding::named).transpose()?;
        let name = origin.name().to_owned();
        let opened = origin.open()?;
        let by_name = match asked.form {
            Some(form) => Some(form),
            None => opened
                .form_by_name()
                .map_err(|problem| malformed(&name, problem))?,
        };
        let (form, guessed) = match by_name {
            Some(form) => (form, false),
            None => {
                let text = opened.head_text(named);
                let form = form_of(&text, &asked.candidates(), opened.is_whole());
                (form.map_err(|problem| malformed(&name, problem))?, true)
            }
        };
        let shown = name.display();
        let mut notes = Vec::new();
        if guessed && form != TextForm::Lines {
            notes.push(format!(
                "{shown} is read as a table, {form}, as its first lines say"
            ));
        }
        if form == TextForm::Lines && asked.text_column.is_some() {
            let problem = format!(
                "{shown} is read as a text a line, which has no columns; say which table it is with `TextRequest::form`"
            );
            return Err(Error::argument("Table::text_column", problem));
        }
        let (rows, columns) = match form {
            TextForm::Lines => (
                Rows::Lines(TextLines::new(opened.stream(named)?, named)),
                Vec::new(),
            ),
            TextForm::Csv | TextForm::Tsv => {
                let head = opened.head_text(named);
                let first = head.lines().next().unwrap_or_default();
                let content = opened.keep()?;
                let delimiter = match form {
                    TextForm::Tsv => b'\t',
                    _ => csv_delimiter(first.as_bytes()),
                };
                let (rows, columns, told) = DelimitedRows::open(&content, delimiter, asked, named)?;
                notes.extend(told);
                (Rows::Delimited(rows), columns)
            }
            TextForm::JsonLines => {
                let (rows, columns) = JsonRows::open(&opened.keep()?, asked, named)?;
                (Rows::Json(rows), columns)
            }
        };
        Ok(TextInput {
            rows,
            columns,
            form,
            notes,
            repaired: 0,
        })
    }

    /// What it turned out to be.
    pub fn form(&self) -> TextForm {
        self.form
    }

    /// The names of a table's columns; of JSON objects those of all rows, in the order that they come in.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the user should be told of it.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Texts so far that could not be decoded as a whole.
    pub fn repaired(&self) -> usize {
        self.repaired
    }

    /// The next `count` rows, fewer at the end.
    ///
    /// # Errors
    /// As [`TextInput::open`], for what shows later in a stream.
    pub fn take(&mut self, count: usize) -> Result<Vec<TextRow>> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let row = match &mut self.rows {
                Rows::Lines(lines) => lines.next()?,
                Rows::Delimited(rows) => rows.next()?,
                Rows::Json(rows) => rows.next()?,
            };
            let Some((row, valid)) = row else { break };
            self.repaired += usize::from(!valid);
            taken.push(row);
        }
        if let Rows::Lines(lines) = &self.rows {
            lines.check()?;
        }
        Ok(taken)
    }
}

fn malformed(name: &Path, problem: String) -> Error {
    Error::Malformed {
        path: name.to_owned(),
        place: "line 1".to_owned(),
        problem,
    }
}
