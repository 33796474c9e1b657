//! [`TrainingTime`]: how long each epoch of a run took, over all processes that trained it.

use std::collections::BTreeMap;

use super::progress_file::{ProgressEvent, ProgressLine};

/// Seconds that each epoch took, and the one under way so far. The time between two processes of a run does not count.
///
/// # Examples
/// ```
/// use gatefold::run::{ProgressLine, TrainingTime};
///
/// let told = r#"[
///     {"time": 100.0, "event": "begin", "variant": "mine", "epochs": 2, "steps": 9, "epoch": 1, "done": 0},
///     {"time": 108.0, "event": "epoch", "epoch": 1, "steps": 9, "training": 7.0, "validation": 1.0},
///     {"time": 111.0, "event": "end", "error": "interrupted"}
/// ]"#;
/// let lines: Vec<ProgressLine> = serde_json::from_str(told)?;
/// let time = TrainingTime::of(&lines);
/// assert_eq!((time.of_epoch(1), time.under_way()), (Some(8.0), 3.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingTime {
    epochs: BTreeMap<usize, f64>,
    under_way: f64,
}

impl TrainingTime {
    /// Of a run that told `lines`.
    pub fn of(lines: &[ProgressLine]) -> TrainingTime {
        let mut time = TrainingTime::default();
        let mut before: Option<f64> = None;
        for line in lines {
            let since = before.map_or(0.0, |before| (line.time - before).max(0.0));
            before = Some(line.time);
            match &line.event {
                ProgressEvent::Begin { epoch, .. } => time.go_on_from(*epoch),
                ProgressEvent::Restart { epoch, .. } => {
                    time.add(since);
                    time.go_on_from(*epoch);
                }
                ProgressEvent::Epoch { epoch, .. } => {
                    time.add(since);
                    time.end_epoch(*epoch);
                }
                ProgressEvent::Steps { .. } | ProgressEvent::End { .. } => time.add(since),
            }
        }
        time
    }

    /// Seconds of an epoch that is over; none where it is not, or did not tell.
    pub fn of_epoch(&self, epoch: usize) -> Option<f64> {
        self.epochs.get(&epoch).copied()
    }

    /// Seconds of the epoch under way, so far.
    pub fn under_way(&self) -> f64 {
        self.under_way
    }

    /// Adds seconds to the epoch under way.
    pub(super) fn add(&mut self, seconds: f64) {
        self.under_way += seconds;
    }

    /// Goes on in `epoch`. What it and later ones took before is not lost: it counts as its time.
    pub(super) fn go_on_from(&mut self, epoch: usize) {
        let again = self.epochs.split_off(&epoch);
        self.under_way += again.values().sum::<f64>();
    }

    /// Ends the epoch under way.
    pub(super) fn end_epoch(&mut self, epoch: usize) {
        self.epochs.insert(epoch, self.under_way);
        self.under_way = 0.0;
    }
}
