//! How many timesteps of a recurrence one dispatch may take.

use std::time::{Duration, Instant};

use tracing::debug;

use super::remedy::with_remedy;
use super::session::Session;
use crate::batch::Batch;
use crate::error::Result;

/// Time that a dispatch should stay under. Watchdogs strike from some hundred milliseconds on (Metal) or
/// two seconds (Windows).
const TARGET: Duration = Duration::from_millis(50);

/// Fewest timesteps of a dispatch: a shorter one would cost more to start than to run.
const LEAST: usize = 16;

/// Most timesteps of a dispatch.
const MOST: usize = 4096;

/// The longest segment, a power of two, that keeps a recurrence's dispatch under 50 ms where a whole step
/// over `length` timesteps took `step`. Results do not depend on it.
///
/// A step holds several recurrences and all products, so the estimate is on the safe side.
pub fn segment_length(step: Duration, length: usize) -> usize {
    let timestep = step.as_secs_f64() / length.max(1) as f64;
    let timesteps = (TARGET.as_secs_f64() / timestep.max(1e-9)) as usize;
    let power = if timesteps.is_power_of_two() {
        timesteps
    } else {
        timesteps.next_power_of_two() / 2
    };
    power.clamp(LEAST, MOST)
}

impl Session {
    /// Trains on a batch alone and sets the length of the recurrences' segments by the time it took.
    ///
    /// # Errors
    /// As [`Session::train`].
    pub(super) fn calibrate(&mut self, batch: &Batch) -> Result<()> {
        self.device.wait().map_err(with_remedy)?;
        let start = Instant::now();
        self.train(batch)?;
        self.device.wait().map_err(with_remedy)?;
        let step = start.elapsed();
        let segment = segment_length(step, batch.length);
        debug!(?step, segment, "timesteps of a recurrence in one dispatch");
        self.set_segment(segment);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_takes_at_most_the_target() {
        let milliseconds = Duration::from_millis;
        assert_eq!(segment_length(milliseconds(100), 864), 256); // 432 timesteps would take 50 ms
        assert_eq!(segment_length(milliseconds(50), 64), 64);
        assert_eq!(segment_length(milliseconds(10_000), 10), LEAST);
        assert_eq!(segment_length(Duration::ZERO, 10), MOST);
    }
}
