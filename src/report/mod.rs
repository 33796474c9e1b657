//! What a run leaves in its folder: history as CSV and JSON, plots as PNG, SVG and PDF, event files for TensorBoard,
//! comparisons.
//!
//! Everything here eats a [`History`], an evaluation, or the lengths of reviews, and knows nothing of training.

mod canvas;
mod class_table;
mod confusion_matrix;
mod confusion_table;
mod cover;
mod csv_text;
mod curves;
mod draw;
mod end_labels;
mod evaluation;
mod evaluation_table;
mod excerpt;
mod explanation;
mod figure;
mod figure_options;
mod heat_map;
mod histogram;
mod history_csv;
mod history_json;
mod layout;
mod legend;
mod measures;
mod page;
mod pdf;
mod pdf_backend;
mod picture;
mod png;
mod rates;
mod reliability_table;
mod render;
mod spread;
mod strokes;
mod svg;
mod table;
mod tensorboard;
mod text;
pub(crate) mod ticks;
mod timing;
mod value_map;
mod words;
mod write;

use std::fs;
use std::io;
use std::path::Path;

pub use crate::atomic::{
    check_absent, holds_something, is_temporary, remove_leftovers, write_atomically,
    write_atomically_keeping,
};
pub use crate::model::grouped;
pub use csv_text::csv_of;
pub use curves::{accuracy_figure, accuracy_overview, loss_figure, loss_overview};
pub use evaluation::{EVALUATION_FIGURES, calibration_figure, roc_figure, write_evaluation};
pub use evaluation_table::{evaluation_table, evaluation_table_within};
pub use excerpt::excerpt;
pub use explanation::{AGAINST, FOR, explained, explanation_page, strongest};
pub use figure::{
    Colour, Corner, Curve, Dash, Figure, HEIGHT_INCHES, HorizontalUnit, Marker, PIXELS_PER_INCH,
    Series, VerticalRange, WIDTH_INCHES,
};
pub use figure_options::{FigureFormat, FigureOptions};
pub use heat_map::explanation_picture;
pub use histogram::length_histogram;
pub use history_csv::{from_csv, to_csv};
pub use history_json::{from_json, to_json};
pub use measures::{Measure, Measures};
#[cfg(feature = "serve")]
pub(crate) use page::link_below;
pub use page::{
    Example, LengthErrors, Report, ReportedRun, Section, SweepPage, SweepRow, Test, TrialRow,
    errors_by_length, report_page, surest, sweep_page,
};
pub use rates::{rates_csv, rates_figure};
pub use spread::{SpreadCurve, spread_overview};
pub use table::{
    best_epoch, comparison_markdown, comparison_table, comparison_table_within, readable,
    readable_beside,
};
pub use tensorboard::TensorBoard;
pub use timing::EpochTiming;
pub use value_map::ValueMap;
pub use words::{Word, depth, largest, shared_out, weighed, words};
pub use write::{
    OVERVIEW_FILES, OVERVIEW_PDFS, RUN_FILES, RUN_PDFS, write_comparison, write_history,
    write_overview, write_overview_figures, write_plot, write_run, write_run_figures,
    write_value_map,
};

use crate::error::{Error, Result};
use crate::train::History;

/// PNG files are 800 × 600 pixels at 4 × 3 inches unless told otherwise: sharp on a dense screen and in print.
pub const PNG_SCALE: u32 = 2;

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
