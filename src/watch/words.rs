//! What is said of a run, in words.

use super::folder::WatchedFolder;
use super::list::ListedRun;
use super::run::{RunState, Status};
use crate::model::{counted, grouped};

/// Seconds without a word from a run after which that is told.
const SILENT: f64 = 30.0;

/// A time in seconds as `0:42`, or `1:02:42` from an hour on.
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

impl RunState {
    /// Where the run stands, in words, the most telling first: `epoch 3/5`, `step 120/300`, `0:42 left`,
    /// `12.3 steps/s`. Of a run that is dead, where it stood then.
    pub fn words(&self) -> Vec<String> {
        match &self.status {
            Status::Waiting => vec!["waiting".to_string()],
            Status::Finished => {
                let mut words = vec![format!("finished {}", counted(self.epochs_over, "epoch"))];
                words.extend(self.seconds.map(|seconds| format!("in {}", clock(seconds))));
                words
            }
            Status::Stopped { reason } => {
                let mut words = vec!["stopped".to_string(), self.epoch_words()];
                words.extend(reason.clone());
                words
            }
            Status::Dead if self.epoch == 0 => vec!["dead".to_string(), "not begun".to_string()],
            Status::Dead => {
                let step = format!("step {}/{}", grouped(self.done), grouped(self.steps));
                vec!["dead".to_string(), self.epoch_words(), step]
            }
            Status::Training => self.training_words(),
        }
    }

    /// The validation accuracy of the last epoch and of the best: `val_accuracy 0.8612`, `best 0.8700 (2)`.
    fn accuracy_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(last) = &self.last {
            words.push(format!("val_accuracy {:.3}", last.val_accuracy));
        }
        let last = self.last.as_ref().map(|last| last.epoch);
        if let Some(best) = self.best.as_ref().filter(|best| Some(best.epoch) != last) {
            words.push(format!("best {:.3} ({})", best.val_accuracy, best.epoch));
        }
        words
    }

    fn epoch_words(&self) -> String {
        format!("epoch {}/{}", grouped(self.epoch), grouped(self.epochs))
    }

    fn training_words(&self) -> Vec<String> {
        let mut words = vec![self.epoch_words()];
        if let Some(silent) = self.silent.filter(|silent| *silent > SILENT) {
            words.push(format!("silent for {}", clock(silent)));
        }
        if self.is_compiling {
            words.push("compiling kernels".to_string());
            return words;
        }
        words.push(if self.done == self.steps {
            "validating".to_string()
        } else {
            format!("step {}/{}", grouped(self.done), grouped(self.steps))
        });
        words.extend(self.left.map(|left| format!("{} left", clock(left))));
        words.extend(self.rate.map(rate_words));
        words
    }
}

impl WatchedFolder {
    /// That nobody trains what is left, and the command that goes on with it.
    pub fn resume_words(&self) -> Option<String> {
        let command = self.resume.as_ref()?;
        Some(match self.is_dead {
            true => format!("Its process is gone and did not say why. Go on with: {command}"),
            false => format!("Go on with: {command}"),
        })
    }
}

impl ListedRun {
    /// Where it stands and how good it is, in words, the most telling first.
    pub fn words(&self) -> Vec<String> {
        let run = match &self.state {
            Ok(run) => run,
            Err(problem) => return vec![format!("cannot be read: {problem}")],
        };
        let mut words = run.words();
        let rest = words.split_off(words.len().min(1));
        match &run.status {
            // Why it stopped comes before how good it was.
            Status::Stopped { .. } | Status::Dead => {
                words.extend(rest);
                words.extend(run.accuracy_words());
            }
            Status::Waiting | Status::Training | Status::Finished => {
                words.extend(run.accuracy_words());
                words.extend(rest);
            }
        }
        words
    }
}

/// `12.3 steps/s`, with three digits or more; `1,234 steps/s` from a thousand on.
fn rate_words(rate: f64) -> String {
    if rate >= 999.5 {
        return format!("{} steps/s", grouped(rate.round() as usize));
    }
    let digits = match rate {
        rate if rate >= 99.95 => 0,
        rate if rate >= 9.995 => 1,
        _ => 2,
    };
    format!("{rate:.digits$} steps/s")
}
