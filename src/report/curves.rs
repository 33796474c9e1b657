//! The figures of a run and of a comparison.

use super::figure::{
    Colour, Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange,
};
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

/// Told apart without colour, and where markers are far between.
const DASHES: [Dash; 4] = [Dash::Solid, Dash::Dashed, Dash::DashDotted, Dash::Dotted];

/// More markers than this on a line crowd it.
const MARKERS_A_LINE: usize = 12;

/// Letters of a variant's name that the caption shows.
const VARIANT_IN_CAPTION: usize = 16;

/// Accuracy is shown from chance to perfect; what lies lower widens the axis.
pub(super) const ACCURACY: VerticalRange = VerticalRange::AtLeast {
    lower: 0.5,
    upper: 1.0,
};

/// *Training and Validation loss* of one run: training as blue dots, validation as a blue line.
pub fn loss_figure(history: &History, note: Option<&str>) -> Figure {
    Figure {
        title: "Training and Validation loss".to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
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
        x_unit: HorizontalUnit::Whole,
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
        x_unit: HorizontalUnit::Whole,
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
        x_unit: HorizontalUnit::Whole,
        y_label: "Accuracy".to_owned(),
        series: distinct(histories, |record| record.val_accuracy),
        vertical: ACCURACY,
        legend: Corner::LowerRight,
        caption: note.map(str::to_owned),
    }
}

/// A figure over epochs whose vertical axis shows the values as they are.
pub(super) fn over_epochs(title: &str, y_label: &str, series: Vec<Series>) -> Figure {
    Figure {
        title: title.to_owned(),
        x_label: "Epochs".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: y_label.to_owned(),
        series,
        vertical: VerticalRange::Data,
        legend: Corner::UpperRight,
        caption: None,
    }
}

/// The mean and the greatest norm of all gradients in each epoch, where they were measured.
pub(super) fn gradient_norm_figure(history: &History) -> Option<Figure> {
    let mean = measured(history, |record| record.gradient_norm);
    let most = measured(history, |record| record.gradient_norm_max);
    let is_measured = !mean.is_empty();
    let series = vec![dots("Greatest", most), line("Mean", mean)];
    is_measured.then(|| over_epochs("Norm of the gradients", "Norm", series))
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
            ..distinct_series(index, history.epochs.len())
        }
    });
    let title = "Norm of each layer's gradients";
    (!layers.is_empty()).then(|| over_epochs(title, "Mean norm", series.collect()))
}

/// The learning rate of each epoch's last step, where it is not always the same.
pub(super) fn learning_rate_figure(history: &History) -> Option<Figure> {
    let first = history.epochs.first()?.learning_rate;
    let mut epochs = history.epochs.iter();
    let moves = epochs.any(|record| record.learning_rate != first);
    let rates = points(history, |record| record.learning_rate);
    let series = vec![line("Learning rate", rates)];
    moves.then(|| over_epochs("Learning rate", "Learning rate", series))
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
        dash: Dash::Solid,
        marker: Some(Marker::Circle),
        mark_every: 1,
        points,
    }
}

/// A plain line of this name.
pub(super) fn line(label: &str, points: Vec<(usize, f64)>) -> Series {
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
        ..distinct_series(index, history.epochs.len())
    });
    series.collect()
}

/// The looks of one of several series over so many epochs, which has neither a name nor points yet.
pub(super) fn distinct_series(index: usize, epochs: usize) -> Series {
    Series {
        label: String::new(),
        colour: DISTINCT[index % DISTINCT.len()],
        curve: Curve::Line,
        // No two of 16 have marker and dash in common.
        dash: DASHES[(index + index / MARKERS.len()) % DASHES.len()],
        marker: Some(MARKERS[index % MARKERS.len()]),
        mark_every: epochs.div_ceil(MARKERS_A_LINE).max(1),
        points: Vec::new(),
    }
}
