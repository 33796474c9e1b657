//! Points of a run's curves, from what it told.

use std::collections::HashSet;

use serde::Serialize;

use crate::run::{ProgressEvent, ProgressLine};
use crate::train::EpochRecord;

/// Points of a training curve within an epoch, at most.
const POINTS_AN_EPOCH: usize = 20;

/// Points of a curve, at most.
const POINTS: usize = 1000;

/// Loss and accuracy at a time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Epochs since the beginning; the middle of epoch 1 is 0.5.
    pub at: f64,
    /// The mean loss.
    pub loss: f64,
    /// Share of the reviews classified rightly, in [0, 1].
    pub accuracy: f64,
}

/// Running means of an epoch after some of its steps.
#[derive(Clone, Copy, Default)]
struct Means {
    epoch: usize,
    done: usize,
    loss: f64,
    accuracy: f64,
}

/// Steps of an epoch, by the running means before the first and after the last of them.
struct Window {
    before: Means,
    after: Means,
}

/// The training curve: means over some steps each, put at their middle. Of an epoch of which no steps were told
/// there is its mean, at its end.
pub(super) fn training(lines: &[ProgressLine], history: &[EpochRecord]) -> Vec<Point> {
    let (mut steps, mut window) = (1, 1);
    let mut told: Vec<Window> = Vec::new();
    for line in lines {
        match &line.event {
            ProgressEvent::Begin {
                epochs,
                steps: of,
                epoch,
                done,
                ..
            } => {
                let an_epoch = (POINTS / (*epochs).max(1)).clamp(1, POINTS_AN_EPOCH);
                steps = (*of).max(1);
                window = steps.div_ceil(an_epoch);
                go_back(&mut told, *epoch, *done);
            }
            ProgressEvent::Restart { epoch, done, .. } => go_back(&mut told, *epoch, *done),
            ProgressEvent::Steps {
                epoch,
                done,
                loss: Some(loss),
                accuracy: Some(accuracy),
                ..
            } => {
                let after = Means {
                    epoch: *epoch,
                    done: *done,
                    loss: *loss,
                    accuracy: *accuracy,
                };
                add(&mut told, after, window, steps);
            }
            ProgressEvent::Steps { .. }
            | ProgressEvent::Epoch { .. }
            | ProgressEvent::End { .. } => {}
        }
    }
    let epochs: HashSet<usize> = told.iter().map(|told| told.after.epoch).collect();
    let untold = history
        .iter()
        .filter(|record| !epochs.contains(&record.epoch));
    let untold = untold.map(|record| Point {
        at: record.epoch as f64,
        loss: record.loss,
        accuracy: record.accuracy,
    });
    let points = told.iter().map(|told| told.mean(steps));
    let mut points: Vec<Point> = points.chain(untold).collect();
    points.sort_by(|a, b| a.at.total_cmp(&b.at));
    thinned(points)
}

/// The validation curve: a point at the end of each epoch.
pub(super) fn validation(history: &[EpochRecord]) -> Vec<Point> {
    let points = history.iter().map(|record| Point {
        at: record.epoch as f64,
        loss: record.val_loss,
        accuracy: record.val_accuracy,
    });
    thinned(points.collect())
}

/// Adds the steps since the last window once there are `window` of them, or the epoch of `steps` ends.
fn add(told: &mut Vec<Window>, after: Means, window: usize, steps: usize) {
    let same_epoch = told.last().filter(|last| last.after.epoch == after.epoch);
    let mut before = same_epoch.map_or(Means::default(), |last| last.after);
    let is_last = after.done == steps;
    if after.done <= before.done || (after.done < before.done + window && !is_last) {
        return;
    }
    // The few steps at the end would make a point that is mostly noise.
    if is_last && after.done < before.done + window && before.done > 0 {
        before = told.pop().map_or(before, |last| last.before);
    }
    told.push(Window { before, after });
}

/// Forgets what was told of steps that are trained again.
fn go_back(told: &mut Vec<Window>, epoch: usize, done: usize) {
    told.retain(|told| (told.after.epoch, told.after.done) <= (epoch, done));
}

impl Window {
    /// The mean over its steps, of an epoch that has `steps`.
    fn mean(&self, steps: usize) -> Point {
        let Window { before, after } = self;
        let (from, to) = (before.done as f64, after.done as f64);
        let mean = |before: f64, after: f64| (after * to - before * from) / (to - from);
        Point {
            at: (after.epoch - 1) as f64 + (from + to) / 2.0 / steps as f64,
            loss: mean(before.loss, after.loss),
            accuracy: mean(before.accuracy, after.accuracy),
        }
    }
}

/// At most [`POINTS`] of the points, evenly taken, the last among them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let every = points.len().div_ceil(POINTS).max(1);
    let skipped = (points.len().max(1) - 1) % every;
    points.into_iter().skip(skipped).step_by(every).collect()
}
