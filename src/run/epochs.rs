//! [`Epochs`]: the epochs of a run that are left, as every rank trains them.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::outcome::RunEvent;
use crate::data::Dataset;
use crate::error::Result;
use crate::train::{Event, FitOptions, Position, Session, Snapshot, fit, resume};

/// Where a training begins, what ends it early, and who is told of it.
pub(super) struct Course<'a> {
    /// Where an earlier process left the run; none of one that begins.
    pub(super) from: Option<&'a Snapshot>,
    /// Ends training after the step at hand, as an error.
    stop: &'a AtomicBool,
    /// Is told what happens, and may end it as well, which is no error.
    observe: &'a mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
}

impl<'a> Course<'a> {
    /// From a snapshot or from the beginning, until `stop` is set, told to `observe`.
    pub(super) fn new(
        from: Option<&'a Snapshot>,
        stop: &'a AtomicBool,
        observe: &'a mut dyn FnMut(&RunEvent<'_>) -> ControlFlow<()>,
    ) -> Course<'a> {
        Course {
            from,
            stop,
            observe,
        }
    }
}

/// The epochs of a run that are left.
pub(super) struct Epochs<'a> {
    dataset: &'a Arc<Dataset>,
    options: FitOptions,
    /// Where the run stands.
    pub(super) start: Position,
}

impl<'a> Epochs<'a> {
    /// Those of a run over `dataset`, from where `course` begins.
    pub(super) fn new(
        dataset: &'a Arc<Dataset>,
        options: FitOptions,
        course: &Course<'_>,
    ) -> Epochs<'a> {
        let start = course.from.map(|from| from.position.clone());
        Epochs {
            dataset,
            options,
            start: start.unwrap_or_default(),
        }
    }

    /// Epochs to train, those that are over included.
    pub(super) fn count(&self) -> usize {
        self.options.epochs
    }

    /// Steps of an epoch.
    pub(super) fn steps(&self) -> usize {
        self.dataset.train.len().div_ceil(self.options.batch_size)
    }

    /// Trains them. Each event goes through `keep`, then to the observer; where `keep` fails, training ends with its error
    /// and the observer is told nothing more.
    pub(super) fn train(
        &self,
        session: &mut Session,
        course: &mut Course<'_>,
        keep: &mut dyn for<'e> FnMut(Event<'e>) -> Result<Event<'e>>,
    ) -> Result<()> {
        let (dataset, options, observe) = (self.dataset, &self.options, &mut *course.observe);
        // Whether nothing more is wanted shows at the first event again.
        let mut ended = observe(&RunEvent::Begin {
            epochs: self.count(),
            steps: self.steps(),
            position: &self.start,
        })
        .is_break();
        let mut failure = None;
        let mut on_event = |event: Event<'_>| {
            match keep(event) {
                Err(error) => {
                    failure.get_or_insert(error);
                }
                Ok(event) if failure.is_none() => {
                    ended |= observe(&RunEvent::Fit(&event)).is_break();
                }
                Ok(_) => {}
            }
            match ended || failure.is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let outcome = match course.from {
            Some(from) => resume(session, dataset, options, from, course.stop, &mut on_event),
            None => fit(session, dataset, options, course.stop, &mut on_event),
        };
        match failure {
            Some(error) => Err(error),
            None => outcome.map(|_| ()),
        }
    }
}
