//! What is in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What is in a folder, by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, entry.path()));
    }
    found.sort_unstable();
    Ok(found)
}
