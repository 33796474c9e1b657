//! Where a run is written, what is told of it, and what comes of it.

use std::path::PathBuf;

use super::begun_run::BegunRun;
use super::folder::RunFolder;
use crate::device::Device;
use crate::error::Result;
use crate::train::{Event, History, Position};

/// Where a run is written.
#[derive(Debug)]
pub enum RunPlace {
    /// A folder that holds no run yet, or one to replace.
    New(PathBuf),
    /// A folder that is taken already, and holds no run yet.
    Taken(RunFolder),
    /// A run to go on with.
    Begun(Box<BegunRun>),
}

impl RunPlace {
    /// Where the run stands, if it has begun.
    pub fn position(&self) -> Option<&Position> {
        match self {
            RunPlace::New(_) | RunPlace::Taken(_) => None,
            RunPlace::Begun(begun) => begun.position(),
        }
    }
}

/// What happens while a run is trained.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// Training begins, or goes on, at this place of the run.
    Begin {
        /// Epochs to train, those that are over included.
        epochs: usize,
        /// Steps of an epoch.
        steps: usize,
        /// Where the run stands.
        position: &'a Position,
    },
    /// What [`fit`](crate::train::fit()) tells; what follows from it is on disk by then.
    Fit(&'a Event<'a>),
}

/// What came of a run.
pub struct RunOutcome {
    /// The epochs that are over.
    pub history: History,
    /// Where its last checkpoint stands; `None` where there is none.
    pub last_checkpoint: Option<Position>,
    /// Why it did not come to its end, if it did not; else the device, to be used again.
    pub end: Result<Device>,
}

impl RunOutcome {
    /// Whether nothing was kept, so that the folder was removed again.
    pub fn is_nothing(&self) -> bool {
        self.history.epochs.is_empty() && self.last_checkpoint.is_none()
    }

    /// The device and the history.
    ///
    /// # Errors
    /// Why the run did not come to its end.
    pub fn finished(self) -> Result<(Device, History)> {
        Ok((self.end?, self.history))
    }
}
