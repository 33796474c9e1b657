//! A figure as a file.

use super::figure::{Figure, PIXELS_PER_INCH};
use super::{pdf, png, svg};
use crate::error::{Error, Result};

impl Figure {
    /// A PNG file of 400·`scale` × 300·`scale` pixels that says its size is 4 × 3 inches.
    ///
    /// The same figure gives the same bytes on every machine: the font is built in.
    ///
    /// # Errors
    /// [`Error::Figure`] where `scale` is not from 1 to 10, or drawing or encoding fails.
    pub fn to_png(&self, scale: u32) -> Result<Vec<u8>> {
        if !(1..=10).contains(&scale) {
            return Err(Error::Figure {
                title: self.title.clone(),
                problem: format!("a scale of {scale} is not from 1 to 10"),
            });
        }
        png::render(self, scale * PIXELS_PER_INCH)
    }

    /// An SVG file of 4 × 3 inches. Text stays text, in DejaVu Sans where the viewer has it.
    ///
    /// # Errors
    /// [`Error::Figure`] where drawing fails.
    pub fn to_svg(&self) -> Result<String> {
        svg::render(self)
    }

    /// A PDF file of one page of 4 × 3 inches. Text stays text, in DejaVu Sans, which is in the file.
    ///
    /// # Errors
    /// [`Error::Figure`] where drawing fails.
    pub fn to_pdf(&self) -> Result<Vec<u8>> {
        pdf::render(self)
    }
}
