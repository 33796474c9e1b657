//! [`Recorder`]: writes `progress.jsonl` as a run goes on.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::warn;

use super::memory::peak_resident;
use super::pace::Pace;
use super::progress_file::{ProgressEvent, ProgressFile, ProgressLine, read_progress};
use super::training_time::TrainingTime;
use crate::train::{Event, Position};

/// Seconds from one line of steps to the next, at least.
const INTERVAL: f64 = 1.0;

/// Lines of steps come at most this many in the time the run has taken, so that a run of a day has some 15,000
/// instead of 86,400.
const LINES: f64 = 3600.0;

/// Tells in `progress.jsonl` where a run stands: about a line a second, fewer the longer it runs.
///
/// Training does not depend on it: where a line cannot be written, that is logged, and those who watch see no
/// more of the run.
///
/// # Examples
/// ```no_run
/// # use std::{path::Path, sync::Arc, sync::atomic::AtomicBool};
/// # use gatefold::{data::Dataset, train::{FitOptions, Position, Session, fit}, run::Recorder};
/// # fn train(session: &mut Session, data: &Arc<Dataset>, options: &FitOptions) -> gatefold::Result<()> {
/// let mut recorder = Recorder::new(Path::new("runs/mine"));
/// recorder.begin("mine", options.epochs, 2500, &Position::default());
/// let outcome = fit(session, data, options, &AtomicBool::new(false), &mut |event| recorder.observe(&event));
/// recorder.end(outcome.as_ref().err().map(ToString::to_string));
/// # outcome.map(|_| ())
/// # }
/// ```
#[derive(Debug)]
pub struct Recorder {
    /// None after a failure.
    file: Option<ProgressFile>,
    pace: Pace,
    began: f64,
    epoch_began: f64,
    /// When the last steps of the epoch came back, and how many of them this process trained.
    trained: (f64, usize),
    /// Steps of the epoch that were done when this process, or the last device, began with it.
    done_before: usize,
    device_memory: Option<u64>,
    /// When the last line was written.
    told: f64,
    time: TrainingTime,
}

impl Recorder {
    /// Of the run in `folder`, which exists; goes on behind what an earlier process told there.
    pub fn new(folder: &Path) -> Recorder {
        let opened = ProgressFile::open(folder).and_then(|file| Ok((file, read_progress(folder)?)));
        let opened = opened
            .inspect_err(|error| warn!("{error}; watchers will see nothing of this run"))
            .ok();
        let (file, lines) = opened.unzip();
        Recorder {
            file,
            time: TrainingTime::of(&lines.unwrap_or_default()),
            pace: Pace::new(0, 0),
            began: 0.0,
            epoch_began: 0.0,
            trained: (0.0, 0),
            done_before: 0,
            device_memory: None,
            told: 0.0,
        }
    }

    /// Notes how many bytes of buffers the device has, which is told with each epoch.
    pub fn note_device_memory(&mut self, bytes: u64) {
        self.device_memory = Some(bytes);
    }

    /// Tells that `epochs` epochs of `steps` steps begin, or go on from this place.
    pub fn begin(&mut self, variant: &str, epochs: usize, steps: usize, from: &Position) {
        let now = now();
        self.began = now;
        self.begin_part(now, from.done);
        self.pace = Pace::new(epochs, steps);
        self.pace.go_on_from(from.epoch(), from.done);
        self.time.go_on_from(from.epoch());
        let event = ProgressEvent::Begin {
            variant: variant.to_string(),
            epochs,
            steps,
            epoch: from.epoch(),
            done: from.done,
        };
        self.tell(now, event);
    }

    /// Tells what [`fit`](crate::train::fit) observed, as far as it is of interest.
    pub fn observe(&mut self, event: &Event<'_>) {
        let now = now();
        match event {
            Event::Steps {
                epoch,
                done,
                of,
                metrics,
            } => {
                self.pace.steps(now, *epoch, *done);
                self.trained = (now, done.saturating_sub(self.done_before));
                let interval = ((now - self.began) / LINES).max(INTERVAL);
                let since = if done == of {
                    // What the validation, which may be long, begins with.
                    self.epoch_began
                } else {
                    self.told
                };
                if now - since < interval {
                    return;
                }
                let finite = |value: f64| value.is_finite().then_some(value);
                let event = ProgressEvent::Steps {
                    epoch: *epoch,
                    done: *done,
                    loss: finite(metrics.loss()),
                    accuracy: finite(metrics.accuracy()),
                    rate: self.pace.rate(),
                    left: self.pace.left(),
                };
                self.tell(now, event);
            }
            Event::Epoch(record) => {
                self.pace.epoch(now);
                let (trained, steps) = self.trained;
                let event = ProgressEvent::Epoch {
                    epoch: record.epoch,
                    steps,
                    training: milliseconds(trained - self.epoch_began),
                    validation: milliseconds(now - trained),
                    device: self.device_memory,
                    resident: peak_resident(),
                };
                self.tell(now, event);
                self.begin_part(now, 0);
                self.time.add(record.seconds);
                self.time.end_epoch(record.epoch);
            }
            Event::Validation { .. } | Event::Snapshot(_) => {}
            Event::Restart {
                error, position, ..
            } => {
                self.pace.go_on_from(position.epoch(), position.done);
                self.time.add((now - self.epoch_began).max(0.0));
                self.time.go_on_from(position.epoch());
                self.begin_part(now, position.done);
                let event = ProgressEvent::Restart {
                    error: error.to_string(),
                    epoch: position.epoch(),
                    done: position.done,
                };
                self.tell(now, event);
            }
        }
    }

    /// Seconds that an epoch took which is over, those of earlier processes included; none where they are not known.
    pub fn seconds_of(&self, epoch: usize) -> Option<f64> {
        self.time.of_epoch(epoch)
    }

    /// An epoch that was observed to be over with its seconds in all processes; other events as they are.
    pub fn timed<'a>(&self, event: Event<'a>) -> Event<'a> {
        match event {
            Event::Epoch(mut record) => {
                let seconds = self.seconds_of(record.epoch);
                record.seconds = seconds.unwrap_or(record.seconds);
                Event::Epoch(record)
            }
            event => event,
        }
    }

    /// Tells that training is over, and why if it did not come to its end.
    pub fn end(mut self, error: Option<String>) {
        self.tell(now(), ProgressEvent::End { error });
    }

    /// Notes that an epoch begins, or goes on after `done` steps.
    fn begin_part(&mut self, now: f64, done: usize) {
        self.epoch_began = now;
        self.trained = (now, 0);
        self.done_before = done;
    }

    fn tell(&mut self, now: f64, event: ProgressEvent) {
        self.told = now;
        let Some(file) = &mut self.file else {
            return;
        };
        if let Err(error) = file.append(&ProgressLine { time: now, event }) {
            warn!("{error}; watchers will see no more of this run");
            self.file = None;
        }
    }
}

/// Seconds to the millisecond; 0 where the clock was set back.
fn milliseconds(seconds: f64) -> f64 {
    (seconds.max(0.0) * 1e3).round() / 1e3
}

/// Seconds since 1970-01-01 00:00 UTC, to the millisecond; 0 on a clock that is set before that.
pub(crate) fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_millis() as f64 / 1e3)
}
