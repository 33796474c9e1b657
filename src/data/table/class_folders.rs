//! A folder for each class, with a text a file: `train/CLASS/*.txt`, or `CLASS/*.txt` without parts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8};

use super::form::TEXT_ENDING;
use super::labels::Labels;
use super::listing::entries;
use super::row::{LabelledRow, NamedPart, is_unlabelled};
use crate::data::byte_order_mark::without_byte_order_mark;
use crate::data::files::read_whole;
use crate::data::imdb::is_review_name;
use crate::data::raw::{Content, LARGEST_REVIEW, RawReview, text_of};
use crate::error::{Error, Result};

/// Whether a folder is one of class folders, two at least; `train|test/pos|neg/ID_RATING.txt` is aclImdb's, with an order of its own.
pub(super) fn are_in(root: &Path) -> bool {
    const LEAST: usize = 2;
    let own_texts = |folder: &ClassFolder| -> Vec<String> {
        let names = entries(&folder.path).unwrap_or_default().into_iter();
        names
            .map(|(name, _)| name)
            .filter(|name| is_text(name))
            .collect()
    };
    let is_imdb = |folder: &ClassFolder| {
        folder.part.is_some()
            && ["pos", "neg"].contains(&folder.class.as_str())
            && own_texts(folder).iter().any(|name| is_review_name(name))
    };
    // A data set in a folder of its own.
    let holds_parts = |folder: &ClassFolder| {
        let below = folders(&folder.path).unwrap_or_default();
        below
            .iter()
            .any(|(name, _)| NamedPart::named(name).is_some())
    };
    class_folders(root).is_ok_and(|folders| {
        let with_texts = folders
            .iter()
            .filter(|folder| !holds_parts(folder) && !own_texts(folder).is_empty());
        !folders.iter().any(is_imdb) && with_texts.count() >= LEAST
    })
}

fn is_text(name: &str) -> bool {
    name.to_lowercase().ends_with(TEXT_ENDING)
}

/// The folder of a class in a part.
struct ClassFolder {
    part: Option<NamedPart>,
    class: String,
    path: PathBuf,
}

/// The folders, part after part, each in the order of the classes' names.
fn class_folders(root: &Path) -> Result<Vec<ClassFolder>> {
    let parts: Vec<_> = folders(root)?
        .into_iter()
        .filter_map(|(name, path)| Some((NamedPart::named(&name)?, path)))
        .collect();
    let roots = match parts.is_empty() {
        true => vec![(None, root.to_owned())],
        false => parts
            .into_iter()
            .map(|(part, path)| (Some(part), path))
            .collect(),
    };
    let mut found = Vec::new();
    for (part, path) in roots {
        for (class, path) in folders(&path)? {
            found.push(ClassFolder { part, class, path });
        }
    }
    Ok(found)
}

/// The folders in a folder, by name, without hidden ones.
fn folders(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = entries(root)?;
    found.retain(|(name, path)| !name.starts_with('.') && path.is_dir());
    Ok(found)
}

/// The files with texts in a folder, by name, then those in each folder below.
fn texts(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut visited = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        // Links may lead here again, or in a circle.
        if !visited.insert(fs::canonicalize(&folder).map_err(Error::io(&folder))?) {
            continue;
        }
        let (below, files): (Vec<_>, Vec<_>) = entries(&folder)?
            .into_iter()
            .partition(|(_, path)| path.is_dir());
        open.extend(below.into_iter().rev().map(|(_, path)| path));
        found.extend(files.into_iter().filter(|(name, _)| is_text(name)));
    }
    Ok(found)
}

/// The names of the classes, sorted.
///
/// # Source
/// Keras, `text_dataset_from_directory`: labels are the places of the sorted names.
pub(super) fn classes(root: &Path) -> Result<Vec<String>> {
    let found = class_folders(root)?;
    let names: BTreeSet<String> = found
        .into_iter()
        .filter(|folder| !is_unlabelled(&folder.class))
        .map(|folder| folder.class)
        .collect();
    Ok(names.into_iter().collect())
}

/// What was found beside the reviews.
#[derive(Default)]
pub(super) struct Beside {
    /// Texts in folders of reviews without labels.
    pub unlabelled: usize,
    /// Texts that are not in the encoding.
    wrong: usize,
    first_wrong: Option<PathBuf>,
    texts: usize,
}

/// Calls `visit` with every text, class after class.
///
/// # Errors
/// [`Error::Malformed`] for a text that is too long or of another encoding, where more than a few are, or that `visit`
/// calls wrong; [`Error::Io`].
pub(super) fn visit(
    root: &Path,
    encoding: Option<&'static Encoding>,
    labels: &Labels,
    mut visit: impl FnMut(LabelledRow) -> Result<(), String>,
) -> Result<Beside> {
    let mut beside = Beside::default();
    for folder in class_folders(root)? {
        let texts = texts(&folder.path)?;
        if is_unlabelled(&folder.class) {
            beside.unlabelled += texts.len();
            continue;
        }
        let label = labels.label(&folder.class);
        let label =
            label.and_then(|label| label.ok_or_else(|| "no class has an empty name".to_owned()));
        let label = label.map_err(|problem| malformed(&folder.path, problem))?;
        for (_, path) in texts {
            let (text, valid) = text(&path, encoding)?;
            beside.texts += 1;
            if !valid {
                beside.wrong += 1;
                beside.first_wrong.get_or_insert_with(|| path.clone());
            }
            let row = LabelledRow {
                raw: RawReview {
                    content: Content::Text(text),
                    label,
                },
                part: folder.part,
                valid,
                synthetic: false,
            };
            visit(row).map_err(|problem| malformed(&path, problem))?;
        }
    }
    beside.check(encoding)?;
    Ok(beside)
}

impl Beside {
    /// Says that too many texts are not in the encoding, where mending them would lose what they say.
    fn check(&self, encoding: Option<&'static Encoding>) -> Result<()> {
        const FEW: usize = 3;
        let is_few = self.wrong <= FEW && 2 * self.wrong < self.texts;
        match &self.first_wrong {
            Some(first) if encoding != Some(UTF_8) && !is_few && 100 * self.wrong > self.texts => {
                let name = encoding.map_or("UTF-8", Encoding::name);
                let problem = format!(
                    "{} of {} texts are not {name}, this is the first; give their `Table::encoding`",
                    self.wrong, self.texts
                );
                Err(malformed(first, problem))
            }
            _ => Ok(()),
        }
    }
}

fn text(path: &Path, encoding: Option<&'static Encoding>) -> Result<(String, bool)> {
    let too_long = || format!("a review has {} MiB at most", LARGEST_REVIEW >> 20);
    let bytes = read_whole(path, LARGEST_REVIEW, too_long)?;
    match encoding {
        Some(encoding) => {
            let (text, _, is_wrong) = encoding.decode(&bytes);
            let (text, _) = text_of(text.as_bytes());
            Ok((text, !is_wrong))
        }
        None => {
            let bytes =
                without_byte_order_mark(&bytes).map_err(|problem| malformed(path, problem))?;
            Ok(text_of(bytes))
        }
    }
}

fn malformed(path: &Path, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: "the file".to_owned(),
        problem: problem.into(),
    }
}
