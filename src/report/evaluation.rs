//! An evaluation as text for a terminal, and its figures.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::confusion_matrix::ConfusionMatrix;
use super::confusion_table::{NAMES, confusion_table};
use super::curves::DISTINCT;
use super::figure::{Colour, Corner, Curve, Figure, Marker, Series, VerticalRange};
use super::write_figure;
use crate::error::Result;
use crate::train::{Evaluation, Scores};

/// What a figure without a value is shown as.
const NONE: &str = "–";

const GREY: Colour = [150, 150, 150];

/// The vertical axis of shares.
const PERCENT: VerticalRange = VerticalRange::AtLeast {
    lower: 0.0,
    upper: 100.0,
};

/// Loss and scores, as name and value.
pub(super) fn measures(evaluation: &Evaluation) -> [(&'static str, String); 7] {
    let Evaluation {
        loss,
        accuracy,
        scores,
        ..
    } = evaluation;
    let [precision, recall, f1, area] = match scores.of_each {
        true => [
            "Macro precision",
            "Macro recall",
            "Macro F1",
            "Macro ROC AUC",
        ],
        false => ["Precision", "Recall", "F1", "ROC AUC"],
    };
    [
        ("Loss", Some(*loss)),
        ("Accuracy", Some(*accuracy)),
        (precision, scores.precision),
        (recall, scores.recall),
        (f1, scores.f1),
        (area, scores.roc_auc),
        ("Calibration error", Some(scores.calibration_error)),
    ]
    .map(|(name, value)| (name, shown(value)))
}

/// Loss and scores, the confusion matrix and the reliability table, in less than 80 columns.
pub fn evaluation_table(evaluation: &Evaluation) -> String {
    let scores = &evaluation.scores;
    let mut text = String::new();
    for (name, value) in measures(evaluation) {
        line(&mut text, &format!("{name:20}{value:>8}"));
    }
    line(&mut text, "");
    for row in confusion_table(&scores.confusion, &evaluation.classes) {
        line(&mut text, &row);
    }
    line(&mut text, "");
    let share = match scores.of_each {
        true => "Share right",
        false => "Share positive",
    };
    let header = ["Probability", "Mean of them", share];
    line(&mut text, &format!("{}{:>10}", row(header), "Reviews"));
    line(&mut text, &"─".repeat(58));
    for bin in &scores.reliability {
        let range = format!("{:.1} to {:.1}", bin.lower, bin.upper);
        let (mean, share) = (shown(bin.mean_probability), shown(bin.share));
        line(
            &mut text,
            &format!("{}{:>10}", row([&range, &mean, &share]), bin.reviews),
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}

fn row([first, second, third]: [&str; 3]) -> String {
    format!("{first:NAMES$}{second:>18}{third:>16}")
}

fn shown(value: Option<f64>) -> String {
    value.map_or(NONE.to_string(), |value| format!("{value:.4}"))
}

/// Writes `roc`, `calibration` and `confusion`, each as `.png` and `.svg`, to `folder`, which exists, and returns their
/// paths. Where there is only one class of reviews there is no ROC curve.
///
/// `note` is told at the foot: what was evaluated with what.
///
/// # Errors
/// [`crate::Error::Io`] names the file that could not be written.
pub fn write_evaluation(
    folder: &Path,
    evaluation: &Evaluation,
    note: &str,
) -> Result<Vec<PathBuf>> {
    let Evaluation {
        scores, classes, ..
    } = evaluation;
    let mut paths = Vec::new();
    if let Some(figure) = roc_figure(scores, note) {
        paths.extend(write_figure(folder, "roc", &figure)?);
    }
    let calibration = calibration_figure(scores, note);
    paths.extend(write_figure(folder, "calibration", &calibration)?);
    let matrix = ConfusionMatrix {
        confusion: &scores.confusion,
        classes,
        caption: note,
    };
    paths.extend(write_figure(folder, "confusion", &matrix)?);
    Ok(paths)
}

/// *ROC curve*: the share of the positive reviews that is found, for each share of the negative ones that is
/// taken for positive, both in percent; none where a class is missing. Where every class has a probability, the mean
/// of such curves, each of a class against all others.
///
/// The curve is drawn at whole percents, between the points of [`Scores::roc`] that are nearest.
pub fn roc_figure(scores: &Scores, note: &str) -> Option<Figure> {
    let area = scores.roc_auc?;
    let height = |percent| {
        let heights = scores.roc.iter().map(|curve| height_at(curve, percent));
        heights.sum::<f64>() / scores.roc.len() as f64
    };
    let heights = (0..=100).map(|percent| (percent, 100.0 * height(percent)));
    let points = std::iter::once((0, 0.0)).chain(heights);
    let [blue, ..] = DISTINCT;
    let [title, x_label, y_label] = match scores.of_each {
        true => [
            "ROC curve, mean of the classes",
            "Other reviews taken for the class (%)",
            "Reviews of the class found (%)",
        ],
        false => [
            "ROC curve",
            "Negative reviews taken for positive (%)",
            "Positive reviews found (%)",
        ],
    }
    .map(str::to_owned);
    Some(Figure {
        title,
        x_label,
        y_label,
        series: vec![
            diagonal("Chance"),
            Series {
                label: format!("Model, area {area:.3}"),
                colour: blue,
                curve: Curve::Line,
                marker: None,
                mark_every: 1,
                points: points.collect(),
            },
        ],
        vertical: PERCENT,
        legend: Corner::LowerRight,
        caption: Some(note.to_owned()),
    })
}

/// Greatest height of the curve at `percent`, interpolated between its points.
fn height_at(roc: &[(f64, f64)], percent: usize) -> f64 {
    let x = percent as f64 / 100.0;
    let after = roc.partition_point(|point| point.0 <= x);
    match (after.checked_sub(1).map(|index| roc[index]), roc.get(after)) {
        (Some(left), Some(right)) => {
            left.1 + (right.1 - left.1) * (x - left.0) / (right.0 - left.0)
        }
        (Some(last), None) => last.1,
        (None, _) => 0.0,
    }
}

/// *Calibration*: for each bin of probabilities that has reviews the share of them that is positive over
/// their mean probability, both in percent, the latter whole. A calibrated model stays on the diagonal. Where every
/// class has a probability, it is that of the most likely class, and the share that of right predictions.
pub fn calibration_figure(scores: &Scores, note: &str) -> Figure {
    let points = scores.reliability.iter().filter_map(|bin| {
        let place = (100.0 * bin.mean_probability?).round() as usize;
        Some((place, 100.0 * bin.share?))
    });
    let [blue, ..] = DISTINCT;
    let y_label = match scores.of_each {
        true => "Right predictions (%)",
        false => "Positive reviews (%)",
    };
    Figure {
        title: "Calibration".to_owned(),
        x_label: "Probability given (%)".to_owned(),
        y_label: y_label.to_owned(),
        series: vec![
            diagonal("Calibrated"),
            Series {
                label: format!("Model, error {:.3}", scores.calibration_error),
                colour: blue,
                curve: Curve::Line,
                marker: Some(Marker::Circle),
                mark_every: 1,
                points: points.collect(),
            },
        ],
        vertical: PERCENT,
        legend: Corner::UpperLeft,
        caption: Some(note.to_owned()),
    }
}

fn diagonal(label: &str) -> Series {
    Series {
        label: label.to_owned(),
        colour: GREY,
        curve: Curve::Line,
        marker: None,
        mark_every: 1,
        points: vec![(0, 0.0), (100, 100.0)],
    }
}
