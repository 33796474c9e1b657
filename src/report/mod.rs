//! What a run leaves in its folder: history as CSV and JSON, plots as PNG and SVG, event files for TensorBoard,
//! comparisons.
//!
//! Everything here eats a [`History`], an evaluation, or the lengths of reviews, and knows nothing of training.

mod canvas;
mod class_table;
mod confusion_matrix;
mod confusion_table;
mod curves;
mod draw;
mod evaluation;
mod excerpt;
mod explanation;
mod figure;
mod heat_map;
mod histogram;
mod history_csv;
mod history_json;
mod layout;
mod legend;
mod measures;
mod page;
mod picture;
mod png;
mod rates;
mod render;
mod strokes;
mod svg;
mod table;
mod tensorboard;
mod text;
pub(crate) mod ticks;
mod value_map;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use crate::atomic::{
    check_absent, holds_something, is_temporary, remove_leftovers, write_atomically,
    write_atomically_keeping,
};
pub use crate::model::grouped;
pub use curves::{
    SpreadCurve, accuracy_figure, accuracy_overview, loss_figure, loss_overview, spread_figure,
};
pub use evaluation::{
    EVALUATION_FILES, calibration_figure, evaluation_table, roc_figure, write_evaluation,
};
pub use excerpt::excerpt;
pub use explanation::{AGAINST, FOR, explained, explanation_page, strongest};
pub use figure::{
    Colour, Corner, Curve, Figure, HEIGHT_INCHES, Marker, PIXELS_PER_INCH, Series, VerticalRange,
    WIDTH_INCHES,
};
pub use heat_map::explanation_picture;
pub use histogram::length_histogram;
pub use history_csv::{from_csv, to_csv};
pub use history_json::{from_json, to_json};
pub use measures::{Measure, Measures};
pub use page::{
    Example, LengthErrors, Report, ReportedRun, Section, SweepPage, SweepRow, Test, TrialRow,
    errors_by_length, report_page, surest, sweep_page,
};
pub use rates::{rates_csv, rates_figure};
pub use table::{
    best_epoch, comparison_markdown, comparison_table, comparison_table_within, readable,
};
pub use tensorboard::TensorBoard;
pub use value_map::ValueMap;
pub use words::{Word, depth, largest, weighed, words};

use crate::error::{Error, Result};
use crate::train::History;
use picture::Picture;

/// What [`write_run`] writes.
pub const RUN_FILES: [&str; 6] = [
    "history.csv",
    "history.json",
    "loss.png",
    "loss.svg",
    "accuracy.png",
    "accuracy.svg",
];

/// What [`write_overview`] writes.
pub const OVERVIEW_FILES: [&str; 5] = [
    "validation_accuracy.png",
    "validation_accuracy.svg",
    "validation_loss.png",
    "validation_loss.svg",
    "comparison.md",
];

/// PNG files are 800 × 600 pixels at 4 × 3 inches: sharp on a dense screen and in print.
pub const PNG_SCALE: u32 = 2;

/// Writes `history.csv`, `history.json`, `loss.png`, `loss.svg`, `accuracy.png` and
/// `accuracy.svg` to `folder`, which exists, each whole or not at all, and returns their paths.
///
/// `note` is told at the foot of the plots, after the variant's name: that the corpus is synthetic,
/// for example.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written.
pub fn write_run(folder: &Path, history: &History, note: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut paths = write_history(folder, history)?;
    paths.extend(write_figure(folder, "loss", &loss_figure(history, note))?);
    paths.extend(write_figure(
        folder,
        "accuracy",
        &accuracy_figure(history, note),
    )?);
    Ok(paths)
}

/// Writes `history.csv` and `history.json` alone, as after each epoch, and returns their paths.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written.
pub fn write_history(folder: &Path, history: &History) -> Result<Vec<PathBuf>> {
    let csv = folder.join("history.csv");
    write_atomically(&csv, &to_csv(&history.epochs)?)?;
    let json = folder.join("history.json");
    write_atomically(&json, &to_json(history)?)?;
    Ok(vec![csv, json])
}

/// Writes what compares several runs to `folder`: `validation_accuracy` and `validation_loss`, each
/// as `.png` and `.svg`, and `comparison.md`; returns their paths.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written.
pub fn write_overview(
    folder: &Path,
    histories: &[History],
    note: Option<&str>,
) -> Result<Vec<PathBuf>> {
    let mut paths = write_figure(
        folder,
        "validation_accuracy",
        &accuracy_overview(histories, note),
    )?
    .to_vec();
    paths.extend(write_figure(
        folder,
        "validation_loss",
        &loss_overview(histories, note),
    )?);
    let mut text = comparison_markdown(histories);
    if let Some(note) = note {
        text = format!("{text}\n\nData: {note}.");
    }
    let comparison = folder.join("comparison.md");
    write_atomically(&comparison, format!("{text}\n").as_bytes())?;
    paths.push(comparison);
    Ok(paths)
}

/// Reads the history of the run in `folder`: `history.json`, or `history.csv` where there is no
/// other, the variant then being named after the folder.
///
/// Times are not in these files, so every epoch's seconds are 0.
///
/// # Errors
/// [`Error::Io`] where neither file can be read, [`Error::Malformed`] with the place where one is
/// damaged.
pub fn read_history(folder: &Path) -> Result<History> {
    let json = folder.join("history.json");
    match fs::read(&json) {
        Ok(bytes) => return from_json(&json, &bytes),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io(json)(error));
        }
        Err(_) => {}
    }
    let csv = folder.join("history.csv");
    let bytes = fs::read(&csv).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Io {
            path: folder.to_path_buf(),
            source: io::Error::new(
                error.kind(),
                "holds neither history.json nor history.csv; name the folder of a run that was trained",
            ),
        },
        _ => Error::io(&csv)(error),
    })?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    Ok(History {
        variant: name.unwrap_or_default(),
        parameters: None,
        epochs: from_csv(&csv, &bytes)?,
    })
}

/// Writes a figure to `folder` as `NAME.png` and `NAME.svg`, and returns their paths.
///
/// # Errors
/// [`Error::Io`] names the file that could not be written.
pub fn write_plot(folder: &Path, name: &str, figure: &Figure) -> Result<[PathBuf; 2]> {
    write_figure(folder, name, figure)
}

/// Writes a heat map to `folder` as `NAME.png` and `NAME.svg`, and returns their paths.
///
/// # Errors
/// As [`write_plot`].
pub fn write_value_map(folder: &Path, name: &str, map: &ValueMap) -> Result<[PathBuf; 2]> {
    write_figure(folder, name, map)
}

fn write_figure(folder: &Path, name: &str, picture: &impl Picture) -> Result<[PathBuf; 2]> {
    let png = folder.join(format!("{name}.png"));
    write_atomically(&png, &png::render(picture, PNG_SCALE)?)?;
    let svg = folder.join(format!("{name}.svg"));
    write_atomically(&svg, svg::render(picture)?.as_bytes())?;
    Ok([png, svg])
}
