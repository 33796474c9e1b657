//! A folder that one process alone may write to.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tracing::warn;

use super::files;
use crate::error::{Error, Result};

/// How often a folder is tried that another process has: one that only asks whether it is held has it for microseconds.
const ATTEMPTS: usize = 4;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(10);

/// Holds a folder until it is dropped, or the process ends, however it does.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Whether the file system has locks.
    is_real: bool,
    /// The system frees the lock when this is closed.
    _file: File,
}

impl Lock {
    /// Takes the folder, which exists.
    ///
    /// # Errors
    /// [`Error::Io`] where another process has it, or the system refuses.
    pub fn take(folder: &Path) -> Result<Lock> {
        let path = folder.join(files::LOCK);
        let mut attempts = 1;
        loop {
            let mut options = OpenOptions::new();
            let file = options.create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(Error::io(&path))?;
            let mut is_real = true;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if attempts < ATTEMPTS => {
                    attempts += 1;
                    thread::sleep(PAUSE);
                    continue;
                }
                Err(TryLockError::WouldBlock) => {
                    let told =
                        "in use by another gatefold; wait until it ends, or choose another folder";
                    return Err(Error::Io {
                        path: folder.to_path_buf(),
                        source: io::Error::new(io::ErrorKind::WouldBlock, told),
                    });
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    warn!("{}: this file system has no locks", folder.display());
                    is_real = false;
                }
                Err(TryLockError::Error(error)) => return Err(Error::io(path)(error)),
            }
            // Its last holder may have removed the file after it was opened here.
            if is_at(&file, &path).map_err(Error::io(&path))? {
                return Ok(Lock {
                    path,
                    is_real,
                    _file: file,
                });
            }
        }
    }

    /// Whether it keeps other processes out: some file systems have no locks.
    pub fn is_real(&self) -> bool {
        self.is_real
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays behind locks nothing.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a process holds the folder; `None` where that cannot be told, as where the file system has no locks.
pub(super) fn is_held(folder: &Path) -> Option<bool> {
    let file = match File::open(folder.join(files::LOCK)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(false),
        Err(_) => return None,
    };
    // Shared, so that two who ask do not take each other for the holder.
    match file.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

/// Whether `file` still stands at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a file stands at `path`: other systems do not tell which.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}
