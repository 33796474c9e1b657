//! Which files a table has, and which part each holds.

use std::path::{Path, PathBuf};

use super::class_folders;
use super::excerpt::shortened;
use super::form::{Form, NAMES, TEXT_ENDING};
use super::listing::entries;
use super::row::{NamedPart, is_unlabelled};
use crate::data::Table;
use crate::data::split::Split;
use crate::error::{Error, Result};

/// A file or folder that a table is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableFile {
    pub path: PathBuf,
    /// The part that all of it is.
    pub part: Option<NamedPart>,
    pub kind: Kind,
}

/// What a path holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rows(Form),
    /// A folder for each class.
    ClassFolders,
}

/// The files of a table; to test, those of the test part, or of the validation part where there is no other, alone.
///
/// # Errors
/// [`Error::Argument`] for a path that is no table, [`Error::Data`] for a folder whose files do not go together,
/// [`Error::Io`].
pub(super) fn files(table: &Table, to_test: bool) -> Result<Vec<TableFile>> {
    let (train, test) = (NamedPart::Of(Split::Train), NamedPart::Of(Split::Test));
    let others = [
        (
            &table.validation,
            NamedPart::Validation,
            "Table::validation",
        ),
        (&table.test, test, "Table::test"),
    ];
    let others: Vec<_> = others
        .into_iter()
        .filter_map(|(path, part, field)| Some((path.as_deref()?, part, field)))
        .collect();
    if to_test {
        return match others.last() {
            Some(&(path, _, field)) => expanded(path, Some(test), field),
            None => {
                let mut files = expanded(&table.path, None, "Table::path")?;
                let holds = |file: &TableFile, part| file.part == Some(part);
                let parts = [test, NamedPart::Validation];
                let found = parts
                    .into_iter()
                    .find(|&part| files.iter().any(|file| holds(file, part)));
                if let Some(part) = found {
                    files.retain(|file| holds(file, part));
                }
                Ok(files)
            }
        };
    }
    let part = (!others.is_empty()).then_some(train);
    let mut files = expanded(&table.path, part, "Table::path")?;
    for (path, part, field) in others {
        files.extend(expanded(path, Some(part), field)?);
    }
    Ok(files)
}

/// Whether a folder is one of class folders, or of a table's parts.
pub(in crate::data) fn is_table_folder(path: &Path) -> bool {
    class_folders::are_in(path) || matches!(parts_in(path), Ok(Some(_)) | Err(Error::Data(_)))
}

/// What a path stands for: itself, or the files of a folder of parts.
fn expanded(path: &Path, part: Option<NamedPart>, field: &str) -> Result<Vec<TableFile>> {
    let one = |kind| {
        Ok(vec![TableFile {
            path: path.to_owned(),
            part,
            kind,
        }])
    };
    if !path.is_dir() {
        return match Form::of(path) {
            Some(form) => one(Kind::Rows(form)),
            None => {
                let problem = format!(
                    "{} is not named {NAMES}; only such tables have columns, an encoding and further files",
                    path.display()
                );
                Err(Error::argument(field, problem))
            }
        };
    }
    if class_folders::are_in(path) {
        return one(Kind::ClassFolders);
    }
    match (parts_in(path)?, part) {
        (Some(files), None) => Ok(files),
        (Some(_), Some(_)) => {
            let problem = format!(
                "{} has parts of its own; give one of its files instead",
                path.display()
            );
            Err(Error::argument(field, problem))
        }
        (None, _) => {
            let problem = format!(
                "{} holds neither a folder for each class nor tables named train and test; only such folders, and files \
                 named {NAMES}, have columns, an encoding and further files",
                path.display()
            );
            Err(Error::argument(field, problem))
        }
    }
}

/// The tables of a folder that are called by their parts, in the order of their names: `train.csv`,
/// `test-00000-of-00002.parquet`. They may be in a folder below that has them alone.
fn parts_in(folder: &Path) -> Result<Option<Vec<TableFile>>> {
    if let Some(found) = own_parts(folder)? {
        return Ok(Some(found));
    }
    let mut below = Vec::new();
    for (name, path) in entries(folder)? {
        if !name.starts_with('.')
            && path.is_dir()
            && let Some(found) = own_parts(&path)?
        {
            below.push((name, found));
        }
    }
    match below.len() {
        0 | 1 => Ok(below.pop().map(|(_, found)| found)),
        count => {
            const SHOWN: usize = 5;
            let names: Vec<String> = below
                .iter()
                .take(SHOWN)
                .map(|(name, _)| shortened(name))
                .collect();
            let more = if count > SHOWN { ", …" } else { "" };
            Err(Error::Data(format!(
                "{}: tables are in {count} folders of it: {}{more}; give one of these",
                folder.display(),
                names.join(", ")
            )))
        }
    }
}

fn own_parts(folder: &Path) -> Result<Option<Vec<TableFile>>> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        // A text beside tables need not be one.
        let is_text = name.to_lowercase().ends_with(TEXT_ENDING);
        let Some(form) = Form::of(&path).filter(|_| path.is_file() && !is_text) else {
            continue;
        };
        let stem = name.split(['-', '.', '_']).next().unwrap_or_default();
        // What has no labels is of no use.
        if is_unlabelled(stem) {
            continue;
        }
        if let Some(part) = NamedPart::named(stem) {
            let kind = Kind::Rows(form);
            let part = Some(part);
            found.push((name, TableFile { path, part, kind }));
        }
    }
    let is_train = |(_, file): &(String, TableFile)| file.part == Some(NamedPart::Of(Split::Train));
    if !found.iter().any(is_train) {
        return Ok(None);
    }
    check_together(folder, &found)?;
    Ok(Some(found.into_iter().map(|(_, file)| file).collect()))
}

/// Fails where a part is there in several forms, or some of its pieces are missing.
fn check_together(folder: &Path, files: &[(String, TableFile)]) -> Result<()> {
    let refuse = |problem: String| Err(Error::Data(format!("{}: {problem}", folder.display())));
    for (name, file) in files {
        let own = |(_, other): &&(String, TableFile)| other.part == file.part;
        let of_part: Vec<_> = files.iter().filter(own).collect();
        match shards(name) {
            Some(of) if of_part.len() != of => {
                return refuse(format!(
                    "{name} is one of {of} pieces, but {} are here; copy or download all of them",
                    of_part.len()
                ));
            }
            None if of_part.len() > 1 => {
                let names: Vec<&str> = of_part.iter().map(|(name, _)| name.as_str()).collect();
                return refuse(format!(
                    "{} may all be the same part; give one of them, and others as `Table::test`",
                    names.join(", ")
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Of how many pieces a file is one by its name: `train-00000-of-00002.parquet`.
fn shards(name: &str) -> Option<usize> {
    let (_, after) = name.split_once("-of-")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
