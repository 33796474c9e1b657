//! As which files the figures of a command are drawn.

use clap::{Args, ValueEnum};
use gatefold::Result;
use gatefold::report::{FigureFormat, FigureOptions};

use super::OUTPUT;
use crate::cli::usage::option;

/// Formats, size and resolution.
#[derive(Debug, Args)]
pub struct FigureArgs {
    /// The kinds of files to draw, separated by commas [default: png,svg]
    #[arg(
        long = "format",
        value_enum,
        value_name = "FORMAT",
        value_delimiter = ',',
        help_heading = OUTPUT
    )]
    formats: Vec<PlotFormat>,
    /// Width and height of each plot in inches, 6x4 for example [default: 4x3]
    ///
    /// Pictures that are no plots, a confusion matrix for example, are as large as what is in them.
    #[arg(long, value_name = "WxH", value_parser = inches, help_heading = OUTPUT)]
    size: Option<(f64, f64)>,
    /// Pixels per inch of .png files [default: 200]
    #[arg(long, value_name = "N", help_heading = OUTPUT)]
    dpi: Option<u32>,
}

/// A kind of file that shows a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlotFormat {
    /// Pixels, for slides and web pages
    Png,
    /// Lines and letters, sharp at any size, for web pages
    Svg,
    /// Lines and letters, sharp at any size, for papers and print; the font is in the file
    Pdf,
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

impl FigureArgs {
    /// The option that was typed first here, if any was.
    pub fn typed(&self) -> Option<&'static str> {
        let typed = [
            ("--format", !self.formats.is_empty()),
            ("--size", self.size.is_some()),
            ("--dpi", self.dpi.is_some()),
        ];
        let mut typed = typed.into_iter();
        typed.find_map(|(name, is_typed)| is_typed.then_some(name))
    }

    /// As which files figures are drawn.
    ///
    /// # Errors
    /// [`gatefold::Error::Argument`] where that makes no sense.
    pub fn options(&self) -> Result<FigureOptions> {
        let usual = FigureOptions::default();
        let mut formats: Vec<FigureFormat> = Vec::new();
        for format in self.formats.iter().copied().map(FigureFormat::from) {
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        if formats.is_empty() {
            formats = usual.formats;
        }
        let options = FigureOptions {
            formats,
            inches: self.size.unwrap_or(usual.inches),
            dpi: self.dpi.unwrap_or(usual.dpi),
        };
        options.check()?;
        if self.dpi.is_some() && !options.formats.contains(&FigureFormat::Png) {
            let problem = "only .png files have pixels; add png to --format, or leave this out";
            return Err(option("--dpi", problem));
        }
        Ok(options)
    }
}

/// `6x4`, or `6×4`, as width and height.
fn inches(typed: &str) -> std::result::Result<(f64, f64), String> {
    let parts = typed.split_once(['x', 'X', '×']);
    let number = |text: &str| text.trim().parse::<f64>().ok();
    parts
        .and_then(|(width, height)| Some((number(width)?, number(height)?)))
        .ok_or_else(|| "give width x height in inches, 6x4 for example".to_owned())
}
