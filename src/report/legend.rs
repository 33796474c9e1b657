//! The legend: its measures, and the corner where it hides least.

use std::f64::consts::FRAC_1_SQRT_2;

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, Place, Rectangle, ink};
use super::cover::hidden_length;
use super::figure::{Corner, Curve, Dash, Figure};
use super::layout::{DIGIT, LINE, Layout, MARKER, TEXT};
use super::strokes::dashes;
use super::text::Typeface;

/// matplotlib's legend, in ems: between frame and box, between box and entries, length of a
/// line's sample, between sample and label, from one entry to the next. A broken line has a longer sample than
/// matplotlib's, so that its strokes are seen on both sides of the marker.
const OUTER: f64 = 0.5 * TEXT;
const INNER: f64 = 0.4 * TEXT;
const SAMPLE: f64 = 2.0 * TEXT;
const DASHED_SAMPLE: f64 = 3.6 * TEXT;
const GAP: f64 = 0.8 * TEXT;
const ROW: f64 = 1.5 * TEXT;
/// Height of a bar's sample.
const PATCH: f64 = 0.7 * TEXT;
/// Radius of the box's corners.
const ROUND: f64 = 0.2 * TEXT;

const EDGE: [u8; 3] = [204, 204, 204];
const PAPER: [u8; 3] = [255, 255, 255];
/// How far the box covers what lies under it.
const COVER: f64 = 0.8;

/// Where else a legend may go: the corners, then between two of them. Shares of the way to the right
/// and down.
const ELSEWHERE: [Place; 8] = [
    (1.0, 0.0),
    (0.0, 0.0),
    (0.0, 1.0),
    (1.0, 1.0),
    (1.0, 0.5),
    (0.0, 0.5),
    (0.5, 0.0),
    (0.5, 1.0),
];

/// A legend in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Legend {
    area: Rectangle,
    /// Length of the samples.
    sample: f64,
    labels: Vec<String>,
}

impl Legend {
    /// Measures the legend of `figure` and puts it in the corner asked for, unless it hides less of
    /// the series elsewhere.
    pub fn of(figure: &Figure, layout: &Layout, typeface: &Typeface) -> Self {
        let frame = layout.frame;
        let is_dashed = figure.named().any(|series| series.dash != Dash::Solid);
        let sample = if is_dashed { DASHED_SAMPLE } else { SAMPLE };
        let room = (frame.right - frame.left) * 0.9 - 2.0 * (OUTER + INNER) - sample - GAP;
        let labels = figure
            .named()
            .map(|series| typeface.fit(&series.label, TEXT, room));
        let labels: Vec<String> = labels.collect();
        let widths = labels.iter().map(|label| typeface.width(label, TEXT));
        let width = widths.fold(0.0, f64::max) + 2.0 * INNER + sample + GAP;
        let height = ROW * labels.len() as f64 - 0.5 * TEXT + 2.0 * INNER;

        let mut area = along_frame(share(figure.legend), frame, width, height);
        let mut hidden = hidden_by(area, figure, layout);
        for place in ELSEWHERE {
            let other = along_frame(place, frame, width, height);
            let hidden_there = hidden_by(other, figure, layout);
            if hidden_there < hidden {
                (area, hidden) = (other, hidden_there);
            }
        }
        Self {
            area,
            sample,
            labels,
        }
    }

    /// Draws box, samples and labels.
    pub fn draw<B: DrawingBackend>(&self, figure: &Figure, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let outline = rounded(self.area);
        canvas.polygon(&outline, ink(PAPER, COVER))?;
        canvas.line(&outline, 1.4, ink(EDGE, COVER))?;
        let left = self.area.left + INNER;
        for (row, (series, label)) in figure.named().zip(&self.labels).enumerate() {
            let baseline = self.area.top + INNER + ROW * row as f64 + 0.87 * TEXT;
            let middle = baseline - DIGIT * TEXT / 2.0;
            let colour = ink(series.colour, 1.0);
            match series.curve {
                Curve::Apart | Curve::Band => {}
                Curve::Line | Curve::Steps { .. } => {
                    let sample = [(left, middle), (left + self.sample, middle)];
                    for dash in dashes(&sample, series.dash) {
                        canvas.line(&dash, LINE, colour)?;
                    }
                }
                Curve::Bars { .. } => {
                    let patch = Rectangle {
                        left,
                        top: baseline - PATCH,
                        right: left + self.sample,
                        bottom: baseline,
                    };
                    canvas.fill(patch, colour)?;
                }
            }
            if let Some(shape) = series.marker {
                canvas.marker(shape, (left + self.sample / 2.0, middle), MARKER, colour)?;
            }
            canvas.text(
                label,
                TEXT,
                (left + self.sample + GAP, baseline),
                HPos::Left,
                BLACK,
            )?;
        }
        Ok(())
    }
}

/// Where a corner is: shares of the way to the right and down.
fn share(corner: Corner) -> Place {
    match corner {
        Corner::UpperRight => (1.0, 0.0),
        Corner::UpperLeft => (0.0, 0.0),
        Corner::LowerLeft => (0.0, 1.0),
        Corner::LowerRight => (1.0, 1.0),
    }
}

fn along_frame((right, down): Place, frame: Rectangle, width: f64, height: f64) -> Rectangle {
    let left = frame.left + OUTER + (frame.right - frame.left - 2.0 * OUTER - width) * right;
    let top = frame.top + OUTER + (frame.bottom - frame.top - 2.0 * OUTER - height) * down;
    Rectangle {
        left,
        top,
        right: left + width,
        bottom: top + height,
    }
}

/// How much of all series lies in `area`.
fn hidden_by(area: Rectangle, figure: &Figure, layout: &Layout) -> f64 {
    let series = figure.named();
    series
        .map(|series| hidden_length(area, series, layout))
        .sum()
}

/// The outline of `area` with rounded corners, closed.
fn rounded(area: Rectangle) -> Vec<Place> {
    // A quarter circle in four steps; constants, because sin and cos differ between systems.
    const QUARTER: [(f64, f64); 5] = [
        (1.0, 0.0),
        (0.923_88, 0.382_68),
        (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
        (0.382_68, 0.923_88),
        (0.0, 1.0),
    ];
    let mut outline = Vec::new();
    let centres = [
        (area.right - ROUND, area.bottom - ROUND),
        (area.left + ROUND, area.bottom - ROUND),
        (area.left + ROUND, area.top + ROUND),
        (area.right - ROUND, area.top + ROUND),
    ];
    for (turn, (x, y)) in centres.into_iter().enumerate() {
        for (a, b) in QUARTER {
            let (dx, dy) = match turn {
                0 => (a, b),
                1 => (-b, a),
                2 => (-a, -b),
                _ => (b, -a),
            };
            outline.push((x + dx * ROUND, y + dy * ROUND));
        }
    }
    outline.push((area.right, area.bottom - ROUND));
    outline
}
