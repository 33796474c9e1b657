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
    /// Train N trials at a time on this machine, each in a process of its own
    ///
    /// On the cpu, the processes share the threads evenly.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Take only every Nth trial, from the Kth: for file systems without locks, where processes cannot see each other
    #[arg(long, value_name = "K/N")]
    pub take: Option<Share>,
    /// Also train the trials that failed, once more
    #[arg(long)]
    pub retry_failed: bool,
    /// Say how many trials there are and about how long they take, and train nothing
    ///
    /// gatefold times the second step of each model. Validation is not counted.
    #[arg(long)]
    pub dry_run: bool,
    /// List the trials and the state of each, and train nothing
    #[arg(long, conflicts_with = "dry_run")]
    pub list: bool,
    /// Encode the reviews again, and leave the cache alone
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub tile: TileArgs,
    /// The folder to write to; all processes that name it share the work [default: runs/NAME]
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
    /// Print JSON lines on standard output
    #[arg(long, help_heading = OUTPUT)]
    pub json: bool,
}
