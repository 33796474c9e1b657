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
