//! What was typed for `plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use gatefold::report::{FigureFormat, FigureOptions};

use super::OUTPUT;

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
    /// The kinds of files to write, separated by commas
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        value_delimiter = ',',
        default_values_t = PlotFormat::USUAL,
        help_heading = OUTPUT
    )]
    pub format: Vec<PlotFormat>,
    /// Width and height of each plot in inches, 6x4 for example [default: 4x3]
    #[arg(long, value_name = "WxH", value_parser = inches, help_heading = OUTPUT)]
    pub size: Option<(f64, f64)>,
    /// Pixels per inch of .png files [default: 200]
    #[arg(long, value_name = "N", help_heading = OUTPUT)]
    pub dpi: Option<u32>,
}

/// A kind of file that shows a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlotFormat {
    /// Pixels, for slides and web pages
    Png,
    /// Lines and letters, sharp at any size, for web pages
    Svg,
    /// Lines and letters, sharp at any size, for papers and print; the font is in the file
    Pdf,
}

impl PlotFormat {
    /// What is written where nothing else is asked for.
    pub const USUAL: [PlotFormat; 2] = [PlotFormat::Png, PlotFormat::Svg];
}

/// The formats that were typed, each once.
pub fn formats(typed: &[PlotFormat]) -> Vec<FigureFormat> {
    let mut formats: Vec<FigureFormat> = Vec::new();
    for format in typed.iter().copied().map(FigureFormat::from) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    formats
}

impl From<PlotFormat> for FigureFormat {
    fn from(format: PlotFormat) -> FigureFormat {
        match format {
            PlotFormat::Png => FigureFormat::Png,
            PlotFormat::Svg => FigureFormat::Svg,
            PlotFormat::Pdf => FigureFormat::Pdf,
        }
    }
}

impl PlotArgs {
    /// As which files plots are written.
    pub fn options(&self) -> FigureOptions {
        let usual = FigureOptions::default();
        FigureOptions {
            formats: formats(&self.format),
            inches: self.size.unwrap_or(usual.inches),
            dpi: self.dpi.unwrap_or(usual.dpi),
        }
    }
}

/// `6x4`, or `6×4`, as width and height.
fn inches(typed: &str) -> Result<(f64, f64), String> {
    let parts = typed.split_once(['x', 'X', '×']);
    let number = |text: &str| text.trim().parse::<f64>().ok();
    parts
        .and_then(|(width, height)| Some((number(width)?, number(height)?)))
        .ok_or_else(|| "give width x height in inches, 6x4 for example".to_owned())
}
