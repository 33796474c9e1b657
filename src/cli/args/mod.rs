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
#[cfg(feature = "serve")]
mod serve;
mod sweep;
mod training;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use batch::{BatchArgs, PaddingArgs};
pub use bench::BenchArgs;
pub use data::{DataArgs, ReadingArgs, SourceArgs, TestDataArgs, first_given};
pub use data_commands::{
    BuildVocabArgs, BuiltKind, ConvertArgs, DataCommand, DataExportArgs, FetchArgs, Format,
    InspectArgs,
};
pub use device::{DeviceArgs, DevicesArgs, TileArgs};
pub use model::{ModelArgs, SummaryArgs};
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
/// gatefold trains classifiers of film reviews on any Vulkan, Metal or DX12 adapter, a software one
/// where there is no GPU, and writes the plots people compare models with.
#[derive(Debug, Parser)]
#[command(name = "gatefold", version, max_term_width = 80, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// Print more messages; repeat the option for still more
    ///
    /// If RUST_LOG is set, it decides instead. Its syntax is that of env_logger.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub verbose: u8,
    /// Print nothing but errors on standard error
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub quiet: bool,
}

const GENERAL: &str = "General options";

pub const OUTPUT: &str = "Output options";

const AFTER_HELP: &str = "Results go to standard output, progress to standard error.
Exit codes: 0 done, 1 failed, 2 wrong usage, 124 time over, 130 interrupted.";

const COMPLETIONS_HELP: &str = "Put the output where the shell looks for it:
  bash        ~/.local/share/bash-completion/completions/gatefold
  zsh         ~/.zfunc/_gatefold, with fpath+=~/.zfunc before compinit in .zshrc
  fish        ~/.config/fish/completions/gatefold.fish
  powershell  at the end of the file that $PROFILE names
  elvish      at the end of ~/.config/elvish/rc.elv";

#[cfg(feature = "serve")]
const SERVE_HELP: &str = "Examples:
  gatefold serve runs/bidirectional-imdb
  gatefold serve runs/bidirectional-imdb --best --listen 0.0.0.0:8000
  curl http://127.0.0.1:8080/predict -H 'Content-Type: application/json' \\
    -d '{\"text\": \"a fine film\"}'";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the experiment's models on the same data and compare them
    ///
    /// Without options, compare trains the three models on the embedded demo corpus. Each model gets a run folder with
    /// its history, plots and parameters. The folder above them gets the figures that compare the models.
    Compare(CompareArgs),
    /// Train one model
    Train(TrainArgs),
    /// Train many models that one file describes, and compare them
    ///
    /// The file says what all trials share and what varies. Any number of `gatefold sweep FILE` processes, on one machine or
    /// on several that share the folder, take the next trial that is neither finished nor taken. A process that is killed
    /// leaves a trial that the next one resumes.
    Sweep(SweepArgs),
    /// Measure how good a trained model is on the test reviews
    ///
    /// Loss and accuracy are measured as in validation during training, in batches of the same size, but over all test
    /// reviews. Precision, recall and F1 are those of the positive class. For a model that gives every class a
    /// probability, they are means over the classes, and so is the area under the ROC curve. The
    /// balanced accuracy is the mean of the recalls of the classes that have reviews.
    Evaluate(EvaluateArgs),
    /// Print the probability that a review is positive, or its class
    ///
    /// Every review is read at its own length, without padding, so its probability does not depend on the reviews beside
    /// it. `gatefold evaluate` pads reviews as training does. A model that does not mask padding has learnt from it, so
    /// the two commands may give different probabilities for one review. Input is read 4,096 reviews at a time, and the
    /// answers come in their order.
    ///
    /// A table, .csv, .tsv, .jsonl or .ndjson, plain or packed as .gz, is answered as a table: its columns stay, and
    /// `prediction`, `probability` and the probabilities of all classes are added. Other files, and standard input, are
    /// read as a review per line, unless they begin as a table does.
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
    #[command(after_help = SERVE_HELP)]
    Serve(ServerArgs),
    /// Show which words moved a prediction
    ///
    /// A word's contribution is gradient times input, summed over its tokens: how fast the logit changes as the word's
    /// embedding is scaled. A contribution above 0 speaks for a positive review, one below 0 against it. Where there are
    /// several classes, it speaks for or against the most likely class; --class names another one.
    Explain(ExplainArgs),
    /// Write a trained model in another program's format
    Export(ExportArgs),
    /// Make a run folder from weights that another program trained
    ///
    /// The weights are a .keras, .weights.h5 or .h5 file of Keras, or a safetensors file with the names that `gatefold
    /// export` writes. A .keras file, and a .h5 file of a whole model, say what the model is; for weights alone it is named,
    /// and must have the same layers as the one that was trained. The vocabulary must be the one that it was trained with.
    Import(ImportArgs),
    /// Print a model's layers, output shapes and parameter counts
    Summary(SummaryArgs),
    /// Show the progress of a run: its curves, its speed and the time left, in the terminal or as a page
    ///
    /// watch reads the files in the run's folder. So it works from any terminal, during training and afterwards, and
    /// stopping it does not stop the run. Where standard output is not a terminal, it prints a line per epoch until the
    /// run is over.
    Watch(WatchArgs),
    /// Redraw the plots of finished runs from their histories
    Plot(PlotArgs),
    /// Write a report of finished runs as one page for a browser
    ///
    /// `train` and `compare` write such a page as report.html. This command writes one for any runs, and with --examples
    /// it also tests them. The page needs no other file and no network.
    Report(ReportArgs),
    /// List the adapters of this machine and mark the one that gatefold uses
    Devices(DevicesArgs),
    /// Look at reviews, and turn text into ids and back
    #[command(subcommand)]
    Data(DataCommand),
    /// Time a model's steps, and each kernel of a step
    Bench(BenchArgs),
    /// Print a script that lets a shell complete gatefold's commands and options
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Write the man pages, one per command
    ///
    /// `gatefold man ~/.local/share/man/man1` puts them where `man gatefold` finds them. Without a folder, the page of
    /// gatefold itself goes to standard output: gatefold man | man -l -
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Folders of runs; the folder of a comparison stands for all runs in it
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Folder for the plots that compare several runs [default: the folder that holds all the runs]
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
    /// The folder to write the pages to; it is created if it does not exist
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}
