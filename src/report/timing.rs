//! How long the epochs of a run took, and its memory. Nothing else in a report depends on when it was trained.

use super::curves::{line, over_epochs};
use super::figure::Figure;

/// What an epoch took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EpochTiming {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Seconds of training and validation, breaks between two processes left out.
    pub seconds: f64,
    /// Seconds of its validation.
    pub validation: f64,
    /// Steps of training a second; none where no step was timed.
    pub rate: Option<f64>,
    /// Bytes of buffers on the device.
    pub device: Option<u64>,
    /// The most bytes that the process had in memory by then.
    pub resident: Option<u64>,
}

/// Time and rate of each epoch; nothing where no time is known.
pub(super) fn timing_figures(timings: &[EpochTiming]) -> Vec<Figure> {
    if timings.is_empty() {
        return Vec::new();
    }
    let seconds = timings
        .iter()
        .map(|timing| (timing.epoch, timing.seconds))
        .collect();
    let rates: Vec<(usize, f64)> = timings
        .iter()
        .filter_map(|timing| Some((timing.epoch, timing.rate?)))
        .collect();
    let time = over_epochs("Time per epoch", "Seconds", vec![line("Time", seconds)]);
    let rate = over_epochs(
        "Training rate",
        "Steps per second",
        vec![line("Training rate", rates.clone())],
    );
    let rate = (!rates.is_empty()).then_some(rate);
    [time].into_iter().chain(rate).collect()
}
