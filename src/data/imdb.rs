//! The Large Movie Review Dataset as its authors pack it: `train|test` / `pos|neg` / `ID_RATING.txt`.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use md5::{Digest, Md5};
use rayon::prelude::*;

use super::archive::{self, Kind};
use super::byte_order_mark::UTF_8_MARK;
use super::files::read_whole;
use super::raw::{LARGEST_REVIEW, RawDataset, RawReview, note_replaced, note_unlabelled, text_of};
use super::{ReviewLimits, sentiment_classes};
use crate::error::{Error, Result};

const PARTS: [&str; 2] = ["train", "test"];
/// The folders of the classes, by label.
const CLASSES: [&str; 2] = ["neg", "pos"];
const UNLABELLED: &str = "unsup";

/// Reads an `aclImdb` folder, or an archive of one, without writing anything.
///
/// Reviews come in the order that tensorflow-datasets has them, whatever the order on disk: ascending by
/// the MD5 of the part's name followed by `aclImdb/PART/CLASS/FILE`. With limits the first in that
/// order are kept, and only those are held in memory.
///
/// # Errors
/// [`Error::Io`], [`Error::Malformed`] for an archive that cannot be trusted, [`Error::Data`] where a
/// part has no reviews of a class.
pub(super) fn read(path: &Path, limits: ReviewLimits) -> Result<RawDataset> {
    if path.is_dir() {
        read_folder(path, limits)
    } else {
        read_archive(path, limits)
    }
}

fn read_archive(path: &Path, limits: ReviewLimits) -> Result<RawDataset> {
    let mut found = Selection::new(limits);
    archive::visit(path, |mut entry| {
        let name = entry.name.clone();
        let components: Vec<_> = name
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        if entry.kind == Kind::Other {
            return Ok(());
        }
        let Some(place) = found.sort(&components) else {
            return Ok(());
        };
        if name.starts_with('/') || components.contains(&"..") {
            return Err(
                entry.malformed("the path leaves the archive; pack it again with relative paths")
            );
        }
        if entry.kind == Kind::Link {
            return Err(entry.malformed(
                "a link instead of a review; pack the archive again with \
                 tar --dereference --hard-dereference",
            ));
        }
        if !found.add(&place, || entry.read(LARGEST_REVIEW))? {
            return Err(
                entry.malformed("the archive has this review twice; pack it again from one folder")
            );
        }
        Ok(())
    })?;
    found.into_reviews(path, Ok)
}

fn read_folder(root: &Path, limits: ReviewLimits) -> Result<RawDataset> {
    let mut found = Selection::new(limits);
    let mut visited = HashSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let relative = folder.strip_prefix(root).unwrap_or(&folder).to_owned();
        let mut components: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
        // Links may lead here again, or in a circle.
        let canonical = fs::canonicalize(&folder).map_err(Error::io(&folder))?;
        if !visited.insert((canonical, role(&components))) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io(&path))?;
            if kind.is_dir() || kind.is_symlink() && path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            components.push(name.into());
            if let Some(place) = found.sort(&components)
                && !found.add(&place, || Ok(path.clone()))?
            {
                let problem = "this review is in another folder below as well; \
                               give the folder of one data set";
                return Err(malformed(&path, problem));
            }
            components.pop();
        }
    }
    found.into_reviews(root, |path| read_file(&path))
}

/// What a folder's path makes of the files in it and below: a part, and a class of that part.
fn role(components: &[impl AsRef<str>]) -> (Option<usize>, Option<usize>) {
    let find = |names: &[&str], from_end: usize| {
        let name = components.iter().rev().nth(from_end)?;
        names.iter().position(|known| *known == name.as_ref())
    };
    match (
        find(&PARTS, 1),
        find(&[CLASSES[0], CLASSES[1], UNLABELLED], 0),
    ) {
        (Some(part), Some(class)) => (Some(part), Some(class)),
        _ => (find(&PARTS, 0), None),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    read_whole(path, LARGEST_REVIEW, || {
        let largest = LARGEST_REVIEW >> 20;
        format!("a review has {largest} MiB at most; this is another file")
    })
}

/// Where a review belongs, by its path.
struct Place<'a> {
    /// Index into [`PARTS`].
    part: usize,
    /// Index into [`CLASSES`].
    label: usize,
    file: &'a str,
}

impl Place<'_> {
    /// What tensorflow-datasets orders the reviews of a part by.
    fn key(&self) -> [u8; 16] {
        let (part, class) = (PARTS[self.part], CLASSES[self.label]);
        Md5::digest(format!("{part}aclImdb/{part}/{class}/{}", self.file)).into()
    }
}

/// The reviews that have been found so far; `T` is a review's content or where to read it later.
struct Selection<T> {
    parts: [Part<T>; 2],
    unlabelled: usize,
    strays: usize,
    first_stray: Option<String>,
}

struct Part<T> {
    limit: usize,
    /// The reviews with the `limit` least keys; the greatest of them is on top.
    kept: BinaryHeap<KeyedReview<T>>,
    seen: HashSet<[u8; 16]>,
    /// Reviews found of each class, kept or not.
    classes: [usize; 2],
}

/// A review, and the key that decides whether it is kept.
struct KeyedReview<T> {
    key: [u8; 16],
    label: u8,
    content: T,
}

impl<T> Ord for KeyedReview<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<T> PartialOrd for KeyedReview<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for KeyedReview<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for KeyedReview<T> {}

impl<T: Send> Selection<T> {
    fn new(limits: ReviewLimits) -> Selection<T> {
        Selection {
            parts: [limits.train, limits.test].map(|limit| Part {
                limit: limit.unwrap_or(usize::MAX),
                kept: BinaryHeap::new(),
                seen: HashSet::new(),
                classes: [0; 2],
            }),
            unlabelled: 0,
            strays: 0,
            first_stray: None,
        }
    }

    /// Tells a review by the components of its path, and counts what is none.
    fn sort<'a>(&mut self, components: &'a [impl AsRef<str>]) -> Option<Place<'a>> {
        let [.., part, class, file] = components else {
            return None;
        };
        let (part, class, file) = (part.as_ref(), class.as_ref(), file.as_ref());
        let part = PARTS.iter().position(|&name| name == part)?;
        if class == UNLABELLED {
            self.unlabelled += 1;
            return None;
        }
        let label = CLASSES.iter().position(|&name| name == class)?;
        if !is_review_name(file) {
            self.strays += 1;
            self.first_stray.get_or_insert_with(|| {
                components
                    .iter()
                    .map(AsRef::as_ref)
                    .collect::<Vec<_>>()
                    .join("/")
            });
            return None;
        }
        Some(Place { part, label, file })
    }

    /// Counts a review and keeps it if it is among the first of its part; false if it came before.
    fn add(&mut self, place: &Place, content: impl FnOnce() -> Result<T>) -> Result<bool> {
        let part = &mut self.parts[place.part];
        let key = place.key();
        if !part.seen.insert(key) {
            return Ok(false);
        }
        part.classes[place.label] += 1;
        if part.kept.len() == part.limit {
            if part.kept.peek().is_none_or(|last| last.key < key) {
                return Ok(true);
            }
            part.kept.pop();
        }
        part.kept.push(KeyedReview {
            key,
            label: place.label as u8,
            content: content()?,
        });
        Ok(true)
    }

    /// Reads what was kept, in order, after a check that no class is missing.
    fn into_reviews(
        self,
        path: &Path,
        read: impl Fn(T) -> Result<Vec<u8>> + Sync,
    ) -> Result<RawDataset> {
        let shown = path.display();
        if self.parts.iter().all(|part| part.seen.is_empty()) {
            return Err(Error::Data(format!(
                "{shown}: no reviews; expected files train|test/pos|neg/ID_RATING.txt, at any depth, or the \
                 dataset_info.json of a TFDS data set"
            )));
        }
        for (name, part) in PARTS.iter().zip(&self.parts) {
            for (class, &count) in CLASSES.iter().zip(&part.classes) {
                if count == 0 {
                    return Err(Error::Data(format!(
                        "{shown}: no reviews in {name}/{class}; train and test need both classes, \
                         pos and neg, so copy or unpack the data again"
                    )));
                }
            }
        }
        let mut notes = Vec::new();
        if self.unlabelled > 0 {
            notes.push(note_unlabelled(UNLABELLED, self.unlabelled));
        }
        if let Some(first) = self.first_stray {
            notes.push(format!(
                "files among the reviews that are not named ID_RATING.txt, ignored: {}, first {first}",
                self.strays
            ));
        }
        let mut replaced = 0;
        let mut parts = Vec::new();
        for part in self.parts {
            let kept = part.kept.into_sorted_vec();
            let decoded: Vec<_> = kept
                .into_par_iter()
                .map(|review| {
                    let bytes = read(review.content)?;
                    let text = bytes.strip_prefix(UTF_8_MARK).unwrap_or(&bytes);
                    let (text, valid) = text_of(text);
                    Ok((RawReview::of_text(text, review.label), valid))
                })
                .collect::<Result<_>>()?;
            replaced += decoded.iter().filter(|(_, valid)| !valid).count();
            parts.push(
                decoded
                    .into_iter()
                    .map(|(review, _)| review)
                    .collect::<Vec<_>>(),
            );
        }
        if replaced > 0 {
            notes.push(note_replaced(replaced));
        }
        let test = parts.pop().unwrap_or_default();
        let train = parts.pop().unwrap_or_default();
        Ok(RawDataset {
            train,
            test,
            held_out: Vec::new(),
            classes: sentiment_classes(),
            synthetic: false,
            notes,
        })
    }
}

/// `ID_RATING.txt`, both numbers.
pub(super) fn is_review_name(file: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    file.strip_suffix(".txt")
        .and_then(|stem| stem.split_once('_'))
        .is_some_and(|(id, rating)| is_number(id) && is_number(rating))
}

fn malformed(path: &Path, problem: impl Into<String>) -> Error {
    Error::Malformed {
        path: path.to_owned(),
        place: "the file".to_owned(),
        problem: problem.into(),
    }
}
