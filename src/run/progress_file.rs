//! `progress.jsonl`: a line of JSON for whatever a run tells while it trains.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::files::PROGRESS;
use crate::error::{Error, Result};

/// What happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgressLine {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub time: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: ProgressEvent,
}

/// What a run tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum ProgressEvent {
    /// A process begins to train, or to go on with what an earlier one left.
    Begin {
        /// The model's name.
        variant: String,
        /// Epochs to train, those that are over included.
        epochs: usize,
        /// Steps of an epoch.
        steps: usize,
        /// The epoch under way, counted from 1.
        epoch: usize,
        /// Its steps that are done.
        done: usize,
    },
    /// Steps came back from the device.
    Steps {
        /// The epoch under way, counted from 1.
        epoch: usize,
        /// Its steps that are done.
        done: usize,
        /// Mean loss since the epoch's beginning; none where it is not a number.
        loss: Option<f64>,
        /// Share of the reviews classified rightly since then.
        accuracy: Option<f64>,
        /// Steps a second, of late.
        rate: Option<f64>,
        /// Seconds to the end of the last epoch, at that rate.
        left: Option<f64>,
    },
    /// An epoch is over, validation included.
    Epoch {
        /// The epoch, counted from 1.
        epoch: usize,
    },
    /// The device failed; a new one goes on from the last snapshot.
    Restart {
        /// What the device reported.
        error: String,
        /// The epoch to go on with, counted from 1.
        epoch: usize,
        /// Its steps that are done.
        done: usize,
    },
    /// Training is over.
    End {
        /// Why it did not come to its end, if it did not.
        error: Option<String>,
    },
}

/// Reads what the run in `folder` told so far; nothing where it tells nothing.
///
/// A line that is still being written is left out.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] with the line that no run wrote.
pub fn read_progress(folder: &Path) -> Result<Vec<ProgressLine>> {
    let path = folder.join(PROGRESS);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let lines = whole_lines(&bytes).enumerate();
    lines
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|error| Error::Malformed {
                path: path.clone(),
                place: format!("line {}", index + 1),
                problem: error.to_string(),
            })
        })
        .collect()
}

/// The lines that end in a line feed, with it.
fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| line.ends_with(b"\n"))
}

/// `progress.jsonl` of a run that goes on, to append to.
#[derive(Debug)]
pub(super) struct ProgressFile {
    path: PathBuf,
    file: File,
}

impl ProgressFile {
    /// Opens the file behind the last line that an earlier process wrote whole; what that one left of a line,
    /// when it was killed or the power went, is cut off.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn open(folder: &Path) -> Result<ProgressFile> {
        let path = folder.join(PROGRESS);
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).read(true).open(&path);
        let file = file.map_err(Error::io(&path))?;
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        let is_whole = |line: &&[u8]| serde_json::from_slice::<ProgressLine>(line).is_ok();
        let kept: usize = whole_lines(&bytes)
            .take_while(is_whole)
            .map(<[u8]>::len)
            .sum();
        if kept < bytes.len() {
            let lost = bytes.len() - kept;
            warn!("{}: cut off {lost} bytes that are no line", path.display());
            file.set_len(kept as u64).map_err(Error::io(&path))?;
        }
        Ok(ProgressFile { path, file })
    }

    /// Appends a line with a single write, so that no reader takes part of it for a line.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn append(&mut self, line: &ProgressLine) -> Result<()> {
        let mut bytes = serde_json::to_vec(line)
            .map_err(|error| Error::Data(format!("{PROGRESS}: {error}")))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(Error::io(&self.path))
    }
}
