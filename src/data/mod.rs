//! Files to reviews to subword ids. Knows nothing of batches.

mod archive;
mod demo;
mod duplicates;
mod imdb;
mod jsonl;
mod lengths;
mod subwords;
mod suffixes;
mod tokens;
mod trie;
mod unescape;
mod vocabulary;
mod vocabulary_builder;
mod zstd;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::{Error, Result};
pub use demo::{DEMO_LEARNING_RATE, demo};
use demo::{demo_corpus, demo_vocabulary};
pub use duplicates::{Duplicate, Duplicates};
pub use jsonl::{decode_lines, encode_lines};
pub use lengths::{Bins, Lengths};
pub use subwords::SubwordEncoder;
pub use vocabulary::Vocabulary;
pub use vocabulary_builder::{BuiltVocabulary, SearchStep, build_vocabulary, check_target_size};

/// The id that pads a batch, and that stands for the text of an empty review.
pub const PADDING: u32 = 0;

/// A review as subword ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// At least one id; an empty text has the one id [`PADDING`].
    pub ids: Vec<u32>,
    /// 0 negative, 1 positive.
    pub label: u8,
}

/// A review as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextReview {
    /// Decoded from UTF-8, ASCII white space at both ends stripped.
    pub text: String,
    /// 0 negative, 1 positive.
    pub label: u8,
}

/// The training reviews as text: what a vocabulary is built from.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// What to call it: the name of its file or folder.
    pub name: String,
    /// In the order of [`Dataset::train`].
    pub reviews: Vec<TextReview>,
    /// Whether the reviews are made up, which every result on them must say.
    pub synthetic: bool,
    /// What the user should be told once: files ignored, texts repaired.
    pub notes: Vec<String>,
}

/// Encoded reviews, in a fixed order, with the vocabulary that their ids are of.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// What to call it: the name of its file or folder.
    pub name: String,
    /// The reviews to train on.
    pub train: Vec<Review>,
    /// The reviews to validate with.
    pub test: Vec<Review>,
    /// What the ids stand for.
    pub vocabulary: Vocabulary,
    /// Whether the reviews are made up, which every result on them must say.
    pub synthetic: bool,
    /// What the user should be told once: files ignored, texts repaired.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Tokens in the longest review of both parts.
    pub fn longest(&self) -> usize {
        self.train
            .iter()
            .chain(&self.test)
            .map(|review| review.ids.len())
            .max()
            .unwrap_or(0)
    }
}

/// How many of the reviews are negative and how many positive.
pub fn label_counts(reviews: &[Review]) -> [usize; 2] {
    let positive = reviews.iter().filter(|review| review.label == 1).count();
    [reviews.len() - positive, positive]
}

/// Where reviews come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The embedded demo corpus.
    Demo,
    /// An `aclImdb` folder, or one packed as `.tar`, `.tar.gz`, `.tar.xz` or `.tar.zst`.
    Path(PathBuf),
}

/// How many reviews of each part to keep, from the first; `None` keeps all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Reviews to train on.
    pub train: Option<usize>,
    /// Reviews to validate with.
    pub test: Option<usize>,
}

/// Names under which a vocabulary is looked for beside the data.
const VOCABULARY_NAMES: [&str; 2] = ["imdb_reviews.subwords", "text.text.subwords"];

/// Loads and encodes reviews, on all cores. Nothing is written.
///
/// The order is that of tensorflow-datasets, whether the reviews come from a folder or from any archive.
/// Without `vocabulary`, one named `imdb_reviews.subwords` or `text.text.subwords` is taken from
/// the folder, or from beside the archive.
///
/// # Errors
/// [`Error::Option`] for a limit of 0, or a vocabulary for the demo corpus, which has its own;
/// [`Error::Data`] where there is no such path, no vocabulary, or a class without reviews; [`Error::Io`]
/// and [`Error::Malformed`] for files that cannot be read or trusted.
pub fn load(source: &Source, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    check_limits(limits)?;
    match source {
        Source::Demo => load_demo(vocabulary, limits),
        Source::Path(path) => load_path(path, vocabulary, limits),
    }
}

/// Loads the training reviews as text, the first `limit` of them in the order of [`load`], or all.
///
/// # Errors
/// As [`load`], without the vocabulary, which is not needed.
///
/// # Examples
/// ```
/// use gatefold::data::{Source, load_corpus};
///
/// let corpus = load_corpus(&Source::Demo, Some(2))?;
/// assert!(corpus.reviews[0].text.ends_with('.'));
/// assert_eq!(corpus.reviews.len(), 2);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn load_corpus(source: &Source, limit: Option<usize>) -> Result<Corpus> {
    check_limits(Limits {
        train: limit,
        test: None,
    })?;
    match source {
        Source::Demo => demo_corpus(limit),
        Source::Path(path) => {
            check_exists(path)?;
            // The test reviews must be there, but not in memory.
            let limits = Limits {
                train: limit,
                test: Some(0),
            };
            let imdb::Reviews { train, notes, .. } = imdb::read(path, limits)?;
            Ok(Corpus {
                name: name_of(path),
                reviews: train,
                synthetic: false,
                notes,
            })
        }
    }
}

/// The vocabulary that [`load`] would take, without the reviews: `file`, or the one that goes with `source`.
///
/// # Errors
/// As [`load`].
pub fn vocabulary_of(source: &Source, file: Option<&Path>) -> Result<Vocabulary> {
    match (source, file) {
        (_, Some(file)) => Vocabulary::load(file),
        (Source::Demo, None) => demo_vocabulary(),
        (Source::Path(path), None) => Vocabulary::load(&find_vocabulary(path)?),
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
    let mut dataset = demo()?;
    dataset.train.truncate(limits.train.unwrap_or(usize::MAX));
    dataset.test.truncate(limits.test.unwrap_or(usize::MAX));
    Ok(dataset)
}

fn load_path(path: &Path, vocabulary: Option<&Path>, limits: Limits) -> Result<Dataset> {
    check_exists(path)?;
    let vocabulary = match vocabulary {
        Some(file) => Vocabulary::load(file)?,
        None => Vocabulary::load(&find_vocabulary(path)?)?,
    };
    let reviews = imdb::read(path, limits)?;
    let encoder = SubwordEncoder::new(&vocabulary);
    let mut notes = reviews.notes;
    let train = encode(reviews.train, &encoder);
    let test = encode(reviews.test, &encoder);
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
    Ok(Dataset {
        name: name_of(path),
        train,
        test,
        vocabulary,
        synthetic: false,
        notes,
    })
}

fn check_exists(path: &Path) -> Result<()> {
    let missing = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Data(format!(
            "{}: no such file or folder; --data takes an aclImdb folder, or one packed as .tar, .tar.gz, \
             .tar.xz or .tar.zst",
            path.display()
        )),
        _ => Error::io(path)(error),
    };
    std::fs::metadata(path).map_err(missing).map(|_| ())
}

/// The name of its file or folder.
fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// Encodes reviews on all cores, in order.
fn encode(reviews: Vec<TextReview>, encoder: &SubwordEncoder) -> Vec<Review> {
    reviews
        .into_par_iter()
        .map(|TextReview { text, label }| {
            let mut ids = encoder.encode(&text);
            if ids.is_empty() {
                ids.push(PADDING);
            }
            Review { ids, label }
        })
        .collect()
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
