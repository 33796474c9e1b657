//! The training reviews as text, not encoded: what a vocabulary is built from.

use super::demo::{self, SYNTHETIC_NOTE};
use super::load::{check_exists, file_name, table_at};
use super::raw::{Content, RawDataset, RawReview};
use super::{ReviewLimits, Source, Table, imdb, sentiment_classes, table, tfds};
use crate::error::{Error, Result};

/// The training reviews as text: what a vocabulary is built from.
#[derive(Debug, Clone)]
pub struct Texts {
    /// What to call it: the name of its file or folder.
    pub name: String,
    /// In the order of [`super::Dataset::train`].
    pub texts: Vec<String>,
    /// Whether the reviews are made up, which every result on them must say.
    pub synthetic: bool,
    /// What the user should be told once: files ignored, texts repaired.
    pub notes: Vec<String>,
}

/// Loads the training reviews as text, in the order of [`super::load`], `limit` of them as [`ReviewLimits`] has it, or all.
///
/// # Errors
/// As [`super::load`], without the vocabulary, which is not needed; [`Error::Data`] for reviews that are ids.
///
/// # Examples
/// ```
/// use gatefold::data::{Source, load_texts};
///
/// let corpus = load_texts(&Source::Demo, Some(2))?;
/// assert!(corpus.texts[0].ends_with('.'));
/// assert_eq!(corpus.texts.len(), 2);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn load_texts(source: &Source, limit: Option<usize>) -> Result<Texts> {
    match load_contents(source, limit)? {
        Contents::Texts(texts) => Ok(texts),
        Contents::Ids { name } => Err(Error::Data(format!(
            "{name}: its reviews are ids, and a vocabulary is built from texts; give data with texts"
        ))),
    }
}

/// What the training reviews are.
pub(super) enum Contents {
    Texts(Texts),
    /// They are ids already.
    Ids {
        name: String,
    },
}

/// As [`load_texts`], but that reviews that are ids are no error.
pub(super) fn load_contents(source: &Source, limit: Option<usize>) -> Result<Contents> {
    let asked = ReviewLimits {
        train: limit,
        test: None,
    };
    asked.check()?;
    // The test reviews must be there, but not in memory.
    let limits = ReviewLimits {
        train: limit,
        test: Some(0),
    };
    let (name, raw) = match source {
        Source::Demo => {
            let [mut train, _] = demo::reviews()?;
            train.truncate(limit.unwrap_or(usize::MAX));
            let raw = RawDataset {
                train,
                test: Vec::new(),
                held_out: Vec::new(),
                classes: sentiment_classes(),
                synthetic: true,
                notes: Vec::new(),
            };
            (demo::NAME.to_owned(), raw)
        }
        Source::Table(table) => read_table_texts(table, limits)?,
        Source::Path(path) => {
            check_exists(path)?;
            let table = table_at(path);
            let found = if path.is_dir() {
                tfds::find(path)?
            } else {
                None
            };
            match (found, table) {
                (Some(found), _) => {
                    let form = tfds::read_features(&found.folder)?;
                    let raw = tfds::read(&found, form, ANY_SIZE, limits)?;
                    (found.name(), raw)
                }
                (None, Some(table)) => read_table_texts(&table, limits)?,
                (None, None) => (file_name(path), imdb::read(path, limits)?),
            }
        }
    };
    let mut notes = raw.notes;
    if raw.synthetic {
        notes.insert(0, SYNTHETIC_NOTE.to_owned());
    }
    let text = |review: RawReview| match review.content {
        Content::Text(text) => Some(text),
        Content::Ids(_) => None,
    };
    let texts: Option<Vec<String>> = raw.train.into_iter().map(text).collect();
    Ok(match texts {
        None => Contents::Ids { name },
        Some(texts) => Contents::Texts(Texts {
            name,
            texts,
            synthetic: raw.synthetic,
            notes,
        }),
    })
}

/// Stands for a vocabulary where none is needed: no id is outside it.
const ANY_SIZE: usize = u32::MAX as usize;

fn read_table_texts(table: &Table, limits: ReviewLimits) -> Result<(String, RawDataset)> {
    check_exists(&table.path)?;
    let raw = table::read(table, ANY_SIZE, limits)?;
    Ok((file_name(&table.path), raw))
}
