//! Reviews without a vocabulary: one is built from them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::load::{load_cached, load_with};
use super::texts::{Contents, load_contents};
use super::{Dataset, ReviewLimits, Source, TARGET_SIZE, build_vocabulary};
use crate::error::{Error, Result};

/// As [`load_cached`]; but where no vocabulary is named and none is beside the reviews, one of subwords is built from the
/// training reviews, of about [`TARGET_SIZE`] ids, which a note of the data set tells. Subwords have an id for any text,
/// and give the text back, whatever its language.
///
/// The same reviews give the same vocabulary. Once `stop` is set, building ends within a moment.
///
/// # Errors
/// Those of [`load`](super::load) but for [`Error::NoVocabulary`]; [`Error::Data`] for reviews that are ids, where nothing
/// says whose; those of [`build_vocabulary`].
///
/// # Examples
/// ```
/// use std::sync::atomic::AtomicBool;
/// use gatefold::data::{ReviewLimits, Source, load_building};
///
/// # let folder = std::env::temp_dir().join(format!("gatefold-load-building-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).map_err(gatefold::Error::io(&folder))?;
/// # let path = folder.join("reviews.csv");
/// let rows = "text,label,split\na good film,1,train\na bad film,0,train\na film,1,test\n";
/// std::fs::write(&path, rows).map_err(gatefold::Error::io(&path))?;
///
/// let stop = AtomicBool::new(false);
/// let reviews = load_building(&Source::Path(path), None, ReviewLimits::default(), None, &stop)?;
/// assert!(reviews.notes[0].contains("built from the 2 training reviews"));
/// # std::fs::remove_dir_all(&folder).map_err(gatefold::Error::io(&folder))?;
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn load_building(
    source: &Source,
    vocabulary: Option<&Path>,
    limits: ReviewLimits,
    cache: Option<&Path>,
    stop: &AtomicBool,
) -> Result<Dataset> {
    match load_cached(source, vocabulary, limits, cache) {
        Err(Error::NoVocabulary { .. }) => {}
        other => return other,
    }
    let texts = match load_contents(source, limits.train)? {
        Contents::Texts(texts) => texts,
        Contents::Ids { name } => {
            return Err(Error::Data(format!(
                "{name}: its reviews are ids, and there is no vocabulary beside it that they could be of; give theirs \
                 with `vocabulary`"
            )));
        }
    };
    let built = build_vocabulary(&texts.texts, TARGET_SIZE, stop, &mut |_| {})?;
    let count = texts.texts.len();
    // They are read again, and need not be in memory twice.
    drop(texts);
    let mut dataset = load_with(source, &built.vocabulary, limits, cache)?;
    let note = format!(
        "no vocabulary was named, and none is beside the data: one of {} subwords was built from the {count} training \
         reviews",
        built.vocabulary.subwords().len()
    );
    dataset.notes.insert(0, note);
    Ok(dataset)
}
