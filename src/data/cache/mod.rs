//! Encoded reviews kept from one start to the next, so that the second need not read and encode them.
//!
//! A file's name is a hash of all that its content depends on. One that is out of date is never found,
//! and of those no longer found only the last used are kept.

mod file;
mod fingerprint;
mod token_file;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tracing::{debug, info, warn};

use self::file::Unusable;
use self::fingerprint::Fingerprint;
use super::digest::sha256;
use super::{ReviewLimits, Vocabulary};
use crate::atomic::write_atomically;
use crate::error::{Error, Result};

pub(super) use self::file::EncodedReviews;
pub(super) use self::token_file::TokenFile;

/// To be raised whenever the same reviews and vocabulary give other ids or notes, or files of the cache
/// have another form.
const VERSION: u32 = 3;

/// Files that are kept: those last used.
const KEPT: usize = 8;

const ENDING: &str = "tokens";

/// The age at which a temporary file cannot be one that a process is still writing.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// What encoded reviews depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// The form of the files, and what was asked of it.
    pub form: &'a str,
    /// The files or folders that are read.
    pub paths: &'a [&'a Path],
    pub vocabulary: &'a Vocabulary,
    pub limits: ReviewLimits,
}

impl Origin<'_> {
    fn fingerprints(&self) -> Result<Vec<Fingerprint>> {
        self.paths
            .iter()
            .map(|path| Fingerprint::of(path))
            .collect()
    }

    /// A name for what `fingerprints` stand for: 64 hexadecimal digits.
    fn key(&self, fingerprints: &[Fingerprint]) -> String {
        let digests: Vec<_> = fingerprints.iter().map(Fingerprint::digest).collect();
        let vocabulary = self.vocabulary.sha256();
        let (release, big_endian) = (env!("CARGO_PKG_VERSION"), cfg!(target_endian = "big"));
        sha256(format!(
            "{VERSION} {release} {big_endian} {:?} {vocabulary} {digests:?} {:?}",
            self.form, self.limits
        ))
    }
}

/// The reviews of `origin`: those in `folder` if they are there, else what `read` gives, kept for the next
/// time.
///
/// Nothing that ails the folder or a file in it is an error: it is logged, and the reviews are read.
pub(super) fn encoded(
    folder: &Path,
    origin: &Origin,
    read: impl FnOnce() -> Result<EncodedReviews>,
) -> Result<EncodedReviews> {
    let fingerprints = match origin.fingerprints() {
        Ok(fingerprints) => fingerprints,
        // What cannot be read is told by the reader, in its own words.
        Err(_) => return read(),
    };
    let key = origin.key(&fingerprints);
    let path = folder.join(format!("{key}.{ENDING}"));
    match file::open(&path, &key) {
        Ok(encoded) => {
            info!("encoded reviews: {}", path.display());
            touch(&path);
            return Ok(encoded);
        }
        Err(Unusable::Damaged(problem)) => warn!(
            "{}: {problem}; the file is made again from the reviews",
            path.display()
        ),
        Err(Unusable::Unreadable(error)) => debug!("{}: {error}", path.display()),
    }
    let encoded = read()?;
    let unchanged = origin
        .fingerprints()
        .is_ok_and(|now| now == fingerprints && now.iter().all(Fingerprint::is_settled));
    if !unchanged {
        info!("the reviews have only just changed; not kept encoded this time");
    } else if let Err(error) = store(&path, &key, &encoded) {
        info!("{error}; going on without a cache of encoded reviews");
    }
    Ok(encoded)
}

fn store(path: &Path, key: &str, encoded: &EncodedReviews) -> Result<()> {
    let Some(bytes) = file::to_bytes(key, encoded) else {
        return Ok(());
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        write_atomically(path, &bytes)?;
        clear(folder);
    }
    Ok(())
}

/// Marks a file as used now.
fn touch(path: &Path) {
    let touched = File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(SystemTime::now()));
    if let Err(error) = touched {
        // It will seem to be out of use, and be made again once it is removed.
        debug!("{}: {error}", path.display());
    }
}

/// Removes all but the files last used, and what processes that were killed have left.
fn clear(folder: &Path) {
    let mut files = Vec::new();
    // What cannot be seen cannot be removed; the next process may.
    for path in fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
    {
        let Ok(used) = fs::metadata(&path).and_then(|file| file.modified()) else {
            continue;
        };
        match path.extension() {
            Some(ending) if ending == ENDING => files.push((used, path)),
            Some(ending) if ending == "tmp" && used.elapsed().is_ok_and(|age| age > ABANDONED) => {
                remove(&path);
            }
            _ => {}
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    for (_, path) in files.iter().skip(KEPT) {
        remove(path);
    }
}

/// Another process may have removed the file, or use it where that keeps it from being removed.
fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        debug!("{}: {error}", path.display());
    }
}
