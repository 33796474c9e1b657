//! `gatefold data`: what was typed for each of its commands.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use gatefold::data::{Corpus, Ngrams, Standardize, TARGET_SIZE};

use super::choice::choice;
use super::{BatchArgs, DataArgs, OUTPUT, ReadingArgs, SourceArgs};

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Show what the data holds: counts, lengths, duplicates, and a batch
    Inspect(InspectArgs),
    /// Turn lines {"text": …} into lines {"ids": […]}
    ///
    /// Each line of input gives one line of output, in the same order. The texts are encoded as they are, with the blanks at
    /// their ends.
    Encode(ConvertArgs),
    /// Turn lines {"ids": […]} into lines {"text": …}
    ///
    /// Each line of input gives one line of output, in the same order. Padding (id 0) is left out.
    Decode(ConvertArgs),
    /// Build a vocabulary from the training reviews
    ///
    /// The vocabulary has the subwords, words or characters that occur most often. --target-size says how many; of subwords,
    /// it is about as many. Words and characters are those of Keras's TextVectorization. With the default size, the 25,000
    /// training reviews of aclImdb give imdb_reviews.subwords, byte for byte.
    BuildVocab(BuildVocabArgs),
    /// Download a corpus into the cache folder, where --data finds it by name
    ///
    /// If a download is cut off, the same command goes on where it stopped. The archive gets its name only after its SHA-256
    /// was checked. GATEFOLD_HOME names the cache folder. Proxies are taken from ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and
    /// NO_PROXY.
    Fetch(FetchArgs),
    /// Write reviews in a form that other programs read
    ///
    /// The reviews may have any form that --data takes. They are written as a TFDS folder, a JSON Lines file or a CSV file.
    /// --data takes all of these again.
    Export(DataExportArgs),
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub batch: BatchArgs,
    /// Seed of the order of the reviews in the batch
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub seed: u64,
    /// Draw the histogram of lengths into this .png, .svg or .pdf file
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub histogram: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "histogram", help_heading = OUTPUT)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The vocabulary file
    #[arg(long, value_name = "FILE")]
    pub vocab: PathBuf,
    /// The file to read; - is standard input [default: -]
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// The file to write; if the command fails, there is none [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "output")]
    pub overwrite: bool,
}

#[derive(Debug, Args)]
pub struct BuildVocabArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Use only N training reviews: the first ones; of a table, as many of each class as its share
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
    /// What the ids stand for
    #[arg(long, value_name = "KIND", default_value = "subwords", value_parser = kinds())]
    pub kind: BuiltKind,
    /// What to do to the texts before they are split [default: lower_and_strip_punctuation for words, none
    /// for characters]
    ///
    /// As in Keras, this changes ASCII letters and ASCII punctuation only.
    #[arg(long, value_name = "HOW", value_parser = standardizations())]
    pub standardize: Option<Standardize>,
    /// Words or characters in a row that are a term as well: 2 for single ones and pairs, 2,3 for pairs and threes
    /// alone [default: 1]
    ///
    /// Of a text, all single words come first, then all pairs, and so on, as in Keras: a recurrent layer reads them in this
    /// order, and --max-length cuts off the longest n-grams first. What is not in the vocabulary becomes [UNK].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub ngrams: Option<Ngrams>,
    /// Leave out words, characters and n-grams that occur less than N times [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub min_count: Option<u64>,
    /// How many ids to aim for, with padding and the 256 bytes or [UNK]
    #[arg(
        long,
        value_name = "N",
        default_value_t = TARGET_SIZE,
        allow_negative_numbers = true
    )]
    pub target_size: usize,
    /// The file to write; if the command fails, there is none
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub overwrite: bool,
    /// Print a JSON object
    #[arg(long)]
    pub json: bool,
}

/// What a vocabulary can be built of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltKind {
    Subwords,
    Words,
    Characters,
}

fn kinds() -> impl TypedValueParser<Value = BuiltKind> {
    let subwords = "parts of words, and bytes: they encode any text, and give it back";
    let words = "whole words; those that are not in the vocabulary become [UNK]";
    let characters = "characters, for languages without spaces between words";
    choice(vec![
        ("subwords", subwords, BuiltKind::Subwords),
        ("words", words, BuiltKind::Words),
        ("characters", characters, BuiltKind::Characters),
    ])
}

fn standardizations() -> impl TypedValueParser<Value = Standardize> {
    let known = Standardize::ALL.map(|how| {
        let help = match how {
            Standardize::None => "leave them as they are",
            Standardize::Lower => "make all letters small",
            Standardize::StripPunctuation => "leave out punctuation",
            Standardize::LowerAndStripPunctuation => "do both",
        };
        (how.name(), help, how)
    });
    choice(known.to_vec())
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
    /// The corpus: imdb is the Large Movie Review Dataset, 84 MB
    #[arg(value_name = "CORPUS", value_parser = corpus_parser())]
    pub corpus: Corpus,
    /// Download from this address, not from the authors'
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// SHA-256 of the archive [default: that of its authors' archive]
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// With --sha256: the size of the archive in bytes
    #[arg(
        long,
        value_name = "N",
        requires = "sha256",
        allow_negative_numbers = true
    )]
    pub size: Option<u64>,
    /// How many seconds to wait for a connection, an answer, or the next byte
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        allow_negative_numbers = true
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// How often to try again; each attempt goes on where the last one stopped
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        allow_negative_numbers = true
    )]
    pub retries: u32,
    /// Download the archive even if it is there already
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
    /// The form to write
    #[arg(long, value_enum)]
    pub format: Format,
    /// The file to write, or for tfds the folder; it must not exist yet
    #[arg(long, value_name = "PATH")]
    pub output: PathBuf,
    /// Write ids instead of texts
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
    /// One JSON object per line: text, label, split
    Jsonl,
    /// Comma-separated fields: text, label, split
    Csv,
}
