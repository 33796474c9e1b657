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

const BAR: &str = "{prefix}  {pos}/{len} {wide_bar:.cyan/dim} {left} left  {msg}";

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
        let bar = bar(output, BAR, steps)?;
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
        let (accuracy, loss) = (metrics.accuracy(), metrics.loss());
        self.bar.set_message(if done < of {
            let left = self
                .left()
                .map_or_else(String::new, |left| format!("  {left}"));
            format!("accuracy {accuracy:.3}  loss {}{left}", readable(loss))
        } else {
            "validating".to_string()
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
        self.output.say_row(&epoch_figures(&record, self.epochs));
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

/// `Epoch 2/5 0:09`, without the time where it is not known, then the figures of the epoch.
pub fn epoch_figures(record: &EpochRecord, epochs: usize) -> Vec<String> {
    let time = match record.seconds {
        0.0 => String::new(),
        seconds => format!(" {}", clock(seconds)),
    };
    let mut figures = vec![
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
        figures.push(format!("gradient norm {mean}, at most {most}"));
    }
    figures
}

/// A bar of `steps` steps, [`shown`].
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
    let style = ProgressStyle::with_template(template)?
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
    fn figures_of_any_size_say_something() {
        let mut record = EpochRecord {
            epoch: 1,
            loss: 0.71234,
            gradient_norm: Some(5.5e-7),
            gradient_norm_max: Some(f64::from(f32::MAX)),
            ..EpochRecord::default()
        };
        let figures = epoch_figures(&record, 5);
        assert_eq!(figures[1], "accuracy 0.000 loss 0.7123");
        assert_eq!(figures[3], "gradient norm 5.500e-7, at most 3.403e38");
        record.val_loss = f64::from(f32::MAX);
        assert_eq!(
            epoch_figures(&record, 5)[2],
            "val_accuracy 0.000 val_loss 3.403e38"
        );
    }
}
