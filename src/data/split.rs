//! The two parts of a data set, and what each must have.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::ReviewLimits;
use super::raw::{Content, RawReview};
use crate::error::{Error, Result};

/// Of so many texts, one is for testing where the data does not say which.
const SHARES: u64 = 5;

/// One part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Test,
}

impl Split {
    pub const ALL: [Split; 2] = [Split::Train, Split::Test];

    /// The part's name in files.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "test",
        }
    }
}

/// What the content of a review is told by: the first 8 bytes of the SHA-256 of the text, or of the ids as
/// little-endian u32, as a big-endian number.
pub(super) fn hash_of(content: &Content) -> u64 {
    let digest = match content {
        Content::Text(text) => Sha256::digest(text),
        Content::Ids(ids) => {
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
            Sha256::digest(bytes)
        }
    };
    let first = digest.iter().take(8);
    first.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The part that a review belongs to by the hash of its content alone: multiples of 5 test, 4 of 5 train, and what is
/// there twice is never in both.
pub(super) fn split_of(hash: u64) -> Split {
    match hash % SHARES {
        0 => Split::Test,
        _ => Split::Train,
    }
}

/// Keeps `limit` of some reviews, in their order: of each class the first, as many as its share of all, and of no class
/// none if the limit has room for all classes.
pub(super) fn keep_shares<T>(reviews: &mut Vec<T>, limit: usize, label: impl Fn(&T) -> u8) {
    if reviews.len() <= limit {
        return;
    }
    let mut counts = [0; 256];
    for review in reviews.iter() {
        counts[usize::from(label(review))] += 1;
    }
    let mut left = shares(&counts, limit);
    reviews.retain(|review| {
        let left = &mut left[usize::from(label(review))];
        let keep = *left > 0;
        *left -= usize::from(keep);
        keep
    });
}

/// `limit`, no more than all of `counts`, shared out as they are: rounded down, what is left to those that lost most, the
/// first of equals.
fn shares(counts: &[usize; 256], limit: usize) -> [usize; 256] {
    let total: usize = counts.iter().sum();
    let classes = counts.iter().filter(|&&count| count > 0).count();
    let least = usize::from(limit >= classes);
    let exact = |class: usize| limit as u128 * counts[class] as u128;
    let mut shares = std::array::from_fn(|class| {
        let down = (exact(class) / total.max(1) as u128) as usize;
        down.max(least.min(counts[class]))
    });
    // How much less than its share a class has, in parts of `total`.
    let lost = |shares: &[usize; 256], class: usize| {
        exact(class) as i128 - shares[class] as i128 * total as i128
    };
    loop {
        let sum: usize = shares.iter().sum();
        let below = |&class: &usize| shares[class] < counts[class];
        let above = |&class: &usize| shares[class] > least;
        let next = if sum < limit {
            let open = (0..256).rev().filter(below);
            open.max_by_key(|&class| lost(&shares, class))
                .map(|class| (class, 1))
        } else if sum > limit {
            let open = (0..256).filter(above);
            open.min_by_key(|&class| lost(&shares, class))
                .map(|class| (class, -1))
        } else {
            None
        };
        let Some((class, change)) = next else {
            return shares;
        };
        shares[class] = shares[class].saturating_add_signed(change);
    }
}

/// What makes two parts with so many reviews of each class unfit for training, if anything does.
pub(super) fn lacks(classes: &[String], [train, test]: &[Vec<usize>; 2]) -> Option<String> {
    let missing = classes.iter().zip(train).find(|(_, count)| **count == 0);
    let all = if classes.len() == 2 { "both" } else { "all" };
    let part = Split::Train.name();
    match missing {
        Some((class, _)) => Some(format!(
            "no {class} reviews in the {part} part; training needs {all} classes"
        )),
        None if test.iter().all(|count| *count == 0) => Some(format!(
            "no reviews in the {} part; there is nothing to validate with",
            Split::Test.name()
        )),
        None => None,
    }
}

/// Collects the reviews of both parts, in order: the first of each that the limits let in.
pub(super) struct Splits {
    /// Names, in the order of the labels.
    classes: Vec<String>,
    parts: [Part; 2],
}

struct Part {
    limit: usize,
    reviews: Vec<RawReview>,
    /// Reviews found of each class, kept or not.
    counts: Vec<usize>,
}

impl Splits {
    /// No reviews yet, to be of these classes: each label is one's place.
    pub fn new(limits: ReviewLimits, classes: Vec<String>) -> Splits {
        Splits {
            parts: [limits.train, limits.test].map(|limit| Part {
                limit: limit.unwrap_or(usize::MAX),
                reviews: Vec::new(),
                counts: vec![0; classes.len()],
            }),
            classes,
        }
    }

    /// Counts a review and keeps it if it is among the first of its part.
    pub fn add(&mut self, split: Split, review: RawReview) {
        let part = &mut self.parts[split as usize];
        part.counts[usize::from(review.label)] += 1;
        if part.reviews.len() < part.limit {
            part.reviews.push(review);
        }
    }

    /// What was kept, training part first.
    ///
    /// # Errors
    /// [`Error::Data`] names `path` where the training part lacks a class, or the test part has nothing.
    pub fn finish(self, path: &Path) -> Result<[Vec<RawReview>; 2]> {
        let shown = path.display();
        let counts = self.parts.each_ref().map(|part| part.counts.clone());
        if counts.iter().flatten().all(|count| *count == 0) {
            return Err(Error::Data(format!("{shown}: no reviews")));
        }
        match lacks(&self.classes, &counts) {
            Some(problem) => Err(Error::Data(format!("{shown}: {problem}"))),
            None => Ok(self.parts.map(|part| part.reviews)),
        }
    }
}
