//! What `report.html` tells of runs, from the files in their folders.

use std::path::{Path, PathBuf};

use gatefold::Result;
use gatefold::model::{Model, Variant};
use gatefold::report::{Report, ReportedRun, Section, report_page, write_atomically};
use gatefold::train::Monitor;
use serde::Deserialize;
use toml::{Table, Value};

use super::command_line::{Trains, command_line};
use super::finished_runs::{name_apart, read_histories};
use super::run_config::{self, Comparison, ModelFile};
use super::settings::mask_padding;

/// The file's name in the folder of a run or a comparison.
pub const FILE: &str = "report.html";

/// What the model file is called in the command that reads it.
const MODEL_FILE: &str = "model.toml";

/// What the page needs of `config.toml`, whatever version wrote it.
#[derive(Deserialize)]
struct Known {
    data: KnownData,
    callbacks: Option<KnownCallbacks>,
    model: Option<ModelFile>,
    comparison: Option<Comparison>,
}

#[derive(Deserialize)]
struct KnownData {
    name: String,
    synthetic: bool,
}

#[derive(Deserialize)]
struct KnownCallbacks {
    monitor: Monitor,
    early_stopping: Option<u32>,
}

/// Writes the page of `runs` into `folder`, where the comparison of several runs stands.
///
/// # Errors
/// As [`read`]; [`Error::Io`] where the file cannot be written.
pub fn write(folder: &Path, runs: &[PathBuf]) -> Result<()> {
    let report = read(runs, Some(folder))?;
    write_atomically(&folder.join(FILE), report_page(&report)?.as_bytes())
}

/// What the page tells of `runs`, which `comparison` compared if that is the folder of one.
///
/// # Errors
/// [`Error::Io`] and [`Error::Malformed`] where a file is missing or damaged.
pub fn read(runs: &[PathBuf], comparison: Option<&Path>) -> Result<Report> {
    let mut histories = read_histories(runs)?;
    name_apart(&mut histories, runs);
    let mut report = Report::default();
    let mut names: Vec<String> = Vec::new();
    for (folder, history) in runs.iter().zip(histories) {
        let known: Option<Known> = run_config::known(folder)?;
        let config: Table = run_config::known(folder)?.unwrap_or_default();
        if let Some(Known { data, .. }) = &known {
            report.synthetic |= data.synthetic;
            if !names.contains(&data.name) {
                names.push(data.name.clone());
            }
        }
        let mut reported = ReportedRun {
            history,
            sections: sections(&config),
            ..ReportedRun::default()
        };
        if let Some(Known {
            callbacks, model, ..
        }) = known
        {
            reported.monitor = callbacks.as_ref().map(|callbacks| callbacks.monitor);
            reported.keeps_best =
                callbacks.is_some_and(|callbacks| callbacks.early_stopping.is_some());
            if let Some(file) = model {
                describe_model(&mut reported, &config, &file)?;
            }
        }
        report.runs.push(reported);
    }
    report.data = (!names.is_empty()).then(|| names.join(", "));
    if let Some(folder) = comparison {
        report.command = comparison_command(folder)?;
    }
    Ok(report)
}

/// The command that compares the runs in `folder`, if they were compared.
fn comparison_command(folder: &Path) -> Result<Option<String>> {
    let known: Option<Known> = run_config::known(folder)?;
    let config: Table = run_config::known(folder)?.unwrap_or_default();
    let comparison = known.and_then(|known| known.comparison);
    Ok(comparison
        .and_then(|Comparison { variants }| command_line(&config, &Trains::Comparison(&variants))))
}

/// Adds the layers, and the command that trains them.
fn describe_model(reported: &mut ReportedRun, config: &Table, file: &ModelFile) -> Result<()> {
    let model = file.model()?;
    reported.summary = Some(model.summarise());
    let trains = if is_variant(&model)? {
        Trains::Variant(model.name())
    } else {
        reported.model_file = Some(toml::to_string(file).map_err(run_config::refused)?);
        Trains::ModelFile(MODEL_FILE)
    };
    reported.command = command_line(config, &trains);
    Ok(())
}

/// Whether the model is that of the variant of its name, its padding masked or not.
fn is_variant(model: &Model) -> Result<bool> {
    let Ok(variant) = model.name().parse::<Variant>() else {
        return Ok(false);
    };
    let plain = variant.model(model.embedding().vocabulary)?;
    Ok(plain == *model || mask_padding(plain)? == *model)
}

/// The tables of the file, but for the layers, which the page shows as a model's summary.
fn sections(config: &Table) -> Vec<Section> {
    let tables = config.iter().filter_map(|(name, value)| match value {
        Value::Table(table) if name != "model" => Some((name, table)),
        _ => None,
    });
    let sections = tables.map(|(name, table)| Section {
        name: words(name),
        entries: table
            .iter()
            .map(|(name, value)| (words(name), shown(value)))
            .collect(),
    });
    sections.collect()
}

fn words(key: &str) -> String {
    key.replace('_', " ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
