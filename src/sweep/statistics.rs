//! What several numbers have in common, and whether two kinds of them differ by more than chance.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::report::{readable, readable_beside};

/// Mean, deviation and range of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// How many.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation as that of a sample, divided by one less than their count; none of a single one.
    pub deviation: Option<f64>,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
}

impl Spread {
    /// That of these numbers; `None` of none.
    ///
    /// # Examples
    /// ```
    /// use gatefold::sweep::Spread;
    ///
    /// let spread = Spread::of(&[1.0, 2.0, 4.0, 5.0]).ok_or("no numbers")?;
    /// assert_eq!((spread.mean, spread.least, spread.greatest), (3.0, 1.0, 5.0));
    /// assert!((spread.deviation.ok_or("one number")? - (10.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(numbers: &[f64]) -> Option<Spread> {
        let (first, count) = (numbers.first()?, numbers.len());
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        Some(Spread {
            count,
            mean,
            deviation: (count > 1).then(|| (squares / (count - 1) as f64).sqrt()),
            least: numbers.iter().copied().fold(*first, f64::min),
            greatest: numbers.iter().copied().fold(*first, f64::max),
        })
    }
}

/// A mean and its deviation for people: `0.8123 ± 0.0040`.
pub fn spread_text(spread: Option<Spread>) -> String {
    match spread {
        None => "–".to_string(),
        Some(spread) => {
            let deviation = spread
                .deviation
                .map(|deviation| format!(" ± {}", readable_beside(spread.mean, deviation)));
            format!("{}{}", readable(spread.mean), deviation.unwrap_or_default())
        }
    }
}

/// Pairs of numbers beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Paired {
    /// How many pairs.
    pub pairs: usize,
    /// The mean of the differences, first less second.
    pub difference: f64,
    /// How likely chance alone makes a difference at least as large: the two-sided p of Student's t for pairs; none of a
    /// single pair, or where a number is not finite.
    pub p: Option<f64>,
}

impl Paired {
    /// That of these pairs; `None` of none.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Paired> {
        let differences: Vec<f64> = pairs.iter().map(|(first, second)| first - second).collect();
        let spread = Spread::of(&differences)?;
        Some(Paired {
            pairs: spread.count,
            difference: spread.mean,
            p: spread
                .deviation
                .and_then(|deviation| p_of(spread.mean, deviation, spread.count)),
        })
    }
}

/// The two-sided p of a mean of so many differences that is 0 but for chance.
fn p_of(mean: f64, deviation: f64, count: usize) -> Option<f64> {
    if !(mean.is_finite() && deviation.is_finite()) {
        return None;
    }
    if deviation == 0.0 {
        // The same difference each time: chance has no part in it, unless there is none.
        return Some(if mean == 0.0 { 1.0 } else { 0.0 });
    }
    let t = mean / (deviation / (count as f64).sqrt());
    let student = StudentsT::new(0.0, 1.0, (count - 1) as f64).ok()?;
    Some((2.0 * student.sf(t.abs())).min(1.0))
}

/// The values of p as they are where so many comparisons are made at once.
///
/// # Source
/// Holm, "A simple sequentially rejective multiple test procedure" (1979).
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut adjusted = vec![0.0; values.len()];
    let mut least: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        least = least
            .max(values[index] * (values.len() - rank) as f64)
            .min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// The share of the variance of `values` that their groups explain: the sum of squares between the groups over that of all
/// (η²). 0 where all values are the same.
pub fn explained(groups: &[usize], values: &[f64]) -> f64 {
    let Some(all) = Spread::of(values) else {
        return 0.0;
    };
    let total: f64 = values.iter().map(|value| (value - all.mean).powi(2)).sum();
    if total == 0.0 {
        return 0.0;
    }
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let between: f64 = (0..count)
        .filter_map(|group| {
            let of_group = groups
                .iter()
                .zip(values)
                .filter(|(other, _)| **other == group);
            let of_group: Vec<f64> = of_group.map(|(_, value)| *value).collect();
            Spread::of(&of_group)
        })
        .map(|spread| spread.count as f64 * (spread.mean - all.mean).powi(2))
        .sum();
    between / total
}
