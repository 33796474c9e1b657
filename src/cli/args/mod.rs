//! What was typed: every option once, with its help. [`super::settings`] checks what it means.

mod batch;
mod bench;
mod callbacks;
mod choice;
mod data;
mod data_commands;
mod device;
mod figures;
mod model;
mod plot;
mod runs;
#[cfg(feature = "serve")]
mod serve;
mod sweep;
mod training;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::exit_codes;

pub use batch::{BatchArgs, PaddingArgs};
pub use bench::BenchArgs;
pub use data::{DataArgs, ReadingArgs, SourceArgs, TestDataArgs, first_given};
pub use data_commands::{
    BuildVocabArgs, BuiltKind, ConvertArgs, DataCommand, DataExportArgs, FetchArgs, Format,
    InspectArgs,
};
pub use device::{DeviceArgs, DevicesArgs, Kernels, StorageArgs, TileArgs};
pub use figures::FigureArgs;
pub use model::{ModelArgs, SummaryArgs};
pub use plot::PlotArgs;
pub use runs::{
    AnswerFormat, EvaluateArgs, ExplainArgs, ExportArgs, ExportFormat, ImportArgs, PredictArgs,
    ReportArgs, RunArgs,
};
#[cfg(feature = "serve")]
pub use serve::ServerArgs;
pub use sweep::SweepArgs;
pub use training::{CompareArgs, RateArg, TrainArgs, TrainingArgs};
pub use watch::WatchArgs;

/// Trains recurrent sentiment models with GPU compute shaders
///
/// gatefold trains models that tell which class a text is of, such as good and bad film reviews. It runs on any GPU with
/// Vulkan, Metal or DX12, and on the processor where there is none. It draws the plots with which people compare models.
#[derive(Debug, Parser)]
#[command(name = "gatefold", version, max_term_width = 80, after_help = after_help())]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Print more messages; -vv prints still more
    ///
    /// RUST_LOG, if it is set, decides instead. Its syntax is that of env_logger.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub verbose: u8,
    /// Print no progress, only errors
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub quiet: bool,
}

const GENERAL: &str = "General options";

pub const OUTPUT: &str = "Output options";

fn after_help() -> String {
    let codes = exit_codes::in_a_line();
    format!("Results go to standard output, progress to standard error.\nExit codes: {codes}.")
}

const COMPLETIONS_HELP: &str = "Put the output where the shell looks for it:
  bash        ~/.local/share/bash-completion/completions/gatefold
  zsh         ~/.zfunc/_gatefold, with fpath+=~/.zfunc before compinit in .zshrc
  fish        ~/.config/fish/completions/gatefold.fish
  powershell  at the end of the file that $PROFILE names
  elvish      at the end of ~/.config/elvish/rc.elv";

#[cfg(feature = "serve")]
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the experiment's models on the same data and compare them
    ///
    /// Without options, gatefold trains the three models on a demo corpus that is built in. Each model gets a run folder with
    /// its history, plots and parameters. The folder above them gets the plots and the table that compare the models.
    Compare(CompareArgs),
    /// Train one model
    Train(TrainArgs),
    /// Train many models that one file describes, and compare them
    ///
    /// The file says what all trials share and what varies. You may start `gatefold sweep FILE` any number of times at once,
    /// on one machine or on several that share the folder: each process takes the next trial that none has taken. If a
    /// process is killed, another one goes on with its trial.
    Sweep(SweepArgs),
    /// Measure how good a trained model is on the test reviews
    ///
    /// Loss and accuracy are measured as in validation, in batches of the same size, but over all test reviews. If the
    /// model gives one probability, precision, recall and F1 are those of the positive class. If it gives one for each class,
    /// they are means over the classes, and so is the area under the ROC curve. The balanced accuracy is the mean recall of the classes that have reviews.
    Evaluate(EvaluateArgs),
    /// Print the probability that a review is positive, or its class
    ///
    /// The answers come in the order of the reviews. gatefold reads a table (.csv, .tsv, .jsonl or .ndjson, plain or packed as
    /// .gz) and answers with a table: its columns stay, and `prediction`, `probability` and the probabilities of all classes
    /// are added. It reads other files, and standard input, as one review per line, unless they begin as a table does.
    ///
    /// predict adds no padding, so the answer for a review does not depend on the other reviews. `gatefold evaluate` adds
    /// padding, as training does. If the model does not mask padding, the two commands may differ a little for one review.
    Predict(PredictArgs),
    /// Answer over HTTP what `gatefold predict` prints
    ///
    /// POST /predict takes {"text": "…"} or {"texts": ["…", "…"]} as application/json, and answers in JSON. GET /healthz
    /// tells whether the model can answer. The page at / has a form to try it.
    ///
    /// Only programs on this machine can reach the server, unless --listen names an address. It has no password and no
    /// encryption: put a proxy that has them in front of it before others use it. Ctrl-C ends it when the requests under
    /// way are answered.
    #[cfg(feature = "serve")]
    Serve(ServerArgs),
    /// Show which words speak for and against a prediction
    ///
    /// Each word gets a number, its contribution. A word above 0 speaks for the class that is explained, a word below 0
    /// against it; the further from 0, the more it counts. If the model gives one probability, `positive` is explained; if it
    /// gives one for each class, the most likely class. --class names another.
    ///
    /// The contribution is gradient times input: how fast the model's output, before the sigmoid or softmax, changes as the
    /// word's embedding grows.
    Explain(ExplainArgs),
    /// Write a trained model in another program's format
    Export(ExportArgs),
    /// Make a run folder from a model that another program trained
    ///
    /// gatefold reads Keras's .keras, .weights.h5 and .h5 files, and safetensors files with the names that `gatefold export`
    /// writes. A .keras file, and a .h5 file of a whole model, say what the model is. For a file of weights alone, name the
    /// model: it must have the same layers as the trained one. The vocabulary must be the one that it was trained with.
    Import(ImportArgs),
    /// Print a model's layers, output shapes and parameter counts
    Summary(SummaryArgs),
    /// Show how a run goes, or list all runs of a folder
    ///
    /// watch shows a run's curves, its speed and the time left. It reads the files in the run's folder: it works from any terminal, during training and afterwards, and ending it
    /// does not end the run. Of a folder above several runs, such as runs, it lists all of them, newest first, in folders of
    /// any depth.
    ///
    /// If standard output is not a terminal, watch prints a line per epoch and ends with the run: with exit code 0 if the run
    /// came to its end, with 1 if it stopped before, or is dead because its process was killed. A list is printed once.
    Watch(WatchArgs),
    /// Redraw the plots of finished runs from their histories
    ///
    /// Each run's plots go to its own folder. Plots that compare several runs go to the folder above, or to that of --out.
    /// A plot that exists is replaced.
    Plot(PlotArgs),
    /// Write a report of finished runs as one page for a browser
    ///
    /// `train` and `compare` write such a page, report.html. This command writes one of any runs, and with --examples it tests
    /// them too. The page needs no other file and no network.
    Report(ReportArgs),
    /// List the devices of this machine, and mark the one to be used
    Devices(DevicesArgs),
    /// Look at reviews, and turn text into ids and back
    #[command(subcommand)]
    Data(DataCommand),
    /// Time a model's steps, and each kernel of a step
    Bench(BenchArgs),
    /// Print a script for your shell that completes commands
    ///
    /// With it, the Tab key completes gatefold's commands and options.
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Write the man pages, one for each command
    ///
    /// In the folder ~/.local/share/man/man1, `man gatefold` finds them. Without a folder, the page of gatefold itself goes to
    /// standard output.
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder to write the pages to; it is made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
