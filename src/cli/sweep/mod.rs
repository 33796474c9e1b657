//! `gatefold sweep`: many runs, made of one file.

mod estimate;
mod jobs;
mod table;
mod tell;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use gatefold::Error;
use gatefold::sweep::{
    Listing, Results, Sweep, SweepFile, SweepFolder, TrialState, Worked, Worker, files,
};
use serde::Serialize;

use super::args::SweepArgs;
use super::interrupt;
use super::screen::{Output, counted, field, terminal_columns};
use super::settings::{adapter_choice, token_cache};
use super::usage::option;
use tell::Teller;

#[derive(Serialize)]
struct TrialLine<'a> {
    trial: &'a str,
    status: &'a str,
    epochs: usize,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct SweepLine<'a> {
    folder: &'a Path,
    complete: bool,
    failed: usize,
    #[serde(flatten)]
    results: &'a Results,
}

/// Trains what is left of the sweep, and compares its trials.
pub fn run(args: &SweepArgs, quiet: bool) -> Result<()> {
    let output = Output {
        json: args.json,
        quiet,
    };
    let sweep = Sweep::new(SweepFile::read(&args.file)?)?;
    let out = out(args, &sweep);
    if args.list {
        return list(&sweep, &out, output);
    }
    output.field("Sweep", &table::summary(&sweep));
    let stop = interrupt::install(output)?;
    if args.dry_run {
        return estimate::run(args, &sweep, &stop, output);
    }
    let folder = SweepFolder::open(&out, &sweep)?;
    if args.retry_failed {
        forget_failures(&sweep, &folder)?;
    }
    let mut teller = Teller::new(output, &sweep);
    if args.jobs > 1 {
        jobs::run(args, &folder, &sweep, &stop, &mut teller)?;
    }
    // With several processes, what those that were killed have left.
    let mut worker = worker(args, &sweep, &folder);
    let worked = worker.work(&stop, &mut |event| teller.tell(event));
    teller.end();
    if let Err(error) = &worked
        && !matches!(error, Error::Io { .. })
    {
        output.say(&format!(
            "Go on with: gatefold sweep {}",
            args.file.display()
        ));
    }
    conclude(&sweep, &folder, worked?, output)
}

fn worker<'a>(args: &SweepArgs, sweep: &'a Sweep, folder: &'a SweepFolder) -> Worker<'a> {
    let mut worker = Worker::new(sweep, folder);
    worker.adapter = adapter_choice(&args.device);
    worker.kernels = args.device.kernels.into();
    worker.row_tile = args.tile.rows();
    worker.cache = token_cache(args.no_cache);
    worker.share = args.take;
    worker
}

fn out(args: &SweepArgs, sweep: &Sweep) -> PathBuf {
    let named = args.out.clone();
    named.unwrap_or_else(|| PathBuf::from(format!("runs/{}", sweep.file.name)))
}

/// Has trials that failed begin again.
fn forget_failures(sweep: &Sweep, folder: &SweepFolder) -> Result<()> {
    for (trial, state) in sweep.trials.iter().zip(folder.states(sweep)?) {
        if state.failed().is_some() {
            let path = folder.trial(&trial.folder).join(files::OUTCOME);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io(path)(error).into());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Lists the trials and what is known of them.
fn list(sweep: &Sweep, out: &Path, output: Output) -> Result<()> {
    if let Some(there) = Listing::read(out)?
        && there != Listing::of(sweep)?
    {
        let problem = format!(
            "{} holds another sweep; name the folder of this one",
            out.display()
        );
        return Err(option("--out", problem).into());
    }
    for trial in &sweep.trials {
        let state = TrialState::read(&out.join(&trial.folder))?;
        let line = TrialLine {
            trial: &trial.folder,
            status: table::status(&state),
            epochs: state.epochs.len(),
            reason: state.failed(),
        };
        output.event("trial", &line)?;
        output.result(&table::trial_line("", trial, &state, terminal_columns()))?;
    }
    Ok(())
}

/// Writes and tells what came of the trials; fails where one did.
fn conclude(sweep: &Sweep, folder: &SweepFolder, worked: Worked, output: Output) -> Result<()> {
    let results = Results::write(sweep, folder)?;
    let failed = results.failed().count();
    output.result(&format!("\n{}\n", table::configurations(&results)))?;
    for sentence in results.sentences() {
        output.result(&field("", &sentence))?;
    }
    for importance in &results.importance {
        let share = format!(
            "{}: {:.1} % of the variance",
            importance.axis,
            100.0 * importance.share
        );
        output.result(&field("", &share))?;
    }
    if worked.left > 0 {
        let words = format!("{} left to other processes", counted(worked.left, "trial"));
        output.field("Note", &words);
    }
    let shown = folder.path().display();
    // Where no trial has a metric, there is nothing to draw.
    let report = match results.has_report() {
        true => "report.html, ",
        false => "",
    };
    output.result(&field(
        "Results",
        &format!("{shown}: {report}results.csv, results.json, mlruns"),
    ))?;
    let line = SweepLine {
        folder: folder.path(),
        complete: results.complete,
        failed,
        results: &results,
    };
    output.event("sweep", &line)?;
    match results.failed().next() {
        None => Ok(()),
        Some(first) => Err(Error::Data(format!(
            "{} failed, the first of them {}: {}; mend it and give `retry_failed`, or leave it out of the sweep",
            counted(failed, "trial"),
            first.folder,
            first.reason.as_deref().unwrap_or("for an unknown reason")
        ))
        .into()),
    }
}
