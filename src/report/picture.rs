//! [`Picture`]: what can be drawn on a canvas of any backend.

use plotters_backend::DrawingBackend;

use super::canvas::{Canvas, Drawn};

/// A drawing of a fixed size.
pub(super) trait Picture {
    /// What it is called in errors.
    fn title(&self) -> &str;

    /// Width and height in pixels of scale 1.
    fn size(&self) -> (u32, u32);

    /// Draws all of it.
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B>;
}
