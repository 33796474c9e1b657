//! Files to reviews to ids. Knows nothing of batches.

mod archive;
mod byte_order_mark;
mod cache;
mod cache_folder;
mod convert;
mod corpus;
mod demo;
mod digest;
mod duplicates;
mod encode;
mod encoder;
mod export;
#[cfg(feature = "download")]
mod fetch;
mod files;
mod ids;
mod imdb;
mod json_problem;
mod lengths;
mod load;
mod load_building;
mod ngrams;
mod raw;
mod split;
mod subword_file;
mod subwords;
mod suffixes;
mod table;
mod terms;
mod terms_builder;
mod terms_file;
mod texts;
pub mod tfds;
#[cfg(feature = "tokenizers")]
mod tokenizer;
mod tokens;
mod trie;
mod unescape;
mod vectors;
mod vocabulary;
mod vocabulary_builder;
mod vocabulary_choice;
mod zstd;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

pub use byte_order_mark::without_byte_order_mark;
pub use cache_folder::cache_folder;
pub use convert::{decode_lines, encode_lines};
pub use corpus::{Corpus, IMDB, RemoteFile};
pub use demo::{DEMO_LEARNING_RATE, demo};
pub(crate) use digest::sha256;
pub use duplicates::{Duplicate, Duplicates};
pub use encoder::{Encoder, SharedWord, Spans, WordOfIds};
pub use export::{ExportCells, ExportForm, ExportedData, export};
#[cfg(feature = "download")]
pub use fetch::{FetchEvent, FetchOptions, FetchedArchive, fetch};
pub use ids::Ids;
pub use lengths::{Bins, Lengths};
pub use load::{load, load_cached, load_to_test, load_with};
pub use load_building::load_building;
pub use ngrams::Ngrams;
pub use raw::stripped;
pub use subwords::SubwordEncoder;
pub use table::{
    Table, TextCells, TextForm, TextInput, TextOrigin, TextRequest, TextRow, without_endings,
};
pub use terms::Standardize;
pub use terms_builder::{TermOptions, build_characters, build_words};
pub use texts::{Texts, load_texts};
pub use vectors::WordVectors;
pub use vocabulary::{Vocabulary, VocabularyKind};
pub use vocabulary_builder::{
    BuiltVocabulary, SearchStep, TARGET_SIZE, build_vocabulary, check_target_size,
};
pub use vocabulary_choice::vocabulary_of;

/// The id that pads a batch, and that stands for the text of an empty review.
pub const PADDING: u32 = 0;

/// A review as ids of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// At least one id; an empty text has the one id [`PADDING`].
    pub ids: Ids,
    /// Which of [`Dataset::classes`], counted from 0.
    pub label: u8,
}

/// Encoded reviews, in a fixed order, with the vocabulary that their ids are of.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// What to call it: the name of its file or folder.
    pub name: String,
    /// The reviews to train on.
    pub train: Vec<Review>,
    /// The reviews to validate with: the test part, or the validation part where there is one beside it.
    pub test: Vec<Review>,
    /// The test part, where others are there to validate with.
    pub held_out: Vec<Review>,
    /// Names of the classes, in the order of the labels; [`sentiment_classes`] where nothing else was said.
    pub classes: Vec<String>,
    /// What the ids stand for.
    pub vocabulary: Vocabulary,
    /// Whether the reviews are made up, which every result on them must say.
    pub synthetic: bool,
    /// What the user should be told once: files ignored, texts repaired.
    pub notes: Vec<String>,
}

impl Dataset {
    /// Tokens in the longest review of all parts.
    pub fn longest(&self) -> usize {
        self.train
            .iter()
            .chain(&self.test)
            .chain(&self.held_out)
            .map(|review| review.ids.len())
            .max()
            .unwrap_or(0)
    }

    /// Keeps of all reviews of `source` those that [`load`] keeps with these limits.
    pub fn limit(&mut self, limits: ReviewLimits, source: &Source) {
        let by_class = source.is_table();
        for (reviews, limit) in [
            (&mut self.train, limits.train),
            (&mut self.test, limits.test),
            (&mut self.held_out, limits.test),
        ] {
            match limit {
                Some(limit) if by_class => {
                    split::keep_shares(reviews, limit, |review| review.label);
                }
                Some(limit) => reviews.truncate(limit),
                None => {}
            }
        }
    }

    /// SHA-256, in hexadecimal, of the ids and labels of all reviews in their order: with the vocabulary's it
    /// tells whether two data sets train alike.
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        let held_out = Some(&self.held_out).filter(|reviews| !reviews.is_empty());
        for reviews in [&self.train, &self.test].into_iter().chain(held_out) {
            digest.update((reviews.len() as u64).to_le_bytes());
            for Review { ids, label } in reviews {
                digest.update((ids.len() as u64).to_le_bytes());
                digest.update([*label]);
                let ids: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
                digest.update(ids);
            }
        }
        digest::hexadecimal(digest.finalize())
    }
}

/// What reviews are as a rule: `negative`, label 0, and `positive`, label 1.
pub fn sentiment_classes() -> Vec<String> {
    ["negative", "positive"].map(str::to_owned).to_vec()
}

/// How many of the reviews are of each of so many classes.
pub fn class_counts(reviews: &[Review], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for review in reviews {
        if let Some(count) = counts.get_mut(usize::from(review.label)) {
            *count += 1;
        }
    }
    counts
}

/// Where reviews come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The embedded demo corpus.
    Demo,
    /// An `aclImdb` folder, or one packed as `.tar`, `.tar.gz`, `.tar.xz` or `.tar.zst`; the folder of a
    /// TFDS data set, or one above it; a [`Table`] with the usual columns.
    Path(PathBuf),
    /// A file or folder of rows, and what its columns are called.
    Table(Table),
}

impl Source {
    /// The file or folder; `None` for the demo corpus.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Demo => None,
            Source::Path(path) | Source::Table(Table { path, .. }) => Some(path),
        }
    }

    /// Whether it is a table, by what was said of it or by its name: its rows may stand in any order, sorted by label say.
    pub fn is_table(&self) -> bool {
        match self {
            Source::Demo => false,
            Source::Path(path) => load::table_at(path).is_some(),
            Source::Table(_) => true,
        }
    }

    /// Checks that no vocabulary `is_asked` for with the demo corpus, which has its own.
    ///
    /// # Errors
    /// [`Error::Argument`] with the remedy.
    pub fn check_vocabulary(&self, is_asked: bool) -> Result<()> {
        if *self != Source::Demo || !is_asked {
            return Ok(());
        }
        let problem = "the demo corpus has its own vocabulary; give reviews with `Source::Path`, or leave this out";
        Err(Error::argument("vocabulary", problem))
    }

    /// Names of the classes, in the order of the labels, as far as they were said: those of a table may be others, which
    /// shows when it is read.
    pub fn class_names(&self) -> Vec<String> {
        match self {
            Source::Table(table) if !table.classes.is_empty() => table.classes.clone(),
            _ => sentiment_classes(),
        }
    }
}

/// How many reviews of each part to keep; `None` keeps all.
///
/// Of a table each class keeps its share, from the first; of other sources, whose order is a mixed one, the first are
/// kept. Where the training part then lacks a class, loading fails; of the test part it is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReviewLimits {
    /// Reviews to train on.
    pub train: Option<usize>,
    /// Reviews to validate with.
    pub test: Option<usize>,
}

impl ReviewLimits {
    /// Whether there is anything to keep.
    ///
    /// # Errors
    /// [`Error::Argument`] names the limit that is 0.
    pub fn check(&self) -> Result<()> {
        let limits = [("limits.train", self.train), ("limits.test", self.test)];
        match limits.into_iter().find(|(_, limit)| *limit == Some(0)) {
            None => Ok(()),
            Some((field, _)) => {
                let problem = "0 reviews are nothing to work with; give 1 or more";
                Err(Error::argument(field, problem))
            }
        }
    }
}
