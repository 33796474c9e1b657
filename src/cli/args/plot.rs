//! What was typed for `plot`.

use std::path::PathBuf;

use clap::Args;

use super::{FigureArgs, OUTPUT};

#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Folders of runs; the folder of a comparison stands for all runs in it
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Draw runs that differ only in their seed as one curve
    ///
    /// The curve is the mean of these runs, and a band around it shows their range. The runs need their config.toml, which
    /// says how they were trained.
    #[arg(long)]
    pub over_seeds: bool,
    /// Folder for the plots that compare several runs [default: the folder that holds all the runs]
    #[arg(long, value_name = "DIR", help_heading = OUTPUT)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub figures: FigureArgs,
}
