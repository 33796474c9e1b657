//! [`Outcome`]: what came of a trial, as `trial.json` in its folder says it.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files;
use crate::atomic::write_atomically;
use crate::error::{Error, Result};
use crate::report::read_history;
use crate::run::has_history;
use crate::train::EpochRecord;

/// What came of a trial. It is written last: without it, a trial is to be trained, or to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Epochs that it was to be trained for; early stopping may have ended it before.
    pub epochs: usize,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What is known of a trial.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrialState {
    /// What came of it so far.
    pub outcome: Option<Outcome>,
    /// Its epochs.
    pub epochs: Vec<EpochRecord>,
}

impl Outcome {
    /// That of the trial in `folder`; `None` where nothing has come of it yet.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read, [`Error::Malformed`] where it is damaged.
    pub fn read(folder: &Path) -> Result<Option<Outcome>> {
        let path = folder.join(files::OUTCOME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path)(error)),
        };
        let outcome = serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
            path,
            place: format!("line {}", error.line()),
            problem: format!("{error}; remove the file to train the trial again"),
        })?;
        Ok(Some(outcome))
    }

    /// Writes it into the folder of its trial.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        write_atomically(&folder.join(files::OUTCOME), &files::json(self)?)
    }

    /// Whether the trial needs no more training for so many epochs.
    pub fn is_done(&self, epochs: usize) -> bool {
        self.failed.is_some() || self.epochs >= epochs
    }
}

impl TrialState {
    /// That of the trial in `folder`, which need not be there.
    ///
    /// # Errors
    /// As [`Outcome::read`] and [`read_history`].
    pub fn read(folder: &Path) -> Result<TrialState> {
        let outcome = Outcome::read(folder)?;
        let epochs = match has_history(folder) {
            true => read_history(folder)?.epochs,
            false => Vec::new(),
        };
        Ok(TrialState { outcome, epochs })
    }

    /// Why it failed, if it did.
    pub fn failed(&self) -> Option<&str> {
        self.outcome.as_ref()?.failed.as_deref()
    }

    /// Whether it needs no more training for so many epochs.
    pub fn is_done(&self, epochs: usize) -> bool {
        self.outcome
            .as_ref()
            .is_some_and(|outcome| outcome.is_done(epochs))
    }
}
