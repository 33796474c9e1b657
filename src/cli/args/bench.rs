//! Arguments of `gatefold bench`.

use std::path::PathBuf;

use clap::Args;

use super::{DeviceArgs, ModelArgs, OUTPUT, StorageArgs, TileArgs};

/// Arguments of `gatefold bench`.
#[derive(Debug, Args)]
#[command(mut_group("ModelArgs", |group| group.required(false)))]
pub struct BenchArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Number of tokens per review, T
    #[arg(long, value_name = "N", default_value_t = 864, requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub length: u32,
    /// Number of reviews per batch, B
    #[arg(long, value_name = "N", default_value_t = 10, requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch_size: u32,
    /// Number of ids in the vocabulary, V; the reviews are random ids [default: as in the model file, or 8185]
    #[arg(long, value_name = "N", requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    pub vocabulary: Option<u32>,
    /// Number of steps to time; three more come before them and do not count
    #[arg(long, value_name = "N", default_value_t = 15, requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub steps: u32,
    /// Time inference instead of training
    #[arg(long)]
    pub inference: bool,
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Time batches of these reviews instead of random ids
    ///
    /// The batches are shuffled, padded and run as in training: the program does not wait for one before it sends the next.
    /// --data takes the same values as in `gatefold train`.
    #[arg(long, value_name = "PATH", requires = "ModelArgs", conflicts_with_all = ["length", "vocabulary"])]
    pub data: Option<PathBuf>,
    /// The vocabulary file [default: imdb_reviews.subwords beside the data, else built from the reviews]
    #[arg(long, value_name = "FILE", requires = "data")]
    pub vocab: Option<PathBuf>,
    /// Also time each kernel of a step, and compare it with the most that the device can do
    #[arg(long, requires = "ModelArgs", help_heading = OUTPUT)]
    pub profile: bool,
    /// Write a trace of three steps: what the program and the device do, on one time line
    ///
    /// Open the file in chrome://tracing or ui.perfetto.dev.
    #[arg(long, value_name = "FILE", requires = "ModelArgs", help_heading = OUTPUT)]
    pub trace: Option<PathBuf>,
    /// Write a report to send to others: the profile, the device and its limits
    /// [default: gatefold-bench-NAME.json]
    ///
    /// The report has no names and no paths of this machine. With a model, it is about that model. Without one, it is about
    /// all forms of the kernels that the device can run. They are timed for an LSTM of 64 and of 128 units and for batches of
    /// 1, 10 and 64 reviews, and their numbers are checked against the same computation in f64.
    #[arg(long, value_name = "FILE", num_args = 0..=1, help_heading = OUTPUT)]
    pub report: Option<Option<PathBuf>>,
    /// Compare with an earlier report or --json output; with two files, compare these and measure nothing
    #[arg(long, value_name = "FILE", num_args = 1..=2, help_heading = OUTPUT)]
    pub compare: Vec<PathBuf>,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
}
