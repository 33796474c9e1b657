//! What `report.html` tells of runs, from the files in their folders.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::command::Trains;
use super::files;
use super::finished::{name_apart, read_histories};
use super::spec::RunSpec;
use crate::error::Result;
use crate::model::{Model, ModelDescription, Variant};
use crate::report::{Report, ReportedRun, Section, report_page, write_atomically};

/// What the model file is called in the command that reads it.
const MODEL_FILE: &str = "model.toml";

/// Writes the page of `runs` into `folder`, where the comparison of several runs stands.
///
/// # Errors
/// As [`read_report`]; [`Error::Io`](crate::Error::Io) where the file cannot be written.
pub fn write_report(folder: &Path, runs: &[PathBuf]) -> Result<()> {
    let report = read_report(runs, Some(folder))?;
    write_atomically(
        &folder.join(files::REPORT),
        report_page(&report)?.as_bytes(),
    )
}

/// What the page tells of `runs`, which `comparison` compared if that is the folder of one.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) and [`Error::Malformed`](crate::Error::Malformed) where a file is missing or damaged.
pub fn read_report(runs: &[PathBuf], comparison: Option<&Path>) -> Result<Report> {
    let mut histories = read_histories(runs)?;
    name_apart(&mut histories, runs);
    let mut report = Report::default();
    let mut names: Vec<String> = Vec::new();
    for (folder, history) in runs.iter().zip(histories) {
        let mut reported = ReportedRun {
            history,
            ..ReportedRun::default()
        };
        if let Some(spec) = RunSpec::read(folder)? {
            report.synthetic |= spec.data.synthetic;
            if !names.contains(&spec.data.name) {
                names.push(spec.data.name.clone());
            }
            reported.sections = sections(&spec.to_table()?);
            let callbacks = spec.callbacks.as_ref();
            reported.monitor = callbacks.map(|callbacks| callbacks.monitor);
            reported.keeps_best =
                callbacks.is_some_and(|callbacks| callbacks.early_stopping.is_some());
            if let Some(model) = &spec.model {
                describe_model(&mut reported, &spec, model)?;
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
    let Some(spec) = RunSpec::read(folder)? else {
        return Ok(None);
    };
    match &spec.comparison {
        Some(comparison) => spec.command_line(&Trains::Comparison(&comparison.variants)),
        None => Ok(None),
    }
}

/// Adds the layers, and the command that trains them.
fn describe_model(
    reported: &mut ReportedRun,
    spec: &RunSpec,
    layers: &ModelDescription,
) -> Result<()> {
    let model = layers.clone().build()?;
    reported.summary = Some(model.summarise());
    let trains = if is_variant(&model)? {
        Trains::Variant(model.name())
    } else {
        reported.model_file = Some(model.to_toml()?);
        Trains::ModelFile(MODEL_FILE)
    };
    reported.command = spec.command_line(&trains)?;
    Ok(())
}

/// Whether the model is that of the variant of its name, for as many classes, its padding masked or not.
fn is_variant(model: &Model) -> Result<bool> {
    let Ok(variant) = model.name().parse::<Variant>() else {
        return Ok(false);
    };
    let plain = variant.model(model.embedding().vocabulary)?;
    let plain = plain.with_classes(model.classes())?;
    Ok(plain == *model || plain.with_mask()? == *model)
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
