//! Which trials are to be trained next, and for how long: all of them, or round by round.

use super::file::Method;
use super::outcome::TrialState;
use super::trials::Sweep;
use crate::train::{EpochRecord, Monitor};

/// A trial that is to be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Its index.
    pub trial: usize,
    /// Epochs to train, those that are over included.
    pub epochs: usize,
}

impl Sweep {
    /// What is to be trained as far as it is known: the tasks of the first round that is not over, but for those that are
    /// done; none where the sweep is over. `states` has every trial.
    pub fn tasks(&self, states: &[TrialState]) -> Vec<Task> {
        let rounds = self.rounds();
        let mut survivors: Vec<usize> = (0..self.configurations.len()).collect();
        for (index, epochs) in rounds.iter().enumerate() {
            let tasks = self.trials.iter().enumerate();
            let tasks = tasks
                .filter(|(_, trial)| survivors.contains(&trial.configuration))
                .map(|(number, _)| Task {
                    trial: number,
                    epochs: epochs.unwrap_or_else(|| self.epochs_of(number)),
                });
            let is_open = |task: &Task| {
                let state = states.get(task.trial);
                !state.is_some_and(|state| state.is_done(task.epochs))
            };
            let open: Vec<Task> = tasks.filter(is_open).collect();
            if !open.is_empty() {
                return open;
            }
            if let (Some(epochs), true) = (epochs, index + 1 < rounds.len()) {
                survivors = self.better(&survivors, states, *epochs);
            }
        }
        Vec::new()
    }

    /// Epochs of each round; `None` where every trial has its own.
    fn rounds(&self) -> Vec<Option<usize>> {
        if self.file.search.method != Method::Halving {
            return vec![None];
        }
        let (first, factor) = self.halving();
        let last = self.epochs_of(0);
        let epochs = std::iter::successors(Some(first), |epochs| epochs.checked_mul(factor));
        let mut rounds: Vec<usize> = epochs.take_while(|epochs| *epochs < last).collect();
        rounds.push(last);
        rounds.into_iter().map(Some).collect()
    }

    /// Epochs of the first round, and one of how many goes on.
    fn halving(&self) -> (usize, usize) {
        let search = &self.file.search;
        (search.first_epochs.unwrap_or(1), search.factor.unwrap_or(2))
    }

    fn epochs_of(&self, trial: usize) -> usize {
        let spec = self
            .trials
            .get(trial)
            .and_then(|trial| trial.spec.training.as_ref());
        spec.map_or(0, |training| training.epochs)
    }

    /// Of these configurations the better share after so many epochs, the best first.
    fn better(&self, among: &[usize], states: &[TrialState], epochs: usize) -> Vec<usize> {
        let monitor = self.monitor();
        let mut scored: Vec<(usize, f64)> = among
            .iter()
            .map(|configuration| {
                (
                    *configuration,
                    self.score(*configuration, states, epochs, monitor),
                )
            })
            .collect();
        // Equal ones stay in the order of the file.
        scored.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (_, factor) = self.halving();
        scored.truncate(among.len().div_ceil(factor).max(1));
        scored
            .into_iter()
            .map(|(configuration, _)| configuration)
            .collect()
    }

    /// The less the better: the mean over the seeds of the best metric within so many epochs; infinite where a trial failed
    /// or its metric is no number.
    fn score(
        &self,
        configuration: usize,
        states: &[TrialState],
        epochs: usize,
        monitor: Monitor,
    ) -> f64 {
        let trials = self.trials.iter().zip(states);
        let of_it = trials.filter(|(trial, _)| trial.configuration == configuration);
        let (mut sum, mut count) = (0.0, 0);
        for (_, state) in of_it {
            let best = monitor.best(within(&state.epochs, epochs));
            sum += match (state.failed(), best) {
                (None, Some(best)) => less_is_better(monitor, monitor.value(best)),
                _ => f64::INFINITY,
            };
            count += 1;
        }
        let mean = sum / f64::from(count.max(1));
        if mean.is_nan() { f64::INFINITY } else { mean }
    }
}

/// The epochs up to this one.
fn within(epochs: &[EpochRecord], most: usize) -> &[EpochRecord] {
    &epochs[..epochs.len().min(most)]
}

/// The metric such that less is better.
pub(super) fn less_is_better(monitor: Monitor, value: f64) -> f64 {
    match monitor.improves(1.0, Some(0.0), 0.0) {
        true => -value,
        false => value,
    }
}
