//! [`Pace`]: steps a second, and the time that is left.

/// Seconds after which a change of the rate is told for the most part.
const MEMORY: f64 = 15.0;

/// How fast a run goes. It knows no clock: times, in seconds from any beginning, are given to it.
///
/// # Examples
/// ```
/// use gatefold::run::Pace;
///
/// let mut pace = Pace::new(2, 100);
/// pace.steps(0.0, 1, 10);
/// assert_eq!(pace.left(), None); // from one point in time no rate follows
/// pace.steps(4.0, 1, 30);
/// assert_eq!(pace.rate(), Some(5.0));
/// assert_eq!(pace.left(), Some(34.0)); // 170 of 200 steps
/// assert_eq!(pace.whole(), Some(40.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    epochs: usize,
    steps: usize,
    /// When how many steps of the run were done; none where the time since then says nothing.
    last: Option<(f64, usize)>,
    done: usize,
    /// Epochs whose validation is over.
    validated: usize,
    rate: Option<f64>,
    /// Seconds that a validation takes.
    validation: f64,
}

impl Pace {
    /// Of a run of `epochs` epochs of `steps` steps.
    pub fn new(epochs: usize, steps: usize) -> Pace {
        Pace {
            epochs,
            steps,
            last: None,
            done: 0,
            validated: 0,
            rate: None,
            validation: 0.0,
        }
    }

    /// Notes that the run goes on from here, after a time that says nothing of its rate.
    pub fn go_on_from(&mut self, epoch: usize, done: usize) {
        self.place(epoch, done);
        self.last = None;
    }

    /// Notes that `done` steps of the epoch are done at `time`.
    pub fn steps(&mut self, time: f64, epoch: usize, done: usize) {
        self.place(epoch, done);
        if let Some((before, steps)) = self.last {
            let seconds = time - before;
            if seconds <= 0.0 || self.done <= steps {
                return;
            }
            let latest = (self.done - steps) as f64 / seconds;
            // An exponential mean over time: as the bar's, it does not depend on how often it is told.
            let weight = 1.0 - (-seconds / MEMORY).exp();
            self.rate = Some(match self.rate {
                Some(rate) => rate + (latest - rate) * weight,
                None => latest,
            });
        }
        self.last = Some((time, self.done));
    }

    fn place(&mut self, epoch: usize, done: usize) {
        self.validated = epoch - 1;
        self.done = self.validated * self.steps + done;
    }

    /// Notes that the validation of the epoch under way ended at `time`.
    pub fn epoch(&mut self, time: f64) {
        self.validated += 1;
        if let Some((before, done)) = self.last {
            self.validation = (time - before).max(0.0);
            self.last = Some((time, done));
        }
    }

    /// Steps a second, of late; none before there are two points in time.
    pub fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// Seconds of the whole run at that rate, its validations included; none while there is no rate.
    pub fn whole(&self) -> Option<f64> {
        let steps = (self.epochs * self.steps) as f64;
        Some(steps / self.rate? + self.epochs as f64 * self.validation)
    }

    /// Seconds until the last epoch is validated; none while there is no rate.
    pub fn left(&self) -> Option<f64> {
        let rate = self.rate?;
        let steps = (self.epochs * self.steps).saturating_sub(self.done);
        let validations = self.epochs.saturating_sub(self.validated);
        Some(steps as f64 / rate + validations as f64 * self.validation)
    }
}
