//! Which reviews to read.

use std::path::PathBuf;

use clap::Args;

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

impl SourceArgs {
    /// The name of the first option given that only a table of reviews has a use for.
    pub fn table_option(&self) -> Option<&'static str> {
        first_given(&[
            ("--test-data", self.test_data.is_some()),
            ("--text-column", self.text_column.is_some()),
            ("--label-column", self.label_column.is_some()),
            ("--classes", !self.classes.is_empty()),
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
    /// The subword vocabulary [default: imdb_reviews.subwords beside the data]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// Read and encode the reviews anew, and keep no encoded ones
    ///
    /// Otherwise the encoded reviews of the last 8 data sets are kept in the cache folder, the system's
    /// or GATEFOLD_HOME, and taken from there as long as neither reviews nor vocabulary change.
    #[arg(long)]
    pub no_cache: bool,
    /// Keep the first N test reviews
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_test: Option<usize>,
}

/// Which reviews to train on and to test with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Data options")]
pub struct DataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Keep the first N training reviews
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
}

/// Which reviews to test a run with.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(mut_arg("data", |data| data
    .help("The reviews, as `gatefold train` takes them; all of a table without a column `split`, unless the \
           run was trained on it [default: those of the run]")
    .long_help(None)))]
#[command(mut_arg("test_data", |data| data
    .help("A .csv, .tsv, .jsonl or .ndjson file, all of which are test reviews")))]
#[command(mut_arg("vocab", |vocab| vocab
    .help("The subword vocabulary [default: that of the run]")))]
#[command(mut_arg("limit_test", |limit| limit.help("Take the first N test reviews")))]
pub struct TestDataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
}
