//! The last two checkpoints of a run on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use super::checkpoint::Checkpoint;
use super::snapshot::Position;
use super::tensor_file::malformed;
use crate::atomic::{write_atomically, write_atomically_keeping};
use crate::error::{Error, Result};

/// The newest checkpoint's file.
const NEWEST: &str = "checkpoint.safetensors";

/// The one before it.
const PREVIOUS: &str = "checkpoint.previous.safetensors";

/// Writes checkpoints on a thread of their own, and finds the newest that is whole.
///
/// Dropped early, it waits for the file under way.
#[derive(Debug)]
pub struct CheckpointFiles {
    newest: PathBuf,
    previous: PathBuf,
    /// Whether the file at `newest` is worth to be kept as the previous one.
    keep: bool,
    /// Where the newest checkpoint on disk stands.
    last: Option<Position>,
    /// The write under way, and where its checkpoint stands.
    writing: Option<(JoinHandle<Result<()>>, Position)>,
}

/// What [`CheckpointFiles::find`] found.
#[derive(Debug)]
pub struct FoundCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Its file.
    pub path: PathBuf,
    /// The newer file that was passed over, because it is damaged.
    pub damaged: Option<PathBuf>,
}

impl CheckpointFiles {
    /// Names of the files.
    pub const NAMES: [&str; 2] = [NEWEST, PREVIOUS];

    /// The checkpoints in `folder`.
    pub fn new(folder: &Path) -> Self {
        CheckpointFiles {
            newest: folder.join(NEWEST),
            previous: folder.join(PREVIOUS),
            keep: true,
            last: None,
            writing: None,
        }
    }

    /// Where the newest checkpoint on disk stands; `None` where none was found or written.
    pub fn last(&self) -> Option<&Position> {
        self.last.as_ref()
    }

    /// The newest checkpoint that is whole; `None` where there is none at all.
    ///
    /// # Errors
    /// [`Error::Malformed`] where all that there are, are damaged, or one is whole but of another version;
    /// [`Error::Io`] where a file cannot be read.
    pub fn find(&mut self) -> Result<Option<FoundCheckpoint>> {
        let mut damaged = None;
        for path in [&self.newest, &self.previous] {
            let bytes = match fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io(path)(error)),
            };
            if Checkpoint::is_whole(&bytes) {
                let checkpoint = Checkpoint::from_bytes(path, &bytes)?;
                self.last = Some(checkpoint.snapshot.position.clone());
                return Ok(Some(FoundCheckpoint {
                    checkpoint,
                    path: path.clone(),
                    damaged,
                }));
            }
            self.keep &= *path != self.newest;
            damaged.get_or_insert(path.clone());
        }
        match damaged {
            None => Ok(None),
            Some(path) => Err(malformed(
                &path,
                "the file",
                "cut short or changed: its SHA-256 is not the one at its end, and no other checkpoint is whole; \
                 begin the run anew with `fit`"
                    .to_string(),
            )),
        }
    }

    /// Writes a checkpoint, and keeps the one before it. Waits for the earlier write, not for this one.
    ///
    /// # Errors
    /// What the earlier write met; the checkpoints that were there stand.
    pub fn save(&mut self, checkpoint: Checkpoint) -> Result<()> {
        self.finish()?;
        let (newest, previous, keep) = (self.newest.clone(), self.previous.clone(), self.keep);
        let position = checkpoint.snapshot.position.clone();
        let write = move || {
            let bytes = checkpoint.to_bytes()?;
            if keep {
                write_atomically_keeping(&newest, &previous, &bytes)
            } else {
                write_atomically(&newest, &bytes)
            }
        };
        let thread = std::thread::Builder::new().name("checkpoint".into());
        let thread = thread.spawn(write).map_err(|error| Error::Internal {
            place: "writing a checkpoint",
            problem: format!("cannot start a thread: {error}"),
        })?;
        self.writing = Some((thread, position));
        Ok(())
    }

    /// Waits until all is on disk.
    ///
    /// # Errors
    /// What the write met; the checkpoints that were there stand.
    pub fn finish(&mut self) -> Result<()> {
        let Some((thread, position)) = self.writing.take() else {
            return Ok(());
        };
        thread.join().unwrap_or_else(|_| {
            Err(Error::Internal {
                place: "writing a checkpoint",
                problem: "the thread panicked".into(),
            })
        })?;
        self.keep = true;
        self.last = Some(position);
        Ok(())
    }
}

impl Drop for CheckpointFiles {
    fn drop(&mut self) {
        // Whoever wants to know of errors has called `finish`.
        let _ = self.finish();
    }
}
