//! A table's file: what its columns and labels are, and its rows.

use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::encoding::LineCheck;
use super::form::{Form, Notation, Packing, csv_delimiter};
use super::labels::LabelTally;
use super::lines::Lines;
use super::names::{Asked, Chosen};
use super::open::{Input, open};
#[cfg(feature = "parquet")]
use super::parquet;
use super::row::{Columns, Row};
use super::survey::{Layout, QUOTES, survey};
use super::unpack::notation_of;
use super::{csv, jsonl};
use crate::error::{Error, Result};

/// A file, and how to read it.
pub(super) struct TableReader {
    path: PathBuf,
    notation: Notation,
    packing: Packing,
    encoding: Option<&'static Encoding>,
    has_names: bool,
}

/// What a first look at a file finds.
pub(super) struct Looked {
    pub chosen: Chosen,
    /// Names that the file itself has for its classes, in their order.
    pub classes: Option<Vec<String>>,
}

impl TableReader {
    /// Of a file of this form; the first row of a delimited one has the names of the columns, if `has_names`.
    ///
    /// # Errors
    /// [`Error::Malformed`] for an archive that holds no table, or several; [`Error::Argument`] for an encoding, or no
    /// names, where there is no such choice; [`Error::Io`].
    pub fn new(
        path: &Path,
        form: Form,
        encoding: Option<&'static Encoding>,
        has_names: bool,
    ) -> Result<TableReader> {
        let notation = match notation_of(path, form)? {
            Notation::Delimited(b',') => {
                Notation::Delimited(delimiter_of(open(path, form.packing, encoding)?)?)
            }
            notation => notation,
        };
        let refuse = |field, what: &str| {
            let problem = format!("{} {what}; leave this out", path.display());
            Err(Error::argument(field, problem))
        };
        if !has_names && !matches!(notation, Notation::Delimited(_)) {
            return refuse("Table::no_header", "names its columns itself");
        }
        if encoding.is_some() && notation == Notation::Parquet {
            return refuse(
                "Table::encoding",
                "is a Parquet file, whose texts are UTF-8",
            );
        }
        Ok(TableReader {
            path: path.to_owned(),
            notation,
            packing: form.packing,
            encoding,
            has_names,
        })
    }

    /// What to tell of how the file is read, if anything.
    pub fn note(&self) -> Option<String> {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        (self.notation == Notation::Delimited(b';')).then(|| {
            format!(
                "the columns of {} are divided by semicolons",
                name.to_string_lossy()
            )
        })
    }

    /// What rows are counted by, for people.
    pub fn counted_by(&self) -> &'static str {
        match self.notation {
            Notation::Delimited(_) | Notation::Json => "line",
            Notation::Parquet => "row",
        }
    }

    fn open(&self) -> Result<Input> {
        open(&self.path, self.packing, self.encoding)
    }

    fn layout(&self, delimiter: u8) -> Layout {
        Layout {
            delimiter,
            has_names: self.has_names,
        }
    }

    /// Chooses the columns and, where there is a tally, counts the labels.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] where a column is missing, or the file cannot be read; [`crate::Error::Io`].
    pub fn look(&self, asked: Asked, tally: Option<&mut LabelTally>) -> Result<Looked> {
        let check = LineCheck::new(self.encoding);
        let found = |chosen| Looked {
            chosen,
            classes: None,
        };
        match self.notation {
            Notation::Delimited(delimiter) => {
                csv::look(self.open()?, self.layout(delimiter), asked, check, tally).map(found)
            }
            Notation::Json => jsonl::look(self.open()?, asked, check, tally).map(found),
            #[cfg(feature = "parquet")]
            Notation::Parquet => {
                let (chosen, classes) = parquet::look(&self.path, asked, tally)?;
                Ok(Looked { chosen, classes })
            }
            #[cfg(not(feature = "parquet"))]
            Notation::Parquet => Err(self.without_parquet()),
        }
    }

    /// Calls `visit` with every row and its line; gives the line where the first quote stands that only a plain
    /// character can be, if one does.
    ///
    /// # Errors
    /// [`crate::Error::Malformed`] with the line that is wrong, or that `visit` calls wrong; [`crate::Error::Io`].
    pub fn visit(
        &self,
        columns: &Columns,
        visit: impl FnMut(u64, Row) -> Result<(), String>,
    ) -> Result<Option<u64>> {
        match self.notation {
            Notation::Delimited(delimiter) => {
                let layout = self.layout(delimiter);
                let check = LineCheck::new(self.encoding);
                let found = survey(self.open()?, layout, columns, check)?;
                csv::visit(self.open()?, layout, found.quotes, columns, visit)?;
                Ok(found.plain_line)
            }
            Notation::Json => jsonl::visit(self.open()?, columns, visit).map(|()| None),
            #[cfg(feature = "parquet")]
            Notation::Parquet => parquet::visit(&self.path, columns, visit).map(|()| None),
            #[cfg(not(feature = "parquet"))]
            Notation::Parquet => Err(self.without_parquet()),
        }
    }

    #[cfg(not(feature = "parquet"))]
    fn without_parquet(&self) -> Error {
        Error::Data(format!(
            "{}: gatefold was built without the feature parquet; write the table as CSV or JSON Lines",
            self.path.display()
        ))
    }
}

/// What divides the columns, as the first row tells it.
fn delimiter_of(Input { place, reader }: Input) -> Result<u8> {
    let mut row = Vec::new();
    let read = Lines::new(reader).read(&mut row);
    read.map_err(|error| place.row_failure(1, error, QUOTES))?;
    Ok(csv_delimiter(&row))
}
