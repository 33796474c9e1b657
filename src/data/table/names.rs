//! Which columns hold the text and the label, where that is not said: those that are usually called so.

use super::excerpt::shortened;
use super::row::{IDS, LABEL, TEXT, missing};

/// What columns with texts are called, in lower case.
const TEXTS: [&str; 11] = [
    TEXT,
    "review",
    "sentence",
    "document",
    "content",
    "comment",
    "tweet",
    "body",
    "message",
    "phrase",
    "utterance",
];
/// What columns with labels are called, in lower case.
const LABELS: [&str; 11] = [
    LABEL,
    "labels",
    "sentiment",
    "class",
    "category",
    "stars",
    "rating",
    "polarity",
    "target",
    "score",
    "intent",
];

/// The columns that were named.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub text: Option<&'a str>,
    pub label: Option<&'a str>,
}

/// The columns of a table that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// That with the text, or [`TEXT`] where there are ids alone.
    pub text: String,
    pub label: String,
    /// Whether a row may have ids instead of a text.
    pub ids_will_do: bool,
}

impl Chosen {
    /// Picks the columns among their names.
    ///
    /// # Errors
    /// Which column is not there, or which may all be meant, with the remedy.
    pub fn among(names: &[&str], asked: Asked) -> Result<Chosen, String> {
        let ids_will_do = asked.text.is_none();
        let text = match pick(names, asked.text, &TEXTS, "Table::text_column") {
            Err(_) if ids_will_do && !usual(names, &TEXTS) && names.contains(&IDS) => {
                TEXT.to_owned()
            }
            picked => picked?,
        };
        let label = pick(names, asked.label, &LABELS, "Table::label_column")?;
        Ok(Chosen {
            text,
            label,
            ids_will_do,
        })
    }

    /// Those that were named, and else the first names, for a table whose names are not known.
    pub fn usual(asked: Asked) -> Chosen {
        Chosen {
            text: asked.text.unwrap_or(TEXT).to_owned(),
            label: asked.label.unwrap_or(LABEL).to_owned(),
            ids_will_do: asked.text.is_none(),
        }
    }

    /// What to tell of columns that were found by themselves under other names than the first.
    pub fn note(&self, asked: Asked) -> Option<String> {
        let is_found = |asked: Option<&str>, found: &str, first| asked.is_none() && found != first;
        let text = is_found(asked.text, &self.text, TEXT)
            .then(|| format!("texts in column {}", shortened(&self.text)));
        let label = is_found(asked.label, &self.label, LABEL)
            .then(|| format!("labels in column {}", shortened(&self.label)));
        let told: Vec<String> = text.into_iter().chain(label).collect();
        (!told.is_empty())
            .then(|| format!("columns found by their usual names: {}", told.join(", ")))
    }
}

/// The column with the texts, where that with the label is not asked for.
///
/// # Errors
/// As [`Chosen::among`].
pub(super) fn text_among(names: &[&str]) -> Result<String, String> {
    pick(names, None, &TEXTS, "Table::text_column")
}

/// Whether the column of that name may turn out to be the one with the labels.
pub(super) fn may_be_label(name: &str, asked: Asked) -> bool {
    match asked.label {
        Some(label) => name == label,
        None => is_usual(name, &LABELS),
    }
}

/// Whether some name is a usual one.
fn usual(names: &[&str], known: &[&str]) -> bool {
    names.iter().any(|name| is_usual(name, known))
}

fn is_usual(name: &str, known: &[&str]) -> bool {
    known.contains(&name.to_lowercase().as_str())
}

/// The column that was named, or the first of `known` by its very name, or the only one with a usual name.
fn pick(
    names: &[&str],
    asked: Option<&str>,
    known: &[&str],
    field: &str,
) -> Result<String, String> {
    let exact = asked.unwrap_or(known[0]);
    let shown = || shortened(&names.join(", "));
    match names.iter().filter(|name| **name == exact).count() {
        0 => {}
        1 => return Ok(exact.to_owned()),
        count => {
            return Err(format!(
                "{count} columns are called `{}`; give each a name of its own",
                shortened(exact)
            ));
        }
    }
    if asked.is_some() {
        return Err(missing(exact, field, &shown()));
    }
    let found: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| is_usual(name, known))
        .collect();
    match found[..] {
        [] => Err(missing(exact, field, &shown())),
        [one] => Ok(one.to_owned()),
        _ => Err(format!(
            "the columns {} may all be meant; name the right one with `{field}`",
            shortened(&found.join(", "))
        )),
    }
}
