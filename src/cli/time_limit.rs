//! `--max-time`: training that ends in order when its time is over.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gatefold::Error;

/// The exit code of `timeout`, which shells and batch systems know.
pub const TIME_OVER: u8 = 124;

/// The time is over, and the run can be gone on with.
#[derive(Debug)]
pub struct TimeOver(Duration);

impl fmt::Display for TimeOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = humantime::format_duration(self.0);
        write!(
            f,
            "--max-time: {given} are over; --resume goes on with the run"
        )
    }
}

impl std::error::Error for TimeOver {}

/// When training has to end.
pub struct TimeLimit {
    given: Option<Duration>,
    began: Instant,
    is_over: Cell<bool>,
}

impl TimeLimit {
    /// So long from now on; for ever where nothing is given.
    pub fn from_now(given: Option<Duration>) -> TimeLimit {
        TimeLimit {
            given,
            began: Instant::now(),
            is_over: Cell::new(false),
        }
    }

    /// Has training stop after the step at hand once the time is over.
    pub fn look(&self, stop: &AtomicBool) {
        let is_over = self
            .given
            .is_some_and(|given| self.began.elapsed() >= given);
        if is_over && !stop.swap(true, Ordering::Relaxed) {
            self.is_over.set(true);
        }
    }

    /// The error of a run that ended, which is that of the time where that ended it.
    pub fn told(&self, error: anyhow::Error) -> anyhow::Error {
        match (error.downcast_ref(), self.given) {
            (Some(Error::Interrupted), Some(given)) if self.is_over.get() => TimeOver(given).into(),
            _ => error,
        }
    }
}

/// Reads `90s`, `30m`, `1h 30m`.
pub fn parse(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err("no time to train in; give 30m or 2h, say".to_string()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{error}; give 90s, 30m, or \"1h 30m\"")),
    }
}
