//! A row as a review: which columns hold it, and what their values mean.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::data::raw::{Content, RawReview, checked_ids, label_of};
use crate::data::split::Split;

/// Columns that have one name in every table.
pub(super) const IDS: &str = "ids";
pub(super) const SPLIT: &str = "split";
pub(super) const SYNTHETIC: &str = "synthetic";
pub(super) const TEXT: &str = "text";
pub(super) const LABEL: &str = "label";
/// What some data sets call the rows that have no label.
const UNLABELLED: [&str; 2] = ["unsupervised", "unsup"];

/// A row of a table.
pub(super) enum Row {
    /// One that its split says to have no label.
    Unlabelled,
    Labelled(LabelledRow),
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
    fn named(name: &str) -> Option<NamedPart> {
        const VALIDATION: [&str; 4] = ["validation", "valid", "val", "dev"];
        let name = name.trim();
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        let split = Split::ALL.into_iter().find(|split| is(&split.name()));
        match split {
            Some(split) => Some(NamedPart::Of(split)),
            None => VALIDATION.iter().any(is).then_some(NamedPart::Validation),
        }
    }
}

/// The columns of a table, and the size of the vocabulary that ids are checked against.
pub(super) struct Columns<'a> {
    pub text: &'a str,
    pub label: &'a str,
    /// Names of the classes; empty for sentiments.
    classes: &'a [String],
    /// Whether a table without `text` may have ids instead.
    ids_will_do: bool,
    size: usize,
}

impl<'a> Columns<'a> {
    /// Of a table that calls its columns so, if it says.
    pub fn new(
        text: Option<&'a str>,
        label: Option<&'a str>,
        classes: &'a [String],
        size: usize,
    ) -> Columns<'a> {
        Columns {
            text: text.unwrap_or(TEXT),
            label: label.unwrap_or(LABEL),
            classes,
            ids_will_do: text.is_none(),
            size,
        }
    }

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
            _ => Err(missing(self.text, "Table::text_column", &names())),
        }
    }

    /// Whether the labels are sentiments, and not classes that were named.
    pub fn are_sentiments(&self) -> bool {
        self.classes.is_empty()
    }

    /// The label that a field's text stands for.
    pub fn label(&self, text: &str) -> Result<u8, String> {
        if self.are_sentiments() {
            return label_of(text).ok_or_else(|| {
                format!(
                    "label `{}`; expected 0, neg or negative, 1, pos or positive; name other classes with \
                     `Table::classes`",
                    shortened(text)
                )
            });
        }
        let text = text.trim();
        let exact = self.classes.iter().position(|name| name == text);
        let place = exact.or_else(|| self.only_equal(text));
        place.map(|label| label as u8).ok_or_else(|| {
            format!(
                "label `{}` is none of the classes {}",
                shortened(text),
                shortened(&self.classes.join(", "))
            )
        })
    }

    /// The one class whose name is the same number, or the same of true and false, written otherwise.
    fn only_equal(&self, text: &str) -> Option<usize> {
        let number = |text: &str| text.parse::<f64>().ok();
        let truth = |text: &str| text.to_ascii_lowercase().parse::<bool>().ok();
        let (own_number, own_truth) = (number(text), truth(text));
        let is_equal = |name: &String| {
            own_number.is_some() && number(name) == own_number
                || own_truth.is_some() && truth(name) == own_truth
        };
        let mut equal = (0..self.classes.len()).filter(|&n| is_equal(&self.classes[n]));
        equal.next().filter(|_| equal.next().is_none())
    }

    /// Ids, checked against the vocabulary.
    pub fn ids(&self, ids: &[i64]) -> Result<(Content, bool), String> {
        Ok((Content::Ids(checked_ids(ids, self.size)?), true))
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
    label: impl FnOnce() -> Result<u8, String>,
    content: impl FnOnce() -> Result<(Content, bool), String>,
    synthetic: bool,
) -> Result<Row, String> {
    let is = |name: &str| split.is_some_and(|split| split.trim().eq_ignore_ascii_case(name));
    if UNLABELLED.into_iter().any(is) {
        return Ok(Row::Unlabelled);
    }
    let known = split.and_then(NamedPart::named);
    if let (None, Some(split)) = (known, split) {
        return Err(format!(
            "split `{}` is none of train, validation and test; write one of these",
            shortened(split)
        ));
    }
    let label = label()?;
    let (content, valid) = content()?;
    Ok(Row::Labelled(LabelledRow {
        raw: RawReview { content, label },
        part: known,
        valid,
        synthetic,
    }))
}

/// As much of a field's text as a message can bear, what does not show in it made visible.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown = String::new();
    for (place, character) in text.chars().enumerate() {
        if place == LONGEST {
            shown.push('…');
            break;
        }
        match character.general_category_group() {
            GeneralCategoryGroup::Other => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}
