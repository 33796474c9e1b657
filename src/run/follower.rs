//! Training on a rank that is not the first: the same steps, and nothing written.

use super::epochs::{Course, Epochs};
use super::outcome::RunOutcome;
use super::trainer::Trainer;
use crate::error::Result;
use crate::train::{Event, History, Session};

impl Trainer {
    /// Trains along with the first rank, which writes what comes of it.
    pub(super) fn follow(
        &self,
        mut session: Session,
        mut course: Course<'_>,
    ) -> Result<RunOutcome> {
        let training = self.training();
        let options = training.fit_options(self.callbacks(), &self.dataset)?;
        let epochs = Epochs::new(&self.dataset, options, &course);
        let mut history = History::new(session.model().name(), session.model().count_parameters());
        history.epochs = epochs.start.epochs.clone();
        let outcome = epochs.train(&mut session, &mut course, &mut |event| {
            if let Event::Epoch(record) = &event {
                history.epochs.push(record.clone());
            }
            Ok(event)
        });
        Ok(RunOutcome {
            history,
            last_checkpoint: None,
            end: outcome.map(|()| session.into_device()),
        })
    }
}
