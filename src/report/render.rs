//! A figure as a file.

use super::figure::Figure;
use super::{png, svg};
use crate::error::Result;

impl Figure {
    /// A PNG file of 400·`scale` × 300·`scale` pixels that says its size is 4 × 3 inches.
    ///
    /// The same figure gives the same bytes on every machine: the font is built in.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] where `scale` is not from 1 to 10, or drawing or encoding fails.
    pub fn to_png(&self, scale: u32) -> Result<Vec<u8>> {
        png::render(self, scale)
    }

    /// An SVG file of 4 × 3 inches. Text stays text, in DejaVu Sans where the viewer has it.
    ///
    /// # Errors
    /// [`crate::Error::Figure`] where drawing fails.
    pub fn to_svg(&self) -> Result<String> {
        svg::render(self)
    }
}
