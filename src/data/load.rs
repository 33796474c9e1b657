//! From a source to a data set: which form the reviews have, and their ids.

use std::path::{Path, PathBuf};

use super::cache::{self, EncodedReviews, Origin};
use super::demo::SYNTHETIC_NOTE;
use super::encode::encode;
use super::raw::{FORMS, RawDataset};
use super::tfds;
use super::vocabulary_choice::VocabularyChoice;
use super::{
    Dataset, Encoder, PADDING, Review, ReviewLimits, Source, Table, Vocabulary, class_counts, demo,
    imdb, table,
};
use crate::error::{Error, Result};

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
        vocabulary: VocabularyChoice::of(vocabulary),
        limits,
        cache,
        to_test: false,
    };
    load_asked(source, asked)
}

/// As [`load_cached`], with a vocabulary that is in memory: one that was just built, or taken from elsewhere.
///
/// # Errors
/// Those of [`load`].
///
/// # Examples
/// ```
/// use std::sync::atomic::AtomicBool;
/// use gatefold::data::{ReviewLimits, Source, build_vocabulary, load_texts, load_with};
///
/// # let path = std::env::temp_dir().join(format!("gatefold-load-with-{}.csv", std::process::id()));
/// let rows = "text,label,split\na good film,1,train\na bad film,0,train\na film,1,test\n";
/// std::fs::write(&path, rows).map_err(gatefold::Error::io(&path))?;
/// let source = Source::Path(path.clone());
///
/// let texts = load_texts(&source, None)?.texts;
/// let built = build_vocabulary(&texts, 262, &AtomicBool::new(false), &mut |_| {})?;
/// let reviews = load_with(&source, &built.vocabulary, ReviewLimits::default(), None)?;
/// assert_eq!(reviews.train.len(), 2);
/// assert_eq!(reviews.vocabulary, built.vocabulary);
/// # std::fs::remove_file(&path).map_err(gatefold::Error::io(&path))?;
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn load_with(
    source: &Source,
    vocabulary: &Vocabulary,
    limits: ReviewLimits,
    cache: Option<&Path>,
) -> Result<Dataset> {
    let asked = Request {
        vocabulary: VocabularyChoice::Given(vocabulary),
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
        vocabulary: VocabularyChoice::of(vocabulary),
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
    source.check_vocabulary(asked.vocabulary.is_asked())?;
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
    vocabulary: VocabularyChoice<'a>,
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
    let vocabulary = asked.vocabulary.vocabulary_for(path)?;
    let read = || imdb::read(path, asked.limits);
    let encoded = encoded("aclImdb", &[path], &vocabulary, asked, read)?;
    Ok(dataset(file_name(path), encoded, vocabulary))
}

fn load_table(table: &Table, asked: Request) -> Result<Dataset> {
    let path = table.path.as_path();
    check_exists(path)?;
    let vocabulary = asked.vocabulary.vocabulary_for(path)?;
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
    let vocabulary = asked.vocabulary.tfds_vocabulary(found, form, path)?;
    let read = || tfds::read(found, form, vocabulary.size(), asked.limits);
    // The note tells of what is beside the folder.
    let name = format!("tfds {:?}", found.note);
    let encoded = encoded(&name, &[&found.folder], &vocabulary, asked, read)?;
    Ok(dataset(found.name(), encoded, vocabulary))
}

/// The reviews of the files at `paths`, encoded: from the cache, if they are there, or as `read` gives them.
fn encoded(
    form: &str,
    paths: &[&Path],
    vocabulary: &Vocabulary,
    asked: Request,
    read: impl FnOnce() -> Result<RawDataset>,
) -> Result<EncodedReviews> {
    let read = || encode_all(read()?, vocabulary);
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
fn encode_all(raw: RawDataset, vocabulary: &Vocabulary) -> Result<EncodedReviews> {
    let encoder = Encoder::new(vocabulary);
    let mut notes = raw.notes;
    if raw.synthetic {
        notes.insert(0, SYNTHETIC_NOTE.to_owned());
    }
    let train = encode(raw.train, &encoder)?;
    let test = encode(raw.test, &encoder)?;
    let held_out = encode(raw.held_out, &encoder)?;
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
    notes.extend(unknown_note(&encoder, &train));
    Ok(EncodedReviews {
        train,
        test,
        held_out,
        classes: raw.classes,
        synthetic: raw.synthetic,
        notes,
    })
}

/// Tells how many of the training tokens the vocabulary does not have, where that can be.
fn unknown_note(encoder: &Encoder, train: &[Review]) -> Option<String> {
    let unknown = encoder.unknown()?;
    let ids = || train.iter().flat_map(|review| review.ids.iter());
    let (all, count) = (ids().count(), ids().filter(|id| **id == unknown).count());
    let share = 100.0 * count as f64 / all.max(1) as f64;
    Some(format!(
        "training tokens that the vocabulary does not have, read as [UNK]: {count} of {all}, {share:.1} %"
    ))
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
