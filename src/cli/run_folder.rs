//! The folder of a run: refused before any work where it cannot be written, removed where nothing
//! came of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gatefold::report::{write_atomically, write_run};
use gatefold::train::History;
use gatefold::{Error, Result};

use super::run_config;
use super::settings::option;

/// The parameters' file.
pub const MODEL: &str = "model.safetensors";

/// What a run leaves, [`super::training`] and [`write_run`] together.
const FILES: [&str; 8] = [
    run_config::FILE,
    "history.csv",
    "history.json",
    "loss.png",
    "loss.svg",
    "accuracy.png",
    "accuracy.svg",
    MODEL,
];

/// What a comparison leaves above its runs, as `report::write_overview` writes it.
const OVERVIEW: [&str; 5] = [
    "validation_accuracy.png",
    "validation_accuracy.svg",
    "validation_loss.png",
    "validation_loss.svg",
    "comparison.md",
];

/// Fails if `folder` holds something already or cannot be written; leaves no trace.
///
/// # Errors
/// [`Error::Option`] with the remedy, [`Error::Io`] where the system refuses.
pub fn check(folder: &Path, overwrite: bool) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() && !overwrite {
                return Err(option(
                    "--out",
                    format!(
                        "{} is there already; choose another folder with --out DIR, or give \
                         --overwrite to replace the run in it",
                        folder.display()
                    ),
                ));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let problem = format!("{} is no folder; choose another one", folder.display());
            return Err(option("--out", problem));
        }
        Err(error) => return Err(Error::io(folder)(error)),
    }
    let exists = |ancestor: &&Path| ancestor.as_os_str().is_empty() || ancestor.exists();
    let ancestor = folder.ancestors().find(exists).unwrap_or(Path::new(""));
    if !ancestor.as_os_str().is_empty() && !ancestor.is_dir() {
        let problem = format!("{} is no folder; choose another place", ancestor.display());
        return Err(option("--out", problem));
    }
    try_writing(ancestor).map_err(|error| Error::Io {
        path: folder.to_path_buf(),
        source: io::Error::new(
            error.kind(),
            format!("cannot be written: {error}; choose another folder with --out DIR"),
        ),
    })
}

/// Fails if `folder` is not there or cannot be written in; leaves no trace.
pub fn try_writing(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".gatefold-{}.tmp", std::process::id()));
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe))
}

/// Removes the figures that an earlier comparison left in `folder`, and the runs called `variants`.
///
/// # Errors
/// [`Error::Io`] where the system refuses.
pub fn clear_comparison<'a>(folder: &Path, variants: impl Iterator<Item = &'a str>) -> Result<()> {
    remove(folder, &OVERVIEW)?;
    for variant in variants {
        let run = folder.join(variant);
        remove(&run, &FILES)?;
        // Stays where the user keeps files of their own in it.
        let _ = fs::remove_dir(&run);
    }
    Ok(())
}

fn remove(folder: &Path, names: &[&str]) -> Result<()> {
    for name in names {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The folder of a run under way.
pub struct RunFolder {
    path: PathBuf,
    note: String,
    /// Folders made for it, the deepest first.
    made: Vec<PathBuf>,
}

impl RunFolder {
    /// Makes the folder, rid of an earlier run, and writes `config.toml`; `note` is told at the foot
    /// of the plots.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn create(path: &Path, config: &str, note: &str) -> Result<RunFolder> {
        let missing = |ancestor: &&Path| !ancestor.as_os_str().is_empty() && !ancestor.exists();
        let made = path
            .ancestors()
            .take_while(missing)
            .map(Path::to_path_buf)
            .collect();
        fs::create_dir_all(path).map_err(Error::io(path))?;
        let folder = RunFolder {
            path: path.to_path_buf(),
            note: note.to_string(),
            made,
        };
        let config_file = path.join(run_config::FILE);
        let written =
            remove(path, &FILES).and_then(|()| write_atomically(&config_file, config.as_bytes()));
        match written {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.discard();
                Err(error)
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the history so far and its plots.
    ///
    /// # Errors
    /// As [`write_run`].
    pub fn write(&self, history: &History) -> Result<()> {
        write_run(&self.path, history, Some(&self.note)).map(|_| ())
    }

    /// Removes what was written: a run without an epoch is none.
    pub fn discard(self) {
        // The error that ended the run is the one to tell.
        let _ = remove(&self.path, &FILES);
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}
