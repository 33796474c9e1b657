//! Which reviews to read.

use std::path::PathBuf;

use clap::Args;

/// Where the reviews are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Data options")]
pub struct SourceArgs {
    /// The reviews: an aclImdb folder, or one packed as .tar, .tar.gz, .tar.xz or .tar.zst; a TFDS
    /// folder; a table, .csv, .tsv, .jsonl or .ndjson [default: the embedded demo corpus]
    ///
    /// A TFDS folder is the folder of a version, for example imdb_reviews/subwords8k/1.0.0, or one above it. A table
    /// has one row per review, and may also be packed as .gz. Its column `split` says train or test; rows of the split
    /// validation (or valid, val, dev) are the test reviews where there are no others, and are left out where there are.
    /// Without that column, a fifth of the texts, chosen by their hash, are for testing, and at least one text of each
    /// class that has two. Quotes around fields and quotes that are part of the texts are told apart by the table as a
    /// whole. `imdb` is the corpus
    /// that `gatefold data fetch imdb` downloads, unless a file or folder has that name.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// A second table, which holds the test reviews
    #[arg(long, value_name = "FILE")]
    pub test_data: Option<PathBuf>,
    /// The table's column with the review [default: text, else ids]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The table's column with the label: 0, neg, negative or false, 1, pos, positive or true [default: label]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// The names of the classes, if the labels are others, separated by commas: bad,fair,good
    ///
    /// A model for more than two classes must end in a dense layer with a softmax and one unit per class. Numbers are the
    /// same however they are written: 1 is also 1.0.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub classes: Vec<String>,
    /// The table's encoding: windows-1252, euc-kr (cp949), gb18030, shift_jis … [default: utf-8, or utf-16
    /// where a byte order mark says so]
    ///
    /// Without this option, a table of which more than a few lines are not UTF-8 is refused. With utf-8, all of it is
    /// read, and what is not UTF-8 becomes U+FFFD.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
}

impl SourceArgs {
    /// The name of the first option given that only a table of reviews has a use for.
    pub fn table_option(&self) -> Option<&'static str> {
        first_given(&[
            ("--test-data", self.test_data.is_some()),
            ("--text-column", self.text_column.is_some()),
            ("--label-column", self.label_column.is_some()),
            ("--classes", !self.classes.is_empty()),
            ("--encoding", self.encoding.is_some()),
        ])
    }
}

/// The first name of those that are true.
pub fn first_given(options: &[(&'static str, bool)]) -> Option<&'static str> {
    options
        .iter()
        .find_map(|&(name, given)| given.then_some(name))
}

/// Which reviews to read but those for training.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Data options")]
pub struct ReadingArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// The vocabulary: of subwords, words or characters, or a Hugging Face tokenizer.json [default: imdb_reviews.subwords beside the data, else subwords built from it]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// Read and encode the reviews anew, without the cache
    ///
    /// Without this option, the encoded reviews of the last 8 data sets are kept in the cache folder. They are used again
    /// as long as neither the reviews nor the vocabulary change. GATEFOLD_HOME names the cache folder; without it, it is
    /// the system's.
    #[arg(long)]
    pub no_cache: bool,
    /// Use only N test reviews: of a table each class's share, else the first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_test: Option<usize>,
}

/// Which reviews to train on and to test with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Data options")]
pub struct DataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Use only N training reviews: of a table each class's share, else the first
    ///
    /// N reviews that lack a class are refused.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
}

/// Which reviews to test a run with.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(mut_arg("data", |data| data
    .help("The reviews, as `gatefold train` takes them; a table without a column `split` is used whole, unless the \
           run was trained on it [default: those of the run]")
    .long_help(None)))]
#[command(mut_arg("test_data", |data| data
    .help("A table of which all reviews are test reviews")))]
#[command(mut_arg("vocab", |vocab| vocab
    .help("The vocabulary [default: that of the run]")))]
#[command(mut_arg("limit_test", |limit| limit.help("Use only N test reviews: of a table each class's share, else the first")))]
pub struct TestDataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
}
