//! The figures of a run and of a comparison.

use super::figure::{Colour, Corner, Curve, Figure, Marker, Series, VerticalRange};
use crate::train::{EpochRecord, History};

/// matplotlib's `b`.
const BLUE: Colour = [0, 0, 255];

/// Colours that stay apart for every kind of colour vision.
///
/// # Source
/// Okabe and Ito (2008), "Color universal design", without the yellow that fades on white.
pub(super) const DISTINCT: [Colour; 7] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
    [0, 0, 0],
];

/// Told apart without colour too.
const MARKERS: [Marker; 4] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
];

/// More markers than this on a line crowd it.
const MARKERS_A_LINE: usize = 12;

/// Letters of a variant's name that the caption shows.
const VARIANT_IN_CAPTION: usize = 16;

/// Accuracy is shown from chance to perfect; what lies lower widens the axis.
const ACCURACY: VerticalRange = VerticalRange::AtLeast {
    lower: 0.5,
    upper: 1.0,
};

/// *Training and Validation loss* of one run: training as blue dots, validation as a blue line.
pub fn loss_figure(history: &History, note: Option<&str>) -> Figure {
    Figure {
        title: "Training and Validation loss".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Loss".to_owned(),
        series: vec![
            dots("Training loss", points(history, |record| record.loss)),
            line("Validation loss", points(history, |record| record.val_loss)),
        ],
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: Some(caption(&history.variant, note)),
    }
}

/// *Training and Validation accuracy* of one run, on an axis from 0.5 to 1.
pub fn accuracy_figure(history: &History, note: Option<&str>) -> Figure {
    Figure {
        title: "Training and Validation accuracy".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Accuracy".to_owned(),
        series: vec![
            dots("Training acc", points(history, |record| record.accuracy)),
            line(
                "Validation acc",
                points(history, |record| record.val_accuracy),
            ),
        ],
        vertical: ACCURACY,
        legend: Corner::LowerRight,
        caption: Some(caption(&history.variant, note)),
    }
}

/// The validation loss of several runs in one figure, a colour and a marker each.
pub fn loss_overview(histories: &[History], note: Option<&str>) -> Figure {
    Figure {
        title: "Validation loss".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Loss".to_owned(),
        series: distinct(histories, |record| record.val_loss),
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: note.map(str::to_owned),
    }
}

/// The validation accuracy of several runs in one figure, a colour and a marker each.
pub fn accuracy_overview(histories: &[History], note: Option<&str>) -> Figure {
    Figure {
        title: "Validation accuracy".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Accuracy".to_owned(),
        series: distinct(histories, |record| record.val_accuracy),
        vertical: ACCURACY,
        legend: Corner::LowerRight,
        caption: note.map(str::to_owned),
    }
}

/// The mean and the greatest norm of all gradients in each epoch, where they were measured.
pub(super) fn gradient_norm_figure(history: &History) -> Option<Figure> {
    let mean = measured(history, |record| record.gradient_norm);
    let most = measured(history, |record| record.gradient_norm_max);
    (!mean.is_empty()).then(|| Figure {
        title: "Norm of the gradients".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Norm".to_owned(),
        series: vec![dots("Greatest", most), line("Mean", mean)],
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: None,
    })
}

/// The mean norm of each layer's gradients in each epoch, where they were measured.
pub(super) fn layer_norm_figure(history: &History) -> Option<Figure> {
    let layers = &history.epochs.first()?.layer_gradient_norms;
    let series = layers.iter().enumerate().map(|(index, layer)| {
        let value = |record: &EpochRecord| {
            let norms = record.layer_gradient_norms.iter();
            norms
                .clone()
                .find(|norm| norm.layer == layer.layer)
                .map(|norm| norm.mean)
        };
        Series {
            label: layer.layer.clone(),
            points: measured(history, value),
            ..distinct_series(index, history)
        }
    });
    (!layers.is_empty()).then(|| Figure {
        title: "Norm of each layer's gradients".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Mean norm".to_owned(),
        series: series.collect(),
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: None,
    })
}

/// The learning rate of each epoch's last step, where it is not always the same.
pub(super) fn learning_rate_figure(history: &History) -> Option<Figure> {
    let first = history.epochs.first()?.learning_rate;
    let moves = history
        .epochs
        .iter()
        .any(|record| record.learning_rate != first);
    moves.then(|| Figure {
        title: "Learning rate".to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: "Rate".to_owned(),
        series: vec![line(
            "Learning rate",
            points(history, |record| record.learning_rate),
        )],
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: None,
    })
}

/// The variant, cut short so that the note is always told whole, and the note.
fn caption(variant: &str, note: Option<&str>) -> String {
    let mut caption: String = variant.chars().take(VARIANT_IN_CAPTION).collect();
    if caption.len() < variant.len() {
        caption.push('…');
    }
    if let Some(note) = note {
        caption.push_str(" · ");
        caption.push_str(note);
    }
    caption
}

fn points(history: &History, value: fn(&EpochRecord) -> f64) -> Vec<(usize, f64)> {
    let records = history.epochs.iter();
    records
        .map(|record| (record.epoch, value(record)))
        .collect()
}

/// The epochs that have this value.
fn measured(history: &History, value: impl Fn(&EpochRecord) -> Option<f64>) -> Vec<(usize, f64)> {
    let records = history.epochs.iter();
    records
        .filter_map(|record| Some((record.epoch, value(record)?)))
        .collect()
}

fn dots(label: &str, points: Vec<(usize, f64)>) -> Series {
    Series {
        label: label.to_owned(),
        colour: BLUE,
        curve: Curve::Apart,
        marker: Some(Marker::Circle),
        mark_every: 1,
        points,
    }
}

fn line(label: &str, points: Vec<(usize, f64)>) -> Series {
    Series {
        curve: Curve::Line,
        marker: None,
        ..dots(label, points)
    }
}

fn distinct(histories: &[History], value: fn(&EpochRecord) -> f64) -> Vec<Series> {
    let histories = histories.iter().enumerate();
    let series = histories.map(|(index, history)| Series {
        label: history.variant.clone(),
        points: points(history, value),
        ..distinct_series(index, history)
    });
    series.collect()
}

/// The looks of one of several series over a run's epochs, which has neither a name nor points yet.
fn distinct_series(index: usize, history: &History) -> Series {
    Series {
        label: String::new(),
        colour: DISTINCT[index % DISTINCT.len()],
        curve: Curve::Line,
        marker: Some(MARKERS[index % MARKERS.len()]),
        mark_every: history.epochs.len().div_ceil(MARKERS_A_LINE).max(1),
        points: Vec::new(),
    }
}

/// A mean over several runs and its range, epoch by epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadCurve {
    /// Its name in the legend.
    pub label: String,
    /// Epoch, least, mean and greatest value; ascending.
    pub points: Vec<(usize, [f64; 3])>,
}

/// Means as lines with their ranges as bands, a colour and a marker each; `title` is also that of the vertical axis.
pub fn spread_figure(
    title: &str,
    is_share: bool,
    curves: &[SpreadCurve],
    caption: Option<String>,
) -> Figure {
    let colour = |index: usize| DISTINCT[index % DISTINCT.len()];
    let band = |(index, curve): (usize, &SpreadCurve)| {
        let is_finite = |values: &[f64; 3]| values.iter().all(|value| value.is_finite());
        let finite = curve.points.iter().filter(|(_, values)| is_finite(values));
        let there = finite.clone().map(|(at, [_, _, most])| (*at, *most));
        let back = finite.rev().map(|(at, [least, ..])| (*at, *least));
        Series {
            label: String::new(),
            colour: colour(index),
            curve: Curve::Band,
            marker: None,
            mark_every: 1,
            points: there.chain(back).collect(),
        }
    };
    let line = |(index, curve): (usize, &SpreadCurve)| Series {
        label: curve.label.clone(),
        colour: colour(index),
        curve: Curve::Line,
        marker: Some(MARKERS[index % MARKERS.len()]),
        mark_every: curve.points.len().div_ceil(MARKERS_A_LINE).max(1),
        points: curve
            .points
            .iter()
            .map(|(at, [_, mean, _])| (*at, *mean))
            .collect(),
    };
    let bands = curves.iter().enumerate().map(band);
    Figure {
        title: title.to_owned(),
        x_label: "Epochs".to_owned(),
        y_label: title.to_owned(),
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
        caption,
    }
}
