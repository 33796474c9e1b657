//! An evaluation as text for a terminal, and its figures.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::confusion_matrix::ConfusionMatrix;
use super::curves::DISTINCT;
use super::figure::{Colour, Corner, Curve, Figure, Marker, Series, VerticalRange};
use super::write_figure;
use crate::error::Result;
use crate::train::{Confusion, Evaluation, Scores};

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
    let confusion = &scores.confusion;
    [
        ("Loss", Some(*loss)),
        ("Accuracy", Some(*accuracy)),
        ("Precision", confusion.precision()),
        ("Recall", confusion.recall()),
        ("F1", confusion.f1()),
        ("ROC AUC", scores.roc_auc),
        ("Calibration error", Some(scores.calibration_error)),
    ]
    .map(|(name, value)| (name, shown(value)))
}

/// Loss and scores, the confusion matrix and the reliability table, in less than 80 columns.
pub fn evaluation_table(evaluation: &Evaluation) -> String {
    let scores = &evaluation.scores;
    let confusion = &scores.confusion;
    let mut text = String::new();
    for (name, value) in measures(evaluation) {
        line(&mut text, &format!("{name:20}{value:>8}"));
    }
    let Confusion {
        true_negative,
        false_positive,
        false_negative,
        true_positive,
    } = confusion;
    line(&mut text, "");
    line(
        &mut text,
        &row(["Actual", "Predicted negative", "positive"]),
    );
    line(&mut text, &rule());
    for (actual, counts) in [
        ("negative", [true_negative, false_positive]),
        ("positive", [false_negative, true_positive]),
    ] {
        let [negative, positive] = counts.map(usize::to_string);
        line(&mut text, &row([actual, &negative, &positive]));
    }
    line(&mut text, "");
    let header = ["Probability", "Mean of them", "Share positive"];
    line(&mut text, &format!("{}{:>10}", row(header), "Reviews"));
    line(&mut text, &format!("{}{}", rule(), "─".repeat(10)));
    for bin in &scores.reliability {
        let range = format!("{:.1} to {:.1}", bin.lower, bin.upper);
        let (mean, share) = (shown(bin.mean_probability), shown(bin.share_positive));
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
    format!("{first:14}{second:>18}{third:>16}")
}

fn rule() -> String {
    "─".repeat(48)
}

fn shown(value: Option<f64>) -> String {
    value.map_or(NONE.to_string(), |value| format!("{value:.4}"))
}

/// Writes `roc`, `calibration` and `confusion`, each as `.png` and `.svg`, to `folder`, which exists, and returns their
/// paths. Without reviews of both classes there is no ROC curve.
///
/// `note` is told at the foot: what was evaluated with what.
///
/// # Errors
/// [`crate::Error::Io`] names the file that could not be written.
pub fn write_evaluation(folder: &Path, scores: &Scores, note: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if let Some(figure) = roc_figure(scores, note) {
        paths.extend(write_figure(folder, "roc", &figure)?);
    }
    let calibration = calibration_figure(scores, note);
    paths.extend(write_figure(folder, "calibration", &calibration)?);
    let matrix = ConfusionMatrix {
        confusion: &scores.confusion,
        caption: note,
    };
    paths.extend(write_figure(folder, "confusion", &matrix)?);
    Ok(paths)
}

/// *ROC curve*: the share of the positive reviews that is found, for each share of the negative ones that is
/// taken for positive, both in percent; none where a class is missing.
///
/// The curve is drawn at whole percents, between the points of [`Scores::roc`] that are nearest.
pub fn roc_figure(scores: &Scores, note: &str) -> Option<Figure> {
    let area = scores.roc_auc?;
    let heights = (0..=100).map(|percent| (percent, 100.0 * height_at(&scores.roc, percent)));
    let points = std::iter::once((0, 0.0)).chain(heights);
    let [blue, ..] = DISTINCT;
    Some(Figure {
        title: "ROC curve".to_owned(),
        x_label: "Negative reviews taken for positive (%)".to_owned(),
        y_label: "Positive reviews found (%)".to_owned(),
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
/// their mean probability, both in percent, the latter whole. A calibrated model stays on the diagonal.
pub fn calibration_figure(scores: &Scores, note: &str) -> Figure {
    let points = scores.reliability.iter().filter_map(|bin| {
        let place = (100.0 * bin.mean_probability?).round() as usize;
        Some((place, 100.0 * bin.share_positive?))
    });
    let [blue, ..] = DISTINCT;
    Figure {
        title: "Calibration".to_owned(),
        x_label: "Probability given (%)".to_owned(),
        y_label: "Positive reviews (%)".to_owned(),
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
