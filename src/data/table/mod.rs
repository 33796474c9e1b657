//! Reviews a row: CSV, TSV and JSON Lines, plain or within gzip.

mod ask;
mod csv;
mod encoding;
mod header;
mod jsonl;
mod lines;
mod open;
mod parts;
mod place;
mod records;
mod row;
mod survey;
mod write;

use std::path::{Path, PathBuf};

pub use self::ask::{TextCells, TextForm, TextInput, TextOrigin, TextRequest, TextRow};
use self::encoding::LineCheck;
use self::parts::Parts;
use self::records::Quotes;
use self::row::{Columns, NamedPart, Row};
pub(super) use self::write::{write_csv, write_json_lines};
use super::raw::{RawDataset, RawReview, note_replaced, note_unlabelled};
use super::split::Split;
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
    /// How the text is encoded, by a name of the Encoding Standard (`windows-1252`, `euc-kr`, `gb18030`, `shift_jis`,
    /// `utf-16`) or a usual one (`cp949`). `None` takes UTF-16 where a byte order mark says so, and else UTF-8; a file
    /// of which more than a few lines are not UTF-8 is refused then, unless `utf-8` is named.
    pub encoding: Option<String>,
}

impl Table {
    /// Names of the classes, in the order of the labels.
    pub fn class_names(&self) -> Vec<String> {
        match self.classes.is_empty() {
            true => sentiment_classes(),
            false => self.classes.clone(),
        }
    }

    /// Checks what can be checked without looking at the files.
    ///
    /// # Errors
    /// [`Error::Argument`] for classes that cannot be, or an encoding of no such name.
    pub fn check(&self) -> Result<()> {
        self.check_classes()?;
        self.encoding.as_deref().map(encoding::named).transpose()?;
        Ok(())
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
/// themselves decide ([`Parts::add_by_hash`], [`Parts::share_classes`]). The order of the files is kept; limits keep the
/// shares of the classes.
///
/// # Errors
/// [`Error::Malformed`] names the first line that is wrong, [`Error::Argument`] a file that is no table,
/// a second file too many, classes or an encoding that cannot be; [`Error::Io`], and [`Error::Data`] where the training
/// part lacks a class or the test part is empty.
pub(super) fn read(table: &Table, size: usize, limits: ReviewLimits) -> Result<RawDataset> {
    table.check()?;
    let mut reading = Reading::new(table, limits, None);
    let part = table.test.as_ref().map(|_| Split::Train);
    reading.file(table, &table.path, part, "Table::path", size)?;
    if let Some(test) = &table.test {
        reading.file(table, test, Some(Split::Test), "Table::test", size)?;
    }
    if reading.named == Some(false) {
        reading.parts.share_classes();
    }
    reading.place_validation();
    let parts = reading.parts.take(&table.path)?;
    Ok(reading.finish(parts))
}

/// As [`read`], the test reviews alone: the second file, or what a column `split` says they are, or all. A class may
/// be missing.
///
/// # Errors
/// As [`read`]; [`Error::Data`] where there is none.
pub(super) fn read_to_test(table: &Table, size: usize, limits: ReviewLimits) -> Result<RawDataset> {
    table.check()?;
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
    reading.place_validation();
    let test = reading.parts.take_to_test(path)?;
    Ok(reading.finish([Vec::new(), test]))
}

/// What is to be told of a file whose quotes turned out to be plain.
fn quotes_note(path: &Path, survey: &survey::Survey) -> Option<String> {
    match (survey.quotes, survey.plain_line) {
        (Quotes::Plain, Some(line)) => Some(format!(
            "quotes in {} are part of its texts: as quotes around fields they make no sense in line {line}",
            path.file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
        )),
        _ => None,
    }
}

/// What the files gave so far.
struct Reading {
    parts: Parts,
    /// Rows whose split is called validation.
    validation: Vec<RawReview>,
    unlabelled: usize,
    replaced: usize,
    synthetic: bool,
    /// Whether the part of a row is told, rather than decided by its text; the same for all.
    named: Option<bool>,
    /// The part of a row that does not say it; for `None` its text decides.
    unnamed: Option<Split>,
    notes: Vec<String>,
}

impl Reading {
    fn new(table: &Table, limits: ReviewLimits, unnamed: Option<Split>) -> Reading {
        Reading {
            parts: Parts::new(limits, table.class_names()),
            validation: Vec::new(),
            unlabelled: 0,
            replaced: 0,
            synthetic: false,
            named: None,
            unnamed,
            notes: Vec::new(),
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
                 columns, an encoding and a second file",
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
        let named = table.encoding.as_deref().map(encoding::named).transpose()?;
        let check = LineCheck::new(named);
        let open = || open::open(path, gzip, named);
        match notation {
            Notation::Delimited(delimiter) => {
                let survey = survey::survey(open()?, delimiter, &columns, check)?;
                self.notes.extend(quotes_note(path, &survey));
                let visit = |row: Row| self.row(row, part);
                csv::visit(open()?, delimiter, survey.quotes, &columns, visit)
            }
            Notation::Json => {
                jsonl::survey(open()?, check)?;
                jsonl::visit(open()?, &columns, |row| self.row(row, part))
            }
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
        let named = match (part, review.part) {
            (Some(_), Some(_)) => {
                return Err(
                    "a column `split` and `Table::test` both say what the test part is; leave one out"
                        .to_owned(),
                );
            }
            (Some(split), None) => Some(NamedPart::Of(split)),
            (None, named) => named,
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

    /// What a table is validated with is its test part, unless that is there as well.
    fn place_validation(&mut self) {
        let rows = std::mem::take(&mut self.validation);
        let count = rows.len();
        if count == 0 {
            return;
        }
        if self.parts.count(Split::Test) > 0 {
            let note = format!("split validation, ignored: {count} rows; the test part is there");
            self.notes.push(note);
            return;
        }
        self.notes.push(format!(
            "no split test: the {count} rows of the split validation are the test part"
        ));
        for row in rows {
            self.parts.add(Split::Test, row);
        }
    }

    /// What was read: the reviews of both parts, and what is to be told of them.
    fn finish(self, [train, test]: [Vec<RawReview>; 2]) -> RawDataset {
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
