//! Runs that are named to be looked at: their folders and their histories.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::Variant;
use crate::report::read_history;
use crate::train::History;

/// The folders of the runs that `named` stand for, a comparison for those in it.
///
/// # Errors
/// [`Error::Io`] where a folder cannot be read.
pub fn runs_below(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for run in named {
        folders.extend(runs_in(run)?);
    }
    Ok(folders)
}

/// The histories in `folders`.
///
/// # Errors
/// As [`read_history`]; [`Error::Data`] where there is no epoch yet.
pub fn read_histories(folders: &[PathBuf]) -> Result<Vec<History>> {
    let read = |folder: &PathBuf| {
        let history = read_history(folder)?;
        if history.epochs.is_empty() {
            return Err(Error::Data(format!(
                "{}: no epochs in its history, nothing to draw",
                folder.display()
            )));
        }
        Ok(history)
    };
    folders.iter().map(read).collect()
}

/// Whether a run that told of its epochs is in `folder`.
pub fn has_history(folder: &Path) -> bool {
    let names = ["history.json", "history.csv"];
    names.iter().any(|name| folder.join(name).is_file())
}

/// The run in `folder`, or the runs in the folders below it where it is a comparison.
fn runs_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if has_history(folder) || !folder.is_dir() {
        return Ok(vec![folder.to_path_buf()]);
    }
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if has_history(&path) {
            runs.push(path);
        }
    }
    // As they were compared; others after them, by name.
    runs.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_os_string();
        let rank = Variant::ALL
            .iter()
            .position(|variant| name == variant.name());
        (rank.unwrap_or(Variant::ALL.len()), name)
    });
    // Without any, reading the folder itself says what is missing.
    Ok(if runs.is_empty() {
        vec![folder.to_path_buf()]
    } else {
        runs
    })
}

/// Calls runs of one variant after their folders, without those above that all share.
pub fn name_apart(histories: &mut [History], folders: &[PathBuf]) {
    let variants: HashSet<&str> = histories
        .iter()
        .map(|history| history.variant.as_str())
        .collect();
    if variants.len() == histories.len() {
        return;
    }
    let shared = shared_folder(folders);
    for (history, folder) in histories.iter_mut().zip(folders) {
        let own = folder.strip_prefix(&shared).unwrap_or(folder);
        history.variant = own.display().to_string();
    }
}

/// The folder that all of these lie in, empty if there is none.
fn shared_folder(folders: &[PathBuf]) -> PathBuf {
    let mut above = folders.iter().filter_map(|folder| folder.parent());
    let first = above.next().unwrap_or(Path::new(""));
    above.fold(first.to_path_buf(), |shared, folder| {
        let both = shared.components().zip(folder.components());
        let same = both.take_while(|(one, other)| one == other);
        same.map(|(one, _)| one).collect()
    })
}
