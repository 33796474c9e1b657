//! `gatefold sweep`: which file, and how its trials are shared out.

use std::path::PathBuf;

use clap::Args;
use gatefold::sweep::Share;

use super::{DeviceArgs, OUTPUT, TileArgs};

#[derive(Debug, Args)]
pub struct SweepArgs {
    /// The sweep file, in TOML: `name`, and the tables `base`, `axes` and `search`
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Train with N processes on this machine
    ///
    /// On the cpu, each gets its share of the threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Take every Nth trial alone, from the Kth: for file systems without locks
    #[arg(long, value_name = "K/N")]
    pub take: Option<Share>,
    /// Train trials again that failed
    #[arg(long)]
    pub retry_failed: bool,
    /// Say how many trials there are and how long they take, and train nothing
    ///
    /// The time follows from the second step of each model, without validation.
    #[arg(long)]
    pub dry_run: bool,
    /// List the trials and what is known of each, and train nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub list: bool,
    /// Do not keep encoded reviews in the cache, and do not read them from it
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
    /// The folder to write to; processes that share it share the work [default: runs/NAME]
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
    /// Print JSON lines on standard output
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
