//! `gatefold watch`: how a run goes, in the terminal, as a page, or a line an epoch; or how all runs of a folder do.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use gatefold::Error;
use gatefold::run::{has_history, holds_run};
use gatefold::sweep::Listing;
use gatefold::watch::{RunList, Status, WatchedFolder, is_listed, look};

use super::args::WatchArgs;
use super::interrupt;
#[cfg(feature = "serve")]
use super::page;
use super::progress::epoch_metrics;
#[cfg(feature = "serve")]
use super::screen::Output;
use super::screen::visible;
use super::usage::option;

/// How often the run's files are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Shows the run until the user has seen enough, or without a terminal until it is over; of a folder of runs, all of them.
pub fn run(args: &WatchArgs, quiet: bool) -> Result<()> {
    let is_listed = is_listed(&args.run)?;
    let is_sweep = Listing::read(&args.run)?.is_some();
    if !is_listed && !is_sweep && !holds_run(&args.run) && !has_history(&args.run) {
        let problem = format!(
            "{}: no run to watch: give the folder that `gatefold train` or `compare` writes to, as \
             --out names it, or a folder above several",
            args.run.display()
        );
        return Err(option("RUN", problem).into());
    }
    // Its files are read before the screen is taken, so that what is wrong with them is told as ever.
    match is_listed {
        true => drop(RunList::new(&args.run).look()?),
        false => drop(look(&args.run)?),
    }
    let stop = interrupt::install_for_watching()?;
    #[cfg(not(feature = "serve"))]
    let _ = quiet;
    #[cfg(feature = "serve")]
    if let Some(address) = args.serve.serve {
        let output = Output { json: false, quiet };
        let _page = match is_listed {
            true => page::open_list(&args.run, address, output)?,
            false => page::open(&args.run, address, output)?,
        };
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(100));
        }
        return Ok(());
    }
    #[cfg(feature = "watch")]
    if io::IsTerminal::is_terminal(&io::stdout()) {
        return match is_listed {
            true => super::watch_screen::run_list(&args.run, INTERVAL, &stop),
            false => super::watch_screen::run(&args.run, INTERVAL, &stop),
        };
    }
    match is_listed {
        true => print_list(&args.run),
        false => print_until_over(args, &stop),
    }
}

/// Prints a line for each run as it is now.
fn print_list(folder: &Path) -> Result<()> {
    let mut out = io::stdout().lock();
    let runs = RunList::new(folder).look()?;
    let widest = runs.iter().map(|run| visible(&run.name).chars().count());
    let widest = widest.max().unwrap_or(0);
    for run in &runs {
        let (name, words) = (visible(&run.name), run.words().join(", "));
        writeln!(out, "{name:widest$}  {}", visible(&words))?;
    }
    Ok(out.flush()?)
}

/// Prints a line for each epoch that is over, and one where a run begins or ends.
///
/// # Errors
/// Where not all came to its end, with the command that goes on.
fn print_until_over(args: &WatchArgs, stop: &AtomicBool) -> Result<()> {
    let mut told = Vec::new();
    let mut was_left = false;
    loop {
        let watched = look(&args.run)?;
        // Between two trials or processes none is under way: only what is left at two looks is.
        let is_left = watched.resume.is_some();
        if is_left == was_left {
            print_news(&watched, &mut told)?;
            if watched.is_over() {
                return ended(&watched);
            }
        }
        was_left = is_left;
        thread::sleep(INTERVAL);
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
    }
}

/// What a run, a comparison or a sweep that is over means to who waited for it.
fn ended(watched: &WatchedFolder) -> Result<()> {
    if watched.is_finished() {
        return Ok(());
    }
    let folder = watched.folder.display();
    let state = match watched.is_dead {
        true => "dead",
        false => "stopped before its end",
    };
    match watched.resume_words() {
        Some(words) => bail!("{folder}: {state}. {words}"),
        None => bail!("{folder}: {state}"),
    }
}

/// What was printed of a run: the epochs up to this one, and in which state it was.
#[derive(Default)]
struct Told {
    /// Whether its name stands above its lines.
    is_named: bool,
    epoch: usize,
    status: Option<Status>,
}

fn print_news(watched: &WatchedFolder, told: &mut Vec<Told>) -> io::Result<()> {
    told.resize_with(watched.runs.len(), Told::default);
    let mut out = io::stdout().lock();
    for (run, told) in watched.runs.iter().zip(told) {
        if run.status == Status::Waiting {
            continue;
        }
        if !told.is_named && watched.runs.len() > 1 {
            writeln!(out, "{}", run.name)?;
            told.is_named = true;
        }
        // Earlier epochs may come again where the run was begun anew.
        told.epoch = told.epoch.min(run.epochs_over);
        for record in &run.history {
            if record.epoch > told.epoch {
                writeln!(out, "{}", epoch_metrics(record, run.epochs).join("  "))?;
                told.epoch = record.epoch;
            }
        }
        if told.status.as_ref() != Some(&run.status) {
            writeln!(out, "{}", run.words().join(", "))?;
            told.status = Some(run.status.clone());
        }
    }
    out.flush()
}
