//! The command line, one file a subcommand: [`args`] is what was typed, [`settings`] what it means.

mod args;
mod bench;
mod build_vocab;
mod callbacks;
mod compare;
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
mod log;
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

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches};

use args::{Arguments, Command, DataCommand};
use resume::Typed;

/// Runs the command that was typed. Wrong usage ends the program here, with exit code 2.
pub fn run() -> Result<()> {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let typed = Typed::of(&matches);
    log::start(arguments.verbose);
    let quiet = arguments.quiet;
    match arguments.command {
        Command::Compare(args) => compare::run(args, &typed, quiet),
        Command::Train(args) => train::run(args, &typed, quiet),
        Command::Summary(args) => summary::run(&args),
        Command::Plot(args) => plot::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Data(DataCommand::Inspect(args)) => inspect::run(&args, quiet),
        Command::Data(DataCommand::Encode(args)) => convert::encode(&args),
        Command::Data(DataCommand::Decode(args)) => convert::decode(&args),
        Command::Data(DataCommand::BuildVocab(args)) => build_vocab::run(&args, quiet),
        Command::Data(DataCommand::Fetch(args)) => fetch::run(&args, quiet),
        Command::Data(DataCommand::Export(args)) => export::run(&args, quiet),
        Command::Bench(args) => bench::run(&args),
    }
}
