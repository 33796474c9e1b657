//! What was typed for the commands that use a trained model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use gatefold::data::TextForm;
use gatefold::run::Parameters;

use super::{
    DataArgs, DeviceArgs, FigureArgs, ModelArgs, OUTPUT, PaddingArgs, ReadingArgs, SourceArgs,
    TestDataArgs,
};

/// A run whose weights are used.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The folder of a run
    ///
    /// If the run is not finished, the command takes its last checkpoint, and says so.
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    #[command(flatten)]
    pub best: BestArgs,
}

/// Which parameters of a run are used.
#[derive(Debug, Args)]
pub struct BestArgs {
    /// Use the parameters of the best epoch, best.safetensors
    #[arg(long)]
    best: bool,
}

impl BestArgs {
    /// Which they are.
    pub fn parameters(&self) -> Parameters {
        match self.best {
            true => Parameters::Best,
            false => Parameters::Last,
        }
    }
}

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub test_data: TestDataArgs,
    /// Number of reviews per batch [default: that of the run]
    ///
    /// A model that does not mask padding gives other results with other padding, and so with another batch size.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub batch_size: Option<usize>,
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Draw the ROC curve, the calibration and the confusion matrix into this folder
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub figures: Option<PathBuf>,
    #[command(flatten)]
    pub drawn: FigureArgs,
    /// Replace existing figures
    #[arg(long, requires = "figures", help_heading = OUTPUT)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PredictArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The reviews; - reads them from standard input [default: -]
    #[arg(value_name = "TEXT")]
    pub texts: Vec<String>,
    /// Read the reviews from a file: a table, or one review per line; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "texts")]
    pub file: Option<PathBuf>,
    /// What the file is [default: found from its name or its first lines]
    #[arg(long, value_enum, value_name = "FORM")]
    pub input_format: Option<InputFormat>,
    /// The column with the review [default: as in the run's table, else text]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The file's encoding: windows-1252, euc-kr (cp949), gb18030, shift_jis … [default: utf-8, or
    /// utf-16 where a byte order mark says so]
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The vocabulary file [default: that of the run]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// How many reviews to compute at a time, at most
    ///
    /// Only reviews of equal length are computed together; if the model masks padding, those of similar length are.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 32,
        allow_negative_numbers = true
    )]
    pub batch_size: usize,
    #[command(flatten)]
    pub device: DeviceArgs,
    /// How to print the answers [default: text; for a table csv, for JSON Lines jsonl]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = OUTPUT)]
    pub format: Option<AnswerFormat>,
    /// Print one JSON object per review: --format jsonl
    #[arg(long, conflicts_with = "format", help_heading = OUTPUT)]
    pub json: bool,
}

/// What the reviews to predict stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// One review per line
    Lines,
    /// A table with commas, the names of its columns first
    Csv,
    /// A table with tabs, the names of its columns first
    Tsv,
    /// One JSON object per line
    Jsonl,
}

impl From<InputFormat> for TextForm {
    fn from(format: InputFormat) -> TextForm {
        match format {
            InputFormat::Lines => TextForm::Lines,
            InputFormat::Csv => TextForm::Csv,
            InputFormat::Tsv => TextForm::Tsv,
            InputFormat::Jsonl => TextForm::JsonLines,
        }
    }
}

/// How predictions are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// Probability, class and text; on a terminal, the text is cut to one line
    Text,
    /// A row per review, with the columns of the table that was given
    Csv,
    /// One JSON object per review, with the keys that were given
    Jsonl,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The review; - reads it from standard input
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The class to explain [default: the most likely one; positive if the model gives one
    /// probability]
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// The vocabulary file [default: that of the run]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Write the coloured review as a page for a browser
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub html: Option<PathBuf>,
    /// Draw the coloured review into this .png file
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub png: Option<PathBuf>,
    /// Replace existing files
    #[arg(long, help_heading = OUTPUT)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The format to write
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// The file to write; if the command fails, there is none
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Write a model card, README.md, beside the file; one that you wrote or edited stays
    #[arg(long)]
    pub card: bool,
    /// Replace an existing file
    #[arg(long)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

// clap would name the model, a group, before the file.
#[derive(Debug, Args)]
#[command(
    override_usage = "gatefold import [OPTIONS] --out <DIR> <FILE> [VARIANT|--config <FILE>]"
)]
#[command(mut_group("ModelArgs", |group| group.required(false)))]
#[command(mut_arg("data", |data| data
    .help("The data to use the model with, as `gatefold train` takes them [default: the demo corpus]")
    .long_help(None)))]
pub struct ImportArgs {
    /// The file with the weights
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    /// The vocabulary [default: imdb_reviews.subwords beside the data]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// The model was trained with masked padding
    #[arg(long)]
    pub mask_padding: bool,
    /// Take data, vocabulary, classes and padding from this run
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "data", "test_data", "text_column", "label_column", "classes", "vocab", "max_length", "truncate", "pad",
    ])]
    pub like: Option<PathBuf>,
    #[command(flatten)]
    pub padding: PaddingArgs,
    /// The run folder to create
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace an existing run in that folder; its other files stay
    #[arg(long)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

impl ImportArgs {
    /// Which data the model goes with.
    pub fn data(&self) -> DataArgs {
        DataArgs {
            reading: ReadingArgs {
                source: self.source.clone(),
                vocab: self.vocab.clone(),
                no_cache: true,
                ..ReadingArgs::default()
            },
            limit_train: None,
        }
    }
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folders of finished runs; the folder of a comparison stands for all runs in it
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Show how long each epoch took, how many steps per second it trained, and the memory that was used
    ///
    /// The page that training writes leaves these out, so that the same command always writes the same page.
    #[arg(long)]
    pub times: bool,
    /// Also test the runs, and show N reviews that each got wrong and N that it got right
    ///
    /// They are the reviews of which the run was surest, right or wrong. The page colours their words by how much they
    /// contributed, and shows the errors by length of the review. With 0, it shows no review.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub examples: Option<usize>,
    /// Test the parameters of the best epoch, best.safetensors
    #[arg(long, requires = "examples")]
    pub best: bool,
    #[command(flatten)]
    pub test_data: TestDataArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
    /// The file to write [default: report.html in the folder of the runs]
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "output", help_heading = OUTPUT)]
    pub overwrite: bool,
}

/// What `gatefold export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The parameters alone, with Keras's names
    Safetensors,
    /// For Keras: the whole model if --output ends in .keras, its weights if it ends in .weights.h5
    Keras,
    /// The whole model as an ONNX graph, for batches and reviews of any size
    Onnx,
}
