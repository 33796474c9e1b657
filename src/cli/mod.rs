//! The command line, one file a subcommand: [`args`] is what was typed, [`settings`] what it means.

mod args;
mod bench;
mod build_vocab;
mod compare;
mod completions;
mod convert;
mod devices;
#[cfg(feature = "download")]
mod download_progress;
mod excerpt;
mod export;
mod fetch;
mod inspect;
mod inspection;
mod interrupt;
mod lock;
mod man;
#[cfg(feature = "serve")]
mod page;
mod plot;
mod progress;
mod resume;
mod run;
mod run_config;
mod run_folder;
mod screen;
mod settings;
mod summary;
mod train;
mod training;
mod watch;
#[cfg(feature = "watch")]
mod watch_screen;

use std::io::{self, IsTerminal};

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::EnvFilter;

use args::{Arguments, Command, DataCommand};
use resume::Typed;

/// Runs the command that was typed. Wrong usage ends the program here, with exit code 2.
pub fn run() -> Result<()> {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let typed = Typed::of(&matches);
    start_logging(arguments.verbose);
    let quiet = arguments.quiet;
    match arguments.command {
        Command::Compare(args) => compare::run(args, &typed, quiet),
        Command::Train(args) => train::run(args, &typed, quiet),
        Command::Summary(args) => summary::run(&args),
        Command::Watch(args) => watch::run(&args, quiet),
        Command::Plot(args) => plot::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Data(DataCommand::Inspect(args)) => inspect::run(&args, quiet),
        Command::Data(DataCommand::Encode(args)) => convert::encode(&args),
        Command::Data(DataCommand::Decode(args)) => convert::decode(&args),
        Command::Data(DataCommand::BuildVocab(args)) => build_vocab::run(&args, quiet),
        Command::Data(DataCommand::Fetch(args)) => fetch::run(&args, quiet),
        Command::Data(DataCommand::Export(args)) => export::run(&args, quiet),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Sends log records to standard error: what `RUST_LOG` asks for, else what `-v` does.
fn start_logging(verbose: u8) {
    let filter = match verbose {
        // wgpu complains of drivers that work, and its failures come back as errors.
        0 => "warn,wgpu_core=off,wgpu_hal=off,naga=off",
        1 => "info,wgpu_core=warn,wgpu_hal=warn,naga=warn",
        2 => "debug,wgpu_core=info,wgpu_hal=info,naga=info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && !no_color)
        .without_time()
        .init();
}
