//! Arguments of `gatefold bench`.

use std::path::PathBuf;

use clap::Args;

use super::{DeviceArgs, ModelArgs, OUTPUT, TileArgs};

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
    /// Size of the vocabulary from which random ids are drawn, V [default: that of the model file, or 8185]
    #[arg(long, value_name = "N", requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    pub vocabulary: Option<u32>,
    /// Number of steps to time, after three steps that warm up
    #[arg(long, value_name = "N", default_value_t = 15, requires = "ModelArgs", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub steps: u32,
    /// Time inference instead of training
    #[arg(long)]
    pub inference: bool,
    /// Time batches of these reviews, shuffled and padded, instead of batches of random ids
    ///
    /// The batches are prepared and run as in training: the program does not wait for each. --data takes the same values
    /// as in `gatefold train`.
    #[arg(long, value_name = "PATH", requires = "ModelArgs", conflicts_with_all = ["length", "vocabulary"])]
    pub data: Option<PathBuf>,
    /// The vocabulary [default: imdb_reviews.subwords beside the data, else subwords built from it]
    #[arg(long, value_name = "FILE", requires = "data")]
    pub vocab: Option<PathBuf>,
    /// Also time each kernel of a step, and compare it with the peak of the adapter
    #[arg(long, requires = "ModelArgs", help_heading = OUTPUT)]
    pub profile: bool,
    /// Write a Chrome trace of three steps, with host threads and kernels on one time line
    ///
    /// Open it in chrome://tracing or ui.perfetto.dev.
    #[arg(long, value_name = "FILE", requires = "ModelArgs", help_heading = OUTPUT)]
    pub trace: Option<PathBuf>,
    /// Write a report with the profile, the adapter and its limits, to send to others
    /// [default: gatefold-bench-NAME.json]
    ///
    /// It contains no names and no paths of this machine. Without a model it is a report of every form of the kernels that
    /// the device can run, for an LSTM of 64 and of 128 units and batches of 1, 10 and 64: the time of a step, and of a
    /// timestep of the recurrence, each checked against the same in f64.
    #[arg(long, value_name = "FILE", num_args = 0..=1, help_heading = OUTPUT)]
    pub report: Option<Option<PathBuf>>,
    /// Compare with an earlier report, or with the output of --json; of two files, compare the second with the first
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
