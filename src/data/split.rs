//! The two parts of a data set, and what each must have.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::raw::{Content, RawReview};
use super::{Dataset, Review, ReviewLimits};
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

    /// The part that a review belongs to by its content alone: 4 of 5 train, and what is there twice is
    /// never in both.
    ///
    /// The first 8 bytes of the SHA-256 of the text, or of the ids as little-endian u32, are taken as a
    /// big-endian number; multiples of 5 test.
    pub fn by_hash(content: &Content) -> Split {
        let digest = match content {
            Content::Text(text) => Sha256::digest(text),
            Content::Ids(ids) => {
                let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
                Sha256::digest(bytes)
            }
        };
        let number = digest
            .iter()
            .take(8)
            .fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        match number % SHARES {
            0 => Split::Test,
            _ => Split::Train,
        }
    }
}

impl Dataset {
    /// The reviews of one part.
    pub(super) fn part(&self, split: Split) -> &[Review] {
        match split {
            Split::Train => &self.train,
            Split::Test => &self.test,
        }
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

    /// Reviews found in a part, kept or not.
    pub fn count(&self, split: Split) -> usize {
        self.parts[split as usize].counts.iter().sum()
    }

    /// What was kept, training part first.
    ///
    /// # Errors
    /// [`Error::Data`] names `path` and a class that a part lacks.
    pub fn finish(mut self, path: &Path) -> Result<[Vec<RawReview>; 2]> {
        self.take(path)
    }

    /// As [`Splits::finish`]; the counts stay.
    pub fn take(&mut self, path: &Path) -> Result<[Vec<RawReview>; 2]> {
        let shown = path.display();
        if Split::ALL.iter().all(|&split| self.count(split) == 0) {
            return Err(Error::Data(format!("{shown}: no reviews")));
        }
        for split in Split::ALL {
            let counts = &self.parts[split as usize].counts;
            for (class, &count) in self.classes.iter().zip(counts) {
                if count == 0 {
                    let part = split.name();
                    let all = if counts.len() == 2 { "both" } else { "all" };
                    return Err(Error::Data(format!(
                        "{shown}: no {class} reviews in the {part} part; train and test need {all} classes"
                    )));
                }
            }
        }
        Ok(self.take_all())
    }

    /// What was kept of the test part, which may lack a class; the counts stay.
    ///
    /// # Errors
    /// [`Error::Data`] names `path` where there is no review.
    pub fn take_to_test(&mut self, path: &Path) -> Result<Vec<RawReview>> {
        let shown = path.display();
        if self.count(Split::Test) > 0 {
            let [_, test] = self.take_all();
            return Ok(test);
        }
        Err(Error::Data(match self.count(Split::Train) {
            0 => format!("{shown}: no reviews"),
            _ => format!("{shown}: no reviews in the test part, as the column `split` has it"),
        }))
    }

    fn take_all(&mut self) -> [Vec<RawReview>; 2] {
        self.parts
            .each_mut()
            .map(|part| std::mem::take(&mut part.reviews))
    }
}
