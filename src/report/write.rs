//! What a run and a comparison leave in their folders, written.

use std::path::{Path, PathBuf};

use super::curves::{accuracy_figure, accuracy_overview, loss_figure, loss_overview};
use super::figure::Figure;
use super::figure_options::FigureOptions;
use super::history_csv::to_csv;
use super::history_json::to_json;
use super::table::comparison_markdown;
use super::value_map::ValueMap;
use crate::atomic::write_atomically;
use crate::error::Result;
use crate::train::History;

/// What [`write_run`] writes.
pub const RUN_FILES: [&str; 6] = [
    "history.csv",
    "history.json",
    "loss.png",
    "loss.svg",
    "accuracy.png",
    "accuracy.svg",
];

/// What [`write_run_figures`] adds where PDF is asked for.
pub const RUN_PDFS: [&str; 2] = ["loss.pdf", "accuracy.pdf"];

/// What [`write_overview`] writes.
pub const OVERVIEW_FILES: [&str; 5] = [
    "validation_accuracy.png",
    "validation_accuracy.svg",
    "validation_loss.png",
    "validation_loss.svg",
    "comparison.md",
];

/// What [`write_overview_figures`] adds where PDF is asked for.
pub const OVERVIEW_PDFS: [&str; 2] = ["validation_accuracy.pdf", "validation_loss.pdf"];

/// Writes `history.csv`, `history.json`, `loss.png`, `loss.svg`, `accuracy.png` and
/// `accuracy.svg` to `folder`, which exists, each whole or not at all, and returns their paths.
///
/// `note` is told at the foot of the plots, after the variant's name: that the corpus is synthetic,
/// for example.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) names the file that could not be written.
pub fn write_run(folder: &Path, history: &History, note: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut paths = write_history(folder, history)?;
    let options = FigureOptions::default();
    paths.extend(write_run_figures(folder, history, note, &options)?);
    Ok(paths)
}

/// Writes the plots of loss and accuracy alone, and returns their paths.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) where the options make no sense, [`Error::Io`](crate::Error::Io) names the
/// file that could not be written.
pub fn write_run_figures(
    folder: &Path,
    history: &History,
    note: Option<&str>,
    options: &FigureOptions,
) -> Result<Vec<PathBuf>> {
    let mut paths = options.write_figure(folder, "loss", &loss_figure(history, note))?;
    paths.extend(options.write_figure(folder, "accuracy", &accuracy_figure(history, note))?);
    Ok(paths)
}

/// Writes `history.csv` and `history.json` alone, as after each epoch, and returns their paths.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) names the file that could not be written.
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
/// [`Error::Io`](crate::Error::Io) names the file that could not be written.
pub fn write_overview(
    folder: &Path,
    histories: &[History],
    note: Option<&str>,
) -> Result<Vec<PathBuf>> {
    let accuracy = accuracy_overview(histories, note);
    let loss = loss_overview(histories, note);
    let options = FigureOptions::default();
    let mut paths = write_overview_figures(folder, [&accuracy, &loss], &options)?;
    paths.push(write_comparison(folder, histories, note)?);
    Ok(paths)
}

/// Writes two figures as `validation_accuracy` and `validation_loss`, and returns their paths.
///
/// # Errors
/// As [`write_run_figures`].
pub fn write_overview_figures(
    folder: &Path,
    [accuracy, loss]: [&Figure; 2],
    options: &FigureOptions,
) -> Result<Vec<PathBuf>> {
    let mut paths = options.write_figure(folder, "validation_accuracy", accuracy)?;
    paths.extend(options.write_figure(folder, "validation_loss", loss)?);
    Ok(paths)
}

/// Writes `comparison.md`, the table of several runs, and returns its path.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) names the file that could not be written.
pub fn write_comparison(
    folder: &Path,
    histories: &[History],
    note: Option<&str>,
) -> Result<PathBuf> {
    let mut text = comparison_markdown(histories);
    if let Some(note) = note {
        text = format!("{text}\n\nData: {note}.");
    }
    let path = folder.join("comparison.md");
    write_atomically(&path, format!("{text}\n").as_bytes())?;
    Ok(path)
}

/// Writes a figure to `folder` as `NAME.png` and `NAME.svg`, and returns their paths.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) names the file that could not be written.
pub fn write_plot(folder: &Path, name: &str, figure: &Figure) -> Result<Vec<PathBuf>> {
    FigureOptions::default().write(folder, name, figure)
}

/// Writes a heat map to `folder` as `NAME.png` and `NAME.svg`, and returns their paths.
///
/// # Errors
/// As [`write_plot`].
pub fn write_value_map(folder: &Path, name: &str, map: &ValueMap) -> Result<Vec<PathBuf>> {
    FigureOptions::default().write(folder, name, map)
}
