//! An evaluation as text for a terminal, and its figures.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::class_table::class_table;
use super::confusion_matrix::ConfusionMatrix;
use super::confusion_table::{NAMES, confusion_table};
use super::curves::DISTINCT;
use super::figure::{Colour, Corner, Curve, Figure, Marker, Series, VerticalRange};
use super::measures::{Measures, class_of, shown};
use super::write_figure;
use crate::error::Result;
use crate::train::Evaluation;

/// Columns of a bin's mean probability, and of its share at least.
const MEAN: usize = 18;
const SHARE: usize = 16;

const GREY: Colour = [150, 150, 150];

/// The vertical axis of shares.
const PERCENT: VerticalRange = VerticalRange::AtLeast {
    lower: 0.0,
    upper: 100.0,
};

/// Loss and scores, those of each class, the confusion matrix and the reliability table, in less than 80 columns.
pub fn evaluation_table(evaluation: &Evaluation) -> String {
    let scores = &evaluation.scores;
    let mut text = String::new();
    let measures = Measures::of(evaluation).rows();
    let widths = measures.iter().map(|(name, _)| name.chars().count());
    let width = widths.max().unwrap_or(0);
    for (name, value) in measures {
        line(&mut text, &format!("{name:width$}{value:>10}"));
    }
    let tables = [
        class_table(&scores.confusion, &evaluation.classes),
        confusion_table(&scores.confusion, &evaluation.classes),
    ];
    for table in tables {
        line(&mut text, "");
        for row in table {
            line(&mut text, &row);
        }
    }
    line(&mut text, "");
    let share =
        class_of(evaluation).map_or("Share right".to_owned(), |class| format!("Share {class}"));
    let columns = (share.chars().count() + 2).max(SHARE);
    let header = ["Probability", "Mean of them", &share];
    line(
        &mut text,
        &format!("{}{:>10}", row(header, columns), "Reviews"),
    );
    line(&mut text, &"─".repeat(NAMES + MEAN + columns + 10));
    for bin in &scores.reliability {
        let range = format!("{:.1} to {:.1}", bin.lower, bin.upper);
        let (mean, share) = (shown(bin.mean_probability), shown(bin.share));
        line(
            &mut text,
            &format!(
                "{}{:>10}",
                row([&range, &mean, &share], columns),
                bin.reviews
            ),
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(text: &mut String, content: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{content}");
}

/// A row of the reliability table, its share `columns` wide.
fn row([first, second, third]: [&str; 3], columns: usize) -> String {
    format!("{first:NAMES$}{second:>MEAN$}{third:>columns$}")
}

/// What [`write_evaluation`] writes, at most.
pub const EVALUATION_FILES: [&str; 6] = [
    "roc.png",
    "roc.svg",
    "calibration.png",
    "calibration.svg",
    "confusion.png",
    "confusion.svg",
];

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
    if let Some(figure) = roc_figure(evaluation, note) {
        paths.extend(write_figure(folder, "roc", &figure)?);
    }
    let calibration = calibration_figure(evaluation, note);
    paths.extend(write_figure(folder, "calibration", &calibration)?);
    let matrix = ConfusionMatrix {
        confusion: &scores.confusion,
        classes,
        caption: note,
    };
    paths.extend(write_figure(folder, "confusion", &matrix)?);
    Ok(paths)
}

/// *ROC curve*: the share of the reviews of the second class that is found, for each share of the first one's that is
/// taken for the second, both in percent; none where a class is missing. Where every class has a probability, the mean
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
    let heights = (0..=100).map(|percent| (percent, 100.0 * height(percent)));
    let points = std::iter::once((0, 0.0)).chain(heights);
    let [blue, ..] = DISTINCT;
    let [title, x_label, y_label] = match class_of(evaluation) {
        None => [
            "ROC curve, mean of the classes".to_owned(),
            "Other reviews taken for the class (%)".to_owned(),
            "Reviews of the class found (%)".to_owned(),
        ],
        Some(class) => [
            "ROC curve".to_owned(),
            format!("Other reviews taken for {class} (%)"),
            format!("Reviews that are {class}, found (%)"),
        ],
    };
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

/// *Calibration*: for each bin of probabilities that has reviews the share of them that is of the second class over
/// their mean probability, both in percent, the latter whole. A calibrated model stays on the diagonal. Where every
/// class has a probability, it is that of the most likely class, and the share that of right predictions.
pub fn calibration_figure(evaluation: &Evaluation, note: &str) -> Figure {
    let scores = &evaluation.scores;
    let points = scores.reliability.iter().filter_map(|bin| {
        let place = (100.0 * bin.mean_probability?).round() as usize;
        Some((place, 100.0 * bin.share?))
    });
    let [blue, ..] = DISTINCT;
    let [x_label, y_label] = match class_of(evaluation) {
        None => ["Probability given (%)", "Right predictions (%)"].map(str::to_owned),
        Some(class) => [
            format!("Probability of {class} (%)"),
            format!("Reviews that are {class} (%)"),
        ],
    };
    Figure {
        title: "Calibration".to_owned(),
        x_label,
        y_label,
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
