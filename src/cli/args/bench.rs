//! Arguments of `gatefold bench`.

use std::path::PathBuf;

use clap::Args;

use super::{DeviceArgs, ModelArgs, OUTPUT, TileArgs};

/// Arguments of `gatefold bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Tokens a review, T
    #[arg(long, value_name = "N", default_value_t = 864, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub length: u32,
    /// Reviews a batch, B
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub batch_size: u32,
    /// Words that random ids are drawn from, V [default: as many as the model file says, or 8185]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    pub vocabulary: Option<u32>,
    /// Steps to time, after three to warm up
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub steps: u32,
    /// Time predicting instead of training
    #[arg(long)]
    pub inference: bool,
    /// Time real batches of these reviews, shuffled and padded, instead of random ids
    ///
    /// The batches are prepared and run as in training, without waiting for each. --data takes here what it
    /// takes in `gatefold train`.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["length", "vocabulary"])]
    pub data: Option<PathBuf>,
    /// The subword vocabulary [default: imdb_reviews.subwords beside the data]
    #[arg(long, value_name = "FILE", requires = "data")]
    pub vocab: Option<PathBuf>,
    /// Also time each kernel of a step, against what the adapter can do at most
    #[arg(long, help_heading = OUTPUT)]
    pub profile: bool,
    /// Write three steps as a Chrome trace: host threads and kernels on one time line
    ///
    /// chrome://tracing and ui.perfetto.dev show it.
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub trace: Option<PathBuf>,
    /// Write a report with profile, adapter and limits, to send to others
    /// [default: gatefold-bench-NAME.json]
    ///
    /// It holds no name and no path of yours.
    #[arg(long, value_name = "FILE", num_args = 0..=1, help_heading = OUTPUT)]
    pub report: Option<Option<PathBuf>>,
    /// Compare with an earlier report, or with what --json printed
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub compare: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
}
