//! Draws a figure on a canvas: frame, ticks, series, names or legend, labels.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, GREY, Rectangle, ink};
use super::end_labels::EndLabels;
use super::figure::{Curve, Figure, Series, drawable};
use super::layout::{CAPTION, DIGIT, FRAME, HEIGHT, LINE, Layout, TEXT, TICK, TITLE, WIDTH};
use super::legend::Legend;
use super::picture::Picture;
use super::strokes::{dashes, marker_size, strokes};
use super::text::Typeface;

/// How far a band covers what lies under it.
const SHADE: f64 = 0.18;

impl Picture for Figure {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, HEIGHT as u32)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        draw(self, (WIDTH, HEIGHT), canvas)
    }
}

/// A figure of another size than the usual one.
pub(super) struct Resized<'a> {
    pub figure: &'a Figure,
    /// Width and height in pixels of scale 1.
    pub size: (u32, u32),
}

impl Picture for Resized<'_> {
    fn title(&self) -> &str {
        &self.figure.title
    }

    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (width, height) = self.size;
        draw(self.figure, (f64::from(width), f64::from(height)), canvas)
    }
}

fn draw<B: DrawingBackend>(
    figure: &Figure,
    size: (f64, f64),
    canvas: &mut Canvas<'_, B>,
) -> Drawn<B> {
    let caption = caption(figure);
    let (layout, names) = arranged(figure, size, caption.is_some(), canvas.typeface);
    ticks(&layout, canvas)?;
    for series in &figure.series {
        curve(series, &layout, canvas)?;
    }
    frame(layout.frame, canvas)?;
    match names {
        Names::AtEnds(names) => names.draw(canvas)?,
        Names::Legend(legend) => legend.draw(figure, canvas)?,
    }
    labels(figure, &layout, caption.as_deref(), canvas)?;
    canvas.backend.present()
}

/// What tells the series' names.
enum Names {
    AtEnds(EndLabels),
    Legend(Legend),
}

/// Where all parts go. Names are at the ends of the lines where they have room there, in a legend where the axes have a
/// corner free, and below the axes where they have not.
fn arranged(
    figure: &Figure,
    size: (f64, f64),
    captioned: bool,
    typeface: &Typeface,
) -> (Layout, Names) {
    let layout = Layout::of(figure, size, captioned, 0.0, typeface);
    if let Some(names) = EndLabels::of(figure, &layout, typeface) {
        return (layout, Names::AtEnds(names));
    }
    if let Some(legend) = Legend::within(figure, &layout, typeface) {
        return (layout, Names::Legend(legend));
    }
    let mut legend = Legend::below(figure, size, typeface);
    let layout = Layout::of(figure, size, captioned, legend.height(), typeface);
    legend.move_to(layout.below);
    (layout, Names::Legend(legend))
}

/// The figure's caption, and how many values could not be drawn: a gap must not pass unseen.
fn caption(figure: &Figure) -> Option<String> {
    let missing = match figure.values_not_drawn() {
        0 => None,
        1 => Some("1 value not finite".to_owned()),
        count => Some(format!("{count} values not finite")),
    };
    let parts: Vec<String> = figure.caption.iter().cloned().chain(missing).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn curve<B: DrawingBackend>(
    series: &Series,
    layout: &Layout,
    canvas: &mut Canvas<'_, B>,
) -> Drawn<B> {
    let colour = ink(series.colour, 1.0);
    for stroke in strokes(series, layout) {
        match series.curve {
            Curve::Bars { .. } => canvas.polygon(&stroke, colour)?,
            Curve::Band => canvas.polygon(&stroke, ink(series.colour, SHADE))?,
            _ => {
                for dash in dashes(&stroke, series.dash) {
                    canvas.line(&dash, LINE, colour)?;
                }
            }
        }
    }
    if let Some(shape) = series.marker {
        let size = marker_size(series, layout);
        let marked = series.points.iter().step_by(series.mark_every.max(1));
        for point in marked.filter(|point| drawable(point.1)) {
            canvas.marker(shape, layout.place(*point), size, colour)?;
        }
    }
    Ok(())
}

fn ticks<B: DrawingBackend>(layout: &Layout, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    let Rectangle { left, bottom, .. } = layout.frame;
    for tick in &layout.x.ticks {
        let x = left + (layout.frame.right - left) * layout.x.share(tick.value);
        canvas.rule((x, bottom), (x, bottom + TICK), FRAME, ink(BLACK, 1.0))?;
        canvas.text(&tick.label, TEXT, (x, layout.x_ticks), HPos::Center, BLACK)?;
    }
    for tick in &layout.y.ticks {
        let y = bottom - (bottom - layout.frame.top) * layout.y.share(tick.value);
        canvas.rule((left - TICK, y), (left, y), FRAME, ink(BLACK, 1.0))?;
        let baseline = y + DIGIT * TEXT / 2.0;
        canvas.text(
            &tick.label,
            TEXT,
            (left - 2.0 * TICK, baseline),
            HPos::Right,
            BLACK,
        )?;
    }
    Ok(())
}

fn frame<B: DrawingBackend>(frame: Rectangle, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
    let Rectangle {
        left,
        top,
        right,
        bottom,
    } = frame;
    let corners = [
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (left, top),
    ];
    for side in corners.windows(2) {
        canvas.rule(side[0], side[1], FRAME, ink(BLACK, 1.0))?;
    }
    Ok(())
}

fn labels<B: DrawingBackend>(
    figure: &Figure,
    layout: &Layout,
    caption: Option<&str>,
    canvas: &mut Canvas<'_, B>,
) -> Drawn<B> {
    let frame = layout.frame;
    let (width, _) = layout.size;
    let (middle, centre) = (
        (frame.left + frame.right) / 2.0,
        (frame.top + frame.bottom) / 2.0,
    );

    let title = canvas.typeface.fit(&figure.title, TITLE, width - 16.0);
    // Centred over the frame as in matplotlib, but never over the edge of the picture.
    let half = canvas.typeface.width(&title, TITLE) / 2.0;
    let x = middle.min(width - 8.0 - half).max(8.0 + half);
    canvas.text(&title, TITLE, (x, layout.title), HPos::Center, BLACK)?;

    canvas.text(
        &figure.x_label,
        TEXT,
        (middle, layout.x_label),
        HPos::Center,
        BLACK,
    )?;
    canvas.text_upwards(&figure.y_label, TEXT, (layout.y_label, centre), BLACK)?;
    if let Some(caption) = caption {
        let caption = canvas.typeface.fit(caption, CAPTION, width - 24.0);
        canvas.text(
            &caption,
            CAPTION,
            (frame.right, layout.caption),
            HPos::Right,
            GREY,
        )?;
    }
    let values = figure.series.iter().flat_map(|series| &series.points);
    if !values.clone().any(|point| drawable(point.1)) {
        canvas.text(
            "no finite values",
            TEXT,
            (middle, centre),
            HPos::Center,
            GREY,
        )?;
    }
    Ok(())
}
