//! Says how a sweep goes: a bar for the trial under way, a line for each that is over.

use gatefold::run::RunEvent;
use gatefold::sweep::{Sweep, SweepEvent, Trial, TrialState};
use gatefold::train::Event;
use indicatif::ProgressBar;
use serde::Serialize;

use super::table::{status, trial_line};
use crate::cli::progress::{bar, message, steps_template};
use crate::cli::screen::{Output, counted};

#[derive(Serialize)]
struct EndLine<'a> {
    trial: &'a str,
    number: usize,
    of: usize,
    status: &'a str,
    epochs: usize,
    reason: Option<&'a str>,
}

/// Tells what a worker does.
pub struct Teller {
    output: Output,
    of: usize,
    /// `Trial 3/12`
    trial: String,
    epochs: usize,
    epoch: usize,
    bar: Option<ProgressBar>,
}

impl Teller {
    /// Of this sweep.
    pub fn new(output: Output, sweep: &Sweep) -> Teller {
        Teller {
            output,
            of: sweep.trials.len(),
            trial: String::new(),
            epochs: 0,
            epoch: 0,
            bar: None,
        }
    }

    /// Tells what happened.
    pub fn tell(&mut self, event: &SweepEvent<'_>) {
        match event {
            SweepEvent::Begin {
                trial,
                number,
                epochs,
                notes,
            } => {
                self.end();
                for note in *notes {
                    self.output.field("Note", &format!("{}: {note}", trial.folder));
                }
                self.trial = format!("Trial {number}/{}", self.of);
                self.epochs = *epochs;
            }
            SweepEvent::Run(event) => self.run(event),
            SweepEvent::End {
                trial,
                number,
                state,
            } => {
                self.end();
                self.over(trial, *number, state);
            }
            SweepEvent::NoLocks => self.output.field(
                "Note",
                "this file system has no locks: give each process its own trials with --take K/N, or two may train the \
                 same one",
            ),
            SweepEvent::Waiting(count) => {
                let trials = counted(*count, "trial");
                let words = format!("for {trials} of this round that other processes train");
                self.output.field("Waiting", &words);
            }
        }
    }

    /// Says that a trial is over.
    pub fn over(&self, trial: &Trial, number: usize, state: &TrialState) {
        let before = format!("{number}/{}  ", self.of);
        let columns = self.output.terminal_columns();
        self.output.say(&trial_line(&before, trial, state, columns));
        let line = EndLine {
            trial: &trial.folder,
            number,
            of: self.of,
            status: status(state),
            epochs: state.epochs.len(),
            reason: state.failed(),
        };
        // Where nobody reads the lines any more, training goes on: its results are on disk.
        if let Err(error) = self.output.event("trial", &line) {
            tracing::warn!("{error}");
        }
    }

    /// Says what should be known.
    pub fn note(&self, words: &str) {
        self.output.field("Note", words);
    }

    /// Takes the bar away.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn run(&mut self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Begin {
                steps, position, ..
            } => {
                // Without a bar, the lines of trials that are over say what there is to say.
                self.bar = bar(self.output, steps_template(self.output), *steps).ok();
                self.show(position.epoch(), position.done);
            }
            RunEvent::Fit(Event::Steps {
                epoch,
                done,
                metrics,
                ..
            }) => {
                if *epoch != self.epoch {
                    self.show(*epoch, 0);
                }
                if let Some(bar) = &self.bar {
                    bar.set_position(*done as u64);
                    let words = [format!("accuracy {:.3}", metrics.accuracy())];
                    bar.set_message(message(self.output, bar, &words));
                }
            }
            RunEvent::Fit(_) => {}
        }
    }

    fn show(&mut self, epoch: usize, done: usize) {
        self.epoch = epoch;
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_position(done as u64);
            bar.reset_eta();
            bar.set_prefix(format!("{}  epoch {epoch}/{}", self.trial, self.epochs));
            bar.set_message("");
        }
    }
}
