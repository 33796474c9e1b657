//! How much of a series lies under something that is set over the plotting area.

use super::canvas::{Place, Rectangle};
use super::figure::{Series, drawable};
use super::layout::{LINE, Layout};
use super::strokes::{marker_size, strokes};

/// How much of `series` lies in `area`: a line by its length, a marker as much as its width.
pub(super) fn hidden_length(area: Rectangle, series: &Series, layout: &Layout) -> f64 {
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
    let points = series.points.iter().filter(|point| drawable(point.1));
    let marked = points.filter(|point| within(&layout.place(**point)));
    let mut hidden = marked.count() as f64 * reach;
    for stroke in strokes(series, layout) {
        hidden += stroke
            .windows(2)
            .map(|ends| length_within(ends[0], ends[1], within))
            .sum::<f64>();
    }
    hidden
}

/// Length of the part of a straight line that is `within`, sampled at every other pixel.
fn length_within(from: Place, to: Place, within: impl Fn(&Place) -> bool) -> f64 {
    let across = (to.0 - from.0, to.1 - from.1);
    let length = (across.0 * across.0 + across.1 * across.1).sqrt();
    let samples = (length / 2.0).ceil().max(1.0);
    let along = |index: u32| (f64::from(index) + 0.5) / samples;
    let places = (0..samples as u32).map(|index| {
        let share = along(index);
        (from.0 + across.0 * share, from.1 + across.1 * share)
    });
    places.filter(|place| within(place)).count() as f64 * length / samples
}
