//! The rows of JSON files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::encoding::LineCheck;
use super::excerpt::shortened;
use super::json_items::each;
use super::labels::LabelTally;
use super::names::{Asked, Chosen, may_be_label};
use super::open::Input;
use super::row::{
    Columns, ContentColumn, IDS, Row, SPLIT, SYNTHETIC, is_unlabelled, row_of, split_among,
};
use crate::data::json_problem::problem_of;
use crate::data::raw::checked_text;
use crate::error::Result;

/// Looks at every object of a file, whether it is text, chooses the columns and, where there is a tally, counts the
/// labels.
///
/// What is wrong with an object is told when it is read.
///
/// # Errors
/// [`crate::Error::Malformed`] where too many are not text, or a column is missing; [`crate::Error::Io`].
pub(super) fn look(
    input: Input,
    asked: Asked,
    mut check: LineCheck,
    tally: Option<&mut LabelTally>,
) -> Result<Chosen> {
    let place = input.place.clone();
    let (mut first, mut names) = (1, BTreeSet::new());
    // Which column has the labels shows once all names are known.
    let mut tallies: BTreeMap<String, LabelTally> = BTreeMap::new();
    let counts = tally.is_some();
    each(input, |line, bytes| {
        check.add(line, bytes);
        let Ok(object) = parse(&String::from_utf8_lossy(bytes)) else {
            return Ok(());
        };
        if names.is_empty() {
            first = line;
        }
        let split = split_of(&object).and_then(Value::as_str);
        let counts = counts && !split.is_some_and(is_unlabelled);
        for (name, value) in &object {
            // Objects with keys of their own each would be no table.
            const MOST: usize = 1000;
            if names.len() < MOST && !names.contains(name) {
                names.insert(name.clone());
            }
            if counts && may_be_label(name, asked) {
                let label = label_text(value);
                match (tallies.get_mut(name), label) {
                    (_, None) => {}
                    (Some(tally), Some(label)) => tally.add(&label),
                    (None, Some(label)) => {
                        tallies.entry(name.clone()).or_default().add(&label);
                    }
                }
            }
        }
        Ok(())
    })?;
    check.finish(&place)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        // There is no row, or none that can be read, which is told when it is.
        return Ok(Chosen::usual(asked));
    }
    let chosen = Chosen::among(&names, asked).map_err(|problem| place.malformed(first, problem))?;
    if let (Some(tally), Some(counted)) = (tally, tallies.remove(&chosen.label)) {
        tally.merge(counted);
    }
    Ok(chosen)
}

/// Calls `visit` with every row and the line it begins in.
///
/// # Errors
/// [`crate::Error::Malformed`] with the line that is wrong, or that `visit` calls wrong;
/// [`crate::Error::Io`].
pub(super) fn visit(
    input: Input,
    columns: &Columns,
    mut visit: impl FnMut(u64, Row) -> Result<(), String>,
) -> Result<()> {
    each(input, |line, bytes| {
        row(bytes, columns).and_then(|row| visit(line, row))
    })
}

fn parse(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| {
        let problem = no_object(&error, text, "{\"text\": \"…\", \"label\": …}");
        let remedy = match error.is_eof() {
            true => "; put each object on a line of its own, or all into one array",
            false => "",
        };
        format!("{problem}{remedy}")
    })
}

/// What is wrong with a text that should be an object like `expected`.
pub(super) fn no_object(error: &serde_json::Error, text: &str, expected: &str) -> String {
    // An element of an array may have lines of its own.
    let column = match text.contains(['\n', '\r']) {
        true => String::new(),
        false => format!("column {}: ", error.column()),
    };
    format!(
        "{column}expected an object {expected}: {}",
        problem_of(error)
    )
}

/// A label as a field of other tables has it; `None` for null, which stands for none.
fn label_text(value: &Value) -> Option<String> {
    match value {
        // What is no label at all is told with its row.
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What says which part a row is of.
fn split_of(object: &Map<String, Value>) -> Option<&Value> {
    let name = split_among(object.keys().map(String::as_str))?;
    object.get(name)
}

fn row(bytes: &[u8], columns: &Columns) -> Result<Row, String> {
    // JSON is UTF-8; a text that is not is mended as in every other form.
    let text = String::from_utf8_lossy(bytes);
    let valid = matches!(text, std::borrow::Cow::Borrowed(_));
    let object = parse(&text)?;
    // An absent value is often written as null.
    let field = |name: &str| object.get(name).filter(|value| !value.is_null());
    let split = match split_of(&object).filter(|value| !value.is_null()) {
        None => None,
        Some(Value::String(split)) => Some(split.as_str()),
        Some(other) => return Err(wrong_kind(SPLIT, other, "\"train\" or \"test\"")),
    };
    let synthetic = field(SYNTHETIC) == Some(&Value::Bool(true));
    let label = || match field(&columns.label) {
        Some(other @ (Value::Array(_) | Value::Object(_))) => {
            Err(wrong_kind(&columns.label, other, "a string or a number"))
        }
        value => match value.and_then(label_text) {
            None => Ok(None),
            Some(label) => columns.labels.label(&label),
        },
    };
    let ids = field(IDS).filter(|_| columns.ids_will_do);
    let content = match (field(&columns.text), ids) {
        (Some(text), _) => Some(ContentColumn::Text(text)),
        (None, ids) => ids.map(ContentColumn::Ids),
    };
    let content = || match content {
        None => Ok(None),
        Some(ContentColumn::Text(Value::String(text))) => {
            let (content, _) = checked_text(text.as_bytes())?;
            Ok(Some((content, valid)))
        }
        Some(ContentColumn::Text(other)) => Err(wrong_kind(&columns.text, other, "a string")),
        Some(ContentColumn::Ids(ids)) => columns.ids(&numbers(ids)?),
    };
    row_of(split, label, content, synthetic)
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
