//! What was typed for `gatefold serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::watch::parse_address;
use super::{DeviceArgs, RunArgs};

#[derive(Debug, Args)]
pub struct ServerArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Where to listen: a port of 127.0.0.1, or an address and a port; port 0 picks a free one
    ///
    /// With 0.0.0.0:8080, everyone who reaches this machine can ask.
    #[arg(long, value_name = "[ADDRESS:]PORT", default_value = "8080", value_parser = parse_address)]
    pub listen: SocketAddr,
    /// The vocabulary [default: that of the run]
    #[arg(long, value_name = "FILE")]
    pub vocab: Option<PathBuf>,
    /// The largest number of texts per batch
    ///
    /// Texts that arrive together share a batch only if they are equally long or, if the model masks padding, similarly
    /// long. The answers are the same, whatever arrives together.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 32,
        allow_negative_numbers = true
    )]
    pub batch_size: usize,
    /// The largest number of texts in a request; more are refused with 413
    #[arg(
        long,
        value_name = "N",
        default_value_t = 256,
        allow_negative_numbers = true
    )]
    pub max_texts: usize,
    /// The largest number of bytes in a request; more are refused with 413
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1_048_576,
        allow_negative_numbers = true
    )]
    pub max_bytes: usize,
    /// The largest number of texts that wait for the device; requests beyond it are refused with 503
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1024,
        allow_negative_numbers = true
    )]
    pub max_waiting: usize,
    #[command(flatten)]
    pub device: DeviceArgs,
}
