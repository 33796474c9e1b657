//! From a source to a data set: which form the reviews have, which vocabulary goes with them, their ids.

use std::path::{Path, PathBuf};

use super::cache::{self, EncodedReviews, Origin};
use super::demo::{SYNTHETIC_NOTE, demo_vocabulary};
use super::encode::encode;
use super::raw::{FORMS, RawDataset};
use super::tfds::{self, TextForm};
use super::{
    Dataset, PADDING, Review, ReviewLimits, Source, SubwordEncoder, Table, Vocabulary,
    class_counts, demo, imdb, table,
};
use crate::error::{Error, Result};

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
/// [`Error::Argument`] for a limit of 0, a vocabulary for the demo corpus, which has its own, or a
/// [`Table`] that is none;
/// [`Error::Data`] where there is no such path, no test review, or no training review of some class; [`Error::NoVocabulary`]; [`Error::Io`]
/// and [`Error::Malformed`] for files that cannot be read or trusted.
pub fn load(source: &Source, vocabulary: Option<&Path>, limits: ReviewLimits) -> Result<Dataset> {
    load_cached(source, vocabulary, limits, None)
}

/// As [`load`], with the encoded reviews kept in the folder `cache`, if there is to be one, from one call to
/// the next.
///
/// They are found again by the content of a file, or the names, sizes and times of change of the files in a
/// folder, and by the vocabulary, the limits and the columns. Those that were used last are kept, 8 at
/// most. What ails the folder is logged, and the reviews are loaded all the same. The demo corpus is not
/// kept.
///
/// # Errors
/// Those of [`load`].
pub fn load_cached(
    source: &Source,
    vocabulary: Option<&Path>,
    limits: ReviewLimits,
    cache: Option<&Path>,
) -> Result<Dataset> {
    let asked = Request {
        vocabulary,
        limits,
        cache,
        to_test: false,
    };
    load_asked(source, asked)
}

/// As [`load_cached`], for reviews that a trained model is tested with, `limit` of them as [`ReviewLimits`] has it.
///
/// A [`Table`] need not have training reviews, nor reviews of every class: its second file is read, if it has one,
/// and else all of it is for testing, or what a column `split` says is. The training part of such a data set is
/// empty; other sources have theirs.
///
/// # Errors
/// Those of [`load`]; [`Error::Data`] where there is no test review.
pub fn load_to_test(
    source: &Source,
    vocabulary: Option<&Path>,
    limit: Option<usize>,
    cache: Option<&Path>,
) -> Result<Dataset> {
    let asked = Request {
        vocabulary,
        limits: ReviewLimits {
            train: None,
            test: limit,
        },
        cache,
        to_test: true,
    };
    load_asked(source, asked)
}

fn load_asked(source: &Source, asked: Request) -> Result<Dataset> {
    asked.limits.check()?;
    source.check_vocabulary(asked.vocabulary)?;
    let mut dataset = match source {
        Source::Demo => load_demo(asked),
        Source::Path(path) => load_path(path, asked),
        Source::Table(table) => load_table(table, asked),
    }?;
    if !asked.to_test {
        check_classes(&mut dataset)?;
    }
    Ok(dataset)
}

/// Fails where a limit left the training part without a class, and notes what the test part lacks.
fn check_classes(dataset: &mut Dataset) -> Result<()> {
    let missing = |reviews: &[Review]| {
        let counts = class_counts(reviews, dataset.classes.len());
        let classes = dataset.classes.iter().zip(counts);
        let missing = classes.filter(|(_, count)| *count == 0);
        missing.map(|(class, _)| class.clone()).collect::<Vec<_>>()
    };
    if let Some(class) = missing(&dataset.train).first() {
        return Err(Error::Data(format!(
            "{}: no {class} reviews among the {} that `limits.train` lets in; training needs all classes: raise it",
            dataset.name,
            dataset.train.len()
        )));
    }
    const MOST: usize = 10;
    let missing = missing(&dataset.test);
    let names = missing.iter().take(MOST).map(String::as_str);
    let names = names.collect::<Vec<_>>().join(", ");
    match missing.len() {
        0 => {}
        1 => dataset
            .notes
            .push(format!("no {names} reviews in the test part")),
        count => {
            let more = if count > MOST { ", …" } else { "" };
            let note = format!("no reviews of {count} classes in the test part: {names}{more}");
            dataset.notes.push(note);
        }
    }
    Ok(())
}

/// What a caller wants from a source, whatever its form.
#[derive(Clone, Copy)]
struct Request<'a> {
    vocabulary: Option<&'a Path>,
    limits: ReviewLimits,
    /// The folder of the cache, if there is one.
    cache: Option<&'a Path>,
    /// Whether a table's training reviews are left out.
    to_test: bool,
}

fn load_demo(asked: Request) -> Result<Dataset> {
    let mut dataset = demo()?;
    let ReviewLimits { train, test } = asked.limits;
    dataset.train.truncate(train.unwrap_or(usize::MAX));
    dataset.test.truncate(test.unwrap_or(usize::MAX));
    Ok(dataset)
}

fn load_path(path: &Path, asked: Request) -> Result<Dataset> {
    check_exists(path)?;
    if path.is_dir()
        && let Some(found) = tfds::find(path)?
    {
        return load_tfds(&found, path, asked);
    }
    match table_at(path) {
        Some(table) => load_table(&table, asked),
        None => load_imdb(path, asked),
    }
}

/// The table with the usual columns that a file is by its name, or a folder by what is in it.
pub(super) fn table_at(path: &Path) -> Option<Table> {
    table::is_table(path).then(|| Table {
        path: path.to_owned(),
        ..Table::default()
    })
}

pub(super) fn check_exists(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Data(format!(
            "{}: no such file or folder; `Source::Path` takes {FORMS}; without it there is the demo corpus",
            path.display()
        ))),
        Err(error) => Err(Error::io(path)(error)),
    }
}

fn load_imdb(path: &Path, asked: Request) -> Result<Dataset> {
    let vocabulary = vocabulary_for(path, asked.vocabulary)?;
    let read = || imdb::read(path, asked.limits);
    let encoded = encoded("aclImdb", &[path], &vocabulary, asked, read)?;
    Ok(dataset(file_name(path), encoded, vocabulary))
}

fn load_table(table: &Table, asked: Request) -> Result<Dataset> {
    let path = table.path.as_path();
    check_exists(path)?;
    let vocabulary = vocabulary_for(path, asked.vocabulary)?;
    let others = [&table.validation, &table.test].into_iter().flatten();
    let mut paths: Vec<&Path> = [path]
        .into_iter()
        .chain(others.map(PathBuf::as_path))
        .collect();
    if asked.to_test {
        paths.drain(..paths.len() - 1);
    }
    // The ends of the names say how the files are written.
    let names: Vec<_> = paths.iter().map(|path| path.file_name()).collect();
    // The number is another one where the same table would be read in another way.
    let read_as = Table {
        path: PathBuf::new(),
        validation: table.validation.as_ref().map(|_| PathBuf::new()),
        test: None,
        ..table.clone()
    };
    let form = format!("table 3 {names:?} {read_as:?}");
    let form = match asked.to_test {
        true => format!("{form} to test"),
        false => form,
    };
    let read = || match asked.to_test {
        true => table::read_to_test(table, vocabulary.size(), asked.limits),
        false => table::read(table, vocabulary.size(), asked.limits),
    };
    let encoded = encoded(&form, &paths, &vocabulary, asked, read)?;
    Ok(dataset(file_name(path), encoded, vocabulary))
}

/// Loads the data set found at or below `path`.
fn load_tfds(found: &tfds::DataSetFolder, path: &Path, asked: Request) -> Result<Dataset> {
    let form = tfds::read_features(&found.folder)?;
    let vocabulary = tfds_vocabulary(found, form, path, asked.vocabulary)?;
    let read = || tfds::read(found, form, vocabulary.size(), asked.limits);
    // The note tells of what is beside the folder.
    let name = format!("tfds {:?}", found.note);
    let encoded = encoded(&name, &[&found.folder], &vocabulary, asked, read)?;
    Ok(dataset(found.name(), encoded, vocabulary))
}

/// The vocabulary of the data set found at or below `path`, or the one that was asked for.
fn tfds_vocabulary(
    found: &tfds::DataSetFolder,
    form: TextForm,
    path: &Path,
    asked: Option<&Path>,
) -> Result<Vocabulary> {
    let own = found.folder.join(tfds::VOCABULARY);
    match form {
        TextForm::Ids if own.is_file() => own_vocabulary(&own, asked),
        _ if asked.is_none() && find_vocabulary(&found.folder).is_ok() => {
            vocabulary_for(&found.folder, None)
        }
        _ => vocabulary_for(path, asked),
    }
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
                "{}: not the vocabulary that the data's ids are of: it has {}, {} has {}; leave out `vocabulary`",
                path.display(),
                told(&other),
                own.display(),
                told(&vocabulary)
            )));
        }
    }
    Ok(vocabulary)
}

/// The reviews of the files at `paths`, encoded: from the cache, if they are there, or as `read` gives them.
fn encoded(
    form: &str,
    paths: &[&Path],
    vocabulary: &Vocabulary,
    asked: Request,
    read: impl FnOnce() -> Result<RawDataset>,
) -> Result<EncodedReviews> {
    let read = || Ok(encode_all(read()?, vocabulary));
    let Some(folder) = asked.cache else {
        return read();
    };
    let origin = Origin {
        form,
        paths,
        vocabulary,
        limits: asked.limits,
    };
    cache::encoded(folder, &origin, read)
}

/// What a source held, encoded.
fn encode_all(raw: RawDataset, vocabulary: &Vocabulary) -> EncodedReviews {
    let encoder = SubwordEncoder::new(vocabulary);
    let mut notes = raw.notes;
    if raw.synthetic {
        notes.insert(0, SYNTHETIC_NOTE.to_owned());
    }
    let train = encode(raw.train, &encoder);
    let test = encode(raw.test, &encoder);
    let held_out = encode(raw.held_out, &encoder);
    let empty = train
        .iter()
        .chain(&test)
        .chain(&held_out)
        .filter(|review| review.ids == [PADDING])
        .count();
    if empty > 0 {
        notes.push(format!(
            "empty reviews, each kept as one padding token: {empty}"
        ));
    }
    EncodedReviews {
        train,
        test,
        held_out,
        classes: raw.classes,
        synthetic: raw.synthetic,
        notes,
    }
}

fn dataset(name: String, encoded: EncodedReviews, vocabulary: Vocabulary) -> Dataset {
    Dataset {
        classes: encoded.classes,
        name,
        train: encoded.train,
        test: encoded.test,
        held_out: encoded.held_out,
        vocabulary,
        synthetic: encoded.synthetic,
        notes: encoded.notes,
    }
}

pub(super) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The vocabulary that [`load`] would take, without the reviews: `file`, or the one that goes with `source`.
///
/// # Errors
/// As [`load`].
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
    match found {
        Some(found) => {
            let form = tfds::read_features(&found.folder)?;
            tfds_vocabulary(&found, form, path, None)
        }
        None => vocabulary_for(path, None),
    }
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
        Error::NoVocabulary {
            data: data.to_owned(),
            problem: format!("neither {first} nor {second} is in {}", place.display()),
            wanted: folder.join(first),
        }
    })
}
