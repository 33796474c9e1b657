//! A row as a review: which columns hold it, and what their values mean.

use super::excerpt::shortened;
use super::labels::Labels;
use crate::data::raw::{Content, RawReview, checked_ids};
use crate::data::split::Split;

/// Columns that have one name in every table.
pub(super) const IDS: &str = "ids";
pub(super) const SPLIT: &str = "split";
pub(super) const SYNTHETIC: &str = "synthetic";
pub(super) const TEXT: &str = "text";
pub(super) const LABEL: &str = "label";
/// The split of rows to validate with.
pub(super) const VALIDATION: &str = "validation";
/// What some data sets call the rows that have no label.
const UNLABELLED: [&str; 2] = ["unsupervised", "unsup"];

/// The name of the column that says which part a row is of: `split`, or the only one that is called so in other letters.
pub(super) fn split_among<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let exact = names.clone().find(|name| *name == SPLIT);
    let alike = || {
        let mut alike = names.filter(|name| name.eq_ignore_ascii_case(SPLIT));
        alike.next().filter(|_| alike.next().is_none())
    };
    exact.or_else(alike)
}

/// A row of a table.
pub(super) enum Row {
    /// One that its split says to have no label.
    Unlabelled,
    /// One that lacks what it should have.
    Incomplete(Missing),
    Labelled(LabelledRow),
}

/// What a row lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Text,
    Label,
}

pub(super) struct LabelledRow {
    pub raw: RawReview,
    pub part: Option<NamedPart>,
    /// Whether the text was UTF-8.
    pub valid: bool,
    /// Whether the row says that it is made up.
    pub synthetic: bool,
}

/// What the column `split` says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedPart {
    Of(Split),
    /// To validate with while training; it is the test part where no other is named.
    Validation,
}

impl NamedPart {
    /// The part of that name, in any case.
    pub fn named(name: &str) -> Option<NamedPart> {
        const VALIDATIONS: [&str; 4] = [VALIDATION, "valid", "val", "dev"];
        let name = name.trim();
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        let split = Split::ALL.into_iter().find(|split| is(&split.name()));
        match split {
            Some(split) => Some(NamedPart::Of(split)),
            None => VALIDATIONS.iter().any(is).then_some(NamedPart::Validation),
        }
    }
}

/// The columns of a table, what its labels mean, and the size of the vocabulary that ids are checked against.
pub(super) struct Columns {
    pub text: String,
    pub label: String,
    /// Whether a row without a text may have ids instead.
    pub ids_will_do: bool,
    pub labels: Labels,
    pub size: usize,
}

impl Columns {
    /// Picks the column with the reviews: the text or, where there is none, the ids.
    ///
    /// # Errors
    /// The names that were looked for and those in `names`.
    pub fn pick<T>(
        &self,
        text: Option<T>,
        ids: Option<T>,
        names: impl FnOnce() -> String,
    ) -> Result<ContentColumn<T>, String> {
        match (text, ids) {
            (Some(text), _) => Ok(ContentColumn::Text(text)),
            (None, Some(ids)) if self.ids_will_do => Ok(ContentColumn::Ids(ids)),
            _ => Err(missing(&self.text, "Table::text_column", &names())),
        }
    }

    /// Ids, checked against the vocabulary.
    pub fn ids(&self, ids: &[i64]) -> Result<Option<(Content, bool)>, String> {
        Ok(Some((Content::Ids(checked_ids(ids, self.size)?), true)))
    }
}

/// Which column holds the reviews.
#[derive(Debug, Clone, Copy)]
pub(super) enum ContentColumn<T> {
    Text(T),
    Ids(T),
}

/// Says that there is no column `name`, but `names`.
pub(super) fn missing(name: &str, field: &str, names: &str) -> String {
    format!("no column `{name}`, only {names}; name the right one with `{field}`")
}

/// What `split` and the other columns make of a row.
pub(super) fn row_of(
    split: Option<&str>,
    label: impl FnOnce() -> Result<Option<u8>, String>,
    content: impl FnOnce() -> Result<Option<(Content, bool)>, String>,
    synthetic: bool,
) -> Result<Row, String> {
    if split.is_some_and(is_unlabelled) {
        return Ok(Row::Unlabelled);
    }
    let known = split.and_then(NamedPart::named);
    if let (None, Some(split)) = (known, split) {
        return Err(format!(
            "split `{}` is none of train, validation and test; write one of these",
            shortened(split)
        ));
    }
    let (label, content) = (label()?, content()?);
    let Some((content, valid)) = content.filter(|(content, _)| !is_empty(content)) else {
        return Ok(Row::Incomplete(Missing::Text));
    };
    let Some(label) = label else {
        return Ok(Row::Incomplete(Missing::Label));
    };
    Ok(Row::Labelled(LabelledRow {
        raw: RawReview { content, label },
        part: known,
        valid,
        synthetic,
    }))
}

/// Whether there is no text; a list of ids may be empty.
fn is_empty(content: &Content) -> bool {
    matches!(content, Content::Text(text) if text.is_empty())
}

/// Whether a split's rows have no label.
pub(super) fn is_unlabelled(split: &str) -> bool {
    let is = |name: &str| split.trim().eq_ignore_ascii_case(name);
    UNLABELLED.into_iter().any(is)
}
