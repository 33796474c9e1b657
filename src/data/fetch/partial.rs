//! A download that is not whole yet: `NAME.part`, and beside it what its bytes are of.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::atomic::{sync_folder_of, write_atomically};
use crate::data::RemoteFile;
use crate::data::digest::{sha256, sha256_of_file};
use crate::error::{Error, Result};

/// The bytes that have come so far.
pub(super) struct Partial {
    path: PathBuf,
    origin_path: PathBuf,
    /// `None` where no byte has come.
    origin: Option<Origin>,
    file: Option<File>,
    length: u64,
}

/// What the bytes in a `.part` file are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    /// Of the whole content that was wanted.
    sha256: String,
    url: String,
    /// What the server calls this version of the file: a strong ETag, or its date.
    version: Option<String>,
}

impl Partial {
    /// Takes up what an earlier attempt at the content of `remote` left beside `target`.
    ///
    /// Bytes of another content, or of none that is known, are removed.
    pub(super) fn open(target: &Path, remote: &RemoteFile) -> Result<Partial> {
        let beside = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let mut partial = Partial {
            path: beside(".part"),
            origin_path: beside(".part.json"),
            origin: None,
            file: None,
            length: 0,
        };
        // A description that is missing or damaged describes nothing.
        let origin: Option<Origin> = fs::read(&partial.origin_path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let length = match fs::metadata(&partial.path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(partial.unwritable(error)),
        };
        match origin {
            Some(origin)
                if origin.sha256 == remote.sha256()
                    && length > 0
                    && remote.size().is_none_or(|size| length <= size) =>
            {
                partial.origin = Some(origin);
                partial.length = length;
            }
            _ => partial.discard()?,
        }
        Ok(partial)
    }

    /// Bytes that have come.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// What the server at `url` called the version that the bytes are of.
    pub(super) fn version_at(&self, url: &str) -> Option<&str> {
        let origin = self.origin.as_ref()?;
        origin.version.as_deref().filter(|_| origin.url == url)
    }

    /// Begins with no bytes, to be followed by those of `version` of `remote`.
    pub(super) fn restart(&mut self, remote: &RemoteFile, version: Option<String>) -> Result<()> {
        self.discard()?;
        let origin = Origin {
            sha256: remote.sha256().to_owned(),
            url: remote.url().to_owned(),
            version,
        };
        let text = serde_json::to_vec(&origin).map_err(|error| Error::Internal {
            place: "describing a download",
            problem: error.to_string(),
        })?;
        write_atomically(&self.origin_path, &text)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Adds bytes that came.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => OpenOptions::new()
                .append(true)
                .create(true)
                .open(&self.path)
                .and_then(|file| self.file.insert(file).write_all(bytes)),
        };
        written.map_err(|error| self.unwritable(error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// SHA-256 of what is on the disk.
    pub(super) fn sha256(&self) -> Result<String> {
        match self.length {
            // No byte, no file.
            0 => Ok(sha256([])),
            _ => sha256_of_file(&self.path),
        }
    }

    /// Gives the bytes the name `target`, for good.
    pub(super) fn finish(mut self, target: &Path) -> Result<()> {
        let file = match self.file.take() {
            Some(file) => Ok(file),
            None => OpenOptions::new().append(true).open(&self.path),
        };
        file.and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.path, target))
            .and_then(|()| sync_folder_of(target))
            .map_err(|error| self.unwritable(error))?;
        remove(&self.origin_path).map_err(Error::io(&self.origin_path))
    }

    /// Removes the bytes.
    pub(super) fn discard(&mut self) -> Result<()> {
        self.file = None;
        self.origin = None;
        self.length = 0;
        // The description goes last: bytes without one would be removed anyway.
        remove(&self.path)
            .and_then(|()| remove(&self.origin_path))
            .map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, error: io::Error) -> Error {
        super::unwritable(&self.path, error)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
