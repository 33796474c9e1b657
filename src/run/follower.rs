//! Training on a rank that is not the first: the same steps, and nothing written.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::outcome::{RunEvent, RunOutcome};
use super::trainer::Trainer;
use crate::error::Result;
use crate::train::{Event, History, Position, Session, Snapshot, fit, resume};

impl Trainer {
    /// Trains along with the first rank, which writes what comes of it.
    pub(super) fn follow(
        &self,
        mut session: Session,
        from: Option<&Snapshot>,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> Result<RunOutcome> {
        let options = self
            .training()
            .fit_options(self.callbacks(), &self.dataset)?;
        let start = from.map_or(Position::default(), |from| from.position.clone());
        let mut ended = observe(&RunEvent::Begin {
            epochs: options.epochs,
            steps: self.dataset.train.len().div_ceil(options.batch_size),
            position: &start,
        })
        .is_break();
        let mut history = History::new(session.model().name(), session.model().count_parameters());
        history.epochs = start.epochs;
        let mut on_event = |event: Event<'_>| {
            if let Event::Epoch(record) = &event {
                history.epochs.push(record.clone());
            }
            ended |= observe(&RunEvent::Fit(&event)).is_break();
            match ended {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let dataset = &self.dataset;
        let outcome = match from {
            Some(from) => resume(&mut session, dataset, &options, from, stop, &mut on_event),
            None => fit(&mut session, dataset, &options, stop, &mut on_event),
        };
        Ok(RunOutcome {
            history,
            last_checkpoint: None,
            end: outcome.map(|_| session.into_device()),
        })
    }
}
