//! From a source to a data set: which form the reviews have, which vocabulary goes with them, their ids.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::cache::{self, Encoded, Origin};
use super::{
    Dataset, Limits, PADDING, Review, Source, SubwordEncoder, TextReview, Vocabulary, demo, imdb,
};
use crate::error::{Error, Result};

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
    load_cached(source, vocabulary, limits, None)
}

/// As [`load`], with the encoded reviews kept in the folder `cache`, if there is to be one, from one call to
/// the next.
///
/// They are found again by the content of an archive, or the names, sizes and times of change of the files
/// in a folder, and by the vocabulary and the limits. Those that were used last are kept, 8 at most. What
/// ails the folder is logged, and the reviews are loaded all the same. The demo corpus is not kept.
///
/// # Errors
/// Those of [`load`].
pub fn load_cached(
    source: &Source,
    vocabulary: Option<&Path>,
    limits: Limits,
    cache: Option<&Path>,
) -> Result<Dataset> {
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
    match source {
        Source::Demo => load_demo(vocabulary, limits),
        Source::Path(path) => load_path(path, vocabulary, limits, cache),
    }
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

fn load_path(
    path: &Path,
    vocabulary: Option<&Path>,
    limits: Limits,
    cache: Option<&Path>,
) -> Result<Dataset> {
    let missing = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Data(format!(
            "{}: no such file or folder; --data takes an aclImdb folder, or one packed as .tar, .tar.gz, \
             .tar.xz or .tar.zst",
            path.display()
        )),
        _ => Error::io(path)(error),
    };
    std::fs::metadata(path).map_err(missing)?;
    let vocabulary = match vocabulary {
        Some(file) => Vocabulary::load(file)?,
        None => Vocabulary::load(&find_vocabulary(path)?)?,
    };
    let read = || Ok(encode_all(imdb::read(path, limits)?, &vocabulary));
    let encoded = match cache {
        None => read()?,
        Some(folder) => {
            let origin = Origin {
                form: "aclImdb",
                paths: &[path],
                vocabulary: &vocabulary,
                limits,
            };
            cache::encoded(folder, &origin, read)?
        }
    };
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    Ok(Dataset {
        name,
        train: encoded.train,
        test: encoded.test,
        vocabulary,
        synthetic: encoded.synthetic,
        notes: encoded.notes,
    })
}

fn encode_all(reviews: imdb::Reviews, vocabulary: &Vocabulary) -> Encoded {
    let encoder = SubwordEncoder::new(vocabulary);
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
    Encoded {
        train,
        test,
        synthetic: false,
        notes,
    }
}

/// Encodes reviews on all cores, in order.
pub(super) fn encode(reviews: Vec<TextReview>, encoder: &SubwordEncoder) -> Vec<Review> {
    reviews
        .into_par_iter()
        .map(|TextReview { text, label }| {
            let mut ids = encoder.encode(&text);
            if ids.is_empty() {
                ids.push(PADDING);
            }
            Review {
                ids: ids.into(),
                label,
            }
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
            "{data}: no vocabulary: neither {first} nor {second} is in {place}; give one with --vocab FILE, or \
             make one: gatefold data build-vocab --data {data} --target-size 8192 --output {output}",
            data = data.display(),
            place = place.display(),
            output = folder.join(first).display()
        ))
    })
}
