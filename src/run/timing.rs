//! How long the epochs of a run took, from what it told while it trained.

use std::collections::BTreeMap;
use std::path::Path;

use super::progress_file::{ProgressEvent, ProgressLine, read_progress};
use super::training_time::TrainingTime;
use crate::error::Result;
use crate::report::EpochTiming;

/// What each epoch of the run in `folder` took; nothing of a run that an older version trained.
///
/// # Errors
/// As [`read_progress`].
pub fn read_timings(folder: &Path) -> Result<Vec<EpochTiming>> {
    Ok(timings(&read_progress(folder)?))
}

/// Seconds are those of [`TrainingTime`]; rate, memory and validation of an epoch that was trained again are those of the last time.
fn timings(lines: &[ProgressLine]) -> Vec<EpochTiming> {
    let time = TrainingTime::of(lines);
    let mut timings = BTreeMap::new();
    for line in lines {
        let ProgressEvent::Epoch {
            epoch,
            steps,
            training,
            validation,
            device,
            resident,
        } = line.event
        else {
            continue;
        };
        // One that is trained again has no time until it is over.
        let Some(seconds) = time.of_epoch(epoch) else {
            continue;
        };
        let timing = EpochTiming {
            epoch,
            seconds,
            validation,
            rate: (steps > 0 && training > 0.0).then(|| steps as f64 / training),
            device,
            resident,
        };
        timings.insert(epoch, timing);
    }
    timings.into_values().collect()
}
