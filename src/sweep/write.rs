//! Writes what came of a sweep: tables, pictures, the page, and the folder that MLflow reads.

use std::fs;
use std::io;
use std::path::Path;

use super::files;
use super::folder::SweepFolder;
use super::mlflow::write_mlflow;
use super::outcome::TrialState;
use super::results::Results;
use super::statistics::{Spread, spread_text};
use super::trials::Sweep;
use crate::atomic::write_atomically;
use crate::error::{Error, Result};
use crate::report::{
    Figure, FigureOptions, SpreadCurve, SweepPage, SweepRow, TrialRow, ValueMap, csv_of, readable,
    spread_overview, sweep_page, write_overview_figures, write_value_map,
};
use crate::run::RunSpec;
use crate::train::{EpochRecord, Monitor};

/// Configurations whose curves are drawn: more of them are a tangle.
const DRAWN: usize = 5;

impl Results {
    /// Reads what is known of the trials in `folder`, and writes what comes of it there; returns it. Several processes may
    /// do so at once: each waits for the others, and the last knows of every trial.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses, [`Error::Malformed`] where a file of a trial is damaged.
    pub fn write(sweep: &Sweep, folder: &SweepFolder) -> Result<Results> {
        let _alone = folder.alone()?;
        let states = folder.states(sweep)?;
        let results = Results::of(sweep, &states);
        let path = folder.path();
        write_atomically(&path.join(files::RESULTS_CSV), &results.to_csv()?)?;
        write_atomically(&path.join(files::RESULTS_JSON), &files::json(&results)?)?;
        if results.has_report() {
            let [accuracy, loss] = figures(&results, sweep, &states);
            write_overview_figures(path, [&accuracy, &loss], &FigureOptions::default())?;
            let map = map(&results, sweep);
            if let Some(map) = &map {
                write_value_map(path, "heat_map", map)?;
            }
            let page = page(&results, sweep, folder, vec![accuracy, loss], map)?;
            write_atomically(&path.join(files::REPORT), sweep_page(&page)?.as_bytes())?;
        }
        write_mlflow(sweep, folder, &states)?;
        Ok(results)
    }

    /// Whether a trial has a metric, so that there are figures and a page to show them on.
    pub fn has_report(&self) -> bool {
        let mut configurations = self.configurations.iter();
        configurations.any(|there| there.figure.is_some())
    }

    /// A row a trial, as CSV.
    ///
    /// # Errors
    /// [`Error::Internal`] where the CSV writer refuses.
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let own = [
            "seed",
            "status",
            "epochs",
            "best_epoch",
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
            "reason",
        ];
        let header = ["trial"]
            .into_iter()
            .chain(self.axes.iter().map(String::as_str))
            .chain(own);
        let rows = self.trials.iter().map(|trial| {
            let number =
                |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:?}"));
            let mut row = vec![trial.folder.clone()];
            row.extend(trial.values.iter().cloned());
            row.extend([
                trial.seed.clone(),
                trial.status.to_string(),
                trial.epochs.to_string(),
                trial
                    .best_epoch
                    .map_or_else(String::new, |epoch| epoch.to_string()),
                number(trial.loss),
                number(trial.accuracy),
                number(trial.val_loss),
                number(trial.val_accuracy),
                trial.reason.clone().unwrap_or_default(),
            ]);
            row
        });
        csv_of("writing the results of a sweep", header, rows)
    }
}

/// Curves of the best configurations: mean and range over their seeds.
fn figures(results: &Results, sweep: &Sweep, states: &[TrialState]) -> [Figure; 2] {
    let all = results
        .configurations
        .iter()
        .filter(|there| there.figure.is_some());
    let (count, of) = (all.clone().count().min(DRAWN), all.clone().count());
    let caption = match count < of {
        true => format!("mean and range over seeds; the best {count} of {of}"),
        false => "mean and range over seeds".to_string(),
    };
    let curves = |value: fn(&EpochRecord) -> f64| -> Vec<SpreadCurve> {
        let best = all.clone().take(DRAWN);
        best.map(|there| curve(there.label.clone(), there.index, sweep, states, value))
            .collect()
    };
    spread_overview(curves, &caption)
}

fn curve(
    label: String,
    configuration: usize,
    sweep: &Sweep,
    states: &[TrialState],
    value: fn(&EpochRecord) -> f64,
) -> SpreadCurve {
    let own = sweep.trials.iter().zip(states);
    let own = own
        .filter(|(trial, state)| trial.configuration == configuration && state.failed().is_none());
    let histories: Vec<&[EpochRecord]> = own.map(|(_, state)| &state.epochs[..]).collect();
    SpreadCurve::over(label, &histories, value)
}

/// The means by two keys, where two vary that are listed.
fn map(results: &Results, sweep: &Sweep) -> Option<ValueMap> {
    let compared = sweep.compared().enumerate();
    let varying: Vec<usize> = compared
        .filter(|(_, axis)| axis.varies())
        .map(|(index, _)| index)
        .collect();
    let &[first, second] = &varying[..] else {
        return None;
    };
    let values = |axis: usize| {
        let mut values: Vec<String> = Vec::new();
        for there in &sweep.configurations {
            if let Some(value) = there
                .values
                .get(axis)
                .filter(|value| !values.contains(value))
            {
                values.push(value.clone());
            }
        }
        values
    };
    let (rows, columns) = (values(first), values(second));
    // Numbers that were drawn are all different: a cell each would be a map of nothing.
    if rows.len() * columns.len() > sweep.configurations.len() {
        return None;
    }
    let mean = |row: &String, column: &String| {
        let mut all = results.configurations.iter();
        let there = all.find(|there| {
            there.values.get(first) == Some(row) && there.values.get(second) == Some(column)
        });
        there
            .and_then(|there| there.figure)
            .map(|figure| figure.mean)
    };
    let of_row = |row: &String| columns.iter().map(|column| mean(row, column)).collect();
    let name = |axis: usize| results.axes.get(axis).cloned().unwrap_or_default();
    Some(ValueMap {
        title: format!("Mean {}", results.monitor),
        values: rows.iter().map(of_row).collect(),
        rows: (name(first), rows),
        columns: (name(second), columns),
        more_is_better: matches!(results.monitor, Monitor::Accuracy | Monitor::ValAccuracy),
        caption: format!("{}; mean over seeds", results.name),
    })
}

fn page(
    results: &Results,
    sweep: &Sweep,
    folder: &SweepFolder,
    figures: Vec<Figure>,
    map: Option<ValueMap>,
) -> Result<SweepPage> {
    let (mut data, mut synthetic) = (Vec::new(), false);
    for trial in &sweep.trials {
        if let Some(spec) = RunSpec::read(&folder.trial(&trial.folder))? {
            synthetic |= spec.data.synthetic;
            if !data.contains(&spec.data.name) {
                data.push(spec.data.name);
            }
        }
    }
    let rows = results.configurations.iter().map(|there| SweepRow {
        cells: vec![
            there.label.clone(),
            spread_text(there.val_accuracy),
            range_text(there.val_accuracy),
            spread_text(there.val_loss),
            range_text(there.val_loss),
            there.figure.map_or(0, |figure| figure.count).to_string(),
        ],
        words: there.words.clone(),
        is_best: there.words == "the best",
    });
    let trials = results.trials.iter().map(|trial| {
        let number = |value: Option<f64>| value.map_or("–".to_string(), readable);
        TrialRow {
            folder: trial.folder.clone(),
            has_page: folder
                .trial(&trial.folder)
                .join(crate::run::files::REPORT)
                .is_file(),
            cells: vec![
                match &trial.reason {
                    Some(reason) => format!("{}: {reason}", trial.status),
                    None => trial.status.to_string(),
                },
                trial.epochs.to_string(),
                trial
                    .best_epoch
                    .map_or("–".to_string(), |epoch| epoch.to_string()),
                number(trial.val_accuracy),
                number(trial.val_loss),
            ],
        }
    });
    let importance = results.importance.iter();
    Ok(SweepPage {
        name: results.name.clone(),
        data: (!data.is_empty()).then(|| data.join(", ")),
        synthetic,
        sentences: results.sentences(),
        header: [
            "Configuration",
            "Validation accuracy",
            "Range",
            "Validation loss",
            "Range",
            "Seeds",
        ]
        .map(str::to_string)
        .to_vec(),
        rows: rows.collect(),
        figures,
        map,
        importance: importance
            .map(|there| (there.axis.clone(), there.share))
            .collect(),
        trial_header: [
            "Status",
            "Epochs",
            "Best epoch",
            "Validation accuracy",
            "Validation loss",
        ]
        .map(str::to_string)
        .to_vec(),
        trials: trials.collect(),
        file: sweep.file.text.clone(),
    })
}

/// `0.8080 – 0.8160`; nothing where there is one number alone.
fn range_text(spread: Option<Spread>) -> String {
    match spread {
        Some(spread) if spread.count > 1 => {
            format!("{} – {}", readable(spread.least), readable(spread.greatest))
        }
        _ => "–".to_string(),
    }
}

/// Whether all trials of the sweep in `folder` were over when its results were written last.
///
/// # Errors
/// [`Error::Io`] where the results cannot be read, [`Error::Malformed`] where they are damaged.
pub fn is_complete(folder: &Path) -> Result<bool> {
    #[derive(serde::Deserialize)]
    struct Written {
        complete: bool,
    }
    let path = folder.join(files::RESULTS_JSON);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io(path)(error)),
    };
    let written: Written = serde_json::from_slice(&bytes).map_err(|error| Error::Malformed {
        path,
        place: format!("line {}", error.line()),
        problem: error.to_string(),
    })?;
    Ok(written.complete)
}
