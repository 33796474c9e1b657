//! The rows of Parquet files.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row as Record};
use parquet::schema::types::Type;
use serde_json::Value;

use super::excerpt::shortened;
use super::labels::LabelTally;
use super::names::{Asked, Chosen};
use super::row::{Columns, IDS, Row, SPLIT, SYNTHETIC, is_unlabelled, row_of, split_among};
use crate::data::raw::checked_text;
use crate::error::{Error, Result};

/// The key of a file's metadata under which the library `datasets` describes its columns.
const HUGGING_FACE: &str = "huggingface";

/// An open file.
struct Table<'a> {
    path: &'a Path,
    reader: SerializedFileReader<File>,
}

/// Chooses the columns, finds the names that the file has for its classes and, where there is a tally, counts the labels.
///
/// # Errors
/// [`Error::Malformed`] for what is no Parquet file, or where a column is missing; [`Error::Io`].
pub(super) fn look(
    path: &Path,
    asked: Asked,
    tally: Option<&mut LabelTally>,
) -> Result<(Chosen, Option<Vec<String>>)> {
    guarded(path, || look_unguarded(path, asked, tally))
}

fn look_unguarded(
    path: &Path,
    asked: Asked,
    tally: Option<&mut LabelTally>,
) -> Result<(Chosen, Option<Vec<String>>)> {
    let table = Table::open(path)?;
    let names = table.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let chosen =
        Chosen::among(&names, asked).map_err(|problem| table.malformed("the schema", problem))?;
    let classes = table.classes(&chosen.label);
    if let Some(tally) = tally {
        let split_name = split_among(names.iter().copied()).unwrap_or(SPLIT);
        table.each(&[&chosen.label, split_name], |row| {
            let split = row.text(split_name)?.map(|(split, _)| split);
            if !split.is_some_and(|split| is_unlabelled(&split))
                && let Some(label) = row.label(&chosen.label, classes.as_deref())?
            {
                tally.add(&label);
            }
            Ok(())
        })?;
    }
    Ok((chosen, classes))
}

/// Calls `visit` with every row and its number, from 1.
///
/// # Errors
/// [`Error::Malformed`] with the row that is wrong, or that `visit` calls wrong; [`Error::Io`].
pub(super) fn visit(
    path: &Path,
    columns: &Columns,
    visit: impl FnMut(u64, Row) -> Result<(), String>,
) -> Result<()> {
    guarded(path, || visit_unguarded(path, columns, visit))
}

fn visit_unguarded(
    path: &Path,
    columns: &Columns,
    mut visit: impl FnMut(u64, Row) -> Result<(), String>,
) -> Result<()> {
    let table = Table::open(path)?;
    let classes = table.classes(&columns.label);
    let names = table.names();
    let split_name = split_among(names.iter().map(String::as_str)).unwrap_or(SPLIT);
    let wanted = [&columns.text, &columns.label, IDS, split_name, SYNTHETIC];
    table.each(&wanted, |row| {
        let split = row.text(split_name)?.map(|(split, _)| split);
        let synthetic = matches!(row.field(SYNTHETIC), Some(Field::Bool(true)));
        let label = || match row.label(&columns.label, classes.as_deref())? {
            None => Ok(None),
            Some(label) => columns.labels.label(&label),
        };
        let content = || match (row.text(&columns.text)?, row.field(IDS)) {
            (Some((text, valid)), _) => {
                let (content, _) = checked_text(text.as_bytes())?;
                Ok(Some((content, valid)))
            }
            (None, Some(ids)) if columns.ids_will_do => columns.ids(&numbers(ids)?),
            (None, _) => Ok(None),
        };
        let found = row_of(split.as_deref(), label, content, synthetic)?;
        visit(row.number, found)
    })
}

/// Reads a file; the library panics at some that are damaged.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::Malformed {
            path: path.to_owned(),
            place: "the file".to_owned(),
            problem: "the file is damaged; copy, download or write it again".to_owned(),
        })
    })
}

impl Table<'_> {
    fn open(path: &Path) -> Result<Table<'_>> {
        let file = File::open(path).map_err(Error::io(path))?;
        match SerializedFileReader::new(file) {
            Ok(reader) => Ok(Table { path, reader }),
            Err(error) => Err(failure(path, "the file", &error)),
        }
    }

    fn names(&self) -> Vec<String> {
        let schema = self.reader.metadata().file_metadata().schema();
        let fields = schema.get_fields().iter();
        fields.map(|field| field.name().to_owned()).collect()
    }

    fn malformed(&self, place: &str, problem: String) -> Error {
        Error::Malformed {
            path: self.path.to_owned(),
            place: place.to_owned(),
            problem,
        }
    }

    /// The names that the file has for the labels of a column: label 0 is the first.
    fn classes(&self, label: &str) -> Option<Vec<String>> {
        let metadata = self
            .reader
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        let described = metadata.iter().find(|entry| entry.key == HUGGING_FACE)?;
        let described: Value = serde_json::from_str(described.value.as_deref()?).ok()?;
        let names = &described["info"]["features"][label]["names"];
        let names: Option<Vec<String>> = names
            .as_array()?
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect();
        names.filter(|names| names.len() > 1)
    }

    /// Calls `look` with every row, of these columns alone, as far as they are there.
    fn each(
        &self,
        wanted: &[&str],
        mut look: impl FnMut(&NumberedRow) -> Result<(), String>,
    ) -> Result<()> {
        let schema = self.reader.metadata().file_metadata().schema();
        let fields = schema.get_fields().iter();
        let fields = fields.filter(|field| wanted.contains(&field.name()));
        let projection = Type::group_type_builder(schema.name())
            .with_fields(fields.map(Arc::clone).collect())
            .build()
            .map_err(|error| failure(self.path, "the schema", &error))?;
        let rows = self.reader.get_row_iter(Some(projection));
        let rows = rows.map_err(|error| failure(self.path, "the schema", &error))?;
        for (row, number) in rows.zip(1..) {
            let place = format!("row {number}");
            let record = row.map_err(|error| failure(self.path, &place, &error))?;
            let row = NumberedRow { number, record };
            look(&row).map_err(|problem| self.malformed(&place, problem))?;
        }
        Ok(())
    }
}

/// What the reader of Parquet says is wrong.
fn failure(path: &Path, place: &str, error: &ParquetError) -> Error {
    let told = error.to_string();
    // A compression that the library is built without is an error as any other to it.
    let problem = match told.contains("Disabled feature") {
        true => format!("{told}; write the file again, compressed with snappy or zstd"),
        false => {
            format!("no Parquet file that can be read ({told}); copy, download or write it again")
        }
    };
    Error::Malformed {
        path: path.to_owned(),
        place: place.to_owned(),
        problem,
    }
}

/// A row and its number, from 1.
struct NumberedRow {
    number: u64,
    record: Record,
}

impl NumberedRow {
    /// The value in a column that is there and not null.
    fn field(&self, wanted: &str) -> Option<&Field> {
        let mut columns = self.record.get_column_iter();
        let found = columns.find(|(name, _)| *name == wanted);
        found
            .map(|(_, field)| field)
            .filter(|field| **field != Field::Null)
    }

    /// A text, and whether it is UTF-8.
    fn text(&self, name: &str) -> Result<Option<(String, bool)>, String> {
        match self.field(name) {
            None => Ok(None),
            Some(Field::Str(text)) => Ok(Some((text.clone(), true))),
            Some(Field::Bytes(bytes)) => {
                let text = String::from_utf8_lossy(bytes.data());
                let valid = matches!(text, std::borrow::Cow::Borrowed(_));
                Ok(Some((text.into_owned(), valid)))
            }
            Some(other) => Err(wrong_kind(name, other, "a string")),
        }
    }

    /// A label as a field of other tables has it; a number of one of `classes` is its name, and -1 none.
    fn label(&self, name: &str, classes: Option<&[String]>) -> Result<Option<String>, String> {
        let number = match self.field(name) {
            None => return Ok(None),
            Some(Field::Str(_) | Field::Bytes(_)) => {
                return Ok(self.text(name)?.map(|(text, _)| text));
            }
            Some(Field::Byte(number)) => i64::from(*number),
            Some(Field::Short(number)) => i64::from(*number),
            Some(Field::Int(number)) => i64::from(*number),
            Some(Field::Long(number)) => *number,
            Some(Field::UByte(number)) => i64::from(*number),
            Some(Field::UShort(number)) => i64::from(*number),
            Some(Field::UInt(number)) => i64::from(*number),
            Some(Field::ULong(number)) => i64::try_from(*number)
                .map_err(|_| format!("`{name}` is {number}; expected a label"))?,
            Some(Field::Bool(truth)) => return Ok(Some(truth.to_string())),
            Some(Field::Float(number)) => return Ok(Some(number.to_string())),
            Some(Field::Double(number)) => return Ok(Some(number.to_string())),
            Some(other) => return Err(wrong_kind(name, other, "a number or a string")),
        };
        let Some(classes) = classes else {
            return Ok(Some(number.to_string()));
        };
        match usize::try_from(number) {
            Err(_) if number == -1 => Ok(None),
            Ok(place) if place < classes.len() => Ok(Some(classes[place].clone())),
            _ => Err(format!(
                "label {number}, but the file names {} classes, 0 to {}",
                classes.len(),
                classes.len() - 1
            )),
        }
    }
}

/// A list of whole numbers.
fn numbers(ids: &Field) -> Result<Vec<i64>, String> {
    let wrong = || wrong_kind(IDS, ids, "a list of whole numbers");
    let Field::ListInternal(list) = ids else {
        return Err(wrong());
    };
    let numbers = list.elements().iter().map(|id| match id {
        Field::Int(id) => Ok(i64::from(*id)),
        Field::Long(id) => Ok(*id),
        Field::UInt(id) => Ok(i64::from(*id)),
        _ => Err(wrong()),
    });
    numbers.collect()
}

fn wrong_kind(name: &str, value: &Field, expected: &str) -> String {
    let value = shortened(&value.to_string());
    format!("`{name}` is {value}; expected {expected}")
}
