//! A folder that one process alone may write to.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::files;
use crate::error::{Error, Result};

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
        loop {
            let mut options = OpenOptions::new();
            let file = options.create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(Error::io(&path))?;
            let mut is_real = true;
            match file.try_lock() {
                Ok(()) => {}
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
