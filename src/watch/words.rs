//! What is said of a run, in words.

use super::run::{RunState, Status};
use crate::model::grouped;

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
    /// `12.3 steps/s`.
    pub fn words(&self) -> Vec<String> {
        match &self.status {
            Status::Waiting => vec!["waiting".to_string()],
            Status::Finished => {
                let epochs = match self.epochs_over {
                    1 => "1 epoch".to_string(),
                    over => format!("{} epochs", grouped(over)),
                };
                let mut words = vec![format!("finished {epochs}")];
                words.extend(self.seconds.map(|seconds| format!("in {}", clock(seconds))));
                words
            }
            Status::Stopped { reason } => {
                let mut words = vec!["stopped".to_string(), self.epoch_words()];
                words.extend(reason.clone());
                words
            }
            Status::Training => self.training_words(),
        }
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
