//! Which reviews to read.

use std::path::PathBuf;

use clap::Args;

/// Where the reviews are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Data options")]
pub struct SourceArgs {
    /// The reviews: an aclImdb folder, or one packed as .tar, .tar.gz, .tar.xz or .tar.zst; a TFDS
    /// folder; a folder with one for each class; a table, .csv, .tsv, .json, .jsonl, .ndjson, .parquet or, with tabs, .txt [default: the
    /// embedded demo corpus]
    ///
    /// A TFDS folder is the folder of a version, for example imdb_reviews/subwords8k/1.0.0, or one above it. A table
    /// has one row per review, and may also be packed as .gz, .bz2, .xz, .zst or, alone in its archive, .zip. Its column
    /// `split` says train, validation (or valid, val, dev) or test; where there are both, training is validated with the
    /// validation rows, and `gatefold evaluate` takes the test rows. Rows without a text or a label are left out. A folder
    /// may hold such tables that are called by their parts, train.csv and test.csv or the train-00000-of-00002.parquet of
    /// Hugging Face, or texts, as CLASS/*.txt or train/CLASS/*.txt.
    /// Without that column, a fifth of the texts, chosen by their hash, are for testing, and at least one text of each
    /// class that has two. Quotes around fields and quotes that are part of the texts are told apart by the table as a
    /// whole. `imdb` is the corpus
    /// that `gatefold data fetch imdb` downloads, unless a file or folder has that name.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Another table, which holds the reviews to validate with while training
    #[arg(long, value_name = "FILE")]
    pub validation_data: Option<PathBuf>,
    /// Another table, which holds the test reviews
    #[arg(long, value_name = "FILE")]
    pub test_data: Option<PathBuf>,
    /// The table's column with the review [default: text, or the only one with a usual name, such as review, sentence or
    /// document; else ids]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The table's column with the label [default: label, or the only one with a usual name, such as sentiment, class or
    /// stars]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// The first row of the table is a review: columns have numbers, from 1, as --text-column 2
    #[arg(long)]
    pub no_header: bool,
    /// The names of the classes in their order, separated by commas: bad,fair,good [default: found among the labels]
    ///
    /// A name that has a comma is put in double quotes: '"fine, or so",bad'.
    ///
    /// Labels are negative and positive without this option if all are 0, neg, negative or false and 1, pos, positive or
    /// true, or -1 and 1, or 0 and 4. Otherwise each label of the training reviews is a class, numbers in ascending, words
    /// in alphabetical order. A model for more than two classes must end in a dense layer with a softmax and one unit per
    /// class. Numbers are the same however they are written: 1 is also 1.0.
    #[arg(long, value_name = "NAMES", allow_hyphen_values = true)]
    pub classes: Option<String>,
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
            ("--validation-data", self.validation_data.is_some()),
            ("--test-data", self.test_data.is_some()),
            ("--text-column", self.text_column.is_some()),
            ("--label-column", self.label_column.is_some()),
            ("--no-header", self.no_header),
            ("--classes", self.classes.is_some()),
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
#[command(mut_arg("validation_data", |data| data.hide(true)))]
#[command(mut_arg("test_data", |data| data
    .help("A table of which all reviews are test reviews")))]
#[command(mut_arg("vocab", |vocab| vocab
    .help("The vocabulary [default: that of the run]")))]
#[command(mut_arg("limit_test", |limit| limit.help("Use only N test reviews: of a table each class's share, else the first")))]
pub struct TestDataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
}
