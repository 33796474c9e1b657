//! What a file or folder of reviews is at this moment, in a line that is another once it changes.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::data::digest::{sha256, sha256_of_file};
use crate::error::{Error, Result};

/// The coarsest clock that file systems keep times of change by, FAT's.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// A file's content, or the names, sizes and times of change of all that is in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    digest: String,
    /// When the last of a folder's files was changed.
    changed: Option<SystemTime>,
}

impl Fingerprint {
    /// The fingerprint of what is at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read.
    pub(super) fn of(path: &Path) -> Result<Fingerprint> {
        if path.is_dir() {
            return of_folder(path);
        }
        Ok(Fingerprint {
            digest: sha256_of_file(path)?,
            changed: None,
        })
    }

    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether a further change would show: a file that was changed just now could be changed again
    /// within the same tick of the file system's clock.
    pub(super) fn is_settled(&self) -> bool {
        self.changed.is_none_or(|changed| {
            SystemTime::now()
                .duration_since(changed)
                .is_ok_and(|age| age > COARSEST_CLOCK)
        })
    }
}

/// Times say little apart from their place, so the folder's own path is part of it.
fn of_folder(root: &Path) -> Result<Fingerprint> {
    let mut lines = vec![path_line(root)?];
    let mut changed = None;
    let mut visited = HashSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        // Links may lead here again, or in a circle.
        if !visited.insert(fs::canonicalize(&folder).map_err(Error::io(&folder))?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let relative = path.strip_prefix(root).unwrap_or(&path);
            // A link that leads nowhere is a file of its own kind.
            let found = fs::metadata(&path)
                .or_else(|_| fs::symlink_metadata(&path))
                .map_err(Error::io(&path))?;
            let mut line = format!("{:?} ", relative.as_os_str());
            if found.is_dir() {
                line.push_str(&path_line(&path)?);
                folders.push(path);
            } else {
                let time = found.modified().map_err(Error::io(&path))?;
                changed = changed.max(Some(time));
                line.push_str(&file_line(&found, time));
            }
            lines.push(line);
        }
    }
    // Folders are read in no order.
    lines.sort_unstable();
    Ok(Fingerprint {
        digest: sha256(lines.join("\n")),
        changed,
    })
}

fn path_line(folder: &Path) -> Result<String> {
    let canonical = fs::canonicalize(folder).map_err(Error::io(folder))?;
    Ok(format!("{:?}", canonical.as_os_str()))
}

fn file_line(file: &Metadata, time: SystemTime) -> String {
    let mut line = file.len().to_string();
    // Writing to a string cannot fail.
    let _ = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => write!(line, " {}", after.as_nanos()),
        Err(before) => write!(line, " -{}", before.duration().as_nanos()),
    };
    line
}
