//! Training as it goes: a bar that moves within an epoch, and a line for each that is over.

use std::fmt::Write;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::Result;
use gatefold::Error;
use gatefold::report::readable;
use gatefold::run::Pace;
use gatefold::train::{EpochRecord, Metrics, Position, RESTARTS};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use super::option_names::with_options;
use super::screen::{Output, clock};

/// A bar of steps, with the time that is left of them.
const BAR: &str = "{prefix}  {pos}/{len} {wide_bar:.cyan/dim} {left} left  {msg}";

/// The same for a narrow terminal.
const NARROW: &str = "{prefix}  {pos}/{len}  {msg}";

/// What draws itself in the rest of a line.
const WIDE_BAR: &str = " {wide_bar:.cyan/dim}";

/// Columns that the shortest bar and the time left take, with the blanks around them.
const BAR_COLUMNS: usize = 16;

/// Columns below which there is no bar.
const BAR_NEEDS: usize = 70;

/// All bars that are shown.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Writes to standard error while no bar stands there.
pub fn above_bars<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

/// Shows a bar on standard error, unless that is no terminal or is to be quiet.
pub fn shown(output: Output, bar: ProgressBar) -> ProgressBar {
    if output.quiet { bar } else { BARS.add(bar) }
}

/// Shows one training run. The bar is for terminals alone; elsewhere there is a line an epoch.
pub struct Progress {
    output: Output,
    variant: String,
    epochs: usize,
    epoch: usize,
    bar: ProgressBar,
    pace: Pace,
    began: Instant,
    /// Models that are trained after this one.
    waiting: usize,
}

#[derive(Serialize)]
struct EpochLine<'a> {
    variant: &'a str,
    #[serde(flatten)]
    record: EpochRecord,
    seconds: f64,
}

#[derive(Serialize)]
struct RestartLine<'a> {
    variant: &'a str,
    error: String,
    restart: usize,
    epoch: usize,
    done: usize,
}

impl Progress {
    /// A run of `epochs` epochs of `steps` steps, after which `waiting` more like it follow.
    pub fn new(
        output: Output,
        variant: &str,
        epochs: usize,
        steps: usize,
        waiting: usize,
    ) -> Result<Progress> {
        let bar = bar(output, steps_template(output), steps)?;
        Ok(Progress {
            output,
            variant: variant.to_string(),
            epochs,
            epoch: 0,
            bar,
            pace: Pace::new(epochs, steps),
            began: Instant::now(),
            waiting,
        })
    }

    /// Begins, or goes on, at this place of the run.
    pub fn begin(&mut self, position: &Position) {
        self.pace.go_on_from(position.epoch(), position.done);
        self.show(position.epoch(), position.done);
        // The first step waits for them.
        self.bar.set_message("compiling kernels");
    }

    fn show(&mut self, epoch: usize, done: usize) {
        self.epoch = epoch;
        self.bar.reset();
        self.bar.set_position(done as u64);
        self.bar.reset_eta();
        self.bar
            .set_prefix(format!("Epoch {epoch}/{}", self.epochs));
        self.bar.set_message("");
        self.bar.tick();
    }

    /// Moves the bar.
    pub fn steps(&mut self, epoch: usize, done: usize, of: usize, metrics: Metrics) {
        if epoch != self.epoch {
            self.show(epoch, 0);
        }
        self.pace
            .steps(self.began.elapsed().as_secs_f64(), epoch, done);
        self.bar.set_position(done as u64);
        let mut words: Vec<String> = self.left().into_iter().collect();
        words.push(format!("accuracy {:.3}", metrics.accuracy()));
        words.push(format!("loss {}", readable(metrics.loss())));
        self.bar.set_message(match done < of {
            true => message(self.output, &self.bar, &words),
            false => "validating".to_string(),
        });
    }

    /// The time that is left of the run, and of all runs, those that wait taken to last as long as this one.
    fn left(&self) -> Option<String> {
        let left = self.pace.left()?;
        let all = left + self.waiting as f64 * self.pace.whole()?;
        Some(match self.waiting {
            0 => format!("run {}", clock(left)),
            _ => format!("run {}, all {}", clock(left), clock(all)),
        })
    }

    /// Tells how an epoch ended.
    pub fn epoch(&mut self, record: EpochRecord) -> Result<()> {
        self.pace.epoch(self.began.elapsed().as_secs_f64());
        self.bar.finish_and_clear();
        self.output.say_row(&epoch_metrics(&record, self.epochs));
        let line = EpochLine {
            variant: &self.variant,
            seconds: record.seconds,
            record,
        };
        self.output.event("epoch", &line)
    }

    /// Tells that the device failed, and from where a new one goes on.
    pub fn restart(&mut self, error: &Error, restart: usize, position: &Position) -> Result<()> {
        let told = with_options(&error.to_string());
        self.bar.suspend(|| {
            self.output.say(&format!(
                "{told}
Opening the device anew ({restart} of at most {RESTARTS} times) to go on from {position}."
            ));
        });
        self.begin(position);
        let line = RestartLine {
            variant: &self.variant,
            error: told,
            restart,
            epoch: position.epoch(),
            done: position.done,
        };
        self.output.event("restart", &line)
    }
}

/// `Epoch 2/5 0:09`, without the time where it is not known, then the metrics of the epoch.
pub fn epoch_metrics(record: &EpochRecord, epochs: usize) -> Vec<String> {
    let time = match record.seconds {
        0.0 => String::new(),
        seconds => format!(" {}", clock(seconds)),
    };
    let mut metrics = vec![
        format!("Epoch {}/{epochs}{time}", record.epoch),
        format!(
            "accuracy {:.3} loss {}",
            record.accuracy,
            readable(record.loss)
        ),
        format!(
            "val_accuracy {:.3} val_loss {}",
            record.val_accuracy,
            readable(record.val_loss)
        ),
    ];
    if let (Some(mean), Some(most)) = (record.gradient_norm, record.gradient_norm_max) {
        let [mean, most] = [mean, most].map(readable);
        metrics.push(format!("gradient norm {mean}, at most {most}"));
    }
    metrics
}

/// The template of a [`bar`] of training steps, for the width of the terminal.
pub fn steps_template(output: Output) -> &'static str {
    match output.columns() < BAR_NEEDS {
        true => NARROW,
        false => BAR,
    }
}

/// As many of the words as fit behind the bar of a [`steps_template`], the most important first; at least one.
pub fn message(output: Output, bar: &ProgressBar, words: &[String]) -> String {
    let counts = format!("{}/{}", bar.position(), bar.length().unwrap_or(0));
    let before = bar.prefix().chars().count() + counts.len() + 4;
    fitting(words, room(output.columns(), before))
}

/// Columns behind what stands `before` the bar, and behind the bar where there is one.
fn room(columns: usize, before: usize) -> usize {
    match columns < BAR_NEEDS {
        true => columns.saturating_sub(before),
        false => columns.saturating_sub(before + BAR_COLUMNS),
    }
}

/// The first of the words, two blanks apart, as many as fit; the very first in any case.
fn fitting(words: &[String], room: usize) -> String {
    let mut line = String::new();
    for word in words {
        let blanks = if line.is_empty() { "" } else { "  " };
        let longer = format!("{line}{blanks}{word}");
        if !line.is_empty() && longer.chars().count() > room {
            break;
        }
        line = longer;
    }
    line
}

/// A bar of `steps` steps, [`shown`]; on a narrow terminal its words alone.
///
/// In the template, `{left}` is the time that is left.
pub fn bar(output: Output, template: &str, steps: usize) -> Result<ProgressBar> {
    let left = |state: &ProgressState, text: &mut dyn Write| {
        // The bar has no way to report a failure to format.
        let _ = match state.pos() {
            0 => text.write_str("-:--"),
            _ => text.write_str(&clock(state.eta().as_secs_f64())),
        };
    };
    let template = match output.columns() < BAR_NEEDS {
        true => template.replace(WIDE_BAR, ""),
        false => template.to_string(),
    };
    let style = ProgressStyle::with_template(&template)?
        .with_key("left", left)
        .progress_chars("━╸─");
    let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::hidden());
    bar.set_style(style);
    Ok(shown(output, bar))
}

impl Drop for Progress {
    /// A run that ends early must not leave its bar behind.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_the_last_to_go_from_a_narrow_line() {
        let words = ["run 12:34", "accuracy 0.512", "loss 0.6931"].map(str::to_string);
        let before = "Epoch 12/15  1200/2500  ".len();
        let shown = |columns| fitting(&words, room(columns, before));
        assert_eq!(shown(80), "run 12:34  accuracy 0.512  loss 0.6931");
        assert_eq!(shown(50), "run 12:34  accuracy 0.512");
        assert_eq!(shown(40), "run 12:34");
        assert_eq!(shown(10), "run 12:34");
    }

    #[test]
    fn metrics_of_any_size_say_something() {
        let mut record = EpochRecord {
            epoch: 1,
            loss: 0.71234,
            gradient_norm: Some(5.5e-7),
            gradient_norm_max: Some(f64::from(f32::MAX)),
            ..EpochRecord::default()
        };
        let metrics = epoch_metrics(&record, 5);
        assert_eq!(metrics[1], "accuracy 0.000 loss 0.7123");
        assert_eq!(metrics[3], "gradient norm 5.50e-7, at most 3.40e38");
        record.val_loss = f64::from(f32::MAX);
        assert_eq!(
            epoch_metrics(&record, 5)[2],
            "val_accuracy 0.000 val_loss 3.40e38"
        );
    }
}
