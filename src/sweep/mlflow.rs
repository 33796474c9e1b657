//! Trials in the form that MLflow's file store reads, so that `mlflow ui` shows a sweep.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::files;
use super::folder::SweepFolder;
use super::outcome::TrialState;
use super::trials::{Sweep, Trial};
use crate::atomic::{remove_leftovers, write_atomically};
use crate::error::{Error, Result};
use crate::train::EpochRecord;

/// A metric of an epoch.
type Metric = fn(&EpochRecord) -> f64;

/// The number of the one experiment in the store.
const EXPERIMENT: &str = "1";

/// MLflow's number of a run that finished, and of one that failed.
const FINISHED: u8 = 3;
const FAILED: u8 = 4;

/// Writes `mlruns` into the sweep's folder: a run of MLflow for each trial that is over.
///
/// Times are left out, so that two sweeps of one file write the same bytes: all are 0.
///
/// # Source
/// `mlflow/store/tracking/file_store.py`: folders of experiments and runs, `meta.yaml` in each, a file a parameter, and a
/// line of time, value and step for each value of a metric.
///
/// # Errors
/// [`Error::Io`] where the system refuses.
pub(super) fn write_mlflow(
    sweep: &Sweep,
    folder: &SweepFolder,
    states: &[TrialState],
) -> Result<()> {
    let store = folder.path().join(files::MLFLOW);
    let experiment = store.join(EXPERIMENT);
    let over: Vec<(&Trial, &TrialState)> = sweep
        .trials
        .iter()
        .zip(states)
        .filter(|(_, state)| state.outcome.is_some())
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    make(&experiment)?;
    let meta = yaml(&[
        ("artifact_location", text(&format!("mlruns/{EXPERIMENT}"))),
        ("creation_time", "0".to_string()),
        ("experiment_id", text(EXPERIMENT)),
        ("last_update_time", "0".to_string()),
        ("lifecycle_stage", "active".to_string()),
        ("name", text(&sweep.file.name)),
    ]);
    write_atomically(&experiment.join("meta.yaml"), meta.as_bytes())?;
    for (trial, state) in over {
        write_run(sweep, &experiment, trial, state)?;
    }
    Ok(())
}

fn write_run(sweep: &Sweep, experiment: &Path, trial: &Trial, state: &TrialState) -> Result<()> {
    let id = run_id(&trial.folder);
    let run = experiment.join(&id);
    make(&run)?;
    for part in ["metrics", "params", "tags", "artifacts"] {
        make(&run.join(part))?;
    }
    let status = if state.failed().is_some() {
        FAILED
    } else {
        FINISHED
    };
    let meta = yaml(&[
        (
            "artifact_uri",
            text(&format!("mlruns/{EXPERIMENT}/{id}/artifacts")),
        ),
        ("end_time", "0".to_string()),
        ("entry_point_name", text("")),
        ("experiment_id", text(EXPERIMENT)),
        ("lifecycle_stage", "active".to_string()),
        ("run_id", text(&id)),
        ("run_name", text(&trial.folder)),
        ("run_uuid", text(&id)),
        ("source_name", text("gatefold")),
        ("source_type", "4".to_string()),
        ("source_version", text(env!("CARGO_PKG_VERSION"))),
        ("start_time", "0".to_string()),
        ("status", status.to_string()),
        ("tags", "[]".to_string()),
        ("user_id", text("")),
    ]);
    write_atomically(&run.join("meta.yaml"), meta.as_bytes())?;
    let configuration = sweep.configurations.get(trial.configuration);
    let values = configuration.map_or(&[][..], |there| &there.values[..]);
    for (axis, value) in sweep.compared().zip(values) {
        write_atomically(&run.join("params").join(&axis.key), value.as_bytes())?;
    }
    write_atomically(
        &run.join("params").join("training.seed"),
        trial.seed.as_bytes(),
    )?;
    write_atomically(
        &run.join("tags").join("mlflow.runName"),
        trial.folder.as_bytes(),
    )?;
    if let Some(reason) = state.failed() {
        write_atomically(&run.join("tags").join("failed"), reason.as_bytes())?;
    }
    let metrics: [(&str, Metric); 5] = [
        ("loss", |record| record.loss),
        ("accuracy", |record| record.accuracy),
        ("val_loss", |record| record.val_loss),
        ("val_accuracy", |record| record.val_accuracy),
        ("learning_rate", |record| record.learning_rate),
    ];
    for (name, value) in metrics.into_iter().filter(|_| !state.epochs.is_empty()) {
        let lines = state.epochs.iter();
        let lines: String = lines
            .map(|record| format!("0 {:?} {}\n", value(record), record.epoch))
            .collect();
        write_atomically(&run.join("metrics").join(name), lines.as_bytes())?;
    }
    Ok(())
}

/// 32 digits, the same each time for the same folder.
fn run_id(folder: &str) -> String {
    let digest = Sha256::digest(folder.as_bytes());
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Makes the folder, rid of what a process left there that was killed.
fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    remove_leftovers(folder)
}

/// Text as YAML takes it whatever is in it: JSON's strings are YAML's.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn yaml(entries: &[(&str, String)]) -> String {
    let lines = entries
        .iter()
        .map(|(key, value)| format!("{key}: {value}\n"));
    lines.collect()
}
