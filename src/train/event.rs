//! [`Event`]: what [`fit`](super::fit()) tells its observer.

use std::sync::Arc;

use super::history::EpochRecord;
use super::metrics::Metrics;
use super::snapshot::{Position, Snapshot};
use crate::error::Error;

/// What happens during [`fit`](super::fit()).
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// Steps of the epoch came back.
    Steps {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Steps done.
        done: usize,
        /// Steps of the epoch.
        of: usize,
        /// Running means.
        metrics: Metrics,
    },
    /// Batches of the validation that ends an epoch came back.
    Validation {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Batches done.
        done: usize,
        /// Batches of the validation.
        of: usize,
        /// Means over them.
        metrics: Metrics,
    },
    /// An epoch and its validation are over.
    Epoch(EpochRecord),
    /// All that [`resume`](super::resume) needs to go on from here: after [`FitOptions::checkpoint_steps`](super::FitOptions::checkpoint_steps), at the end of
    /// an epoch, and where training was asked to stop.
    Snapshot(&'a Arc<Snapshot>),
    /// The device failed; a new one goes on from the last snapshot.
    Restart {
        /// What the device reported.
        error: &'a Error,
        /// Which restart of the run this is, counted from 1; after [`RESTARTS`](super::RESTARTS) of them
        /// the next failure ends the run.
        restart: usize,
        /// The snapshot's place in the run.
        position: &'a Position,
    },
}
