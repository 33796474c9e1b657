//! The figures of an evaluation.

use std::path::{Path, PathBuf};

use super::confusion_matrix::ConfusionMatrix;
use super::curves::DISTINCT;
use super::figure::{
    Colour, Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange,
};
use super::figure_options::FigureOptions;
use super::measures::class_of;
use crate::error::Result;
use crate::train::Evaluation;

const GREY: Colour = [150, 150, 150];

/// The vertical axis of fractions.
const FRACTION: VerticalRange = VerticalRange::AtLeast {
    lower: 0.0,
    upper: 1.0,
};

/// The figures that [`write_evaluation`] writes, at most.
pub const EVALUATION_FIGURES: [&str; 3] = ["roc", "calibration", "confusion"];

/// Writes `roc`, `calibration` and `confusion` to `folder`, which exists, each in the formats of `options`, and returns
/// their paths. Where there is only one class of reviews there is no ROC curve.
///
/// `note` is told at the foot: what was evaluated with what.
///
/// # Errors
/// [`crate::Error::Argument`] where the options make no sense, [`crate::Error::Io`] names the file that could not be
/// written.
pub fn write_evaluation(
    folder: &Path,
    evaluation: &Evaluation,
    note: &str,
    options: &FigureOptions,
) -> Result<Vec<PathBuf>> {
    let Evaluation {
        scores, classes, ..
    } = evaluation;
    options.check()?;
    let [roc, calibration, confusion] = EVALUATION_FIGURES;
    let mut paths = Vec::new();
    if let Some(figure) = roc_figure(evaluation, note) {
        paths.extend(options.write_figure(folder, roc, &figure)?);
    }
    let figure = calibration_figure(evaluation, note);
    paths.extend(options.write_figure(folder, calibration, &figure)?);
    let matrix = ConfusionMatrix {
        confusion: &scores.confusion,
        classes,
        caption: note,
    };
    paths.extend(options.write(folder, confusion, &matrix)?);
    Ok(paths)
}

/// *ROC curve*: the true positive rate, the share of the reviews of the second class that is found, for each false
/// positive rate, the share of the first one's that is taken for the second; none where a class is missing. Where every class has a probability, the mean
/// of such curves, each of a class against all others.
///
/// The curve is drawn at whole percents, between the points of [`Scores::roc`](crate::train::Scores::roc) that are nearest.
pub fn roc_figure(evaluation: &Evaluation, note: &str) -> Option<Figure> {
    let scores = &evaluation.scores;
    let area = scores.roc_auc?;
    let height = |percent| {
        let heights = scores.roc.iter().map(|curve| height_at(curve, percent));
        heights.sum::<f64>() / scores.roc.len() as f64
    };
    let heights = (0..=100).map(|percent| (percent, height(percent)));
    let points = std::iter::once((0, 0.0)).chain(heights);
    let [blue, ..] = DISTINCT;
    let (title, positive) = match class_of(evaluation) {
        None => ("ROC curve, mean of the classes", None),
        Some(class) => ("ROC curve", Some(class)),
    };
    Some(Figure {
        title: of_class(title, positive.as_deref()),
        x_label: "False positive rate".to_owned(),
        x_unit: HorizontalUnit::Hundredth,
        y_label: "True positive rate".to_owned(),
        series: vec![
            diagonal("Chance"),
            Series {
                label: format!("Model, ROC AUC {area:.3}"),
                colour: blue,
                curve: Curve::Line,
                dash: Dash::Solid,
                marker: None,
                mark_every: 1,
                points: points.collect(),
            },
        ],
        vertical: FRACTION,
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

/// *Calibration*: for each bin of probabilities that has reviews the fraction of positives, the share of them that is of
/// the second class, over their mean predicted probability, in whole hundredths. A calibrated model stays on
/// the diagonal. Where every class has a probability, it is that of the most likely class, and the share that of right
/// predictions, their accuracy.
pub fn calibration_figure(evaluation: &Evaluation, note: &str) -> Figure {
    let scores = &evaluation.scores;
    let points = scores.reliability.iter().filter_map(|bin| {
        let place = (100.0 * bin.mean_probability?).round() as usize;
        Some((place, bin.share?))
    });
    let [blue, ..] = DISTINCT;
    let positive = class_of(evaluation);
    let y_label = match positive {
        None => "Accuracy",
        Some(_) => "Fraction of positives",
    };
    Figure {
        title: of_class("Calibration", positive.as_deref()),
        x_label: "Mean predicted probability".to_owned(),
        x_unit: HorizontalUnit::Hundredth,
        y_label: y_label.to_owned(),
        series: vec![
            diagonal("Calibrated"),
            Series {
                label: format!("Model, error {:.3}", scores.calibration_error),
                colour: blue,
                curve: Curve::Line,
                dash: Dash::Solid,
                marker: Some(Marker::Circle),
                mark_every: 1,
                points: points.collect(),
            },
        ],
        vertical: FRACTION,
        legend: Corner::UpperLeft,
        caption: Some(note.to_owned()),
    }
}

/// `title`, and which class is the positive one where its own name does not say so.
fn of_class(title: &str, positive: Option<&str>) -> String {
    match positive {
        None | Some("positive") => title.to_owned(),
        Some(class) => format!("{title}, {class} as positive"),
    }
}

fn diagonal(label: &str) -> Series {
    Series {
        label: label.to_owned(),
        colour: GREY,
        curve: Curve::Line,
        dash: Dash::Dashed,
        marker: None,
        mark_every: 1,
        points: vec![(0, 0.0), (100, 1.0)],
    }
}
