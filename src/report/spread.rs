//! Figures of several runs that differ in their seed alone: means with their ranges.

use super::curves::{ACCURACY, distinct_series};
use super::figure::{Corner, Curve, Dash, Figure, HorizontalUnit, Series, VerticalRange};
use crate::train::EpochRecord;

/// A mean over several runs and its range, epoch by epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadCurve {
    /// Its name in the legend.
    pub label: String,
    /// Epoch, least, mean and greatest value; ascending.
    pub points: Vec<(usize, [f64; 3])>,
}

impl SpreadCurve {
    /// That of these runs' epochs; an epoch that some of the runs have not is of the others.
    ///
    /// # Examples
    /// ```
    /// use gatefold::report::SpreadCurve;
    /// use gatefold::train::EpochRecord;
    ///
    /// let run = |loss| [EpochRecord { epoch: 1, val_loss: loss, ..EpochRecord::default() }];
    /// let (first, second) = (run(0.5), run(1.0));
    /// let curve = SpreadCurve::over("both".to_owned(), &[&first, &second], |record| record.val_loss);
    /// assert_eq!(curve.points, [(1, [0.5, 0.75, 1.0])]);
    /// ```
    pub fn over(
        label: String,
        runs: &[&[EpochRecord]],
        value: fn(&EpochRecord) -> f64,
    ) -> SpreadCurve {
        let longest = runs.iter().map(|epochs| epochs.len()).max().unwrap_or(0);
        let point = |index: usize| {
            let records = runs.iter().filter_map(|epochs| epochs.get(index));
            let values: Vec<f64> = records.map(value).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (index + 1, [least, mean, greatest])
        };
        SpreadCurve {
            label,
            points: (0..longest).map(point).collect(),
        }
    }
}

/// Accuracy and loss of validation: means as lines with their ranges as bands, a colour, a marker and a dash each.
/// `curves` gives those of a value.
pub fn spread_overview(
    curves: impl Fn(fn(&EpochRecord) -> f64) -> Vec<SpreadCurve>,
    caption: &str,
) -> [Figure; 2] {
    let accuracy = curves(|record| record.val_accuracy);
    let loss = curves(|record| record.val_loss);
    [
        spread_figure("Validation accuracy", true, &accuracy, caption),
        spread_figure("Validation loss", false, &loss, caption),
    ]
}

/// A figure of accuracies, which are shares, or of losses.
fn spread_figure(title: &str, is_share: bool, curves: &[SpreadCurve], caption: &str) -> Figure {
    let looks = |index: usize, curve: &SpreadCurve| distinct_series(index, curve.points.len());
    let band = |(index, curve): (usize, &SpreadCurve)| {
        let is_finite = |values: &[f64; 3]| values.iter().all(|value| value.is_finite());
        let finite = curve.points.iter().filter(|(_, values)| is_finite(values));
        let there = finite.clone().map(|(at, [_, _, most])| (*at, *most));
        let back = finite.rev().map(|(at, [least, ..])| (*at, *least));
        Series {
            curve: Curve::Band,
            dash: Dash::Solid,
            marker: None,
            points: there.chain(back).collect(),
            ..looks(index, curve)
        }
    };
    let line = |(index, curve): (usize, &SpreadCurve)| {
        let points = curve.points.iter();
        Series {
            label: curve.label.clone(),
            points: points.map(|(at, [_, mean, _])| (*at, *mean)).collect(),
            ..looks(index, curve)
        }
    };
    let bands = curves.iter().enumerate().map(band);
    Figure {
        title: title.to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: if is_share { "Accuracy" } else { "Loss" }.to_owned(),
        series: bands.chain(curves.iter().enumerate().map(line)).collect(),
        vertical: if is_share {
            ACCURACY
        } else {
            VerticalRange::Data
        },
        legend: if is_share {
            Corner::LowerRight
        } else {
            Corner::UpperRight
        },
        caption: Some(caption.to_owned()),
    }
}
