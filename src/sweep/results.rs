//! [`Results`]: what came of a sweep: metrics of its trials, means over seeds, and how they compare.

use serde::Serialize;

use super::configuration_result::{ConfigurationResult, compare};
use super::importance::{Importance, importance};
use super::outcome::TrialState;
use super::rounds::less_is_better;
use super::statistics::spread_text;
use super::trial_result::TrialResult;
use super::trials::Sweep;
use crate::model::counted;
use crate::train::Monitor;

/// What came of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// What it is called.
    pub name: String,
    /// Whether all its trials are over.
    pub complete: bool,
    /// The metric that trials are compared by, of their best epoch.
    #[serde(serialize_with = "by_name")]
    pub monitor: Monitor,
    /// Names of the compared axes.
    pub axes: Vec<String>,
    /// The configurations, the best first.
    pub configurations: Vec<ConfigurationResult>,
    /// What each axis explains of the variance between the trials.
    pub importance: Vec<Importance>,
    /// All trials, in their order.
    pub trials: Vec<TrialResult>,
}

fn by_name<S: serde::Serializer>(monitor: &Monitor, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(monitor.name())
}

impl Results {
    /// Those of a sweep of which this much is known.
    pub fn of(sweep: &Sweep, states: &[TrialState]) -> Results {
        let monitor = sweep.monitor();
        let trials: Vec<TrialResult> = sweep
            .trials
            .iter()
            .zip(states)
            .map(|(trial, state)| {
                let configuration = sweep.configurations.get(trial.configuration);
                TrialResult::of(
                    trial,
                    configuration.map(|there| there.values.clone()),
                    state,
                    monitor,
                )
            })
            .collect();
        let indices = 0..sweep.configurations.len();
        let mut configurations: Vec<ConfigurationResult> = indices
            .map(|index| ConfigurationResult::of(sweep, index, &trials))
            .collect();
        configurations.sort_by(|a, b| {
            let rank = |there: &ConfigurationResult| {
                let mean = there
                    .figure
                    .map(|figure| less_is_better(monitor, figure.mean));
                mean.filter(|mean| !mean.is_nan()).unwrap_or(f64::INFINITY)
            };
            // Those that halving left behind were trained for less.
            (b.figure.is_some(), b.epochs)
                .cmp(&(a.figure.is_some(), a.epochs))
                .then(rank(a).total_cmp(&rank(b)))
        });
        compare(&mut configurations, &trials, monitor);
        Results {
            name: sweep.file.name.clone(),
            complete: sweep.tasks(states).is_empty(),
            monitor,
            axes: sweep
                .compared()
                .map(|axis| axis.name().to_string())
                .collect(),
            importance: importance(sweep, &trials),
            configurations,
            trials,
        }
    }

    /// Trials that failed.
    pub fn failed(&self) -> impl Iterator<Item = &TrialResult> {
        self.trials.iter().filter(|trial| trial.reason.is_some())
    }

    /// How much of the sweep there is, and what it says, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let open = self
            .trials
            .iter()
            .filter(|trial| trial.status == "open")
            .count();
        let failed = self.failed().count();
        let mut sentences = vec![format!(
            "{} of {}; each trial counts with its epoch of the best {}.",
            counted(self.trials.len(), "trial"),
            counted(self.configurations.len(), "configuration"),
            self.monitor
        )];
        if open > 0 {
            sentences.push(format!("{} not over yet.", is_or_are(open)));
        }
        if failed > 0 {
            sentences.push(format!("{failed} failed."));
        }
        let best = self.configurations.first();
        if let Some((best, figure)) = best.and_then(|best| Some((best, best.figure?))) {
            let seeds = counted(figure.count, "seed");
            sentences.push(format!(
                "Best: {}, with a mean {} of {} over {seeds}.",
                best.label,
                self.monitor,
                spread_text(Some(figure))
            ));
        }
        sentences
    }
}

fn is_or_are(count: usize) -> String {
    match count {
        1 => "1 trial is".to_string(),
        count => format!("{count} trials are"),
    }
}
