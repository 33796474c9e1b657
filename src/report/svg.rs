//! A picture as an SVG file.

use plotters_svg::SVGBackend;

use super::canvas::Canvas;
use super::figure::PIXELS_PER_INCH;
use super::picture::{Picture, paint};
use super::text::Typeface;
use crate::error::{Error, Result};

/// plotters places shapes at whole units, so a pixel is ten of them.
const UNITS_PER_PIXEL: u32 = 10;

pub(super) fn render(picture: &impl Picture) -> Result<String> {
    let failed = |problem: String| Error::Figure {
        title: picture.title().to_owned(),
        problem,
    };
    let (width, height) = picture.size();
    let size = (width * UNITS_PER_PIXEL, height * UNITS_PER_PIXEL);
    let typeface = Typeface::embedded().map_err(|error| failed(error.to_string()))?;
    let mut file = String::new();
    let mut canvas = Canvas {
        backend: SVGBackend::with_string(&mut file, size),
        typeface: &typeface,
        scale: f64::from(UNITS_PER_PIXEL),
        grid: 1.0,
        stroke_excess: 0,
    };
    paint(picture, &mut canvas).map_err(|error| failed(error.to_string()))?;
    drop(canvas);

    // plotters sizes the picture by its units; it is to be sized in inches, with round joins.
    let by_units = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let by_inches = format!(
        "<svg width=\"{}in\" height=\"{}in\" stroke-linejoin=\"round\"",
        inches(width),
        inches(height)
    );
    Ok(file.replacen(&by_units, &by_inches, 1))
}

fn inches(pixels: u32) -> f64 {
    f64::from(pixels) / f64::from(PIXELS_PER_INCH)
}
