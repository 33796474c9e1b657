//! Where the parts of a figure go, in pixels of scale 1. The sizes are matplotlib's at 100 dpi.

use super::canvas::{Place, Rectangle};
use super::figure::{Figure, HEIGHT_INCHES, PIXELS_PER_INCH, WIDTH_INCHES};
use super::text::Typeface;
use super::ticks::Axis;

/// Width of a figure that is not told otherwise.
pub(super) const WIDTH: f64 = (WIDTH_INCHES * PIXELS_PER_INCH) as f64;
/// Height of a figure that is not told otherwise.
pub(super) const HEIGHT: f64 = (HEIGHT_INCHES * PIXELS_PER_INCH) as f64;

/// An em of labels and legend: 10 points.
pub(super) const TEXT: f64 = 13.9;
/// An em of the title: 12 points.
pub(super) const TITLE: f64 = 16.7;
/// An em of the caption: 8 points.
pub(super) const CAPTION: f64 = 11.1;
/// Across a marker: 6 points, and half a point of edge on either side.
pub(super) const MARKER: f64 = 9.7;
/// Width of a line: 1.5 points.
pub(super) const LINE: f64 = 2.1;
/// Width of frame and ticks: 0.8 points.
pub(super) const FRAME: f64 = 1.1;
/// Length of a tick, and the gap to its label: 3.5 points each.
pub(super) const TICK: f64 = 4.9;

/// Between the outermost letters and the edge.
pub(super) const PAD: f64 = 8.0;
/// Between an axis's tick labels and its own label: 4 points.
const LABEL_GAP: f64 = 5.6;
/// Between the title's baseline and the frame: 6 points.
const TITLE_GAP: f64 = 8.3;
/// A line's height over its baseline, in ems.
pub(super) const ASCENT: f64 = 0.76;
/// A line's depth under its baseline, in ems.
pub(super) const DESCENT: f64 = 0.24;
/// Height of a digit, in ems.
pub(super) const DIGIT: f64 = 0.73;

/// Pixels from a tick to the next, about, at least: of the horizontal axis, of the vertical one.
const TICKS_APART: [f64; 2] = [WIDTH / 9.0, HEIGHT / 8.0];

/// The parts' places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// Width and height of the figure.
    pub size: (f64, f64),
    /// The plotting area.
    pub frame: Rectangle,
    pub x: Axis,
    pub y: Axis,
    /// Baselines, from the top.
    pub title: f64,
    pub x_ticks: f64,
    pub x_label: f64,
    pub caption: f64,
    /// Where what stands below the axes begins, from the top.
    pub below: f64,
    /// The vertical label's baseline, from the left.
    pub y_label: f64,
}

impl Layout {
    /// Lays out `figure` on `size` pixels, with room for its tick labels, for a caption if `captioned`, and for a legend of
    /// the height `legend` below the axes.
    pub fn of(
        figure: &Figure,
        size: (f64, f64),
        captioned: bool,
        legend: f64,
        typeface: &Typeface,
    ) -> Self {
        let (width, height) = size;
        let steps = |length: f64, apart: f64| (length / apart).round().max(1.0) as u32;
        let [across, down] = TICKS_APART;
        let y = Axis::values(
            &figure.series,
            figure.vertical,
            steps(height - legend, down),
        );
        let x = Axis::places(&figure.series, figure.x_unit, steps(width, across));

        let title = PAD + ASCENT * TITLE;
        let caption = height - PAD - DESCENT * CAPTION;
        let foot = if captioned {
            caption - (ASCENT + 0.4) * CAPTION
        } else {
            height - PAD
        };
        let below = foot - legend;
        let x_label = below - DESCENT * TEXT;
        let x_ticks = x_label - ASCENT * TEXT - LABEL_GAP - DESCENT * TEXT;

        let widths = y.ticks.iter().map(|tick| typeface.width(&tick.label, TEXT));
        let y_ticks = widths.fold(0.0, f64::max);
        let y_label = PAD + ASCENT * TEXT;
        let left = y_label + DESCENT * TEXT + LABEL_GAP + y_ticks + 2.0 * TICK;
        Self {
            size,
            frame: Rectangle {
                left: left.round(),
                top: (title + TITLE_GAP).round(),
                right: width - PAD - 4.0,
                bottom: (x_ticks - ASCENT * TEXT - 2.0 * TICK).round(),
            },
            x,
            y,
            title,
            x_ticks,
            x_label,
            caption,
            below,
            y_label,
        }
    }

    /// Where a point of a series is drawn.
    pub fn place(&self, (x, value): (usize, f64)) -> Place {
        let Rectangle {
            left,
            top,
            right,
            bottom,
        } = self.frame;
        (
            left + (right - left) * self.x.share(x as f64),
            bottom - (bottom - top) * self.y.share(value),
        )
    }

    /// Distance between two whole numbers, epochs say, that follow one another.
    pub fn unit_width(&self) -> f64 {
        (self.frame.right - self.frame.left) / (self.x.upper - self.x.lower)
    }
}
