//! [`FigureOptions`]: as which files a figure is written, how large and how fine.

use std::path::{Path, PathBuf};

use super::draw::Resized;
use super::figure::{Figure, HEIGHT_INCHES, PIXELS_PER_INCH, WIDTH_INCHES};
use super::picture::Picture;
use super::{PNG_SCALE, pdf, png, svg};
use crate::atomic::write_atomically;
use crate::error::{Error, Result};

/// Pixels an inch of a `.png` file.
const DPI: std::ops::RangeInclusive<u32> = 50..=1200;
/// Inches that a figure is wide or high; in a smaller one its letters would cover its curves.
const INCHES: std::ops::RangeInclusive<f64> = 2.0..=30.0;

/// A kind of file that shows a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureFormat {
    /// Pixels.
    Png,
    /// Shapes, for web pages; text in the fonts that the viewer has.
    Svg,
    /// Shapes, for documents and print; its font is in the file.
    Pdf,
}

impl FigureFormat {
    /// What the file's name ends in, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            FigureFormat::Png => "png",
            FigureFormat::Svg => "svg",
            FigureFormat::Pdf => "pdf",
        }
    }

    /// The format of a file of this name, if it is one; `LOSS.PNG` is one too.
    ///
    /// # Examples
    /// ```
    /// use gatefold::report::FigureFormat;
    ///
    /// assert_eq!(FigureFormat::of("figures/loss.PDF".as_ref()), Some(FigureFormat::Pdf));
    /// assert_eq!(FigureFormat::of("figures/loss.jpg".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<FigureFormat> {
        let ending = path.extension()?.to_str()?;
        let all = [FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf];
        all.into_iter()
            .find(|format| format.ending().eq_ignore_ascii_case(ending))
    }
}

/// As which files figures are written, how large and how fine.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureOptions {
    /// A file each.
    pub formats: Vec<FigureFormat>,
    /// Width and height in inches, of figures with axes.
    pub inches: (f64, f64),
    /// Pixels an inch of a `.png` file.
    pub dpi: u32,
}

impl Default for FigureOptions {
    /// What a run's own folder has: PNG and SVG of 4 × 3 inches, the former with 200 pixels an inch.
    fn default() -> Self {
        Self {
            formats: vec![FigureFormat::Png, FigureFormat::Svg],
            inches: (f64::from(WIDTH_INCHES), f64::from(HEIGHT_INCHES)),
            dpi: PNG_SCALE * PIXELS_PER_INCH,
        }
    }
}

impl FigureOptions {
    /// Fails where nothing, or no figure that one could read, would come of it.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field.
    ///
    /// # Examples
    /// ```
    /// use gatefold::report::FigureOptions;
    ///
    /// let options = FigureOptions { inches: (6.0, 4.0), dpi: 300, ..FigureOptions::default() };
    /// assert!(options.check().is_ok());
    /// assert!(FigureOptions { dpi: 20, ..options }.check().is_err());
    /// ```
    pub fn check(&self) -> Result<()> {
        if self.formats.is_empty() {
            let problem = "no format is named; name one of png, svg and pdf";
            return Err(Error::argument(
                "FigureOptions::formats",
                problem.to_owned(),
            ));
        }
        if !DPI.contains(&self.dpi) {
            let (least, most) = (DPI.start(), DPI.end());
            let problem = format!(
                "{} pixels an inch; give a number from {least} to {most}",
                self.dpi
            );
            return Err(Error::argument("FigureOptions::dpi", problem));
        }
        let (width, height) = self.inches;
        if !INCHES.contains(&width) || !INCHES.contains(&height) {
            let (least, most) = (INCHES.start(), INCHES.end());
            let problem = format!(
                "{width} × {height} inches; give a width and a height from {least} to {most} inches"
            );
            return Err(Error::argument("FigureOptions::inches", problem));
        }
        let pixels = self.pixels();
        match self.formats.contains(&FigureFormat::Png) {
            true => png::check_size(pixels, self.dpi)
                .map_err(|problem| Error::argument("FigureOptions::dpi", problem)),
            false => Ok(()),
        }
    }

    /// The size in pixels of scale 1.
    fn pixels(&self) -> (u32, u32) {
        let pixels = |inches: f64| (inches * f64::from(PIXELS_PER_INCH)).round() as u32;
        (pixels(self.inches.0), pixels(self.inches.1))
    }

    /// Writes `figure` to `folder`, a file a format, and returns their paths.
    pub(super) fn write_figure(
        &self,
        folder: &Path,
        name: &str,
        figure: &Figure,
    ) -> Result<Vec<PathBuf>> {
        self.check()?;
        let size = self.pixels();
        self.write(folder, name, &Resized { figure, size })
    }

    /// Writes `picture`, whose size is its own, to `folder`, a file a format, and returns their paths.
    pub(super) fn write(
        &self,
        folder: &Path,
        name: &str,
        picture: &impl Picture,
    ) -> Result<Vec<PathBuf>> {
        let write = |format: &FigureFormat| {
            let path = folder.join(format!("{name}.{}", format.ending()));
            let bytes = match format {
                FigureFormat::Png => png::render(picture, self.dpi)?,
                FigureFormat::Svg => svg::render(picture)?.into_bytes(),
                FigureFormat::Pdf => pdf::render(picture)?,
            };
            write_atomically(&path, &bytes)?;
            Ok(path)
        };
        self.formats.iter().map(write).collect()
    }
}
