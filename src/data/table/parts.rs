//! The rows of a table in their parts: every class in both where it can be, limits that keep the classes' shares.

use std::collections::BTreeMap;
use std::path::Path;

use crate::data::ReviewLimits;
use crate::data::raw::RawReview;
use crate::data::split::{Split, hash_of, keep_shares, lacks, split_of};
use crate::error::{Error, Result};

/// The rows that were read so far.
pub(super) struct Parts {
    classes: Vec<String>,
    parts: [Vec<PlacedRow>; 2],
    /// Rows of each class in each part, held or not.
    counts: [Vec<usize>; 2],
    limits: [Option<usize>; 2],
    rows: usize,
    /// Texts that were moved to the part that had none of their class.
    moved: usize,
}

struct PlacedRow {
    /// How many rows come before it, in whichever part.
    place: usize,
    /// The [`hash_of`] its content, where that decides its part.
    hash: u64,
    review: RawReview,
}

impl Parts {
    /// No rows yet, to be of these classes: each label is one's place.
    pub fn new(limits: ReviewLimits, classes: Vec<String>) -> Parts {
        Parts {
            parts: [Vec::new(), Vec::new()],
            counts: [(); 2].map(|()| vec![0; classes.len()]),
            limits: [limits.train, limits.test],
            classes,
            rows: 0,
            moved: 0,
        }
    }

    /// Takes a row of that part. One of a part of which nothing is wanted is only counted.
    pub fn add(&mut self, split: Split, review: RawReview) {
        let held = self.limits[split as usize] != Some(0);
        self.place(split, 0, review, held);
    }

    /// Takes a row whose content decides where it belongs.
    pub fn add_by_hash(&mut self, review: RawReview) {
        let hash = hash_of(&review.content);
        self.place(split_of(hash), hash, review, true);
    }

    fn place(&mut self, split: Split, hash: u64, review: RawReview, held: bool) {
        self.counts[split as usize][usize::from(review.label)] += 1;
        if held {
            let place = self.rows;
            self.parts[split as usize].push(PlacedRow {
                place,
                hash,
                review,
            });
        }
        self.rows += 1;
    }

    /// Rows found in a part, held or not.
    pub fn count(&self, split: Split) -> usize {
        self.counts[split as usize].iter().sum()
    }

    /// Texts that [`Parts::share_classes`] moved.
    pub fn moved(&self) -> usize {
        self.moved
    }

    /// Gives each class that a part has no row of one text, with all rows that have it, from the other part: the one
    /// with the least hash that no other class has. The training part keeps its last text of a class; the test part
    /// does not.
    ///
    /// For rows of [`Parts::add_by_hash`] alone. Where every class is in both parts, nothing moves.
    pub fn share_classes(&mut self) {
        for label in 0..self.classes.len() {
            for (from, to, least) in [
                (Split::Test, Split::Train, 1),
                (Split::Train, Split::Test, 2),
            ] {
                if self.counts[to as usize][label] > 0 {
                    continue;
                }
                if let Some(hash) = self.text_to_move(from, label, least) {
                    self.move_text(hash, from, to, label);
                }
            }
        }
    }

    /// The hash of the text to move from a part that has `least` texts of the class or more.
    fn text_to_move(&self, from: Split, label: usize, least: usize) -> Option<u64> {
        let rows = &self.parts[from as usize];
        let is_own = |row: &PlacedRow| usize::from(row.review.label) == label;
        let own = rows.iter().filter(|row| is_own(row));
        // Whether the class alone has the text.
        let mut texts: BTreeMap<u64, bool> = own.map(|row| (row.hash, true)).collect();
        for row in rows.iter().filter(|row| !is_own(row)) {
            if let Some(alone) = texts.get_mut(&row.hash) {
                *alone = false;
            }
        }
        let mut alone = texts.iter().filter(|(_, alone)| **alone);
        alone
            .next()
            .map(|(hash, _)| *hash)
            .filter(|_| texts.len() >= least)
    }

    fn move_text(&mut self, hash: u64, from: Split, to: Split, label: usize) {
        let rows = std::mem::take(&mut self.parts[from as usize]);
        let (moved, stay): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.hash == hash);
        self.counts[from as usize][label] -= moved.len();
        self.counts[to as usize][label] += moved.len();
        self.moved += 1;
        self.parts[from as usize] = stay;
        let target = &mut self.parts[to as usize];
        target.extend(moved);
        target.sort_by_key(|row| row.place);
    }

    /// What the limits let in of both parts, training part first, each in the order of the rows.
    ///
    /// # Errors
    /// [`Error::Data`] names `path` where the training part lacks a class, or the test part has nothing.
    pub fn take(&mut self, path: &Path) -> Result<[Vec<RawReview>; 2]> {
        let shown = path.display();
        if self.rows == 0 {
            return Err(Error::Data(format!("{shown}: no reviews")));
        }
        if let Some(problem) = lacks(&self.classes, &self.counts) {
            let remedy = match self.count(Split::Test) {
                0 => {
                    "take out the column `split`, if there is one; else give test reviews with `Table::test`"
                }
                _ => "give some, or leave that class out",
            };
            return Err(Error::Data(format!("{shown}: {problem}; {remedy}")));
        }
        Ok(Split::ALL.map(|split| self.take_part(split)))
    }

    /// What the limit lets in of the test part, which may lack classes.
    ///
    /// # Errors
    /// [`Error::Data`] names `path` where there is no review.
    pub fn take_to_test(&mut self, path: &Path) -> Result<Vec<RawReview>> {
        let shown = path.display();
        if self.count(Split::Test) > 0 {
            return Ok(self.take_part(Split::Test));
        }
        Err(Error::Data(match self.rows {
            0 => format!("{shown}: no reviews"),
            _ => format!(
                "{shown}: no reviews in the test part, as the column `split` has it; take that column out, or name \
                 another file"
            ),
        }))
    }

    fn take_part(&mut self, split: Split) -> Vec<RawReview> {
        let mut rows = std::mem::take(&mut self.parts[split as usize]);
        if let Some(limit) = self.limits[split as usize] {
            keep_shares(&mut rows, limit, |row| row.review.label);
        }
        rows.into_iter().map(|row| row.review).collect()
    }
}
