//! [`Picture`]: what can be drawn on a canvas of any backend.

use plotters_backend::DrawingBackend;

use super::canvas::{Canvas, Drawn, Rectangle, WHITE, ink};

/// A drawing of a fixed size.
pub(super) trait Picture {
    /// What it is called in errors.
    fn title(&self) -> &str;

    /// Width and height in pixels of scale 1.
    fn size(&self) -> (u32, u32);

    /// Draws it on a page that [`paint`] has made white.
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B>;
}

/// Draws all of `picture`, its page first.
pub(super) fn paint<B: DrawingBackend>(
    picture: &impl Picture,
    canvas: &mut Canvas<'_, B>,
) -> Drawn<B> {
    let (width, height) = picture.size();
    let page = Rectangle {
        left: 0.0,
        top: 0.0,
        right: f64::from(width),
        bottom: f64::from(height),
    };
    canvas.fill(page, ink(WHITE, 1.0))?;
    picture.draw(canvas)
}
