//! A [`Figure`] as shapes for the page: its style says their colours, its script follows the pointer.

use minijinja::{Value, context};

use crate::report::figure::{Curve, Dash, Figure, Marker, Series, drawable};
use crate::report::ticks::{Axis, Tick};

/// The picture's size, in units of its own: small, so that letters stay readable on a phone.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 250.0;

/// The plotting area.
const LEFT: f64 = 62.0;
const RIGHT: f64 = WIDTH - 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 40.0;

/// Intervals between ticks, at most.
const X_STEPS: u32 = 8;
const Y_STEPS: u32 = 6;

/// Colours that the style has; the next series begins anew.
pub(super) const COLOURS: usize = 5;

/// Half the length of the stroke that stands for a line through a single point.
const LONE_STROKE: f64 = 10.0;

/// How series are told apart.
#[derive(Clone, Copy)]
pub(super) enum Colours {
    /// Each its own, from the first on.
    Each,
    /// All have that of the run with this index.
    Of(usize),
}

/// The figure as the template's `chart` draws it.
pub(super) fn chart(figure: &Figure, colours: Colours) -> Value {
    let x = Axis::places(&figure.series, figure.x_unit, X_STEPS);
    let y = Axis::values(&figure.series, figure.vertical, Y_STEPS);
    let frame = Frame { x: &x, y: &y };
    let bands = figure.series.iter();
    let mut bands = bands.filter(|series| series.curve == Curve::Band);
    let series: Vec<Value> = figure
        .named()
        .enumerate()
        .map(|(index, series)| {
            let colour = match colours {
                Colours::Each => index,
                Colours::Of(run) => run,
            };
            frame.series(series, bands.next(), colour % COLOURS)
        })
        .collect();
    context! {
        title => &figure.title,
        x_label => &figure.x_label,
        y_label => &figure.y_label,
        width => WIDTH, height => HEIGHT, left => LEFT, right => RIGHT, top => TOP, bottom => BOTTOM,
        x_ticks => ticks(&x.ticks, |value| frame.horizontal(value)),
        y_ticks => ticks(&y.ticks, |value| frame.vertical(value)),
        series,
        missing => figure.values_not_drawn(),
    }
}

fn ticks(ticks: &[Tick], place: impl Fn(f64) -> f64) -> Vec<Value> {
    let ticks = ticks.iter();
    ticks
        .map(|tick| context! { place => unit(place(tick.value)), label => &tick.label })
        .collect()
}

/// Where values are on the picture.
struct Frame<'a> {
    x: &'a Axis,
    y: &'a Axis,
}

impl Frame<'_> {
    fn horizontal(&self, value: f64) -> f64 {
        LEFT + self.x.share(value) * (RIGHT - LEFT)
    }

    fn vertical(&self, value: f64) -> f64 {
        BOTTOM - self.y.share(value) * (BOTTOM - TOP)
    }

    /// A series and the band around it, where there is one.
    fn series(&self, series: &Series, band: Option<&Series>, colour: usize) -> Value {
        let mut lines: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        let mut points = Vec::new();
        for (index, &(place, value)) in series.points.iter().enumerate() {
            let is_drawn = drawable(value);
            if is_drawn {
                let (x, y) = (self.horizontal(place as f64), self.vertical(value));
                let is_marked = series.marker.is_some() && index.is_multiple_of(series.mark_every);
                if let Some(line) = lines.last_mut() {
                    line.push((x, y));
                }
                let at = pair((x, y));
                points.push(context! { place, value, at, is_marked });
            } else {
                lines.push(Vec::new());
            }
        }
        let lines = lines.iter().filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(|line| stroke(line)).collect();
        let band = band.map(|band| {
            let points = band.points.iter();
            let at = points.map(|(place, value)| {
                pair((self.horizontal(*place as f64), self.vertical(*value)))
            });
            at.collect::<Vec<_>>().join(" ")
        });
        context! {
            label => &series.label,
            band,
            colour,
            dash => dash(series.dash),
            shape => series.marker.map(shape),
            apart => series.curve == Curve::Apart,
            lines,
            points,
        }
    }
}

/// A line through these places, a short level one through a single place.
fn stroke(line: &[(f64, f64)]) -> String {
    let places = match *line {
        [(x, y)] => vec![(x - LONE_STROKE, y), (x + LONE_STROKE, y)],
        _ => line.to_vec(),
    };
    places.into_iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// The style's name for a broken line; 0 for one that is not.
fn dash(dash: Dash) -> u8 {
    match dash {
        Dash::Solid => 0,
        Dash::Dashed => 1,
        Dash::Dotted => 2,
        Dash::DashDotted => 3,
    }
}

fn pair((x, y): (f64, f64)) -> String {
    format!("{} {}", unit(x), unit(y))
}

/// A coordinate, with what the eye can tell.
fn unit(value: f64) -> String {
    format!("{value:.1}")
}

/// The outline of a marker about the origin, as an SVG path.
fn shape(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
        Marker::Square => "M-3.2-3.2h6.4v6.4h-6.4z",
        Marker::Triangle => "M0-4.2L4 3H-4z",
        Marker::Diamond => "M0-4.4L4.4 0L0 4.4L-4.4 0z",
    }
}
