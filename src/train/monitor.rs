//! [`Monitor`]: the metric of an epoch that tells whether training still helps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::history::EpochRecord;

/// Which metric of an epoch decides what is best: for [`EarlyStopping`](super::EarlyStopping),
/// [`Plateau`](super::Plateau) and [`Snapshot::best`](super::Snapshot::best).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The training loss, the less the better.
    Loss,
    /// The training accuracy, the more the better.
    Accuracy,
    /// The validation loss, the less the better.
    #[default]
    ValLoss,
    /// The validation accuracy, the more the better.
    ValAccuracy,
}

impl Monitor {
    /// All there are.
    pub const ALL: [Monitor; 4] = [
        Monitor::Loss,
        Monitor::Accuracy,
        Monitor::ValLoss,
        Monitor::ValAccuracy,
    ];

    /// The metric's name, `val_loss` say.
    pub fn name(self) -> &'static str {
        match self {
            Monitor::Loss => "loss",
            Monitor::Accuracy => "accuracy",
            Monitor::ValLoss => "val_loss",
            Monitor::ValAccuracy => "val_accuracy",
        }
    }

    /// The metric of an epoch.
    pub fn value(self, record: &EpochRecord) -> f64 {
        match self {
            Monitor::Loss => record.loss,
            Monitor::Accuracy => record.accuracy,
            Monitor::ValLoss => record.val_loss,
            Monitor::ValAccuracy => record.val_accuracy,
        }
    }

    /// Whether `value` is better than `best`, where there is one, by more than `min_delta`.
    ///
    /// Any number is better than NaN.
    pub fn improves(self, value: f64, best: Option<f64>, min_delta: f64) -> bool {
        match (best, self) {
            (None, _) => true,
            (Some(best), _) if best.is_nan() => !value.is_nan(),
            (Some(best), Monitor::Loss | Monitor::ValLoss) => value + min_delta < best,
            (Some(best), Monitor::Accuracy | Monitor::ValAccuracy) => value - min_delta > best,
        }
    }

    /// The best epoch, the first of those that are equally good; `None` of none.
    pub fn best(self, epochs: &[EpochRecord]) -> Option<&EpochRecord> {
        epochs.iter().reduce(|best, record| {
            let better = self.improves(self.value(record), Some(self.value(best)), 0.0);
            if better { record } else { best }
        })
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
