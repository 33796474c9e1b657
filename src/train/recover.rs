//! Going on after the device failed: a new device, the last snapshot, and the steps since then once more.

use super::event::Event;
use super::fit::TrainingRun;
use crate::error::{DeviceFault, Error, Result};

/// How often a run goes on with a new device.
pub const RESTARTS: usize = 3;

impl TrainingRun<'_> {
    /// Runs all epochs, and goes back to the last snapshot where the device failed. The result is that of a
    /// run without the failure, bit for bit.
    pub(super) fn run(&mut self) -> Result<()> {
        let mut outcome = self.run_epochs();
        for restart in 1..=RESTARTS {
            outcome = match outcome {
                // Other ranks cannot go back with this one.
                Err(error) if error.is_recoverable() && self.session.ranks.is_none() => {
                    let verdict = (self.observe)(Event::Restart {
                        error: &error,
                        restart,
                        position: &self.last.position,
                    });
                    self.ended |= verdict.is_break();
                    self.restart().and_then(|()| self.run_epochs())
                }
                outcome => return outcome,
            };
        }
        outcome.map_err(|error| match error {
            Error::Device { fault, problem } if fault != DeviceFault::Refused => Error::Device {
                fault,
                problem: format!("{problem}; gave up after {RESTARTS} restarts"),
            },
            error => error,
        })
    }

    fn restart(&mut self) -> Result<()> {
        self.session.reopen()?;
        self.session.restore(&self.last.state)?;
        self.position = self.last.position.clone();
        self.best = self.last.best.clone();
        Ok(())
    }
}
