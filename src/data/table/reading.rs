//! Reading all files of a table: a look at each first, then its rows, into their parts.

use super::Table;
use super::class_folders;
use super::files::files;
use super::first_look::{FirstLook, Looked, file_name, named_encoding};
use super::labels::Labels;
use super::parts::Parts;
use super::row::{Columns, LabelledRow, Missing, NamedPart, Row};
use super::survey::quotes_note;

use crate::data::ReviewLimits;
use crate::data::raw::{RawDataset, RawReview, note_replaced, note_unlabelled};
use crate::data::split::{Split, keep_shares};
use crate::error::{Error, Result};

/// Reads a table, its ids, if it has those, checked against a vocabulary of `size` ids.
///
/// A column `split`, the files or the folders say which part a row belongs to. Where nothing does, the texts
/// themselves decide ([`Parts::add_by_hash`], [`Parts::share_classes`]). The order of the files is kept; limits keep the
/// shares of the classes. Rows without a text or a label are left out.
///
/// # Errors
/// [`Error::Malformed`] names the first line that is wrong, [`Error::Argument`] a file that is no table,
/// a further file too many, classes or an encoding that cannot be; [`Error::Io`], and [`Error::Data`] where the training
/// part lacks a class, the test part is empty, or labels are no classes.
pub(in crate::data) fn read(
    table: &Table,
    size: usize,
    limits: ReviewLimits,
) -> Result<RawDataset> {
    let mut reading = Reading::new(table, size, limits, None)?;
    reading.read_all()?;
    reading.check_any()?;
    if reading.named == Some(false) {
        reading.parts.share_classes();
    }
    let held_out = reading.place_validation();
    let [train, test] = reading.parts.take(&table.path)?;
    let (test, held_out) = match held_out {
        Some(mut validation) => {
            if let Some(limit) = limits.test {
                keep_shares(&mut validation, limit, |review| review.label);
            }
            (validation, test)
        }
        None => (test, Vec::new()),
    };
    Ok(reading.finish([train, test, held_out]))
}

/// As [`read`], the test reviews alone: the file that has them, or what a column `split` says they are, or all. A class
/// may be missing.
///
/// # Errors
/// As [`read`]; [`Error::Data`] where there is none.
pub(in crate::data) fn read_to_test(
    table: &Table,
    size: usize,
    limits: ReviewLimits,
) -> Result<RawDataset> {
    let limits = ReviewLimits {
        train: Some(0),
        ..limits
    };
    let mut reading = Reading::new(table, size, limits, Some(Split::Test))?;
    reading.read_all()?;
    reading.check_any()?;
    if let Some(validation) = reading.place_validation() {
        reading.notes.push(format!(
            "split validation, ignored: {} rows; the test part is there",
            validation.len()
        ));
    }
    let path = table.test.as_deref().or(table.validation.as_deref());
    let test = reading.parts.take_to_test(path.unwrap_or(&table.path))?;
    Ok(reading.finish([Vec::new(), test, Vec::new()]))
}

/// What the files gave so far.
struct Reading<'a> {
    table: &'a Table,
    looked: Vec<Looked>,
    labels: Labels,
    size: usize,
    parts: Parts,
    /// Rows to validate with.
    validation: Vec<RawReview>,
    unlabelled: usize,
    replaced: usize,
    incomplete: [Incomplete; 2],
    synthetic: bool,
    /// Whether the part of a row is told, rather than decided by its text; the same for all.
    named: Option<bool>,
    /// The part of a row that does not say it; for `None` its text decides.
    unnamed: Option<Split>,
    notes: Vec<String>,
}

/// Rows that lack something.
#[derive(Debug, Clone, Default)]
struct Incomplete {
    count: usize,
    /// Where the first is.
    first: String,
}

impl<'a> Reading<'a> {
    /// Looks at the files of a table, and finds its columns and classes.
    fn new(
        table: &'a Table,
        size: usize,
        limits: ReviewLimits,
        unnamed: Option<Split>,
    ) -> Result<Reading<'a>> {
        table.check()?;
        let to_test = unnamed.is_some();
        let mut look = FirstLook::new(table);
        let mut looked = Vec::new();
        for file in files(table, to_test)? {
            // Classes are those that are trained on.
            let counts = to_test || matches!(file.part, None | Some(NamedPart::Of(Split::Train)));
            looked.push(look.file(file, counts)?);
        }
        let labels = look.labels()?;
        Ok(Reading {
            table,
            looked,
            parts: Parts::new(limits, labels.names()),
            labels,
            size,
            validation: Vec::new(),
            unlabelled: 0,
            replaced: 0,
            incomplete: Default::default(),
            synthetic: false,
            named: None,
            unnamed,
            notes: look.notes,
        })
    }

    fn read_all(&mut self) -> Result<()> {
        let looked = std::mem::take(&mut self.looked);
        let labels = self.labels.clone();
        for Looked { file, rows } in looked {
            let Some((reader, chosen)) = rows else {
                let encoding = named_encoding(self.table)?;
                let visit = |row| self.row(row, file.part);
                let beside = class_folders::visit(&file.path, encoding, &labels, visit)?;
                self.unlabelled += beside.unlabelled;
                continue;
            };
            let columns = Columns {
                text: chosen.text,
                label: chosen.label,
                ids_will_do: chosen.ids_will_do,
                labels: labels.clone(),
                size: self.size,
            };
            let name = file_name(&file.path);
            let plain_line = reader.visit(&columns, |line, row| match row {
                Row::Unlabelled => {
                    self.unlabelled += 1;
                    Ok(())
                }
                Row::Incomplete(missing) => {
                    let found = &mut self.incomplete[missing as usize];
                    if found.count == 0 {
                        found.first = format!("{} {line} of {name}", reader.counted_by());
                    }
                    found.count += 1;
                    Ok(())
                }
                Row::Labelled(row) => self.row(row, file.part),
            })?;
            self.notes
                .extend(plain_line.map(|line| quotes_note(&name, line)));
        }
        Ok(())
    }

    /// Takes a row; what is wrong with it, if anything is.
    fn row(&mut self, review: LabelledRow, part: Option<NamedPart>) -> Result<(), String> {
        let named = match (part, review.part) {
            (Some(_), Some(_)) => {
                let field = match (&self.table.test, &self.table.validation) {
                    (Some(_), _) => "`Table::test`",
                    (None, Some(_)) => "`Table::validation`",
                    (None, None) => "the name of the file",
                };
                return Err(format!(
                    "a column `split` and {field} both say what the test part is; leave one out"
                ));
            }
            (Some(part), None) | (None, Some(part)) => Some(part),
            (None, None) => None,
        };
        if *self.named.get_or_insert(named.is_some()) != named.is_some() {
            return Err(
                "`split` is in some rows and not in others; give it to all or none".to_owned(),
            );
        }
        self.replaced += usize::from(!review.valid);
        self.synthetic |= review.synthetic;
        match (named, self.unnamed) {
            (Some(NamedPart::Validation), _) => self.validation.push(review.raw),
            (Some(NamedPart::Of(split)), _) | (None, Some(split)) => {
                self.parts.add(split, review.raw);
            }
            (None, None) => self.parts.add_by_hash(review.raw),
        }
        Ok(())
    }

    /// Fails where every row lacks something.
    fn check_any(&self) -> Result<()> {
        let left_out: usize = self.incomplete.iter().map(|found| found.count).sum();
        let taken = self.validation.len()
            + Split::ALL
                .map(|split| self.parts.count(split))
                .iter()
                .sum::<usize>();
        if taken > 0 || left_out == 0 {
            return Ok(());
        }
        let [texts, labels] = self.incomplete.each_ref().map(|found| found.count);
        Err(Error::Data(format!(
            "{}: no reviews; rows without a text: {texts}, without a label: {labels}; name the right columns with \
             `Table::text_column` and `Table::label_column`",
            self.table.path.display()
        )))
    }

    /// What to validate with while the test part is kept for later; without a test part, the validation part becomes it.
    fn place_validation(&mut self) -> Option<Vec<RawReview>> {
        let rows = std::mem::take(&mut self.validation);
        let count = rows.len();
        if count == 0 {
            return None;
        }
        let test = self.parts.count(Split::Test);
        if test > 0 {
            if self.unnamed.is_none() {
                self.notes.push(format!(
                    "validated with the {count} rows of the validation part while training; the {test} of the test \
                     part are for evaluating"
                ));
            }
            return Some(rows);
        }
        if self.table.validation.is_none() {
            self.notes.push(format!(
                "no split test: the {count} rows of the split validation are the test part"
            ));
        }
        for row in rows {
            self.parts.add(Split::Test, row);
        }
        None
    }

    /// What was read: the reviews of the parts, and what is to be told of them.
    fn finish(self, [train, test, held_out]: [Vec<RawReview>; 3]) -> RawDataset {
        let mut notes = self.notes;
        if self.named == Some(false) && self.unnamed.is_none() {
            let moved = match self.parts.moved() {
                0 => String::new(),
                moved => format!(", {moved} of the texts moved so that no class is missing there"),
            };
            notes.push(format!(
                "no column `split`: a hash of the text put {} rows into the training part and {} into the \
                 test part{moved}",
                self.parts.count(Split::Train),
                self.parts.count(Split::Test)
            ));
        }
        for (what, incomplete) in ["text", "label"].iter().zip(&self.incomplete) {
            if incomplete.count > 0 {
                let Incomplete { count, first } = incomplete;
                notes.push(format!(
                    "rows without a {what}, left out: {count}, the first in {first}"
                ));
            }
        }
        if self.unlabelled > 0 {
            notes.push(note_unlabelled("split unsupervised", self.unlabelled));
        }
        if self.replaced > 0 {
            notes.push(note_replaced(self.replaced));
        }
        RawDataset {
            train,
            test,
            held_out,
            classes: self.labels.names(),
            synthetic: self.synthetic,
            notes,
        }
    }
}

// `Missing` is the place of a count.
const _: () = assert!(Missing::Text as usize == 0 && Missing::Label as usize == 1);
