//! A series as strokes and markers, for the plotting area and the legend, which must not hide them.

use super::canvas::Place;
use super::figure::{Curve, Dash, Series, drawable};
use super::layout::{LINE, Layout, MARKER};

/// Length of the stroke that stands for a line through a single point.
const LONE_STROKE: f64 = 20.0;

/// How large the markers of `series` are: smaller where they would cover one another.
pub(super) fn marker_size(series: &Series, layout: &Layout) -> f64 {
    let steps = series.points.windows(2);
    let step = steps.map(|ends| ends[1].0.saturating_sub(ends[0].0)).min();
    let places = step.unwrap_or(1).max(1) * series.mark_every.max(1);
    let distance = layout.unit_width() * places as f64;
    MARKER.min((distance * 1.2).max(3.0))
}

/// The unbroken parts of the curve of `series`; none if it has none. A point alone on a line becomes a
/// short level stroke; steps begin and end on the horizontal axis.
pub(super) fn strokes(series: &Series, layout: &Layout) -> Vec<Vec<Place>> {
    let pieces = series
        .points
        .split(|point| !drawable(point.1))
        .filter(|piece| !piece.is_empty());
    match series.curve {
        Curve::Apart => Vec::new(),
        Curve::Line => pieces.map(|piece| line(piece, layout)).collect(),
        Curve::Band => pieces.map(|piece| outline(piece, layout)).collect(),
        Curve::Steps { width } | Curve::Bars { width } => {
            pieces.map(|piece| steps(piece, width, layout)).collect()
        }
    }
}

/// The parts of `line` that are drawn where it is broken so.
pub(super) fn dashes(line: &[Place], dash: Dash) -> Vec<Vec<Place>> {
    let pattern = dash.pattern();
    let (Some(&first), Some(start)) = (pattern.first(), line.first()) else {
        return vec![line.to_vec()];
    };
    // Which length of the pattern is under way, and what is left of it; strokes come at even ones.
    let (mut part, mut left) = (0_usize, first * LINE);
    let mut strokes = vec![vec![*start]];
    for ends in line.windows(2) {
        let (mut from, to) = (ends[0], ends[1]);
        loop {
            let (across, down) = (to.0 - from.0, to.1 - from.1);
            let length = (across * across + down * down).sqrt();
            let reaches = length <= left;
            let share = if reaches { 1.0 } else { left / length };
            let end = (from.0 + across * share, from.1 + down * share);
            if part.is_multiple_of(2)
                && let Some(stroke) = strokes.last_mut()
            {
                stroke.push(end);
            }
            if reaches {
                left -= length;
                break;
            }
            from = end;
            part = (part + 1) % pattern.len();
            left = pattern[part] * LINE;
            if part.is_multiple_of(2) {
                strokes.push(vec![end]);
            }
        }
    }
    strokes.retain(|stroke| stroke.len() > 1);
    strokes
}

fn line(piece: &[(usize, f64)], layout: &Layout) -> Vec<Place> {
    let places: Vec<Place> = piece.iter().map(|point| layout.place(*point)).collect();
    let half = LONE_STROKE.min(layout.unit_width()) / 2.0;
    match places[..] {
        [(x, y)] => vec![(x - half, y), (x + half, y)],
        _ => places,
    }
}

fn outline(piece: &[(usize, f64)], layout: &Layout) -> Vec<Place> {
    piece.iter().map(|point| layout.place(*point)).collect()
}

fn steps(piece: &[(usize, f64)], width: usize, layout: &Layout) -> Vec<Place> {
    let level = |&(start, value): &(usize, f64)| {
        [(start, value), (start + width, value)].map(|end| layout.place(end))
    };
    let mut places: Vec<Place> = piece.iter().flat_map(level).collect();
    let foot = |place: Option<&Place>| place.map(|&(x, _)| (x, layout.frame.bottom));
    let (first, last) = (foot(places.first()), foot(places.last()));
    places.splice(0..0, first);
    places.extend(last);
    places
}
