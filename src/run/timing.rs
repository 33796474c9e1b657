//! How long the epochs of a run took, from what it told while it trained.

use std::path::Path;

use super::progress_file::{ProgressEvent, ProgressLine, read_progress};
use crate::error::Result;
use crate::report::EpochTiming;

/// What each epoch of the run in `folder` took; nothing of a run that an older version trained.
///
/// # Errors
/// As [`read_progress`].
pub fn read_timings(folder: &Path) -> Result<Vec<EpochTiming>> {
    Ok(timings(&read_progress(folder)?))
}

/// Of an epoch that was trained again, after a break from a checkpoint before it, the last time counts.
fn timings(lines: &[ProgressLine]) -> Vec<EpochTiming> {
    let mut timings: Vec<EpochTiming> = Vec::new();
    // The epoch under way, and its seconds so far; when the last line was told.
    let (mut under_way, mut seconds, mut before) = (0, 0.0, None);
    for line in lines {
        let since = before.map_or(0.0, |before: f64| (line.time - before).max(0.0));
        before = Some(line.time);
        match line.event {
            // The time between the end of one process and the beginning of the next is none of training.
            ProgressEvent::Begin { epoch, .. } => {
                seconds = if epoch == under_way { seconds } else { 0.0 };
                under_way = epoch;
            }
            ProgressEvent::Steps { .. } | ProgressEvent::End { .. } => seconds += since,
            ProgressEvent::Restart { epoch, .. } => {
                seconds = if epoch == under_way {
                    seconds + since
                } else {
                    0.0
                };
                under_way = epoch;
            }
            ProgressEvent::Epoch {
                epoch,
                steps,
                training,
                validation,
                device,
                resident,
            } => {
                timings.retain(|timing| timing.epoch < epoch);
                timings.push(EpochTiming {
                    epoch,
                    seconds: seconds + since,
                    validation,
                    rate: (steps > 0 && training > 0.0).then(|| steps as f64 / training),
                    device,
                    resident,
                });
                (under_way, seconds) = (epoch + 1, 0.0);
            }
        }
    }
    timings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: f64, event: ProgressEvent) -> ProgressLine {
        ProgressLine { time, event }
    }

    fn begin(time: f64, epoch: usize, done: usize) -> ProgressLine {
        let event = ProgressEvent::Begin {
            variant: "mine".to_owned(),
            epochs: 3,
            steps: 100,
            epoch,
            done,
        };
        line(time, event)
    }

    fn steps(time: f64, epoch: usize, done: usize) -> ProgressLine {
        let event = ProgressEvent::Steps {
            epoch,
            done,
            loss: None,
            accuracy: None,
            rate: None,
            left: None,
        };
        line(time, event)
    }

    fn epoch(time: f64, epoch: usize, steps: usize, training: f64) -> ProgressLine {
        let event = ProgressEvent::Epoch {
            epoch,
            steps,
            training,
            validation: 1.0,
            device: Some(64),
            resident: None,
        };
        line(time, event)
    }

    #[test]
    fn a_break_is_left_out_and_an_epoch_trained_again_counts_once() {
        let lines = [
            begin(100.0, 1, 0),
            steps(106.0, 1, 60),
            epoch(111.0, 1, 100, 10.0),
            steps(115.0, 2, 40),
            // Killed; it goes on with step 40 of epoch 2 an hour later.
            begin(3715.0, 2, 40),
            epoch(3722.0, 2, 60, 6.0),
            epoch(3730.0, 3, 100, 7.0),
            // Begun anew from the end of epoch 2.
            begin(9000.0, 3, 0),
            epoch(9012.0, 3, 100, 10.0),
        ];
        let found = timings(&lines);
        let seconds: Vec<f64> = found.iter().map(|timing| timing.seconds).collect();
        assert_eq!(seconds, [11.0, 11.0, 12.0]);
        let rates: Vec<Option<f64>> = found.iter().map(|timing| timing.rate).collect();
        assert_eq!(rates, [Some(10.0), Some(10.0), Some(10.0)]);
        assert_eq!(found[2].device, Some(64));
    }

    #[test]
    fn a_run_of_an_older_version_has_no_times() {
        let lines = [begin(0.0, 1, 0), steps(5.0, 1, 100), steps(9.0, 2, 100)];
        assert_eq!(timings(&lines), []);
    }
}
