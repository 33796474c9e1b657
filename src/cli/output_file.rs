//! The file that a command is to write: refused before any work where it cannot be.

use std::fs;
use std::path::Path;

use gatefold::report::holds_something;
use gatefold::run::try_writing;
use gatefold::{Error, Result};

use super::usage::option;

/// Fails where `path` holds something already, unless it is to be overwritten, or cannot be written; leaves no trace.
/// `name` is the option that named it.
///
/// # Errors
/// [`Error::Argument`] with the remedy, [`Error::Io`] where the system refuses.
pub fn check(name: &str, path: &Path, overwrite: bool) -> Result<()> {
    let shown = path.display();
    if path.is_dir() || path.file_name().is_none() {
        return Err(option(
            name,
            format!("{shown} is a folder; name a file in it"),
        ));
    }
    if !overwrite && holds_something(path)? {
        let problem = format!(
            "{shown} is there already; choose another file, or give --overwrite to replace it"
        );
        return Err(option(name, problem));
    }
    // A device, a pipe or a link is written into, not replaced.
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    try_writing(folder).map_err(|error| {
        let told = format!("cannot be written: {error}; choose another file with {name} FILE");
        Error::io(path)(std::io::Error::new(error.kind(), told))
    })
}
