//! [`Snapshot`]: everything that training needs to go on as if it had never stopped.

use std::fmt;
use std::sync::Arc;

use super::history::EpochRecord;
use super::layer_norms::LayerNormSums;
use super::metrics::Metrics;
use super::state::SessionState;

/// Where training stands within its epochs.
///
/// With the seed it gives the order of the reviews still to come: an epoch's order depends on seed and
/// epoch alone, and the steps that are done are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Position {
    /// The epochs that are over.
    pub epochs: Vec<EpochRecord>,
    /// Training steps done in the epoch under way.
    pub done: usize,
    /// Sums over these steps.
    pub metrics: Metrics,
    /// Sums over these steps of the norms of each layer's gradients.
    pub layer_norms: LayerNormSums,
}

impl Position {
    /// The epoch under way, counted from 1; the number of epochs and 1 more where all are over.
    pub fn epoch(&self) -> usize {
        self.epochs.len() + 1
    }

    /// Ends the epoch under way.
    pub(super) fn end_epoch(&mut self, record: EpochRecord) {
        self.epochs.push(record);
        self.done = 0;
        self.metrics = Metrics::default();
        self.layer_norms = LayerNormSums::default();
    }
}

impl fmt::Display for Position {
    /// `step 12 of epoch 2`, `the end of epoch 1`, `the beginning`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epochs.len(), self.done) {
            (0, 0) => f.write_str("the beginning"),
            (over, 0) => write!(f, "the end of epoch {over}"),
            (_, done) => write!(f, "step {done} of epoch {}", self.epoch()),
        }
    }
}

/// The parameters after the epoch that was best by the run's [`Monitor`](super::Monitor), the first of those that were
/// equally good.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// Which epoch, counted from 1.
    pub epoch: usize,
    /// The parameters, in the model's order.
    pub parameters: Vec<Vec<f32>>,
}

/// A session's state and its place in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// What the device held.
    pub state: SessionState,
    /// Which steps led there.
    pub position: Position,
    /// The best epoch so far; `None` before the end of the first.
    pub best: Option<Arc<Best>>,
}
