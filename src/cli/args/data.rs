//! Which reviews to read.

use std::path::PathBuf;

use clap::Args;

/// Where the reviews are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Data options")]
pub struct SourceArgs {
    /// The reviews: a table, a folder, `imdb` or `demo` [default: demo, the corpus that is built in]
    ///
    /// A table is a .csv, .tsv, .json, .jsonl, .ndjson or .parquet file, or a .txt file with tabs. It has one review per row.
    /// It may be packed as .gz, .bz2, .xz, .zst, or as the only file in a .zip. Rows without a text or a label are left out.
    ///
    /// A folder holds the aclImdb corpus (it may be packed as .tar, .tar.gz, .tar.xz or .tar.zst); or a version of a TFDS
    /// data set, such as imdb_reviews/subwords8k/1.0.0; or texts as CLASS/*.txt or train/CLASS/*.txt; or tables named for
    /// their parts, such as train.csv and test.csv, or Hugging Face's train-00000-of-00002.parquet.
    ///
    /// `imdb` is the corpus that `gatefold data fetch imdb` downloads, and `demo` the one that is built in, unless a file or
    /// folder has that name.
    ///
    /// The column `split` of a table says which part a row is in: train, validation (or valid, val, dev), or test. If there
    /// are validation and test rows, training validates with the former and `gatefold evaluate` takes the latter. Without
    /// that column, one text in five is for testing, and at least one of each class that has two. Which ones they are
    /// depends on the texts alone.
    ///
    /// gatefold looks at the whole table to tell quotes around fields from quotes in the texts.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// A second table, with the reviews to validate with during training
    #[arg(long, value_name = "FILE")]
    pub validation_data: Option<PathBuf>,
    /// A second table, with the test reviews
    #[arg(long, value_name = "FILE")]
    pub test_data: Option<PathBuf>,
    /// The column with the review [default: text, or the only one with a usual name, such as review,
    /// sentence or document; else ids]
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column with the label [default: label, or the only one with a usual name, such as sentiment,
    /// class or stars]
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// The table begins with a review: its columns have no names but numbers, from 1 (--text-column 2)
    #[arg(long)]
    pub no_header: bool,
    /// The classes in order, separated by commas: bad,fair,good [default: found in the labels]
    ///
    /// Without this option, gatefold looks at the labels of the training reviews. The classes are `negative` and `positive` if
    /// all labels are 0, neg, negative or false and 1, pos, positive or true; or -1 and 1; or 0 and 4. Otherwise each label
    /// is a class: numbers in ascending order, words in alphabetical order. 1 and 1.0 are the same label.
    ///
    /// For three or more classes, the model must end in a dense layer with a softmax and one unit per class. Put a name that
    /// has a comma in double quotes: '"fine, or so",bad'.
    #[arg(long, value_name = "NAMES", allow_hyphen_values = true)]
    pub classes: Option<String>,
    /// The table's encoding: windows-1252, euc-kr (cp949), gb18030, shift_jis … [default: utf-8, or
    /// utf-16 where a byte order mark says so]
    ///
    /// Without this option, gatefold refuses a table if more than a few of its lines are not UTF-8. With --encoding utf-8 it
    /// reads such a table, and what is not UTF-8 becomes U+FFFD.
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
    /// The vocabulary file: subwords, words, characters, or a Hugging Face tokenizer.json [default:
    /// imdb_reviews.subwords beside the data, else subwords built from the reviews]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// Read and encode the reviews again, and leave the cache alone
    ///
    /// Without this option, gatefold keeps the encoded reviews of the last 8 data sets in its cache folder. It uses them
    /// again until the reviews or the vocabulary change. GATEFOLD_HOME names the cache folder.
    #[arg(long)]
    pub no_cache: bool,
    /// Use only N test reviews: the first ones; of a table, as many of each class as its share
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_test: Option<usize>,
}

/// Which reviews to train on and to test with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Data options")]
pub struct DataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Use only N training reviews: the first ones; of a table, as many of each class as its share
    ///
    /// gatefold refuses an N that leaves a class without reviews.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub limit_train: Option<usize>,
}

/// Which reviews to test a run with.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(mut_arg("data", |data| data
    .help("The reviews, as in `gatefold train`; all rows of a table without a column `split`, unless the run was \
           trained on it [default: those of the run]")
    .long_help(None)))]
#[command(mut_arg("validation_data", |data| data.hide(true)))]
#[command(mut_arg("test_data", |data| data
    .help("A table whose rows are all test reviews")))]
#[command(mut_arg("vocab", |vocab| vocab
    .help("The vocabulary file [default: that of the run]")))]
#[command(mut_arg("limit_test", |limit| limit.help("Use only N test reviews: the first ones; of a table, as many of each class as its share")))]
pub struct TestDataArgs {
    #[command(flatten)]
    pub reading: ReadingArgs,
}
