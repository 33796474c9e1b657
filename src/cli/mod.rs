//! The command line, one file a subcommand: [`args`] is what was typed, [`settings`] what it means.

mod answers;
mod args;
mod bench;
mod build_vocab;
mod compare;
mod completions;
mod convert;
mod devices;
#[cfg(feature = "download")]
mod download_progress;
mod evaluate;
mod examples;
mod exit_codes;
mod explain;
mod export;
mod export_data;
mod fetch;
mod help;
mod import;
mod inspect;
mod inspection;
mod interrupt;
mod log;
mod man;
mod man_page;
pub mod option_names;
mod output_file;
#[cfg(feature = "serve")]
mod page;
mod plot;
mod predict;
mod progress;
mod ranks;
mod rates;
mod report;
mod report_test;
mod resumed;
pub mod screen;
#[cfg(feature = "serve")]
mod serve;
mod settings;
mod standard_input;
mod summary;
mod sweep;
mod tell_origin;
mod test_data;
pub mod time_limit;
mod train;
mod training_job;
mod typed;
mod usage;
mod watch;
#[cfg(feature = "watch")]
mod watch_screen;

use std::sync::Arc;

use anyhow::Result;
use clap::FromArgMatches;
use gatefold::ranks::{Launch, Ranks};

use args::{Arguments, Command, DataCommand};
use typed::TypedOptions;

/// What came of a command.
pub struct Ended {
    pub outcome: Result<()>,
    /// Whether this process is the one to tell why it failed.
    pub tells: bool,
    /// Dropped last: the ranks end together.
    _ranks: Option<Arc<Ranks>>,
}

impl Ended {
    fn alone(outcome: Result<()>, tells: bool) -> Ended {
        Ended {
            outcome,
            tells,
            _ranks: None,
        }
    }
}

/// Runs the command that was typed. Wrong usage ends the program here, with exit code 2.
pub fn run() -> Ended {
    let launch = Launch::from_environment();
    let launch = launch.as_ref();
    let parsed = help::command().try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((arguments, matches))
    });
    let (arguments, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if ranks::is_first(launch) => error.exit(),
        Err(_) => return Ended::alone(Ok(()), false),
    };
    let is_silent = ranks::is_silent(launch, &arguments.command);
    if is_silent {
        screen::silence();
    }
    let ranks = match ranks::start(launch, &arguments.command) {
        Ok(ranks) => ranks,
        Err(error) => return Ended::alone(Err(error), !is_silent),
    };
    let outcome = run_command(arguments, &matches, is_silent, ranks.as_ref());
    let Some(ranks) = ranks else {
        return Ended::alone(outcome, true);
    };
    let outcome = ranks::end(&ranks, outcome);
    Ended {
        outcome,
        tells: ranks.is_first() || !ranks.have_failed(),
        _ranks: Some(ranks),
    }
}

fn run_command(
    arguments: Arguments,
    matches: &clap::ArgMatches,
    is_silent: bool,
    ranks: Option<&Arc<Ranks>>,
) -> Result<()> {
    let typed = TypedOptions::of(matches);
    // A trace needs to see what happens from the start.
    let timeline = match &arguments.command {
        Command::Bench(args) => args.trace.as_ref().map(|_| bench::Timeline::new()),
        _ => None,
    };
    log::start(arguments.verbose, is_silent, timeline.clone());
    let quiet = arguments.quiet || is_silent;
    match arguments.command {
        Command::Compare(args) => compare::run(&args, &typed, quiet, ranks),
        Command::Train(args) => train::run(&args, &typed, quiet, ranks),
        Command::Sweep(args) => sweep::run(&args, quiet),
        Command::Evaluate(args) => evaluate::run(&args, quiet, ranks),
        Command::Predict(args) => predict::run(&args, quiet),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args, quiet),
        Command::Explain(args) => explain::run(&args, quiet),
        Command::Export(args) => export::run(&args, quiet),
        Command::Import(args) => import::run(&args, quiet),
        Command::Summary(args) => summary::run(&args),
        Command::Watch(args) => watch::run(&args, quiet),
        Command::Plot(args) => plot::run(&args),
        Command::Report(args) => report::run(&args, quiet),
        Command::Devices(args) => devices::run(&args),
        Command::Data(DataCommand::Inspect(args)) => inspect::run(&args, quiet),
        Command::Data(DataCommand::Encode(args)) => convert::encode(&args),
        Command::Data(DataCommand::Decode(args)) => convert::decode(&args),
        Command::Data(DataCommand::BuildVocab(args)) => build_vocab::run(&args, quiet),
        Command::Data(DataCommand::Fetch(args)) => fetch::run(&args, quiet),
        Command::Data(DataCommand::Export(args)) => export_data::run(&args, quiet),
        Command::Bench(args) => bench::run(&args, timeline.as_ref(), quiet),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
