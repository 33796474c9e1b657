//! `wgsl-check mutate`.

use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use serde_json::json;
use wgsl_check::Shader;
use wgsl_check::mutate::{Mutant, Report, Row, Verdict, examine, faults, mutants};

use super::args::{Format, Mutate};
use super::format::{Note, write};
use super::launches::LaunchFile;
use super::verdict::Exchanged;
use super::{Source, found};

/// A mutant that takes so many times the steps of the sound shader does not end.
const PATIENCE: u64 = 10;

/// Examines every mutant; returns the report, and whether one was missed.
pub fn mutate(command: &Mutate) -> anyhow::Result<(String, bool)> {
    let source = Source::read(&command.file)?;
    let shader = source.parse().map_err(|error| anyhow!("{error}"))?;
    let mutants = match &command.faults {
        None => mutants(&shader),
        Some(path) => named(&source, path)?,
    };
    let report = match &command.command {
        Some(line) => by_command(command, &source, mutants, line)?,
        None => by_launches(command, &source, &shader, mutants)?,
    };
    let missed = report.missed().next().is_some();
    Ok((told(command.format, &source, &report)?, missed))
}

/// The faults of a file that are of this shader.
fn named(source: &Source, path: &std::path::Path) -> anyhow::Result<Vec<Mutant>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let all = faults(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let stem = std::path::Path::new(&source.path).file_stem();
    let of_file = |file: &str| stem.is_some_and(|stem| stem.to_str() == Some(file));
    let mut mutants = Vec::new();
    for fault in all.iter().filter(|fault| of_file(&fault.file)) {
        mutants.push(fault.apply(&source.text)?);
    }
    ensure!(
        !mutants.is_empty(),
        "{} has no fault whose `file` is the name of {}, without .wgsl",
        path.display(),
        source.path
    );
    Ok(mutants)
}

fn by_launches(
    command: &Mutate,
    source: &Source,
    shader: &Shader,
    mutants: Vec<Mutant>,
) -> anyhow::Result<Report> {
    let mut tests = LaunchFile::of(source, command.launches.as_deref())?.tests()?;
    let (findings, outcomes) = found(shader, &tests);
    if let Some(finding) = findings.first() {
        bail!(
            "{} has findings before any change, so they would prove nothing: {finding}",
            source.path
        );
    }
    for (test, outcome) in tests.iter_mut().zip(&outcomes) {
        let launch = &mut test.launch;
        launch.steps = launch.steps.min(PATIENCE * (outcome.steps() + 1_000));
    }
    Ok(examine(mutants, |_, mutant| {
        match found(mutant, &tests).0.first() {
            Some(finding) => Verdict::Caught(finding.rule.title().to_owned()),
            None => Verdict::Missed,
        }
    }))
}

fn by_command(
    command: &Mutate,
    source: &Source,
    mutants: Vec<Mutant>,
    line: &str,
) -> anyhow::Result<Report> {
    let limit = Duration::from_secs(command.timeout);
    let file = Exchanged::new(&command.file, &source.text)?;
    let sound = file.examine(&source.text, "", line, limit)?;
    ensure!(
        sound == Verdict::Missed,
        "{line:?} fails before any change, so it would prove nothing"
    );
    let mut failed = None;
    let report = examine(mutants, |mutant, _| {
        if failed.is_some() {
            return Verdict::Missed;
        }
        file.examine(&mutant.source, &mutant.what, line, limit)
            .unwrap_or_else(|error| {
                failed = Some(error);
                Verdict::Missed
            })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(report),
    }
}

fn told(format: Format, source: &Source, report: &Report) -> anyhow::Result<String> {
    match format {
        Format::Text => {
            let missed: String = report
                .missed()
                .map(|row| format!("{}:{row}\n", source.path))
                .collect();
            let sum = report.to_string();
            Ok(format!(
                "{missed}{}\n",
                sum.lines().last().unwrap_or_default()
            ))
        }
        Format::Json => {
            let report = json!({ "file": source.path, "mutants": report.rows });
            Ok(serde_json::to_string_pretty(&report)? + "\n")
        }
        Format::Github | Format::Sarif => {
            let note = |row: &Row| Note {
                path: source.path.clone(),
                id: "missed-mutant",
                title: "missed mutant",
                message: row.to_string(),
                place: row.place.clone(),
                text: row.to_string(),
                json: json!(row),
            };
            let notes: Vec<Note> = report.missed().map(note).collect();
            write(format, &notes, 1)
        }
    }
}
