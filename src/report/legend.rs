//! The legend: its measures, and where it goes: a free corner of the axes, or below them.

use std::f64::consts::FRAC_1_SQRT_2;

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, GREY, Place, Rectangle, ink};
use super::cover::is_over;
use super::figure::{Corner, Curve, Dash, Figure, Series};
use super::layout::{DIGIT, LINE, Layout, MARKER, PAD, TEXT};
use super::strokes::dashes;
use super::text::Typeface;

/// matplotlib's legend, in ems: between frame and box, between box and entries, length of a
/// line's sample, between sample and label, from one entry to the next. A broken line has a longer sample than
/// matplotlib's, so that its strokes are seen on both sides of the marker.
const OUTER: f64 = 0.5;
const INNER: f64 = 0.4;
const SAMPLE: f64 = 2.0;
const DASHED_SAMPLE: f64 = 3.6;
const GAP: f64 = 0.8;
const ROW: f64 = 1.5;
/// Height of a bar's sample.
const PATCH: f64 = 0.7;
/// Radius of the box's corners.
const ROUND: f64 = 0.2 * TEXT;
/// Size of the text below the axes where names in the usual size have no room.
const SMALL: f64 = 0.75 * TEXT;

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

/// Share of the picture's height that a legend below the axes takes, at most.
const TALLEST: f64 = 0.4;

/// A legend in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Legend {
    area: Rectangle,
    /// Whether it has a box, which sets it off from the axes that it is in.
    is_boxed: bool,
    /// Size of the text.
    text: f64,
    /// Length of the samples.
    sample: f64,
    /// Columns are filled one after the other, each as wide as `column`.
    rows: usize,
    column: f64,
    labels: Vec<String>,
    /// Series that have no room in it.
    unnamed: usize,
}

impl Legend {
    /// The legend of `figure` in the corner of the axes asked for, or where else it lies over no series; none where it has no
    /// room.
    pub fn within(figure: &Figure, layout: &Layout, typeface: &Typeface) -> Option<Self> {
        let frame = layout.frame;
        let around = around(figure, TEXT);
        let room = (frame.right - frame.left) * 0.9 - 2.0 * OUTER * TEXT - around;
        let labels = fitted(figure, TEXT, room, typeface);
        let width = widest(&labels, TEXT, typeface) + around;
        let height = height_of(labels.len(), TEXT);
        if height + 2.0 * OUTER * TEXT > frame.bottom - frame.top {
            return None;
        }
        let mut places = [share(figure.legend)].into_iter().chain(ELSEWHERE);
        let area = places.find_map(|place| {
            let area = along_frame(place, frame, width, height);
            let mut series = figure.series.iter();
            let is_free = !series.any(|series| is_over(area, series, layout));
            is_free.then_some(area)
        })?;
        Some(Self {
            area,
            is_boxed: true,
            text: TEXT,
            sample: sample(figure, TEXT),
            rows: labels.len(),
            column: width,
            labels,
            unnamed: 0,
        })
    }

    /// The legend of `figure` in columns, as wide as a picture of this size, for [`Legend::move_to`]. Its text is small where that
    /// lets it name all series whole. Where so many would take the picture from the axes, it tells how many it does not name.
    pub fn below(figure: &Figure, (width, height): (f64, f64), typeface: &Typeface) -> Self {
        let width = width - 2.0 * PAD;
        let columns = |labels: &[String], text: f64| {
            let column = widest(labels, text, typeface) + around(figure, text);
            ((width / column).floor() as usize).clamp(1, labels.len().max(1))
        };
        let rows_at_most =
            |text: f64| ((TALLEST * height) / (ROW * text)).floor().max(1.0) as usize;
        let whole = |text: f64| fitted(figure, text, f64::INFINITY, typeface);
        let has_room = |text: f64| {
            let labels = whole(text);
            widest(&labels, text, typeface) + around(figure, text) <= width
                && labels.len() <= rows_at_most(text) * columns(&labels, text)
        };
        let text = if has_room(TEXT) { TEXT } else { SMALL };
        let mut labels = fitted(figure, text, width - around(figure, text), typeface);
        let rows_at_most = rows_at_most(text);
        if labels.len() > rows_at_most * columns(&labels, text) {
            // Two columns at least: half a name tells more than none.
            labels = fitted(figure, text, width / 2.0 - around(figure, text), typeface);
        }
        let columns = columns(&labels, text);
        let places = rows_at_most * columns;
        let all = labels.len();
        if all > places {
            labels.truncate(places - 1);
        }
        let unnamed = all - labels.len();
        let rows = (all - unnamed + usize::from(unnamed > 0)).div_ceil(columns);
        let area = Rectangle {
            left: PAD,
            top: 0.0,
            right: PAD + width,
            bottom: height_of(rows, text),
        };
        Self {
            area,
            is_boxed: false,
            text,
            sample: sample(figure, text),
            rows,
            column: width / columns as f64,
            labels,
            unnamed,
        }
    }

    /// How much of the picture's height it takes.
    pub fn height(&self) -> f64 {
        self.area.bottom - self.area.top
    }

    /// Has it begin so far from the top of the picture.
    pub fn move_to(&mut self, top: f64) {
        let height = self.height();
        (self.area.top, self.area.bottom) = (top, top + height);
    }

    /// Draws box, samples and labels.
    pub fn draw<B: DrawingBackend>(&self, figure: &Figure, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        if self.is_boxed {
            let outline = rounded(self.area);
            canvas.polygon(&outline, ink(PAPER, COVER))?;
            canvas.line(&outline, 1.4, ink(EDGE, COVER))?;
        }
        for (index, (series, label)) in figure.named().zip(&self.labels).enumerate() {
            let (left, baseline) = self.place(index);
            self.draw_sample(series, (left, baseline), canvas)?;
            let place = (left + self.sample + GAP * self.text, baseline);
            canvas.text(label, self.text, place, HPos::Left, BLACK)?;
        }
        if self.unnamed > 0 {
            let words = format!("and {} more", self.unnamed);
            let place = self.place(self.labels.len());
            canvas.text(&words, self.text, place, HPos::Left, GREY)?;
        }
        Ok(())
    }

    /// Where an entry begins, on its baseline.
    fn place(&self, index: usize) -> Place {
        let (column, row) = (index / self.rows, index % self.rows);
        (
            self.area.left + INNER * self.text + self.column * column as f64,
            self.area.top + (INNER + ROW * row as f64 + 0.87) * self.text,
        )
    }

    /// Draws what a series looks like, to the left of its label.
    fn draw_sample<B: DrawingBackend>(
        &self,
        series: &Series,
        (left, baseline): Place,
        canvas: &mut Canvas<'_, B>,
    ) -> Drawn<B> {
        let middle = baseline - DIGIT * self.text / 2.0;
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
                    top: baseline - PATCH * self.text,
                    right: left + self.sample,
                    bottom: baseline,
                };
                canvas.fill(patch, colour)?;
            }
        }
        match series.marker {
            Some(shape) => {
                let centre = (left + self.sample / 2.0, middle);
                canvas.marker(shape, centre, MARKER, colour)
            }
            None => Ok(()),
        }
    }
}

/// Length of the samples beside text of this size.
fn sample(figure: &Figure, text: f64) -> f64 {
    let is_dashed = figure.named().any(|series| series.dash != Dash::Solid);
    text * if is_dashed { DASHED_SAMPLE } else { SAMPLE }
}

/// Width of a column without its labels.
fn around(figure: &Figure, text: f64) -> f64 {
    (2.0 * INNER + GAP) * text + sample(figure, text)
}

/// The names of the series, each cut to `room`.
fn fitted(figure: &Figure, text: f64, room: f64, typeface: &Typeface) -> Vec<String> {
    let labels = figure.named();
    labels
        .map(|series| typeface.fit(&series.label, text, room))
        .collect()
}

fn widest(labels: &[String], text: f64, typeface: &Typeface) -> f64 {
    let widths = labels.iter().map(|label| typeface.width(label, text));
    widths.fold(0.0, f64::max)
}

fn height_of(rows: usize, text: f64) -> f64 {
    (ROW * rows as f64 - 0.5 + 2.0 * INNER) * text
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
    let outer = OUTER * TEXT;
    let left = frame.left + outer + (frame.right - frame.left - 2.0 * outer - width) * right;
    let top = frame.top + outer + (frame.bottom - frame.top - 2.0 * outer - height) * down;
    Rectangle {
        left,
        top,
        right: left + width,
        bottom: top + height,
    }
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
