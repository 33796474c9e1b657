//! [`Importance`]: what an axis explains of the variance between trials.

use serde::Serialize;

use super::axis::{Axis, AxisValues};
use super::statistics::explained;
use super::trial_result::TrialResult;
use super::trials::Sweep;

/// What an axis explains.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The axis.
    pub axis: String,
    /// Its share of the variance, from 0 to 1.
    pub share: f64,
}

/// What each axis that varies explains, the seed among them, over all trials that have a metric.
pub(super) fn importance(sweep: &Sweep, trials: &[TrialResult]) -> Vec<Importance> {
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
