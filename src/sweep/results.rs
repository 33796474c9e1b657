//! [`Results`]: what came of a sweep: metrics of its trials, means over seeds, and how they compare.

use serde::Serialize;

use super::axis::{Axis, AxisValues};
use super::outcome::TrialState;
use super::rounds::less_is_better;
use super::statistics::{Paired, Spread, explained, holm, spread_text};
use super::trials::Sweep;
use crate::model::counted;
use crate::report::readable_beside;
use crate::train::{EpochRecord, Monitor};

/// Below this p a difference is told to be more than chance.
pub const SIGNIFICANT: f64 = 0.05;

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

/// What an axis explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The axis.
    pub axis: String,
    /// Its share of the variance, from 0 to 1.
    pub share: f64,
}

/// A configuration over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigurationResult {
    /// What sets it apart.
    pub label: String,
    /// A value of each compared axis.
    pub values: Vec<String>,
    /// Epochs that it was trained for.
    pub epochs: usize,
    /// Trials that failed.
    pub failed: usize,
    /// Trials that are not over.
    pub open: usize,
    /// The monitored metric of the best epochs; none where no trial has one.
    pub figure: Option<Spread>,
    /// The validation accuracy of the same epochs.
    pub val_accuracy: Option<Spread>,
    /// The validation loss of the same epochs.
    pub val_loss: Option<Spread>,
    /// Beside the best configuration, over the seeds that both have; p is told for all comparisons at once.
    pub beside_best: Option<Paired>,
    /// The same in words.
    pub words: String,
    /// Its index in the sweep.
    #[serde(skip)]
    pub index: usize,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialResult {
    /// Its folder.
    pub folder: String,
    /// A value of each compared axis.
    pub values: Vec<String>,
    /// Its seed.
    pub seed: String,
    /// `finished`, `failed` or `open`.
    pub status: &'static str,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Epochs that are over.
    pub epochs: usize,
    /// The epoch with the best monitored metric.
    pub best_epoch: Option<usize>,
    /// Metrics of that epoch.
    pub loss: Option<f64>,
    /// Training accuracy.
    pub accuracy: Option<f64>,
    /// Validation loss.
    pub val_loss: Option<f64>,
    /// Validation accuracy.
    pub val_accuracy: Option<f64>,
    /// Epochs that it was to be trained for.
    #[serde(skip)]
    asked: usize,
    #[serde(skip)]
    configuration: usize,
    /// The monitored metric, of a trial that is over and did not fail.
    #[serde(skip)]
    figure: Option<f64>,
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
            .map(|index| configuration(sweep, index, &trials))
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

impl TrialResult {
    fn of(
        trial: &super::trials::Trial,
        values: Option<Vec<String>>,
        state: &TrialState,
        monitor: Monitor,
    ) -> TrialResult {
        let best = monitor.best(&state.epochs);
        let of_best = |value: fn(&EpochRecord) -> f64| best.map(value);
        let reason = state.failed().map(str::to_string);
        let asked = state.outcome.as_ref().map(|outcome| outcome.epochs);
        let status = match (&reason, asked) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "finished",
            (None, None) => "open",
        };
        TrialResult {
            folder: trial.folder.clone(),
            values: values.unwrap_or_default(),
            seed: trial.seed.clone(),
            status,
            reason,
            epochs: state.epochs.len(),
            best_epoch: best.map(|best| best.epoch),
            loss: of_best(|record| record.loss),
            accuracy: of_best(|record| record.accuracy),
            val_loss: of_best(|record| record.val_loss),
            val_accuracy: of_best(|record| record.val_accuracy),
            asked: asked.unwrap_or(0),
            configuration: trial.configuration,
            figure: best
                .map(|best| monitor.value(best))
                .filter(|_| status == "finished"),
        }
    }
}

fn configuration(sweep: &Sweep, index: usize, trials: &[TrialResult]) -> ConfigurationResult {
    let there = sweep.configurations.get(index);
    let own = || trials.iter().filter(|trial| trial.configuration == index);
    let spread = |value: fn(&TrialResult) -> Option<f64>| {
        let counted = own().filter(|trial| trial.figure.is_some());
        Spread::of(&counted.filter_map(value).collect::<Vec<f64>>())
    };
    ConfigurationResult {
        label: there.map_or_else(String::new, |there| there.label.clone()),
        values: there.map_or_else(Vec::new, |there| there.values.clone()),
        epochs: own().map(|trial| trial.asked).min().unwrap_or(0),
        failed: own().filter(|trial| trial.reason.is_some()).count(),
        open: own().filter(|trial| trial.status == "open").count(),
        figure: spread(|trial| trial.figure),
        val_accuracy: spread(|trial| trial.val_accuracy),
        val_loss: spread(|trial| trial.val_loss),
        beside_best: None,
        words: String::new(),
        index,
    }
}

/// Compares each configuration with the first, which is the best, over the seeds that both have.
fn compare(configurations: &mut [ConfigurationResult], trials: &[TrialResult], monitor: Monitor) {
    let Some((best, others)) = configurations.split_first_mut() else {
        return;
    };
    if best.figure.is_none() {
        best.words = "no metric".to_string();
    } else {
        best.words = "the best".to_string();
    }
    let figure = |configuration: usize, seed: &str| {
        let mut trials = trials.iter();
        let trial = trials.find(|trial| trial.configuration == configuration && trial.seed == seed);
        trial.and_then(|trial| trial.figure)
    };
    for other in others
        .iter_mut()
        .filter(|other| other.epochs == best.epochs)
    {
        let seeds = trials
            .iter()
            .filter(|trial| trial.configuration == other.index);
        let pairs = seeds.filter_map(|trial| {
            Some((
                figure(other.index, &trial.seed)?,
                figure(best.index, &trial.seed)?,
            ))
        });
        other.beside_best = Paired::of(&pairs.collect::<Vec<_>>());
    }
    let p = |other: &ConfigurationResult| other.beside_best.and_then(|paired| paired.p);
    let adjusted = holm(&others.iter().filter_map(p).collect::<Vec<f64>>());
    let compared = others.iter_mut().filter(|other| p(other).is_some());
    for (other, adjusted) in compared.zip(adjusted) {
        if let Some(paired) = &mut other.beside_best {
            paired.p = Some(adjusted);
        }
    }
    for other in others {
        other.words = words(other, best.epochs, monitor);
    }
}

/// What a configuration is beside the best one.
fn words(other: &ConfigurationResult, epochs: usize, monitor: Monitor) -> String {
    if other.figure.is_none() {
        return match (other.failed, other.open) {
            (0, _) => "not trained yet".to_string(),
            (failed, _) => format!("{} failed", counted(failed, "trial")),
        };
    }
    if other.epochs < epochs {
        return format!("left behind after {}", counted(other.epochs, "epoch"));
    }
    let Some(paired) = other.beside_best else {
        return "no seed in common with the best".to_string();
    };
    let by = less_is_better(monitor, paired.difference);
    let mean = other.figure.map_or(0.0, |figure| figure.mean);
    let size = readable_beside(mean, paired.difference.abs());
    let difference = match by {
        by if by > 0.0 => format!("worse by {size}"),
        by if by < 0.0 => format!("better by {size} on the seeds in common"),
        _ => "as good".to_string(),
    };
    let seeds = counted(paired.pairs, "seed");
    match paired.p {
        None if paired.pairs < 2 => format!("{difference}; one seed does not tell chance"),
        None => difference,
        Some(p) if p < SIGNIFICANT => {
            format!("{difference}: more than chance ({}, {seeds})", shown(p))
        }
        Some(p) => format!(
            "{difference}: chance may be all of it ({}, {seeds})",
            shown(p)
        ),
    }
}

fn shown(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_string(),
        p => format!("p = {p:.3}"),
    }
}

/// What each axis that varies explains, the seed among them, over all trials that have a metric.
fn importance(sweep: &Sweep, trials: &[TrialResult]) -> Vec<Importance> {
    let most = trials.iter().map(|trial| trial.asked).max().unwrap_or(0);
    // Halving trains some for less, which is no merit of their values.
    let counted: Vec<&TrialResult> = trials
        .iter()
        .filter(|trial| trial.asked == most && trial.figure.is_some_and(f64::is_finite))
        .collect();
    if counted.len() < 3 {
        return Vec::new();
    }
    let figures: Vec<f64> = counted.iter().filter_map(|trial| trial.figure).collect();
    let mut compared = 0;
    let mut shares = Vec::new();
    for axis in &sweep.file.axes {
        let values: Vec<&str> = counted
            .iter()
            .map(|trial| match axis.is_seed() {
                true => trial.seed.as_str(),
                false => trial.values.get(compared).map_or("", String::as_str),
            })
            .collect();
        compared += usize::from(!axis.is_seed());
        if axis.varies() {
            shares.push(Importance {
                axis: axis.name().to_string(),
                share: explained(&groups(axis, &values), &figures),
            });
        }
    }
    shares
}

/// The group of each trial: those with one value; of a range, whose values are all different, the thirds by size.
fn groups(axis: &Axis, values: &[&str]) -> Vec<usize> {
    let mut known: Vec<&str> = values.to_vec();
    match axis.values {
        AxisValues::Listed(_) => known.sort_unstable(),
        AxisValues::Drawn(_) => {
            let number = |text: &str| text.parse::<f64>().unwrap_or(0.0);
            known.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
    }
    known.dedup();
    let of_range = matches!(axis.values, AxisValues::Drawn(_)) && known.len() > 3;
    let group = |value: &&str| {
        let rank = known.iter().position(|other| other == value).unwrap_or(0);
        if of_range {
            rank * 3 / known.len()
        } else {
            rank
        }
    };
    values.iter().map(group).collect()
}
