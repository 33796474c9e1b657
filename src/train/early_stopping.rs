//! [`EarlyStopping`]: an end to training that no longer helps.

use super::history::EpochRecord;
use super::monitor::Monitor;

/// Ends training where the monitored metric has not improved for some epochs.
///
/// # Source
/// Keras 3, `callbacks.EarlyStopping`. What is restored is the best epoch itself, even where it is better by
/// less than `min_delta`.
///
/// # Examples
/// ```
/// use gatefold::train::{EarlyStopping, EpochRecord, Monitor};
///
/// let losses = [0.5, 0.3, 0.4, 0.35, 0.31];
/// let epochs: Vec<EpochRecord> = (1..)
///     .zip(losses)
///     .map(|(epoch, val_loss)| EpochRecord { epoch, val_loss, ..EpochRecord::default() })
///     .collect();
/// let stopping = EarlyStopping { patience: 3, ..EarlyStopping::default() };
/// assert!(!stopping.is_over(Monitor::ValLoss, &epochs[..4]));
/// assert!(stopping.is_over(Monitor::ValLoss, &epochs));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// Epochs without an improvement after which training ends; 0 ends it at the first, as 1 does.
    pub patience: usize,
    /// An improvement is more than this.
    pub min_delta: f64,
    /// Whether the best epoch's parameters are the session's in the end, instead of the last one's.
    pub restore_best: bool,
}

impl Default for EarlyStopping {
    /// Three epochs, any improvement, the best parameters.
    fn default() -> Self {
        EarlyStopping {
            patience: 3,
            min_delta: 0.0,
            restore_best: true,
        }
    }
}

impl EarlyStopping {
    /// Whether training ends after these epochs. Nothing else decides it, so that a run which goes on from a
    /// checkpoint ends where one does that never stopped.
    pub fn is_over(&self, monitor: Monitor, epochs: &[EpochRecord]) -> bool {
        let mut best = None;
        let mut waited = 0;
        epochs.iter().any(|record| {
            let value = monitor.value(record);
            waited += 1;
            if monitor.improves(value, best, self.min_delta) {
                best = Some(value);
                waited = 0;
                return false;
            }
            waited >= self.patience
        })
    }
}
