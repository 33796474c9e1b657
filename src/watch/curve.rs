//! Points of a run's curves, from what it told.

use std::collections::HashSet;

use serde::Serialize;

use super::progress_file::{ProgressEvent, ProgressLine};
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

/// The training curve: means over some steps each, put at their middle. Of an epoch of which no steps were told
/// there is its mean, at its end.
pub(super) fn training(lines: &[ProgressLine], history: &[EpochRecord]) -> Vec<Point> {
    let (mut steps, mut window) = (1, 1);
    // The running means at the end of each point's steps.
    let mut told: Vec<(Means, Point)> = Vec::new();
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
                let now = Means {
                    epoch: *epoch,
                    done: *done,
                    loss: *loss,
                    accuracy: *accuracy,
                };
                let before = told.last().map(|(means, _)| *means);
                let before = before.filter(|before| before.epoch == now.epoch);
                let before = before.unwrap_or_default();
                let is_due = now.done >= before.done + window || now.done == steps;
                if is_due && now.done > before.done {
                    told.push((now, between(before, now, steps)));
                }
            }
            ProgressEvent::Steps { .. } | ProgressEvent::End { .. } => {}
        }
    }
    let epochs: HashSet<usize> = told.iter().map(|(means, _)| means.epoch).collect();
    let untold = history
        .iter()
        .filter(|record| !epochs.contains(&record.epoch));
    let untold = untold.map(|record| Point {
        at: record.epoch as f64,
        loss: record.loss,
        accuracy: record.accuracy,
    });
    let mut points: Vec<Point> = told.iter().map(|(_, point)| *point).chain(untold).collect();
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

/// Forgets what was told of steps that are trained again.
fn go_back(told: &mut Vec<(Means, Point)>, epoch: usize, done: usize) {
    told.retain(|(means, _)| (means.epoch, means.done) <= (epoch, done));
}

/// The mean over the steps from `before` to `now`, of one epoch.
fn between(before: Means, now: Means, steps: usize) -> Point {
    let (from, to) = (before.done as f64, now.done as f64);
    let mean = |before: f64, now: f64| (now * to - before * from) / (to - from);
    Point {
        at: (now.epoch - 1) as f64 + (from + to) / 2.0 / steps as f64,
        loss: mean(before.loss, now.loss),
        accuracy: mean(before.accuracy, now.accuracy),
    }
}

/// At most [`POINTS`] of the points, evenly taken, the last among them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let every = points.len().div_ceil(POINTS).max(1);
    let skipped = (points.len().max(1) - 1) % every;
    points.into_iter().skip(skipped).step_by(every).collect()
}
