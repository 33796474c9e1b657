//! Which vocabulary goes with reviews: one that was given, or the one beside them.

use std::path::{Path, PathBuf};

use super::demo::demo_vocabulary;
use super::tfds::{self, TextForm};
use super::{Source, Vocabulary};
use crate::error::{Error, Result};

/// Names under which a vocabulary is looked for beside the data.
const VOCABULARY_NAMES: [&str; 2] = ["imdb_reviews.subwords", "text.text.subwords"];

/// What a caller says of the vocabulary.
#[derive(Debug, Clone, Copy)]
pub(super) enum VocabularyChoice<'a> {
    /// Nothing: the one beside the data.
    Beside,
    /// This file.
    File(&'a Path),
    /// This one.
    Given(&'a Vocabulary),
}

impl<'a> VocabularyChoice<'a> {
    /// The file, if there is one.
    pub fn of(file: Option<&'a Path>) -> VocabularyChoice<'a> {
        file.map_or(VocabularyChoice::Beside, VocabularyChoice::File)
    }

    /// Whether a vocabulary was named or given.
    pub fn is_asked(self) -> bool {
        !matches!(self, VocabularyChoice::Beside)
    }

    /// The vocabulary for the reviews at `data`: the one that was asked for, or the one beside them.
    pub fn vocabulary_for(self, data: &Path) -> Result<Vocabulary> {
        match self {
            VocabularyChoice::Beside => Vocabulary::load(&find_vocabulary(data)?),
            VocabularyChoice::File(file) => Vocabulary::load(file),
            VocabularyChoice::Given(vocabulary) => Ok(vocabulary.clone()),
        }
    }

    /// The vocabulary of the data set found at or below `path`, or the one that was asked for.
    pub fn tfds_vocabulary(
        self,
        found: &tfds::DataSetFolder,
        form: TextForm,
        path: &Path,
    ) -> Result<Vocabulary> {
        let own = found.folder.join(tfds::VOCABULARY);
        match form {
            TextForm::Ids if own.is_file() => self.own_vocabulary(&own),
            _ if !self.is_asked() && find_vocabulary(&found.folder).is_ok() => {
                self.vocabulary_for(&found.folder)
            }
            _ => self.vocabulary_for(path),
        }
    }

    /// The vocabulary that ids were made with, unless another was asked for.
    fn own_vocabulary(self, own: &Path) -> Result<Vocabulary> {
        let vocabulary = Vocabulary::load(own)?;
        let (name, other) = match self {
            VocabularyChoice::Beside => return Ok(vocabulary),
            VocabularyChoice::File(file) => (file, Vocabulary::load(file)?),
            VocabularyChoice::Given(given) => (Path::new("`vocabulary`"), given.clone()),
        };
        if other.sha256() != vocabulary.sha256() {
            let told = |vocabulary: &Vocabulary| {
                format!("{} ids, sha256 {}", vocabulary.size(), vocabulary.sha256())
            };
            return Err(Error::Data(format!(
                "{}: not the vocabulary that the data's ids are of: it has {}, {} has {}; leave out `vocabulary`",
                name.display(),
                told(&other),
                own.display(),
                told(&vocabulary)
            )));
        }
        Ok(vocabulary)
    }
}

/// The vocabulary that [`load`](super::load) would take, without the reviews: `file`, or the one that goes with
/// `source`.
///
/// # Errors
/// As [`load`](super::load).
///
/// # Examples
/// ```
/// use gatefold::data::{Source, vocabulary_of};
///
/// assert_eq!(vocabulary_of(&Source::Demo, None)?.size(), 761);
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn vocabulary_of(source: &Source, file: Option<&Path>) -> Result<Vocabulary> {
    let path = match (source.path(), file) {
        // Whether a TFDS folder has another one shows when its reviews are read.
        (_, Some(file)) => return Vocabulary::load(file),
        (None, None) => return demo_vocabulary(),
        (Some(path), None) => path,
    };
    let found = if path.is_dir() {
        tfds::find(path)?
    } else {
        None
    };
    let choice = VocabularyChoice::Beside;
    match found {
        Some(found) => {
            let form = tfds::read_features(&found.folder)?;
            choice.tfds_vocabulary(&found, form, path)
        }
        None => choice.vocabulary_for(path),
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
        Error::NoVocabulary {
            data: data.to_owned(),
            problem: format!("neither {first} nor {second} is in {}", place.display()),
            wanted: folder.join(first),
        }
    })
}
