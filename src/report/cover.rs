//! Whether something that is set over the plotting area lies over a series.

use super::canvas::{Place, Rectangle};
use super::figure::{Curve, Series, drawable};
use super::layout::{LINE, Layout};
use super::strokes::{marker_size, strokes};

/// Whether a point, a line or a filled area of `series` lies in `area`, or so near that it seems to.
pub(super) fn is_over(area: Rectangle, series: &Series, layout: &Layout) -> bool {
    let reach = if series.marker.is_some() {
        marker_size(series, layout)
    } else {
        LINE
    };
    let within = |(x, y): &Place| {
        let (across, down) = (
            area.left - reach..area.right + reach,
            area.top - reach..area.bottom + reach,
        );
        across.contains(x) && down.contains(y)
    };
    let mut points = series.points.iter().filter(|point| drawable(point.1));
    if points.any(|point| within(&layout.place(*point))) {
        return true;
    }
    let centre = (
        (area.left + area.right) / 2.0,
        (area.top + area.bottom) / 2.0,
    );
    let is_filled = matches!(series.curve, Curve::Band | Curve::Bars { .. });
    let strokes = strokes(series, layout);
    strokes.iter().any(|stroke| {
        let mut parts = stroke.windows(2);
        // Where no part of an outline is in it, all of it lies on one side.
        parts.any(|ends| passes(ends[0], ends[1], within)) || is_filled && encloses(stroke, centre)
    })
}

/// Whether a straight line is somewhere `within`, sampled at every other pixel.
fn passes(from: Place, to: Place, within: impl Fn(&Place) -> bool) -> bool {
    let across = (to.0 - from.0, to.1 - from.1);
    let length = (across.0 * across.0 + across.1 * across.1).sqrt();
    let samples = (length / 2.0).ceil().max(1.0);
    let along = |index: u32| (f64::from(index) + 0.5) / samples;
    let mut places = (0..samples as u32).map(|index| {
        let share = along(index);
        (from.0 + across.0 * share, from.1 + across.1 * share)
    });
    places.any(|place| within(&place))
}

/// Whether a place is inside the area with this outline: a ray from it crosses the outline an odd number of times.
fn encloses(outline: &[Place], (x, y): Place) -> bool {
    let (Some(first), Some(last)) = (outline.first(), outline.last()) else {
        return false;
    };
    let sides = outline.windows(2).map(|ends| (ends[0], ends[1]));
    let crossed = sides.chain([(*last, *first)]).filter(|(from, to)| {
        let is_beside = (from.1 > y) != (to.1 > y);
        is_beside && x < from.0 + (y - from.1) / (to.1 - from.1) * (to.0 - from.0)
    });
    !crossed.count().is_multiple_of(2)
}
