//! The rows of JSON Lines files.

use serde_json::{Map, Value};

use super::encoding::LineCheck;
use super::lines::Lines;
use super::open::Input;
use super::place::Place;
use super::row::{Columns, ContentColumn, IDS, Row, SPLIT, SYNTHETIC, missing, row_of, shortened};
use crate::data::json_problem::problem_of;
use crate::data::raw::checked_text;
use crate::error::Result;

pub(super) const REMEDY: &str = "put each object on a line of its own";

/// Looks at every line of a file, whether it is text.
///
/// # Errors
/// [`crate::Error::Malformed`] where too many are not; [`crate::Error::Io`].
pub(super) fn survey(input: Input, mut check: LineCheck) -> Result<()> {
    let Input { place, reader } = input;
    let mut lines = Lines::new(reader);
    each(&mut lines, &place, |number, line| {
        check.add(number, line);
        Ok(())
    })?;
    check.finish(&place)
}

/// Calls `visit` with every line that is not blank.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line that is wrong, or that `visit` calls wrong;
/// [`crate::Error::Io`].
pub(super) fn visit(
    input: Input,
    columns: &Columns,
    mut visit: impl FnMut(Row) -> Result<(), String>,
) -> Result<()> {
    let Input { place, reader } = input;
    let mut lines = Lines::new(reader);
    each(&mut lines, &place, |_, line| {
        row(line, columns).and_then(&mut visit)
    })
}

/// Calls `look` with the number and the content of every line that is not blank.
fn each(
    lines: &mut Lines,
    place: &Place,
    mut look: impl FnMut(u64, &[u8]) -> Result<(), String>,
) -> Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let number = lines.next_number();
        let more = lines.read(&mut bytes);
        if !more.map_err(|error| place.row_failure(number, error, REMEDY))? {
            return Ok(());
        }
        if !bytes.trim_ascii().is_empty() {
            look(number, bytes.trim_ascii_end())
                .map_err(|problem| place.malformed(number, problem))?;
        }
    }
}

fn row(bytes: &[u8], columns: &Columns) -> Result<Row, String> {
    // JSON is UTF-8; a text that is not is mended as in every other form.
    let text = String::from_utf8_lossy(bytes);
    let valid = matches!(text, std::borrow::Cow::Borrowed(_));
    let object: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| no_object(&error, "{\"text\": \"…\", \"label\": …}"))?;
    let names = || {
        let names: Vec<&str> = object.keys().map(String::as_str).collect();
        shortened(&names.join(", "))
    };
    // An absent value is often written as null.
    let field = |name: &str| object.get(name).filter(|value| !value.is_null());
    let split = match field(SPLIT) {
        None => None,
        Some(Value::String(split)) => Some(split.as_str()),
        Some(other) => return Err(wrong_kind(SPLIT, other, "\"train\" or \"test\"")),
    };
    let synthetic = field(SYNTHETIC) == Some(&Value::Bool(true));
    let label = || match field(columns.label) {
        None => Err(missing(columns.label, "Table::label_column", &names())),
        Some(Value::Bool(positive)) if columns.are_sentiments() => Ok(u8::from(*positive)),
        Some(Value::String(name)) => columns.label(name),
        Some(other) => columns.label(&other.to_string()),
    };
    let content = || match columns.pick(field(columns.text), field(IDS), names)? {
        ContentColumn::Text(Value::String(text)) => {
            let (content, _) = checked_text(text.as_bytes())?;
            Ok((content, valid))
        }
        ContentColumn::Text(other) => Err(wrong_kind(columns.text, other, "a string")),
        ContentColumn::Ids(ids) => columns.ids(&numbers(ids)?),
    };
    row_of(split, label, content, synthetic)
}

/// What is wrong with a line that should be an object like `expected`.
pub(super) fn no_object(error: &serde_json::Error, expected: &str) -> String {
    let (column, problem) = (error.column(), problem_of(error));
    format!("column {column}: expected an object {expected}: {problem}")
}

/// An array of whole numbers.
fn numbers(ids: &Value) -> Result<Vec<i64>, String> {
    const EXPECTED: &str = "an array of whole numbers";
    let Value::Array(ids) = ids else {
        return Err(wrong_kind(IDS, ids, EXPECTED));
    };
    let numbers = ids
        .iter()
        .map(|id| id.as_i64().ok_or_else(|| wrong_kind(IDS, id, EXPECTED)));
    numbers.collect()
}

pub(super) fn wrong_kind(name: &str, value: &Value, expected: &str) -> String {
    let value = shortened(&value.to_string());
    format!("`{name}` is {value}; expected {expected}")
}
