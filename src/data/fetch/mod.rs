//! Getting a file from a server: resumable, checked, and under its name only when whole and right.

mod download;
mod partial;
mod request;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::download::Download;
use super::corpus::RemoteFile;
use super::digest::sha256_of_file;
use crate::error::{Error, Result};

/// How to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchOptions {
    /// How long to wait for a connection, an answer, and each further byte.
    pub timeout: Duration,
    /// Attempts after the first, each of which goes on where the one before ended.
    pub retries: u32,
    /// Whether to fetch what is there already.
    pub force: bool,
}

/// What goes on while a file is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchEvent {
    /// Another process is fetching the same file; this one waits for it to end.
    Waiting,
    /// A file is there, but of this SHA-256, which is not the one wanted.
    Differs(String),
    /// This many bytes are there.
    Progress {
        /// Bytes of the file that are on this machine.
        bytes: u64,
        /// Bytes of the whole file, where known.
        of: Option<u64>,
    },
    /// An attempt failed, and another follows.
    Retrying {
        /// What went wrong.
        problem: String,
        /// The time until the next attempt.
        pause: Duration,
    },
}

/// A file that was fetched, or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedArchive {
    /// Bytes of the file.
    pub bytes: u64,
    /// Whether it was there already.
    pub already_there: bool,
    /// Bytes that an earlier call had left, and that did not have to come again.
    pub resumed_from: u64,
}

/// Gets `remote` and keeps it as `path`, unless it is there.
///
/// Until all bytes are there and have the right SHA-256 they are kept as `path.part`, and a later call
/// goes on from them. A file that stands at `path` is replaced then and not before. Two processes do not
/// fetch the same file at once: the second waits.
///
/// # Errors
/// [`Error::Download`] where the server has no such file, another one, or cannot be reached;
/// [`Error::Io`] where the file cannot be written. Both name the remedy.
pub fn fetch(
    remote: &RemoteFile,
    path: &Path,
    options: &FetchOptions,
    observe: &mut dyn FnMut(FetchEvent),
) -> Result<FetchedArchive> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    }
    let _lock = lock(path, observe)?;
    if !options.force && path.is_file() {
        let found = sha256_of_file(path)?;
        if found == remote.sha256() {
            return Ok(FetchedArchive {
                bytes: fs::metadata(path).map_err(Error::io(path))?.len(),
                already_there: true,
                resumed_from: 0,
            });
        }
        observe(FetchEvent::Differs(found));
    }
    let mut download = Download::new(remote, path, options.timeout)?;
    download.complete(options.retries, observe)?;
    let fetched = FetchedArchive {
        bytes: download.bytes(),
        already_there: false,
        resumed_from: download.resumed_from(),
    };
    download.finish(path)?;
    Ok(fetched)
}

/// A lock on fetching `path`, which ends with the process if not before.
fn lock(path: &Path, observe: &mut dyn FnMut(FetchEvent)) -> Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    // It is never removed: a process could then lock a file that has no name any more.
    let file = File::create(&name).map_err(|error| unwritable(&name, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            observe(FetchEvent::Waiting);
            file.lock().map_err(Error::io(&name))?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(unwritable(&name, error)),
    }
}

/// What to do where the cache folder, or a file in it, cannot be written.
fn unwritable(path: &Path, error: io::Error) -> Error {
    let problem = format!(
        "cannot be written: {error}; make room or give permission there, or name another folder in \
         GATEFOLD_HOME"
    );
    Error::io(path)(io::Error::new(error.kind(), problem))
}
