//! [`RunState`]: a run as whoever watches sees it.

use std::path::Path;

use serde::Serialize;

use super::curve::{self, Point};
use crate::error::Result;
use crate::report::{best_epoch, read_history};
use crate::run::{
    ProgressEvent, ProgressLine, TrainingTime, has_history, is_abandoned, read_progress,
};
use crate::train::EpochRecord;

/// Whether a run goes on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Status {
    /// It has not begun.
    Waiting,
    /// It goes on.
    Training,
    /// Its process is gone and did not tell why: it was killed, or the machine went down.
    Dead,
    /// It came to its end.
    Finished,
    /// It ended before.
    Stopped {
        /// Why, where it told.
        reason: Option<String>,
    },
}

/// Where a run stands, and its curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunState {
    /// The model's name.
    pub name: String,
    /// Whether it goes on.
    #[serde(flatten)]
    pub status: Status,
    /// Epochs to train; those that are over where it did not tell.
    pub epochs: usize,
    /// Epochs that are over, validation included.
    pub epochs_over: usize,
    /// Steps of an epoch; 0 where it did not tell.
    pub steps: usize,
    /// The epoch under way, or the last, counted from 1; 0 before the first.
    pub epoch: usize,
    /// Its steps that are done.
    pub done: usize,
    /// Whether the first steps are still awaited, which wait for their kernels to be compiled.
    pub is_compiling: bool,
    /// Mean loss since the beginning of the epoch.
    pub loss: Option<f64>,
    /// Share of the reviews classified rightly since then.
    pub accuracy: Option<f64>,
    /// Steps a second, of late.
    pub rate: Option<f64>,
    /// Seconds to the end of the last epoch.
    pub left: Option<f64>,
    /// Seconds that training took so far, breaks left out.
    pub seconds: Option<f64>,
    /// Seconds since the run's last word, while it goes on.
    #[serde(skip)]
    pub silent: Option<f64>,
    /// When a process began to train it, or to go on with it, the last time: seconds since 1970.
    pub began: Option<f64>,
    /// The last epoch that is over.
    pub last: Option<EpochRecord>,
    /// The epoch with the best validation accuracy.
    pub best: Option<EpochRecord>,
    /// The epochs that are over.
    #[serde(skip)]
    pub history: Vec<EpochRecord>,
    /// The training curve.
    pub training: Vec<Point>,
    /// The validation curve.
    pub validation: Vec<Point>,
}

impl RunState {
    /// Reads the run in `folder` at the time `now`, in seconds since 1970. A folder with nothing in it, or none,
    /// is a run that has not begun; one that has not ended and that no process holds is [dead](Status::Dead).
    ///
    /// # Errors
    /// As [`read_progress`] and [`read_history`].
    pub fn read(folder: &Path, name: &str, now: f64) -> Result<RunState> {
        let lines = read_progress(folder)?;
        let run = RunState::of_lines(folder, name, &lines, now)?;
        if !matches!(run.status, Status::Waiting | Status::Training) || !is_abandoned(folder) {
            return Ok(run);
        }
        // It may have ended, or begun, between the two looks.
        let since = read_progress(folder)?;
        let mut run = RunState::of_lines(folder, name, &since, now)?;
        let may_go_on = matches!(run.status, Status::Waiting | Status::Training);
        if may_go_on && since.len() == lines.len() {
            run.status = Status::Dead;
            (run.rate, run.left, run.silent) = (None, None, None);
            run.is_compiling = false;
        }
        Ok(run)
    }

    /// The run in `folder`, which told `lines`.
    fn of_lines(folder: &Path, name: &str, lines: &[ProgressLine], now: f64) -> Result<RunState> {
        let history = match has_history(folder) {
            true => read_history(folder)?.epochs,
            false => Vec::new(),
        };
        let is_trained = folder.join("model.safetensors").is_file();
        Ok(RunState::new(name, lines, &history, is_trained, now))
    }

    /// A run that told `lines` and has this history, at the time `now`; `is_trained` tells whether its trained
    /// parameters are there.
    pub fn new(
        name: &str,
        lines: &[ProgressLine],
        history: &[EpochRecord],
        is_trained: bool,
        now: f64,
    ) -> RunState {
        let over = history.last().map_or(0, |record| record.epoch);
        let time = TrainingTime::of(lines);
        let mut history = history.to_vec();
        for record in &mut history {
            record.seconds = time.of_epoch(record.epoch).unwrap_or(record.seconds);
        }
        let mut run = RunState {
            name: name.to_string(),
            // What is told overrides it.
            status: match (is_trained, history.is_empty()) {
                (true, _) => Status::Finished,
                (false, true) => Status::Waiting,
                (false, false) => Status::Stopped { reason: None },
            },
            epochs: over,
            epochs_over: over,
            steps: 0,
            epoch: over,
            done: 0,
            is_compiling: false,
            loss: None,
            accuracy: None,
            rate: None,
            left: None,
            seconds: None,
            silent: None,
            began: None,
            last: history.last().cloned(),
            best: best_epoch(&history).cloned(),
            training: curve::training(lines, &history),
            validation: curve::validation(&history),
            history,
        };
        let mut before = None;
        for line in lines {
            run.take(line, before);
            before = Some(line.time);
        }
        if run.status == Status::Training {
            run.silent = before.map(|told| (now - told).max(0.0));
            if run.epoch <= over {
                run.begin_epoch(over);
            }
        }
        run
    }

    /// The same without what only its own view shows: its curves and its epochs.
    #[must_use]
    pub(super) fn without_curves(mut self) -> RunState {
        (self.history, self.training, self.validation) = (Vec::new(), Vec::new(), Vec::new());
        self
    }

    /// Takes in a line; the one before was told at `before`.
    fn take(&mut self, line: &ProgressLine, before: Option<f64>) {
        match &line.event {
            ProgressEvent::Begin {
                variant,
                epochs,
                steps,
                ..
            } => {
                self.name.clone_from(variant);
                self.epochs = *epochs;
                self.steps = *steps;
                self.began = Some(line.time);
            }
            // The time between the end of one process and the beginning of the next is none of training.
            _ => {
                let since = before.map_or(0.0, |before| (line.time - before).max(0.0));
                self.seconds = Some(self.seconds.unwrap_or(0.0) + since);
            }
        }
        match &line.event {
            ProgressEvent::Begin { epoch, done, .. }
            | ProgressEvent::Restart { epoch, done, .. } => {
                self.status = Status::Training;
                (self.epoch, self.done) = (*epoch, *done);
                self.is_compiling = true;
                (self.loss, self.accuracy) = (None, None);
                (self.rate, self.left) = (None, None);
            }
            ProgressEvent::Steps {
                epoch,
                done,
                loss,
                accuracy,
                rate,
                left,
            } => {
                (self.epoch, self.done) = (*epoch, *done);
                self.is_compiling = false;
                (self.loss, self.accuracy) = (*loss, *accuracy);
                (self.rate, self.left) = (*rate, *left);
            }
            // The history has the epoch.
            ProgressEvent::Epoch { .. } => {}
            ProgressEvent::End { error } => {
                (self.rate, self.left) = (None, None);
                self.is_compiling = false;
                self.status = match error {
                    None => Status::Finished,
                    Some(error) => Status::Stopped {
                        reason: Some(error.clone()),
                    },
                };
            }
        }
    }

    /// Moves on to the epoch after `over`, which the history has but no line tells of yet.
    fn begin_epoch(&mut self, over: usize) {
        (self.loss, self.accuracy) = (None, None);
        if over < self.epochs {
            (self.epoch, self.done) = (over + 1, 0);
        } else {
            // Its parameters are being written.
            (self.epoch, self.done) = (over, self.steps);
        }
    }
}
