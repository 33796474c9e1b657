//! The names of series beside the ends of their lines, where each finds room there: no legend is needed then.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{Canvas, Drawn, Rectangle};
use super::cover::is_over;
use super::figure::{Colour, Curve, Figure, Series, drawable};
use super::layout::{ASCENT, DESCENT, LINE, Layout, TEXT};
use super::strokes::marker_size;
use super::text::Typeface;

/// More series than this have a legend: their names would crowd the right edge.
const MOST: usize = 6;
/// Between a name and the frame.
const INSET: f64 = 4.0;
/// A name's share of the plotting area's width, at most.
const WIDEST: f64 = 0.6;
/// How far a name may be from the end of its line: the nearest place is tried first, above and below.
const DISTANCES: [f64; 5] = [1.0, 4.0, 7.0, 10.0, 14.0];
/// By how much any other series is farther away than its own.
const APART: f64 = 3.0;
/// Between two names, at least.
const BETWEEN: f64 = 6.0;
/// What is left of a colour in its name, so that light ones can be read on white.
const INK: f64 = 0.6;

/// The names in their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EndLabels(Vec<EndLabel>);

#[derive(Debug, Clone, PartialEq)]
struct EndLabel {
    text: String,
    area: Rectangle,
    colour: Colour,
}

impl EndLabels {
    /// A place for each name of `figure`: at the right, above or below the end of its line, on no series and on no other name,
    /// and nearer to its own than to any other. None where one of them has no such place, and for one series alone.
    pub fn of(figure: &Figure, layout: &Layout, typeface: &Typeface) -> Option<EndLabels> {
        let named: Vec<&Series> = figure.named().collect();
        let has_ends = |series: &&Series| matches!(series.curve, Curve::Line | Curve::Apart);
        if !(2..=MOST).contains(&named.len()) || !named.iter().all(has_ends) {
            return None;
        }
        let places = named.iter().map(|own| {
            let width = typeface.width(&own.label, TEXT);
            free_places(own, &named, width, layout)
        });
        let places: Vec<Vec<Rectangle>> = places.collect();
        let areas = apart(&places, Vec::new())?;
        let labels = named.iter().zip(areas).map(|(series, area)| EndLabel {
            text: series.label.clone(),
            area,
            colour: series.colour.map(|part| (f64::from(part) * INK) as u8),
        });
        Some(EndLabels(labels.collect()))
    }

    /// Sets the names.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        for EndLabel { text, area, colour } in &self.0 {
            let place = (area.right, area.top + ASCENT * TEXT);
            canvas.text(text, TEXT, place, HPos::Right, *colour)?;
        }
        Ok(())
    }
}

/// Where a name so wide may be set for `own`, the nearest place first.
fn free_places(own: &Series, all: &[&Series], width: f64, layout: &Layout) -> Vec<Rectangle> {
    let frame = layout.frame;
    let mut points = own.points.iter().rev();
    let Some(end) = points.find(|point| drawable(point.1)) else {
        return Vec::new();
    };
    if width > WIDEST * (frame.right - frame.left) {
        return Vec::new();
    }
    let (_, end) = layout.place(*end);
    let reach = match own.marker {
        Some(_) => marker_size(own, layout),
        None => LINE,
    };
    let right = frame.right - INSET;
    let tried = DISTANCES.into_iter().flat_map(|distance| {
        let above = end - reach - distance - DESCENT * TEXT;
        let below = end + reach + distance + ASCENT * TEXT;
        [(distance, above), (distance, below)]
    });
    let free = tried.filter_map(|(distance, baseline)| {
        let area = Rectangle {
            left: right - width,
            top: baseline - ASCENT * TEXT,
            right,
            bottom: baseline + DESCENT * TEXT,
        };
        let is_within = area.top >= frame.top + INSET && area.bottom <= frame.bottom - INSET;
        let is_free = all.iter().all(|series| {
            let room = match std::ptr::eq(*series, own) {
                true => 0.0,
                false => distance + APART,
            };
            !is_over(widened(area, room), series, layout)
        });
        (is_within && is_free).then_some(area)
    });
    free.collect()
}

/// One of the places of each, so that none covers another: those that are nearest to the ends first.
fn apart(places: &[Vec<Rectangle>], taken: Vec<Rectangle>) -> Option<Vec<Rectangle>> {
    let Some((next, rest)) = places.split_first() else {
        return Some(taken);
    };
    next.iter().find_map(|area| {
        let is_free = taken
            .iter()
            .all(|other| !overlap(widened(*area, BETWEEN), *other));
        let with = || taken.iter().copied().chain([*area]).collect();
        is_free.then(|| apart(rest, with())).flatten()
    })
}

fn widened(area: Rectangle, by: f64) -> Rectangle {
    Rectangle {
        left: area.left - by,
        top: area.top - by,
        right: area.right + by,
        bottom: area.bottom + by,
    }
}

fn overlap(one: Rectangle, other: Rectangle) -> bool {
    one.left < other.right
        && other.left < one.right
        && one.top < other.bottom
        && other.top < one.bottom
}
