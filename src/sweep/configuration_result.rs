//! [`ConfigurationResult`]: what came of a configuration over its seeds, and how it is beside the best.

use serde::Serialize;

use super::rounds::less_is_better;
use super::statistics::{Paired, Spread, holm};
use super::trial_result::TrialResult;
use super::trials::Sweep;
use crate::model::counted;
use crate::report::readable_beside;
use crate::train::Monitor;

/// Below this p a difference is told to be more than chance.
pub const SIGNIFICANT: f64 = 0.05;

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

impl ConfigurationResult {
    /// Of the configuration of this index, before it is compared with others.
    pub(super) fn of(sweep: &Sweep, index: usize, trials: &[TrialResult]) -> ConfigurationResult {
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
}

/// Compares each configuration with the first, which is the best, over the seeds that both have.
pub(super) fn compare(
    configurations: &mut [ConfigurationResult],
    trials: &[TrialResult],
    monitor: Monitor,
) {
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
