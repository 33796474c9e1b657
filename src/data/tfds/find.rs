//! Which data set is meant by a folder: itself, or one somewhere below.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::info::{INFO, Info};
use crate::error::{Error, Result};

/// `data_dir/NAME/CONFIG/VERSION`, and one folder to spare.
const DEEPEST: usize = 4;
/// Folders that have many files but no prepared data set: those of reviews, and of downloads.
const PASSED_OVER: [&str; 4] = ["pos", "neg", "unsup", "downloads"];
/// Part of the name of a folder whose data set is still being prepared.
const INCOMPLETE: &str = ".incomplete";
/// The experiment's data set.
const PREFERRED: &str = "imdb_reviews/subwords8k";

/// The folder of a data set, with its description.
pub(in crate::data) struct DataSetFolder {
    pub folder: PathBuf,
    pub(super) info: Info,
    /// What the user should know of the choice, if there was one.
    pub note: Option<String>,
}

impl DataSetFolder {
    /// `imdb_reviews/subwords8k/1.0.0`
    pub fn name(&self) -> String {
        self.info.full_name()
    }
}

/// The data set in `root` or, where there is none, below it; `None` if there is none either.
///
/// Of several below, `imdb_reviews/subwords8k` is taken, and of several versions the newest.
///
/// # Errors
/// [`Error::Data`] lists what is there where that does not decide; [`Error::Io`], [`Error::Malformed`].
pub(in crate::data) fn find(root: &Path) -> Result<Option<DataSetFolder>> {
    let mut candidates = Vec::new();
    for folder in folders(root)? {
        let info = Info::read(&folder)?;
        candidates.push(DataSetFolder {
            folder,
            info,
            note: None,
        });
    }
    let names: HashSet<String> = candidates
        .iter()
        .map(|found| found.info.configured_name())
        .collect();
    let mut all: Vec<String> = candidates.iter().map(DataSetFolder::name).collect();
    all.sort();
    let chosen = match names.len() {
        0 => return Ok(None),
        1 => names.into_iter().next().unwrap_or_default(),
        _ if names.contains(PREFERRED) => PREFERRED.to_owned(),
        _ => {
            return Err(Error::Data(format!(
                "{}: several data sets are below: {}; give the folder of one",
                root.display(),
                all.join(", ")
            )));
        }
    };
    candidates.retain(|found| found.info.configured_name() == chosen);
    candidates.sort_by_key(|found| found.info.version_order());
    let newest = candidates.pop().map(|mut found| {
        if let [_, _, ..] = all[..] {
            all.retain(|name| *name != found.name());
            found.note = Some(format!(
                "took {} from below the folder, not {}",
                found.name(),
                all.join(", ")
            ));
        }
        found
    });
    Ok(newest)
}

/// The folders with a `dataset_info.json`, none within another, in order of their paths.
fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut visited = HashSet::new();
    let mut waiting = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        if folder.join(INFO).is_file() {
            found.push(folder);
            continue;
        }
        // Links may lead here again, or in a circle.
        let canonical = fs::canonicalize(&folder).map_err(Error::io(&folder))?;
        if depth == DEEPEST || !visited.insert(canonical) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io(&path))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if (kind.is_dir() || kind.is_symlink() && path.is_dir())
                && !PASSED_OVER.contains(&name.as_ref())
                && !name.contains(INCOMPLETE)
            {
                waiting.push((path, depth + 1));
            }
        }
    }
    found.sort();
    Ok(found)
}
