//! `gatefold data`: what was typed for each of its commands.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use gatefold::data::Corpus;

use super::{BatchArgs, DataArgs, OUTPUT, ReadingArgs, SourceArgs};

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
            reading: ReadingArgs {
                source: self.source.clone(),
                no_cache: true,
                ..ReadingArgs::default()
            },
            limit_train: self.limit_train,
        }
    }
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

/// Reads a corpus's name, and lists them all where there is none of that name.
fn corpus_parser() -> impl TypedValueParser<Value = Corpus> {
    PossibleValuesParser::new(Corpus::ALL.map(|corpus| corpus.name))
        .try_map(|name| Corpus::named(&name).ok_or("no corpus of that name"))
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
