//! The folder for what can be had again: fetched corpora, and what was made of them.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::error::{Error, Result};

/// The environment variable that names the folder.
const VARIABLE: &str = "GATEFOLD_HOME";

/// Where gatefold keeps what it can fetch or make again: `GATEFOLD_HOME`, or `gatefold` in the system's
/// cache folder. The folder may not be there yet.
///
/// The system's is `$XDG_CACHE_HOME` or `~/.cache` on Linux, `~/Library/Caches` on macOS, `%LOCALAPPDATA%`
/// on Windows.
///
/// # Errors
/// [`Error::Data`] where the system knows no home folder, with the remedy.
///
/// # Examples
/// ```
/// println!("{}", gatefold::data::cache_folder()?.display());
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn cache_folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    let system = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        Error::Data(format!(
            "no cache folder ({error}); name a folder in {VARIABLE}"
        ))
    })?;
    Ok(system.cache_dir().join("gatefold"))
}
