//! The subcommands.

pub mod args;
mod format;
mod launches;
mod mutate;
mod verdict;

use std::path::Path;

use anyhow::{Context, ensure};
use wgsl_check::lint::{Limits, lint, resources};
use wgsl_check::{Finding, InvalidShader, Outcome, Shader, merge};

use args::{Arguments, Command, Common, Show};
use format::Note;
use launches::{LaunchFile, Test};

/// A shader's file.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn read(path: &Path) -> anyhow::Result<Source> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("{name} cannot be read"))?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("{name} is no text in UTF-8, as WGSL is"))?;
        Ok(Source { path: name, text })
    }

    fn parse(&self) -> Result<Shader, InvalidShader> {
        Shader::parse_named(&self.text, &self.path)
    }
}

/// Runs the subcommand; returns what it says, and whether it found something.
pub fn run(arguments: &Arguments) -> anyhow::Result<(String, bool)> {
    match &arguments.command {
        Command::Lint { common } => each(common, |source| {
            Ok(match source.parse() {
                Ok(shader) => {
                    let mut findings = lint(&shader);
                    findings.extend(resources(&shader, &Limits::WEBGPU));
                    (findings, String::new())
                }
                Err(error) => (vec![error.finding().clone()], String::new()),
            })
        }),
        Command::Run {
            common,
            launches,
            show,
        } => {
            let one = launches.is_none() || common.files.len() == 1;
            ensure!(one, "--launches is for one shader; give one FILE");
            each(common, |source| run_file(source, launches.as_deref(), show))
        }
        Command::Mutate(command) => mutate::mutate(command),
    }
}

/// Does something with each file, and says what was found.
fn each(
    common: &Common,
    work: impl Fn(&Source) -> anyhow::Result<(Vec<Finding>, String)>,
) -> anyhow::Result<(String, bool)> {
    let mut notes = Vec::new();
    let mut said = String::new();
    for path in &common.files {
        let source = Source::read(path)?;
        let (findings, more) = work(&source)?;
        said.push_str(&more);
        notes.extend(
            findings
                .iter()
                .map(|finding| Note::of(finding, &source.path, &source.text)),
        );
    }
    let found = !notes.is_empty();
    Ok((
        said + &format::write(common.format, &notes, common.files.len())?,
        found,
    ))
}

fn run_file(
    source: &Source,
    launches: Option<&Path>,
    show: &[Show],
) -> anyhow::Result<(Vec<Finding>, String)> {
    let file = LaunchFile::of(source, launches)?;
    let shader = match source.parse() {
        Ok(shader) => shader,
        Err(error) => return Ok((vec![error.finding().clone()], String::new())),
    };
    let tests = file.tests()?;
    let (findings, outcomes) = found(&shader, &tests);
    let mut said = String::new();
    for (test, outcome) in tests.iter().zip(&outcomes) {
        for show in show {
            said.push_str(&show.of(&test.name, outcome)?);
        }
    }
    Ok((findings, said))
}

/// What is found about a shader and its launches, the numbers that they expect included; and what each came to.
fn found(shader: &Shader, tests: &[Test]) -> (Vec<Finding>, Vec<Outcome>) {
    let mut findings = lint(shader);
    let mut outcomes = Vec::new();
    for test in tests {
        let outcome = wgsl_check::run(shader, &test.launch);
        merge(&mut findings, outcome.findings().iter().cloned());
        findings.extend(test.unmet(&outcome));
        outcomes.push(outcome);
    }
    (findings, outcomes)
}
