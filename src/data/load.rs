//! From a source to a data set: which form the reviews have, which vocabulary goes with them, their ids.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::demo::SYNTHETIC_NOTE;
use super::raw::{Content, RawDataset, RawReview};
use super::tfds::{self, TextForm};
use super::{
    Dataset, Limits, PADDING, Review, Source, SubwordEncoder, Table, Vocabulary, demo, imdb, table,
};
use crate::error::{Error, Result};

/// What `--data` takes.
pub(super) const FORMS: &str = "an aclImdb folder, or one packed as .tar, .tar.gz, .tar.xz or .tar.zst, \
                                a TFDS folder, or a table named .csv, .tsv, .jsonl or .ndjson";
/// Names under which a vocabulary is looked for beside the data.
const VOCABULARY_NAMES: [&str; 2] = ["imdb_reviews.subwords", "text.text.subwords"];

/// Loads and encodes reviews, on all cores. Nothing is written.
///
/// The order of `aclImdb` is that of tensorflow-datasets, whether it is a folder or an archive; other forms
/// keep the order of their files. Without `vocabulary`, one named `imdb_reviews.subwords` or
/// `text.text.subwords` is taken from the folder, or from beside the file. A TFDS data set of ids has its
/// own, and no other will do.
///
/// # Errors
/// [`Error::Option`] for a limit of 0, a vocabulary for the demo corpus, which has its own, or a
/// [`Table`] that is none;
/// [`Error::Data`] where there is no such path, no vocabulary, or a class without reviews; [`Error::Io`]
/// and [`Error::Malformed`] for files that cannot be read or trusted.
pub fn load(source: &Source, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    check_limits(limits)?;
    match source {
        Source::Demo => load_demo(vocabulary, limits),
        Source::Path(path) => load_path(path, vocabulary, limits),
        Source::Table(table) => load_table(table, vocabulary, limits),
    }
}

fn check_limits(limits: Limits) -> Result<()> {
    for (option, limit) in [
        ("--limit-train", limits.train),
        ("--limit-test", limits.test),
    ] {
        if limit == Some(0) {
            let problem = "0 reviews are nothing to work with; give 1 or more".to_owned();
            return Err(Error::Option {
                option: option.to_owned(),
                problem,
            });
        }
    }
    Ok(())
}

/// The training reviews as text: what a vocabulary is built from.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// What to call it: the name of its file or folder.
    pub name: String,
    /// In the order of [`Dataset::train`].
    pub texts: Vec<String>,
    /// Whether the reviews are made up, which every result on them must say.
    pub synthetic: bool,
    /// What the user should be told once: files ignored, texts repaired.
    pub notes: Vec<String>,
}

/// Loads the training reviews as text, the first `limit` of them in the order of [`load`], or all.
///
/// # Errors
/// As [`load`], without the vocabulary, which is not needed; [`Error::Data`] for reviews that are ids.
///
/// # Examples
/// ```
/// use gatefold::data::{Source, load_corpus};
///
/// let corpus = load_corpus(&Source::Demo, Some(2))?;
/// assert!(corpus.texts[0].ends_with('.'));
/// assert_eq!(corpus.texts.len(), 2);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn load_corpus(source: &Source, limit: Option<usize>) -> Result<Corpus> {
    check_limits(Limits {
        train: limit,
        test: None,
    })?;
    // The test reviews must be there, but not in memory.
    let limits = Limits {
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
        Content::Text(text) => Ok(text),
        Content::Ids(_) => Err(Error::Data(format!(
            "{name}: its reviews are ids, and a vocabulary is built from texts; give data with texts"
        ))),
    };
    let texts = raw.train.into_iter().map(text).collect::<Result<_>>()?;
    Ok(Corpus {
        name,
        texts,
        synthetic: raw.synthetic,
        notes,
    })
}

/// Stands for a vocabulary where none is needed: no id is outside it.
const ANY_SIZE: usize = u32::MAX as usize;

fn read_table_texts(table: &Table, limits: Limits) -> Result<(String, RawDataset)> {
    check_exists(&table.path)?;
    let raw = table::read(table, ANY_SIZE, limits)?;
    Ok((file_name(&table.path), raw))
}

fn load_demo(vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    if vocabulary.is_some() {
        let problem =
            "the demo corpus has its own vocabulary; give --data as well, or leave this out"
                .to_owned();
        return Err(Error::Option {
            option: "--vocab".to_owned(),
            problem,
        });
    }
    let mut dataset = demo::demo()?;
    dataset.train.truncate(limits.train.unwrap_or(usize::MAX));
    dataset.test.truncate(limits.test.unwrap_or(usize::MAX));
    Ok(dataset)
}

fn load_path(path: &Path, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    check_exists(path)?;
    if path.is_dir() {
        return match tfds::find(path)? {
            Some(found) => load_tfds(&found, path, vocabulary, limits),
            None => load_imdb(path, vocabulary, limits),
        };
    }
    match table_at(path) {
        Some(table) => load_table(&table, vocabulary, limits),
        None => load_imdb(path, vocabulary, limits),
    }
}

/// The table with the usual columns that a file is by its name.
fn table_at(path: &Path) -> Option<Table> {
    table::notation(path).map(|_| Table {
        path: path.to_owned(),
        ..Table::default()
    })
}

fn check_exists(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Data(format!(
            "{}: no such file or folder; --data takes {FORMS}",
            path.display()
        ))),
        Err(error) => Err(Error::io(path)(error)),
    }
}

fn load_imdb(path: &Path, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    let vocabulary = vocabulary_for(path, vocabulary)?;
    let raw = imdb::read(path, limits)?;
    Ok(dataset(file_name(path), raw, vocabulary))
}

fn load_table(table: &Table, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    check_exists(&table.path)?;
    let vocabulary = vocabulary_for(&table.path, vocabulary)?;
    let raw = table::read(table, vocabulary.size(), limits)?;
    Ok(dataset(file_name(&table.path), raw, vocabulary))
}

/// Loads the data set found at or below `path`.
fn load_tfds(
    found: &tfds::Found,
    path: &Path,
    vocabulary: Option<&Path>,
    limits: Limits,
) -> Result<Dataset> {
    let form = tfds::read_features(&found.folder)?;
    let own = found.folder.join(tfds::VOCABULARY);
    let vocabulary = match form {
        TextForm::Ids if own.is_file() => own_vocabulary(&own, vocabulary)?,
        _ if vocabulary.is_none() && find_vocabulary(&found.folder).is_ok() => {
            vocabulary_for(&found.folder, None)?
        }
        _ => vocabulary_for(path, vocabulary)?,
    };
    let raw = tfds::read(found, form, vocabulary.size(), limits)?;
    Ok(dataset(found.name(), raw, vocabulary))
}

/// The vocabulary that ids were made with, unless another was asked for.
fn own_vocabulary(own: &Path, asked: Option<&Path>) -> Result<Vocabulary> {
    let vocabulary = Vocabulary::load(own)?;
    if let Some(path) = asked {
        let other = Vocabulary::load(path)?;
        if other.sha256() != vocabulary.sha256() {
            let told = |vocabulary: &Vocabulary| {
                format!("{} ids, sha256 {}", vocabulary.size(), vocabulary.sha256())
            };
            return Err(Error::Data(format!(
                "{}: not the vocabulary that the data's ids are of: it has {}, {} has {}; leave out --vocab",
                path.display(),
                told(&other),
                own.display(),
                told(&vocabulary)
            )));
        }
    }
    Ok(vocabulary)
}

/// What a source held, encoded.
fn dataset(name: String, raw: RawDataset, vocabulary: Vocabulary) -> Dataset {
    let encoder = SubwordEncoder::new(&vocabulary);
    let mut notes = raw.notes;
    if raw.synthetic {
        notes.insert(0, SYNTHETIC_NOTE.to_owned());
    }
    let train = encode(raw.train, &encoder);
    let test = encode(raw.test, &encoder);
    let empty = train
        .iter()
        .chain(&test)
        .filter(|review| review.ids == [PADDING])
        .count();
    if empty > 0 {
        notes.push(format!(
            "empty reviews, each kept as one padding token: {empty}"
        ));
    }
    Dataset {
        name,
        train,
        test,
        vocabulary,
        synthetic: raw.synthetic,
        notes,
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Encodes reviews on all cores, in order.
pub(super) fn encode(reviews: Vec<RawReview>, encoder: &SubwordEncoder) -> Vec<Review> {
    reviews
        .into_par_iter()
        .map(|RawReview { content, label }| {
            let mut ids = match content {
                Content::Text(text) => encoder.encode(&text),
                Content::Ids(ids) => ids,
            };
            if ids.is_empty() {
                ids.push(PADDING);
            }
            Review { ids, label }
        })
        .collect()
}

/// Reads the vocabulary that was asked for, or the one beside the data.
fn vocabulary_for(data: &Path, asked: Option<&Path>) -> Result<Vocabulary> {
    match asked {
        Some(file) => Vocabulary::load(file),
        None => Vocabulary::load(&find_vocabulary(data)?),
    }
}

fn find_vocabulary(data: &Path) -> Result<PathBuf> {
    let folder = if data.is_dir() {
        data
    } else {
        data.parent().unwrap_or(Path::new(""))
    };
    let mut candidates = VOCABULARY_NAMES.iter().map(|name| folder.join(name));
    candidates.find(|file| file.is_file()).ok_or_else(|| {
        let [first, second] = VOCABULARY_NAMES;
        let place = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        Error::Data(format!(
            "{}: no vocabulary: neither {first} nor {second} is in {}; give one with --vocab FILE",
            data.display(),
            place.display()
        ))
    })
}
