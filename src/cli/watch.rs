//! `gatefold watch`: how a run goes, in the terminal, as a page, or a line an epoch.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use gatefold::Error;
use gatefold::run::holds_run;
use gatefold::sweep::Listing;
use gatefold::watch::{Status, WatchedFolder, look};

use super::args::WatchArgs;
use super::interrupt;
#[cfg(feature = "serve")]
use super::page;
use super::progress::epoch_figures;
#[cfg(feature = "serve")]
use super::screen::Output;
use super::usage::option;

/// How often the run's files are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Shows the run until the user has seen enough, or without a terminal until it is over.
pub fn run(args: &WatchArgs, quiet: bool) -> Result<()> {
    let is_sweep = Listing::read(&args.run)?.is_some();
    if !is_sweep && !holds_run(&args.run) && !args.run.join("history.json").is_file() {
        let problem = format!(
            "{}: no run to watch: give the folder that `gatefold train` or `compare` writes to, as \
             --out names it",
            args.run.display()
        );
        return Err(option("RUN", problem).into());
    }
    // Its files are read before the screen is taken, so that what is wrong with them is told as ever.
    look(&args.run)?;
    let stop = interrupt::install_for_watching()?;
    #[cfg(not(feature = "serve"))]
    let _ = quiet;
    #[cfg(feature = "serve")]
    if let Some(address) = args.serve.serve {
        let output = Output { json: false, quiet };
        let _page = page::open(&args.run, address, output)?;
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(100));
        }
        return Ok(());
    }
    #[cfg(feature = "watch")]
    if io::IsTerminal::is_terminal(&io::stdout()) {
        return super::watch_screen::run(&args.run, INTERVAL, &stop);
    }
    print_until_over(args, &stop)
}

/// Prints a line for each epoch that is over, and one where a run begins or ends.
fn print_until_over(args: &WatchArgs, stop: &AtomicBool) -> Result<()> {
    let mut told = Vec::new();
    loop {
        let watched = look(&args.run)?;
        print_news(&watched, &mut told)?;
        if watched.is_over() {
            return Ok(());
        }
        thread::sleep(INTERVAL);
        if stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted.into());
        }
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
                writeln!(out, "{}", epoch_figures(record, run.epochs).join("  "))?;
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
