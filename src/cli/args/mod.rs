//! What was typed: every option once, with its help. [`super::settings`] checks what it means.

mod batch;
mod bench;
mod callbacks;
mod choice;
mod data;
mod data_commands;
mod device;
mod model;
mod runs;
mod training;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use batch::{BatchArgs, PaddingArgs};
pub use bench::BenchArgs;
pub use data::{DataArgs, ReadingArgs, SourceArgs, TestDataArgs, first_given};
pub use data_commands::{
    BuildVocabArgs, ConvertArgs, DataCommand, DataExportArgs, FetchArgs, Format, InspectArgs,
};
pub use device::{DeviceArgs, DevicesArgs, TileArgs};
pub use model::{ModelArgs, SummaryArgs};
pub use runs::{
    EvaluateArgs, ExplainArgs, ExportArgs, ExportFormat, ImportArgs, PredictArgs, ReportArgs,
    RunArgs,
};
pub use training::{CompareArgs, TrainArgs, TrainingArgs};
pub use watch::WatchArgs;

/// Trains recurrent sentiment models with GPU compute shaders
///
/// gatefold trains classifiers of film reviews on any Vulkan, Metal or DX12 adapter, a software one
/// where there is no GPU, and writes the plots people compare models with.
#[derive(Debug, Parser)]
#[command(name = "gatefold", version, max_term_width = 80, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Say more; repeat for more still
    ///
    /// RUST_LOG, where it is set, decides instead, in the syntax of env_logger.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub quiet: bool,
}

const GENERAL: &str = "General options";

pub const OUTPUT: &str = "Output options";

const AFTER_HELP: &str = "Results go to standard output, progress to standard error.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.";

const COMPLETIONS_HELP: &str = "Put the output where the shell looks for it:
  bash        ~/.local/share/bash-completion/completions/gatefold
  zsh         ~/.zfunc/_gatefold, with fpath+=~/.zfunc before compinit in .zshrc
  fish        ~/.config/fish/completions/gatefold.fish
  powershell  at the end of the file that $PROFILE names
  elvish      at the end of ~/.config/elvish/rc.elv";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the experiment's models on the same data and compare them
    ///
    /// Without options this trains the three models on the embedded demo corpus. Each leaves a run
    /// folder with its history, plots and parameters; figures that compare them lie above those.
    Compare(CompareArgs),
    /// Train one model
    Train(TrainArgs),
    /// Measure how good a trained model is on the test reviews
    ///
    /// Loss and accuracy are those that training gives for validation, in the batches of training, but
    /// over all test reviews. Precision, recall and F1 are those of positive reviews; of a model that gives
    /// every class a probability they are means over the classes, as is the area under the ROC curve. The balanced
    /// accuracy is the mean of the recalls of the classes that have reviews.
    Evaluate(EvaluateArgs),
    /// Tell the probability that reviews are positive, or which class they are of
    ///
    /// Every review is read at its own length, without padding, so that its probability does not depend on
    /// those beside it. A model that does not mask padding has seen much of it in training, and may say
    /// something else of a padded review: that is how `gatefold evaluate` reads them. Lines are read 4,096
    /// at a time and answered in their order.
    Predict(PredictArgs),
    /// Show which words moved a prediction
    ///
    /// A word's contribution is gradient times input, summed over its tokens: how fast the logit moves
    /// as its embedding is scaled. Above 0 it speaks for a positive review, below 0 against it; of several classes, for
    /// and against the most likely one, or the one that --class names.
    Explain(ExplainArgs),
    /// Write a trained model in another program's format
    Export(ExportArgs),
    /// Make a run folder of weights that another program trained
    ///
    /// Reads a .weights.h5 of Keras, the weights in its .keras, or safetensors under the names that
    /// `gatefold export` writes. The model must have the same layers, and the data the vocabulary that it was
    /// trained with.
    Import(ImportArgs),
    /// Print a model's layers, output shapes and parameter counts
    Summary(SummaryArgs),
    /// Show how a run goes: its curves, its rate and the time left, in the terminal or as a page
    ///
    /// It reads what the run writes to its folder, so it works from any terminal, while the run trains
    /// and afterwards, and may be started and stopped at will. Where standard output is no terminal,
    /// it prints a line an epoch until the run is over.
    Watch(WatchArgs),
    /// Draw the plots of finished runs again, from their histories
    Plot(PlotArgs),
    /// Write a report of finished runs as one page for a browser
    ///
    /// `train` and `compare` leave one as report.html; this writes it again, of any runs, and with
    /// --examples tests them. The page needs no other file and asks nothing of any network.
    Report(ReportArgs),
    /// List the adapters of this machine and say which one gatefold takes
    Devices(DevicesArgs),
    /// Look at reviews, and turn text into subword ids and back
    #[command(subcommand)]
    Data(DataCommand),
    /// Time a model's steps, and each kernel of a step
    Bench(BenchArgs),
    /// Print what makes a shell complete gatefold's commands and options
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Write the man pages, one a command
    ///
    /// gatefold man ~/.local/share/man/man1 puts them where `man gatefold` finds them. Without a folder
    /// the page of gatefold itself goes to standard output: gatefold man | man -l -
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Folders of runs; one that `compare` wrote stands for the runs in it
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Where to write what compares several runs [default: the folder that holds them all]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder to write them to; it is made where it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
