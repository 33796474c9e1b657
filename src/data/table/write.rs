//! A data set as a table, its training part first.

use csv::Writer;
use serde::Serialize;

use super::row::{IDS, LABEL, SPLIT, SYNTHETIC, TEXT, VALIDATION};
use crate::data::raw::Content;
use crate::data::split::Split;
use crate::data::{Dataset, sentiment_classes};
use crate::error::{Error, Result};

/// A row as an object, its keys being the columns.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [u32]>,
    label: Label<'a>,
    split: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    synthetic: bool,
}

/// A label as tables have it: a sentiment's number, or the name of a class.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
enum Label<'a> {
    Number(u8),
    Name(&'a str),
}

impl std::fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Label::Number(number) => number.fmt(f),
            Label::Name(name) => f.write_str(name),
        }
    }
}

/// The bytes of a JSON Lines file with these contents of the reviews of all parts.
///
/// # Errors
/// [`Error::Internal`] if the JSON writer refuses.
pub(in crate::data) fn write_json_lines(
    dataset: &Dataset,
    contents: &[Vec<Content>; 3],
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (split, content, label) in rows(dataset, contents) {
        let (text, ids) = match content {
            Content::Text(text) => (Some(text.as_str()), None),
            Content::Ids(ids) => (None, Some(ids.as_slice())),
        };
        let object = Object {
            text,
            ids,
            label,
            split,
            synthetic: dataset.synthetic,
        };
        serde_json::to_writer(&mut bytes, &object).map_err(internal)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// The bytes of a CSV file with these contents of the reviews of all parts.
///
/// # Errors
/// [`Error::Internal`] if the CSV writer refuses.
pub(in crate::data) fn write_csv(
    dataset: &Dataset,
    contents: &[Vec<Content>; 3],
) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    let first = match contents.iter().flatten().next() {
        Some(Content::Ids(_)) => IDS,
        _ => TEXT,
    };
    let synthetic = |value| dataset.synthetic.then_some(value);
    let names = [first, LABEL, SPLIT]
        .into_iter()
        .chain(synthetic(SYNTHETIC));
    writer.write_record(names).map_err(internal)?;
    for (split, content, label) in rows(dataset, contents) {
        let content = match content {
            Content::Text(text) => text.clone(),
            Content::Ids(ids) => {
                let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
                ids.join(" ")
            }
        };
        let label = label.to_string();
        let fields = [content.as_str(), label.as_str(), split];
        writer
            .write_record(fields.into_iter().chain(synthetic("true")))
            .map_err(internal)?;
    }
    writer.into_inner().map_err(internal)
}

fn rows<'a>(
    dataset: &'a Dataset,
    contents: &'a [Vec<Content>; 3],
) -> impl Iterator<Item = (&'static str, &'a Content, Label<'a>)> {
    let are_sentiments = dataset.classes == sentiment_classes();
    let label_of = move |label: u8| match dataset.classes.get(usize::from(label)) {
        Some(name) if !are_sentiments => Label::Name(name),
        _ => Label::Number(label),
    };
    let test = Split::Test.name();
    let second = match dataset.held_out.is_empty() {
        true => test,
        false => VALIDATION,
    };
    let parts = [
        (Split::Train.name(), &dataset.train),
        (second, &dataset.test),
        (test, &dataset.held_out),
    ];
    let parts = parts.into_iter().zip(contents);
    parts.flat_map(move |((split, reviews), contents)| {
        let rows = reviews.iter().zip(contents);
        rows.map(move |(review, content)| (split, content, label_of(review.label)))
    })
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal {
        place: "writing a table",
        problem: error.to_string(),
    }
}
