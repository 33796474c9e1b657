//! [`TrialResult`]: what came of a trial.

use serde::Serialize;

use super::outcome::TrialState;
use super::trials::Trial;
use crate::train::{EpochRecord, Monitor};

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialResult {
    /// Its folder.
    pub folder: String,
    /// A value of each compared axis.
    pub values: Vec<String>,
    /// Its seed.
    pub seed: String,
    /// `finished`, `failed` or `open`.
    pub status: &'static str,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Epochs that are over.
    pub epochs: usize,
    /// The epoch with the best monitored metric.
    pub best_epoch: Option<usize>,
    /// Metrics of that epoch.
    pub loss: Option<f64>,
    /// Training accuracy.
    pub accuracy: Option<f64>,
    /// Validation loss.
    pub val_loss: Option<f64>,
    /// Validation accuracy.
    pub val_accuracy: Option<f64>,
    /// Epochs that it was to be trained for.
    #[serde(skip)]
    pub(super) asked: usize,
    /// The index of its configuration in the sweep.
    #[serde(skip)]
    pub(super) configuration: usize,
    /// The monitored metric, of a trial that is over and did not fail.
    #[serde(skip)]
    pub(super) figure: Option<f64>,
}

impl TrialResult {
    /// Of a trial of which this much is known.
    pub(super) fn of(
        trial: &Trial,
        values: Option<Vec<String>>,
        state: &TrialState,
        monitor: Monitor,
    ) -> TrialResult {
        let best = monitor.best(&state.epochs);
        let of_best = |value: fn(&EpochRecord) -> f64| best.map(value);
        let reason = state.failed().map(str::to_string);
        let asked = state.outcome.as_ref().map(|outcome| outcome.epochs);
        let status = match (&reason, asked) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "finished",
            (None, None) => "open",
        };
        TrialResult {
            folder: trial.folder.clone(),
            values: values.unwrap_or_default(),
            seed: trial.seed.clone(),
            status,
            reason,
            epochs: state.epochs.len(),
            best_epoch: best.map(|best| best.epoch),
            loss: of_best(|record| record.loss),
            accuracy: of_best(|record| record.accuracy),
            val_loss: of_best(|record| record.val_loss),
            val_accuracy: of_best(|record| record.val_accuracy),
            asked: asked.unwrap_or(0),
            configuration: trial.configuration,
            figure: best
                .map(|best| monitor.value(best))
                .filter(|_| status == "finished"),
        }
    }
}
