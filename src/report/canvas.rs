//! A plotters backend measured in pixels of scale 1, so that one drawing routine serves them all.

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, DrawingBackend, DrawingErrorKind,
};

use super::figure::{Colour, Marker};
use super::text::{BASELINE, Lettering, Typeface};

pub(super) const BLACK: Colour = [0, 0, 0];
pub(super) const GREY: Colour = [89, 89, 89];
pub(super) const WHITE: Colour = [255, 255, 255];

/// What drawing on a `B` gives.
pub(super) type Drawn<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A place, in pixels of scale 1 from the upper left corner.
pub(super) type Place = (f64, f64);

/// A rectangle, in pixels of scale 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rectangle {
    /// The cell in this row and column, where it is divided into cells of this width and height.
    pub fn cell(&self, (width, height): (f64, f64), row: usize, column: usize) -> Rectangle {
        let (left, top) = (
            self.left + width * column as f64,
            self.top + height * row as f64,
        );
        Rectangle {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }
}

/// A backend and its measures.
pub(super) struct Canvas<'a, B> {
    pub backend: B,
    pub typeface: &'a Typeface,
    /// Units of the backend a pixel of scale 1.
    pub scale: f64,
    /// Units of the backend that make one pixel of the finished picture: straight edges lie on
    /// multiples of it.
    pub grid: f64,
    /// Units of the backend by which it draws a stroke thicker than asked.
    pub stroke_excess: i32,
}

/// A colour with the width of a stroke in units of the backend.
struct Stroke(BackendColor, u32);

impl BackendStyle for Stroke {
    fn color(&self) -> BackendColor {
        self.0
    }

    fn stroke_width(&self) -> u32 {
        self.1
    }
}

/// `colour` covering what lies under it by the share `alpha`.
pub(super) fn ink(colour: Colour, alpha: f64) -> BackendColor {
    BackendColor {
        alpha,
        rgb: colour.into(),
    }
}

impl<B: DrawingBackend> Canvas<'_, B> {
    fn unit(&self, length: f64) -> i32 {
        (length * self.scale).round() as i32
    }

    fn place(&self, (x, y): Place) -> BackendCoord {
        (self.unit(x), self.unit(y))
    }

    /// The nearest edge between finished pixels, in units of the backend.
    fn edge(&self, length: f64) -> i32 {
        ((length * self.scale / self.grid).round() * self.grid) as i32
    }

    /// Fills a rectangle, its edges moved to whole pixels.
    pub fn fill(&mut self, area: Rectangle, colour: BackendColor) -> Drawn<B> {
        let near = (self.edge(area.left), self.edge(area.top));
        let far = (self.edge(area.right), self.edge(area.bottom));
        self.backend.draw_rect(near, far, &colour, true)
    }

    /// Draws an upright or level line, as sharp as pixels allow: a whole number of them wide, at
    /// least one.
    pub fn rule(&mut self, from: Place, to: Place, width: f64, colour: BackendColor) -> Drawn<B> {
        let width = self.edge(width).max(self.grid as i32);
        let half = f64::from(width) / 2.0 / self.scale;
        let near = (
            self.edge(from.0.min(to.0) - half),
            self.edge(from.1.min(to.1) - half),
        );
        let span = (
            self.edge((to.0 - from.0).abs()),
            self.edge((to.1 - from.1).abs()),
        );
        let far = (near.0 + span.0 + width, near.1 + span.1 + width);
        self.backend.draw_rect(near, far, &colour, true)
    }

    /// Draws a line through `places`, `width` pixels thick.
    pub fn line(&mut self, places: &[Place], width: f64, colour: BackendColor) -> Drawn<B> {
        let width = self.unit(width) - self.stroke_excess;
        let stroke = Stroke(colour, u32::try_from(width).unwrap_or(0).max(1));
        let places: Vec<_> = places.iter().map(|place| self.place(*place)).collect();
        self.backend.draw_path(places, &stroke)
    }

    /// Fills the polygon with these corners.
    pub fn polygon(&mut self, corners: &[Place], colour: BackendColor) -> Drawn<B> {
        let corners: Vec<_> = corners.iter().map(|corner| self.place(*corner)).collect();
        self.backend.fill_polygon(corners, &colour)
    }

    /// Draws a marker `size` pixels across.
    pub fn marker(
        &mut self,
        shape: Marker,
        centre: Place,
        size: f64,
        colour: BackendColor,
    ) -> Drawn<B> {
        let half = size / 2.0;
        let corners = |around: &[Place]| -> Vec<Place> {
            let corner = |(x, y): &Place| (centre.0 + x * half, centre.1 + y * half);
            around.iter().map(corner).collect()
        };
        match shape {
            Marker::Circle => {
                let radius = u32::try_from(self.unit(half)).unwrap_or(0).max(1);
                let centre = self.place(centre);
                self.backend.draw_circle(centre, radius, &colour, true)
            }
            Marker::Square => {
                let square = corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]);
                self.polygon(&square, colour)
            }
            Marker::Triangle => {
                self.polygon(&corners(&[(0.0, -1.1), (1.05, 0.8), (-1.05, 0.8)]), colour)
            }
            Marker::Diamond => {
                let diamond = corners(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]);
                self.polygon(&diamond, colour)
            }
        }
    }

    /// Sets a line of text; `place` is on its baseline.
    pub fn text(
        &mut self,
        text: &str,
        size: f64,
        place: Place,
        anchor: HPos,
        colour: Colour,
    ) -> Drawn<B> {
        let place = (self.unit(place.0), self.edge(place.1));
        self.letter(text, size, place, anchor, colour, false)
    }

    /// Sets a line of text that runs upwards, its middle at `place`, its baseline to the right.
    pub fn text_upwards(
        &mut self,
        text: &str,
        size: f64,
        place: Place,
        colour: Colour,
    ) -> Drawn<B> {
        let place = (self.edge(place.0), self.unit(place.1));
        self.letter(text, size, place, HPos::Center, colour, true)
    }

    fn letter(
        &mut self,
        text: &str,
        size: f64,
        (x, y): BackendCoord,
        anchor: HPos,
        colour: Colour,
        upwards: bool,
    ) -> Drawn<B> {
        let lettering = Lettering {
            typeface: self.typeface,
            size: size * self.scale,
            colour: ink(colour, 1.0),
            anchor,
            upwards,
        };
        let rise = (BASELINE * lettering.size).round() as i32;
        let top = if upwards {
            (x - rise, y)
        } else {
            (x, y - rise)
        };
        self.backend.draw_text(&printable(text), &lettering, top)
    }
}

/// `text` without the control characters, which an SVG file must not hold.
fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}
