//! The folder of a run or a comparison: refused before any work where it cannot be written, locked while it
//! is written, removed where nothing came of it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::warn;

use super::card_file::remove_model_card;
use super::files;
use super::lock::{Lock, is_held};
use super::spec::RunSpec;
use crate::atomic::{is_temporary, remove_leftovers, write_atomically};
use crate::data::{Vocabulary, VocabularyKind};
use crate::error::{Error, Result};
use crate::report::{TensorBoard, write_run};
use crate::train::{CheckpointFiles, History};

/// Fails if `folder` holds something already, is in use or cannot be written; leaves no trace.
///
/// # Errors
/// [`Error::Argument`] with the remedy, [`Error::Io`] where the system refuses.
pub fn check_folder(folder: &Path, overwrite: bool) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            // What a process left that was killed is nothing to keep.
            let left = |name: &OsStr| name == files::LOCK || is_temporary(name);
            let mut entries = entries.filter(|entry| {
                entry
                    .as_ref()
                    .map_or(true, |entry| !left(&entry.file_name()))
            });
            if entries.next().is_some() && !overwrite {
                let problem = format!(
                    "{} is there already; choose another folder, or give `overwrite` to replace the run in it",
                    folder.display()
                );
                return Err(Error::argument("out", problem));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let problem = format!("{} is no folder; choose another one", folder.display());
            return Err(Error::argument("out", problem));
        }
        Err(error) => return Err(Error::io(folder)(error)),
    }
    let exists = |ancestor: &&Path| ancestor.as_os_str().is_empty() || ancestor.exists();
    let ancestor = folder.ancestors().find(exists).unwrap_or(Path::new(""));
    if !ancestor.as_os_str().is_empty() && !ancestor.is_dir() {
        let problem = format!("{} is no folder; choose another place", ancestor.display());
        return Err(Error::argument("out", problem));
    }
    try_writing(ancestor).map_err(|error| Error::Io {
        path: folder.to_path_buf(),
        source: io::Error::new(
            error.kind(),
            format!("cannot be written: {error}; choose another folder with `out`"),
        ),
    })?;
    if folder.is_dir() {
        Lock::take(folder)?;
    }
    Ok(())
}

/// Whether `folder` holds a run or a comparison that one can go on with.
pub fn holds_run(folder: &Path) -> bool {
    let names = [files::CONFIG].into_iter().chain(CheckpointFiles::NAMES);
    names.into_iter().any(|name| folder.join(name).is_file())
}

/// Whether `folder` has the configuration of a run or a comparison, and no process holds it. Where that cannot be told, as on
/// a file system without locks, the answer is no.
pub fn is_abandoned(folder: &Path) -> bool {
    folder.join(files::CONFIG).is_file() && is_held(folder) == Some(false)
}

/// The vocabulary's file in the folder of a run, if it is there and has this hash; runs of earlier versions have none.
pub(super) fn kept_vocabulary(folder: &Path, sha256: &str) -> Option<PathBuf> {
    let paths = VocabularyKind::ALL.map(|kind| folder.join(files::vocabulary(kind)));
    for path in paths.into_iter().filter(|path| path.is_file()) {
        match Vocabulary::load(&path) {
            Ok(vocabulary) if vocabulary.sha256() == sha256 => return Some(path),
            Ok(_) => warn!(
                "{}: not the vocabulary of the run; not taken",
                path.display()
            ),
            Err(error) => warn!("{error}; not taken"),
        }
    }
    None
}

/// Fails if `folder` is not there or cannot be written in; leaves no trace.
pub fn try_writing(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".gatefold.{}.tmp", std::process::id()));
    fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe))
}

/// Removes the figures that an earlier comparison left in `folder`, and the runs called `variants`.
///
/// # Errors
/// [`Error::Io`] where the system refuses, or a run is in use.
pub fn clear_comparison<'a>(folder: &Path, variants: impl Iterator<Item = &'a str>) -> Result<()> {
    remove(folder, files::of_comparison())?;
    for variant in variants {
        let run = folder.join(variant);
        if run.is_dir() {
            let _lock = Lock::take(&run)?;
            remove_run(&run)?;
        }
        // Stays where the user keeps files of their own in it.
        let _ = fs::remove_dir(&run);
    }
    Ok(())
}

/// Removes what a run left in `folder`.
fn remove_run(folder: &Path) -> Result<()> {
    remove(folder, files::of_run())?;
    remove_model_card(folder)?;
    let events = folder.join(files::EVENTS);
    for file in TensorBoard::files(&events) {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            continue;
        };
        remove(folder, [&*name.to_string_lossy()])?;
        // Stays where the user keeps files of their own in it, as the one above it.
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(events);
    Ok(())
}

fn remove<'a>(folder: &Path, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
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

/// The folder of a run under way, or of a comparison.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Folders made for it, the deepest first; `None` where a run was there before.
    made: Option<Vec<PathBuf>>,
    /// None of a folder that another process writes to.
    lock: Option<Arc<Lock>>,
}

/// Keeps a folder locked while it lives, beside its [`RunFolder`].
#[derive(Debug)]
pub struct HeldFolder(Option<Arc<Lock>>);

impl HeldFolder {
    /// Whether other processes are kept out: some file systems have no locks.
    pub fn is_locked(&self) -> bool {
        self.0.as_ref().is_some_and(|lock| lock.is_real())
    }
}

impl RunFolder {
    /// Makes the folder, rid of an earlier run, and writes `config.toml` and the vocabulary.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses, or another process writes there.
    pub fn create(path: &Path, spec: &RunSpec, vocabulary: &Vocabulary) -> Result<RunFolder> {
        let missing = |ancestor: &&Path| !ancestor.as_os_str().is_empty() && !ancestor.exists();
        let made = path
            .ancestors()
            .take_while(missing)
            .map(Path::to_path_buf)
            .collect();
        fs::create_dir_all(path).map_err(Error::io(path))?;
        let folder = RunFolder {
            path: path.to_path_buf(),
            made: Some(made),
            lock: Some(Arc::new(Lock::take(path)?)),
        };
        let written = remove_leftovers(path)
            .and_then(|()| remove_run(path))
            .and_then(|()| folder.write_origin(spec, vocabulary));
        match written {
            Ok(()) => Ok(folder),
            Err(error) => {
                folder.discard();
                Err(error)
            }
        }
    }

    /// Takes the folder of a run to go on with.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none; [`Error::Io`] where the system refuses, or another process
    /// writes there.
    pub fn open(path: &Path) -> Result<RunFolder> {
        RunFolder::check_holds_run(path)?;
        let lock = Arc::new(Lock::take(path)?);
        remove_leftovers(path)?;
        Ok(RunFolder {
            path: path.to_path_buf(),
            made: None,
            lock: Some(lock),
        })
    }

    /// The folder of a run that another process goes on with, to be read only.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none.
    pub fn of_another(path: &Path) -> Result<RunFolder> {
        RunFolder::check_holds_run(path)?;
        Ok(RunFolder {
            path: path.to_path_buf(),
            made: None,
            lock: None,
        })
    }

    fn check_holds_run(path: &Path) -> Result<()> {
        if !holds_run(path) {
            let problem = format!(
                "{}: no run to go on with: neither {} nor {} is there; name another folder, or begin a run",
                path.display(),
                files::CONFIG,
                CheckpointFiles::NAMES[0]
            );
            return Err(Error::argument("resume", problem));
        }
        Ok(())
    }

    /// Takes the folder, whatever is in it; it is made where it is not there. `None` where another process has it.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn claim(path: &Path) -> Result<Option<RunFolder>> {
        fs::create_dir_all(path).map_err(Error::io(path))?;
        let lock = match Lock::take(path) {
            Ok(lock) => Arc::new(lock),
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::WouldBlock => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        remove_leftovers(path)?;
        Ok(Some(RunFolder {
            path: path.to_path_buf(),
            made: None,
            lock: Some(lock),
        }))
    }

    /// Has the folder stay locked for longer than this lives.
    pub fn hold(&self) -> HeldFolder {
        HeldFolder(self.lock.clone())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `config.toml`, and then the vocabulary: without the first, a folder holds no run to go on with.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn write_origin(&self, spec: &RunSpec, vocabulary: &Vocabulary) -> Result<()> {
        write_atomically(&self.path.join(files::CONFIG), spec.to_toml()?.as_bytes())?;
        vocabulary.save(&self.path.join(files::vocabulary(vocabulary.kind())))
    }

    /// Writes the history so far and its plots; `note` is told at their foot.
    ///
    /// # Errors
    /// As [`write_run`].
    pub fn write(&self, history: &History, note: &str) -> Result<()> {
        write_run(&self.path, history, Some(note)).map(|_| ())
    }

    /// Removes the result of a training that is to go on: its checkpoint has the same parameters, or newer ones.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn remove_result(&self) -> Result<()> {
        remove(&self.path, [files::MODEL])
    }

    /// Removes the checkpoint before the last, of a run that is done.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn remove_previous_checkpoint(&self) -> Result<()> {
        remove(&self.path, CheckpointFiles::NAMES.into_iter().skip(1))
    }

    /// Removes what was written by a run that is none, without an epoch or a checkpoint.
    pub fn discard(self) {
        let Some(made) = self.made else {
            return;
        };
        // The error that ended the run is the one to tell.
        let _ = remove_run(&self.path);
        drop(self.lock);
        for folder in made {
            let _ = fs::remove_dir(folder);
        }
    }
}
