//! Reviews a row: CSV, TSV and JSON Lines, plain or within gzip.

mod csv;
mod jsonl;
mod open;
mod row;
mod write;

use std::path::{Path, PathBuf};

use self::row::{Columns, Row};
pub(super) use self::write::{write_csv, write_json_lines};
use super::raw::{RawDataset, RawReview, note_replaced, note_unlabelled};
use super::split::{Split, Splits};
use super::{ReviewLimits, sentiment_classes};
use crate::error::{Error, Result};

/// A table of reviews, and what its columns are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// A file named `.csv`, `.tsv`, `.jsonl` or `.ndjson`, or one of these and `.gz`.
    pub path: PathBuf,
    /// Another such file with the test part; the first is the training part then.
    pub test: Option<PathBuf>,
    /// The column with the review; `None` takes `text` or, where there is none, the ids in `ids`.
    pub text_column: Option<String>,
    /// The column with the label; `None` takes `label`.
    pub label_column: Option<String>,
    /// What labels are called, in their order, 2 to 256 names; where empty, they are sentiments: `0`, `neg` or
    /// `negative`, and `1`, `pos` or `positive`.
    pub classes: Vec<String>,
}

impl Table {
    /// Names of the classes, in the order of the labels.
    pub fn class_names(&self) -> Vec<String> {
        match self.classes.is_empty() {
            true => sentiment_classes(),
            false => self.classes.clone(),
        }
    }

    /// A label is a byte, told by its name.
    fn check_classes(&self) -> Result<()> {
        let names = &self.classes;
        let problem = match names.len() {
            0 => return Ok(()),
            1 => "one class is nothing to tell apart; give 2 or more".to_owned(),
            2..=256 => {
                let twice = (1..names.len()).find(|&n| names[..n].contains(&names[n]));
                match (
                    twice,
                    names
                        .iter()
                        .any(|name| name.trim() != name || name.is_empty()),
                ) {
                    (Some(n), _) => format!("`{}` is there twice", names[n]),
                    (None, true) => "a name is empty, or has white space at its ends".to_owned(),
                    (None, false) => return Ok(()),
                }
            }
            count => format!("{count} classes; gatefold tells 256 apart at most"),
        };
        Err(Error::argument("Table::classes", problem))
    }
}

/// How the rows of a table are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// Fields between delimiters, names in the first row.
    Delimited(u8),
    /// A JSON object a line.
    Json,
}

/// Endings of the names of files, in lower case.
const ENDINGS: [(&str, Notation); 4] = [
    (".csv", Notation::Delimited(b',')),
    (".tsv", Notation::Delimited(b'\t')),
    (".jsonl", Notation::Json),
    (".ndjson", Notation::Json),
];
const GZIP: &str = ".gz";

/// Tells a table by the end of its name, in any case: its notation, and whether it is within gzip.
pub(super) fn notation(path: &Path) -> Option<(Notation, bool)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let plain = name.strip_suffix(GZIP).unwrap_or(&name);
    let notation = ENDINGS.iter().find(|(ending, _)| plain.ends_with(ending))?;
    Some((notation.1, plain.len() < name.len()))
}

/// Reads a table, its ids, if it has those, checked against a vocabulary of `size` ids.
///
/// A column `split` says which part a row belongs to. Without one, and without a second file, the texts
/// themselves decide ([`Split::by_hash`]). The order of the files is kept.
///
/// # Errors
/// [`Error::Malformed`] names the first line that is wrong, [`Error::Argument`] a file that is no table,
/// a second file too many or classes that cannot be; [`Error::Io`], and [`Error::Data`] where a class is missing.
pub(super) fn read(table: &Table, size: usize, limits: ReviewLimits) -> Result<RawDataset> {
    table.check_classes()?;
    let mut reading = Reading::new(table, limits, None);
    let part = table.test.as_ref().map(|_| Split::Train);
    reading.file(table, &table.path, part, "Table::path", size)?;
    if let Some(test) = &table.test {
        reading.file(table, test, Some(Split::Test), "Table::test", size)?;
    }
    let parts = reading.splits.take(&table.path)?;
    Ok(reading.finish(parts))
}

/// As [`read`], the test reviews alone: the second file, or what a column `split` says they are, or all. A class may
/// be missing.
///
/// # Errors
/// As [`read`]; [`Error::Data`] where there is none.
pub(super) fn read_to_test(table: &Table, size: usize, limits: ReviewLimits) -> Result<RawDataset> {
    table.check_classes()?;
    let limits = ReviewLimits {
        train: Some(0),
        ..limits
    };
    let mut reading = Reading::new(table, limits, Some(Split::Test));
    let (path, part, field) = match &table.test {
        Some(test) => (test, Some(Split::Test), "Table::test"),
        None => (&table.path, None, "Table::path"),
    };
    reading.file(table, path, part, field, size)?;
    let test = reading.splits.take_to_test(path)?;
    Ok(reading.finish([Vec::new(), test]))
}

/// What the files gave so far.
struct Reading {
    splits: Splits,
    unlabelled: usize,
    replaced: usize,
    synthetic: bool,
    /// Whether the part of a row is told, rather than decided by its text; the same for all.
    named: Option<bool>,
    /// The part of a row that does not say it; for `None` its text decides.
    unnamed: Option<Split>,
}

impl Reading {
    fn new(table: &Table, limits: ReviewLimits, unnamed: Option<Split>) -> Reading {
        Reading {
            splits: Splits::new(limits, table.class_names()),
            unlabelled: 0,
            replaced: 0,
            synthetic: false,
            named: None,
            unnamed,
        }
    }

    fn file(
        &mut self,
        table: &Table,
        path: &Path,
        part: Option<Split>,
        field: &str,
        size: usize,
    ) -> Result<()> {
        let Some((notation, gzip)) = notation(path) else {
            let problem = format!(
                "{} is not named .csv, .tsv, .jsonl or .ndjson, or one of these and .gz; only such tables have \
                 columns and a second file",
                path.display()
            );
            return Err(Error::argument(field, problem));
        };
        let columns = Columns::new(
            table.text_column.as_deref(),
            table.label_column.as_deref(),
            &table.classes,
            size,
        );
        let input = open::open(path, gzip)?;
        let mut visit = |row: Row| self.row(row, part);
        match notation {
            Notation::Delimited(delimiter) => csv::visit(input, delimiter, &columns, &mut visit),
            Notation::Json => jsonl::visit(input, &columns, &mut visit),
        }
    }

    /// Takes a row; what is wrong with it, if anything is.
    fn row(&mut self, row: Row, part: Option<Split>) -> Result<(), String> {
        let review = match row {
            Row::Unlabelled => {
                self.unlabelled += 1;
                return Ok(());
            }
            Row::Labelled(review) => review,
        };
        let split = match (part, review.split) {
            (Some(_), Some(_)) => {
                return Err(
                    "a column `split` and `Table::test` both say what the test part is; leave one out"
                        .to_owned(),
                );
            }
            (Some(split), None) | (None, Some(split)) => split,
            (None, None) => self
                .unnamed
                .unwrap_or_else(|| Split::by_hash(&review.raw.content)),
        };
        let named = part.is_some() || review.split.is_some();
        if *self.named.get_or_insert(named) != named {
            return Err(
                "`split` is in some rows and not in others; give it to all or none".to_owned(),
            );
        }
        self.replaced += usize::from(!review.valid);
        self.synthetic |= review.synthetic;
        self.splits.add(split, review.raw);
        Ok(())
    }

    /// What was read: the reviews of both parts, and what is to be told of them.
    fn finish(self, [train, test]: [Vec<RawReview>; 2]) -> RawDataset {
        let mut notes = Vec::new();
        if self.named == Some(false) && self.unnamed.is_none() {
            notes.push(format!(
                "no column `split`: a hash of the text put {} rows into the training part and {} into the \
                 test part",
                self.splits.count(Split::Train),
                self.splits.count(Split::Test)
            ));
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
            synthetic: self.synthetic,
            notes,
        }
    }
}
