//! What was typed: every option once, with its help. [`super::settings`] checks what it means.

use std::fmt;
#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use gatefold::batch::Side;
use gatefold::data::Corpus;
use gatefold::gpu::KernelForm;
use gatefold::model::Variant;

use super::bench::BenchArgs;
use super::callbacks::CallbackArgs;
use super::run_args::{EvaluateArgs, ExplainArgs, ExportArgs, ImportArgs, PredictArgs, ReportArgs};
use super::settings::EXPERIMENT_VOCABULARY;

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
    /// every class a probability they are means over the classes, as is the area under the ROC curve.
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
    /// Reads a .weights.h5 of Keras, or safetensors under the names that `gatefold export` writes. The
    /// model must have the same layers, and the data the vocabulary that it was trained with.
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

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Show counts, lengths, duplicates, and a padded batch as an array
    Inspect(InspectArgs),
    /// Turn lines {"text": …} into lines {"ids": […]}
    ///
    /// Every line is answered by one line, in order. Texts are encoded as they stand, white space at
    /// their ends included.
    Encode(ConvertArgs),
    /// Turn lines {"ids": […]} into lines {"text": …}
    ///
    /// Every line is answered by one line, in order. Padding (id 0) is left out.
    Decode(ConvertArgs),
    /// Build a subword vocabulary from the training reviews
    ///
    /// The subwords are those that occur often enough for a vocabulary of about the size asked for.
    /// From the 25,000 reviews of aclImdb and the default size comes imdb_reviews.subwords, byte for
    /// byte. Without --data the embedded demo corpus is taken.
    BuildVocab(BuildVocabArgs),
    /// Download a corpus into the cache folder, where --data finds it by name
    ///
    /// A download that was cut off goes on where it ended. The archive's SHA-256 is checked before it
    /// gets its name. The cache folder is the system's, or GATEFOLD_HOME; ALL_PROXY, HTTPS_PROXY,
    /// HTTP_PROXY and NO_PROXY are heeded.
    Fetch(FetchArgs),
    /// Write reviews in a form that other programs read
    ///
    /// Whatever --data takes comes out as a TFDS folder, a JSON Lines or a CSV file, and --data reads
    /// that again.
    Export(DataExportArgs),
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Models to compare, separated by commas [default: baseline,dropout,bidirectional]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = variant_parser())]
    #[arg(default_values_t = Variant::ALL, hide_default_value = true)]
    pub variants: Vec<Variant>,
    /// Go on with the comparison in this folder
    ///
    /// Finished models are left as they are, the one under way goes on from its last checkpoint, the rest
    /// follow. Options are those it was begun with; --epochs may be raised.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["out", "overwrite"])]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub training: TrainingArgs,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Go on with the run in this folder, from its last checkpoint
    ///
    /// Options are those it was begun with; --epochs may be raised. The result is that of a run which
    /// never stopped.
    #[arg(long, value_name = "RUN", group = "ModelArgs", conflicts_with_all = ["out", "overwrite"])]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub training: TrainingArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ModelArgs {
    /// One of the experiment's models
    #[arg(value_parser = variant_parser())]
    pub variant: Option<Variant>,
    /// A model file in TOML instead
    ///
    /// It has a `name` and a `[[layer]]` for each layer, from the embedding to Dense(1) with a
    /// sigmoid; `gatefold summary --config FILE` checks it. The config.toml of a run stands for its model.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the reviews are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Data options")]
pub struct SourceArgs {
    /// The reviews: an aclImdb folder, or one packed as .tar, .tar.gz, .tar.xz or .tar.zst; a TFDS
    /// folder; a .csv, .tsv, .jsonl or .ndjson file [default: the embedded demo corpus]
    ///
    /// A TFDS folder is that of a version, imdb_reviews/subwords8k/1.0.0 say, or one above it. A file
    /// with a row a review may end in .gz as well; a column `split` says train or test, and without
    /// one a fifth of the texts, chosen by their hash, are for testing. `imdb` is the corpus that
    /// `gatefold data fetch imdb` got, unless there is a file or folder of that name.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// A second .csv, .tsv, .jsonl or .ndjson file, which has the test reviews
    #[arg(long, value_name = "FILE")]
    pub test_data: Option<PathBuf>,
    /// The column of such a file with the review [default: text, else the ids in ids]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column of such a file with the label: 0, neg or negative, 1, pos or positive
    /// [default: label]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// What other labels of such a file are called, in the order of the classes: bad,fair,good
    ///
    /// A model for more than two classes ends in a dense layer of as many units, with a softmax.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub classes: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Data options")]
pub struct DataArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// The subword vocabulary [default: imdb_reviews.subwords beside the data]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// Keep the first N training reviews
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
    /// Keep the first N test reviews
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_test: Option<usize>,
    /// Read and encode the reviews anew, and keep no encoded ones
    ///
    /// Otherwise the encoded reviews of the last 8 data sets are kept in the cache folder, the system's
    /// or GATEFOLD_HOME, and taken from there as long as neither reviews nor vocabulary change.
    #[arg(long)]
    pub no_cache: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Training options")]
pub struct TrainingArgs {
    /// Passes over the training reviews
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        allow_negative_numbers = true
    )]
    pub epochs: u32,
    /// Adam's learning rate [default: 0.0001; 0.001 with the demo corpus]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Scale gradients down where their norm, over all parameters, is larger than X
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub clip_norm: Option<f64>,
    /// Before each update every parameter loses this share of itself, times the learning rate (AdamW)
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Decides initial parameters, the order of the reviews and dropout masks
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Batches of test reviews to validate with after each epoch
    #[arg(
        long,
        value_name = "N",
        default_value_t = 30,
        allow_negative_numbers = true
    )]
    pub validation_steps: u32,
    /// Let the recurrent layers skip padding
    ///
    /// Sets `mask_zero` on the embedding. The experiment does not, which is why its baseline fails.
    #[arg(long)]
    pub mask_padding: bool,
    /// Steps from one checkpoint to the next; 0: one at the end of each epoch alone
    #[arg(
        long,
        value_name = "N",
        default_value_t = 500,
        allow_negative_numbers = true
    )]
    pub checkpoint_steps: u32,
    #[command(flatten)]
    pub callbacks: CallbackArgs,
    #[command(flatten)]
    pub batch: BatchArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Batch options")]
pub struct BatchArgs {
    /// Reviews a batch
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10,
        allow_negative_numbers = true
    )]
    pub batch_size: u32,
    /// Put reviews of similar length in one batch, which then needs little padding
    ///
    /// The shuffled reviews are sorted by length, 1,000 at a time, and cut into batches, whose order is
    /// drawn anew. Validation keeps the order of the reviews.
    #[arg(long)]
    pub bucket: bool,
    /// Keep at most N tokens of a review
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_length: Option<u32>,
    /// Which end of a longer review is cut off [default: after]
    #[arg(long, value_enum, value_name = "END", requires = "max_length")]
    pub truncate: Option<End>,
    /// Where the padding stands
    #[arg(long, value_enum, value_name = "END", default_value_t)]
    pub pad: End,
}

/// [`Side`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum End {
    /// At the text's beginning
    Before,
    /// At the text's end
    #[default]
    After,
}

impl From<Side> for End {
    fn from(side: Side) -> Self {
        match side {
            Side::Before => End::Before,
            Side::After => End::After,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Before => "before",
            End::After => "after",
        })
    }
}

impl From<End> for Side {
    fn from(end: End) -> Self {
        match end {
            End::Before => Side::Before,
            End::After => Side::After,
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputArgs {
    /// Where to write [default: runs/NAME-DATA]
    ///
    /// NAME is the model's name or `compare`, DATA what the data's file or folder is called. A folder
    /// that holds something already is refused.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace the run that stands there; other files in that folder stay
    #[arg(long)]
    pub overwrite: bool,
    /// Print JSON lines on standard output
    #[arg(long)]
    pub json: bool,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    pub serve: ServeArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct DeviceArgs {
    /// Part of the adapter's name, or its number in `gatefold devices`
    ///
    /// Without it WGPU_ADAPTER_NAME decides, then the best there is. WGPU_BACKEND and WGPU_POWER_PREF
    /// narrow the choice as in other programs on wgpu.
    #[arg(long, value_name = "NAME|N")]
    pub adapter: Option<String>,
    /// Form of the hot kernels; both give the same results
    #[arg(long, value_enum, default_value_t)]
    pub kernels: Kernels,
    /// Take WebGPU's default limits and no feature, as a browser would
    ///
    /// Whatever more the adapter has is left unused. The kernels are then the portable ones.
    #[arg(long)]
    pub webgpu_limits: bool,
}

/// How a recurrence is cut up.
#[derive(Debug, Args)]
#[command(next_help_heading = "Device options")]
pub struct TileArgs {
    /// Rows of the batch that a workgroup of a recurrence owns [default: by the adapter]
    ///
    /// Results are the same, byte for byte; speed and the time to compile differ. More than the
    /// adapter's workgroup memory holds are not taken.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    row_tile: Option<u32>,
}

impl TileArgs {
    /// `--row-tile`, for [`gatefold::plan::Limits`].
    pub fn rows(&self) -> Option<usize> {
        self.row_tile.map(|rows| rows as usize)
    }
}

/// Reads a corpus's name, and lists them all where there is none of that name.
fn corpus_parser() -> impl TypedValueParser<Value = Corpus> {
    PossibleValuesParser::new(Corpus::ALL.map(|corpus| corpus.name))
        .try_map(|name| Corpus::named(&name).ok_or("no corpus of that name"))
}

/// Reads a variant's name, and lists them all where there is none of that name.
fn variant_parser() -> impl TypedValueParser<Value = Variant> {
    PossibleValuesParser::new(Variant::ALL.map(Variant::name))
        .try_map(|name| name.parse::<Variant>())
}

/// [`KernelForm`] on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Kernels {
    /// The subgroup form where the adapter can run it
    #[default]
    Auto,
    /// Needs nothing but WebGPU's default limits
    Portable,
    /// For adapters with subgroups of one size
    Subgroup,
}

impl From<Kernels> for KernelForm {
    fn from(kernels: Kernels) -> Self {
        match kernels {
            Kernels::Auto => KernelForm::Automatic,
            Kernels::Portable => KernelForm::Portable,
            Kernels::Subgroup => KernelForm::Subgroup,
        }
    }
}

#[derive(Debug, Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Ids of the data's vocabulary, padding included
    #[arg(
        long,
        value_name = "N",
        default_value_t = EXPERIMENT_VOCABULARY,
        allow_negative_numbers = true
    )]
    pub vocabulary: usize,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The folder of a run or of a comparison
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The page that shows a run as it goes.
#[cfg(feature = "serve")]
#[derive(Debug, Clone, Copy, Args)]
pub struct ServeArgs {
    /// Show the run as a page on this port of 127.0.0.1; 0 takes a free one
    ///
    /// ADDRESS:PORT makes it reachable from elsewhere, 0.0.0.0:8080 say from all who reach this machine.
    /// The page can be looked at, and nothing else.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = parse_address)]
    pub serve: Option<SocketAddr>,
}

/// Reads `8080` as a port of this machine alone, else an IP address and a port.
#[cfg(feature = "serve")]
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse()
        .map_err(|_| "give a port, 8080 say, or an IP address and a port, 0.0.0.0:8080 say".into())
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
pub struct DevicesArgs {
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub batch: BatchArgs,
    /// Decides the order of the reviews
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Draw the histogram of lengths to a file, .png or .svg
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub histogram: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Which one: imdb is the Large Movie Review Dataset, 84 MB
    #[arg(value_name = "CORPUS", value_parser = corpus_parser())]
    pub corpus: Corpus,
    /// Get it here instead of from its authors
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// SHA-256 of the archive [default: that of its authors' archive]
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// Size of the archive with that SHA-256, in bytes
    #[arg(
        long,
        value_name = "N",
        requires = "sha256",
        allow_negative_numbers = true
    )]
    pub size: Option<u64>,
    /// Seconds to wait for a connection, an answer, and each further byte
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        allow_negative_numbers = true
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Attempts after the first, each going on where the one before ended
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        allow_negative_numbers = true
    )]
    pub retries: u32,
    /// Fetch it even if it is there
    #[arg(long)]
    pub force: bool,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DataExportArgs {
    /// The form
    #[arg(long, value_enum)]
    pub format: Format,
    /// The file, or for tfds the folder, to make; it must not be there yet
    #[arg(long, value_name = "PATH")]
    pub output: PathBuf,
    /// Write subword ids instead of texts
    #[arg(long)]
    pub ids: bool,
    #[command(flatten)]
    pub data: DataArgs,
}

/// [`gatefold::data::ExportForm`] on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A data_dir for tensorflow-datasets, with ids and their vocabulary
    Tfds,
    /// A JSON object a line: text, label, split
    Jsonl,
    /// Comma-separated fields: text, label, split
    Csv,
}

#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The subword vocabulary
    #[arg(long, value_name = "FILE")]
    pub vocab: PathBuf,
    /// Read from here [default: standard input]
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Write here, all or nothing [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct BuildVocabArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Build from the first N training reviews
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
    /// Ids to aim at, padding and 256 bytes included
    #[arg(
        long,
        value_name = "N",
        default_value_t = 8192,
        allow_negative_numbers = true
    )]
    pub target_size: usize,
    /// Write the vocabulary here, all or nothing
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace the file that stands there
    #[arg(long)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

impl BuildVocabArgs {
    /// Which reviews to read.
    pub fn corpus(&self) -> DataArgs {
        DataArgs {
            source: self.source.clone(),
            vocab: None,
            limit_train: self.limit_train,
            limit_test: None,
            no_cache: true,
        }
    }
}
