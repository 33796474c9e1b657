//! A figure as an SVG file.

use plotters_svg::SVGBackend;

use super::canvas::Canvas;
use super::draw::draw;
use super::figure::{Figure, HEIGHT_INCHES, PIXELS_PER_INCH, WIDTH_INCHES};
use super::text::Typeface;
use crate::error::{Error, Result};

/// plotters places shapes at whole units, so a pixel is ten of them.
const UNITS_PER_PIXEL: u32 = 10;

pub(super) fn render(figure: &Figure) -> Result<String> {
    let failed = |problem: String| Error::Figure {
        title: figure.title.clone(),
        problem,
    };
    let units = PIXELS_PER_INCH * UNITS_PER_PIXEL;
    let size = (WIDTH_INCHES * units, HEIGHT_INCHES * units);
    let typeface = Typeface::embedded().map_err(|error| failed(error.to_string()))?;
    let mut file = String::new();
    let mut canvas = Canvas {
        backend: SVGBackend::with_string(&mut file, size),
        typeface: &typeface,
        scale: f64::from(UNITS_PER_PIXEL),
        grid: 1.0,
        stroke_excess: 0,
    };
    draw(figure, &mut canvas).map_err(|error| failed(error.to_string()))?;
    drop(canvas);

    // plotters sizes the picture by its units; it is to be 4 × 3 inches, with round joins.
    let by_units = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let by_inches = format!(
        "<svg width=\"{WIDTH_INCHES}in\" height=\"{HEIGHT_INCHES}in\" stroke-linejoin=\"round\""
    );
    Ok(file.replacen(&by_units, &by_inches, 1))
}
