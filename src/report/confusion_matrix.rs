//! The picture of a confusion matrix: four cells, the deeper the more reviews.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{Canvas, Drawn, Rectangle, ink};
use super::draw::{BLACK, GREY};
use super::explanation::{DEEPEST, FOR};
use super::layout::{CAPTION, FRAME, HEIGHT, TEXT, TITLE, WIDTH};
use super::picture::Picture;
use crate::train::Confusion;

const TITLE_LINE: &str = "Confusion matrix";

/// The cells' place, in pixels of scale 1.
const CELLS: Rectangle = Rectangle {
    left: 118.0,
    top: 44.0,
    right: 382.0,
    bottom: 234.0,
};

/// Rows are what the reviews are, columns what they were taken for; each cell has its number of reviews and
/// the share of its row.
#[derive(Debug, Clone)]
pub(super) struct ConfusionMatrix<'a> {
    pub confusion: &'a Confusion,
    pub caption: &'a str,
}

impl Picture for ConfusionMatrix<'_> {
    fn title(&self) -> &str {
        TITLE_LINE
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, HEIGHT as u32)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let Confusion {
            true_negative,
            false_positive,
            false_negative,
            true_positive,
        } = *self.confusion;
        let rows = [
            ("negative", [true_negative, false_positive]),
            ("positive", [false_negative, true_positive]),
        ];
        let (width, height) = (
            (CELLS.right - CELLS.left) / 2.0,
            (CELLS.bottom - CELLS.top) / 2.0,
        );
        for (row, (name, counts)) in rows.into_iter().enumerate() {
            let top = CELLS.top + height * row as f64;
            let middle = top + height / 2.0;
            let beside = (CELLS.left - 8.0, middle + 0.36 * TEXT);
            canvas.text(name, TEXT, beside, HPos::Right, BLACK)?;
            let reviews = counts[0] + counts[1];
            for (column, count) in counts.into_iter().enumerate() {
                let left = CELLS.left + width * column as f64;
                let cell = Rectangle {
                    left,
                    top,
                    right: left + width,
                    bottom: top + height,
                };
                let share = count as f64 / reviews.max(1) as f64;
                canvas.fill(cell, ink(FOR, share * DEEPEST))?;
                let centre = left + width / 2.0;
                let number = (centre, middle);
                canvas.text(&count.to_string(), TITLE, number, HPos::Center, BLACK)?;
                let percent = format!("{:.1} %", 100.0 * share);
                let below = (centre, middle + 1.4 * TEXT);
                canvas.text(&percent, CAPTION, below, HPos::Center, BLACK)?;
            }
        }
        self.lines(canvas)?;
        self.labels(width, canvas)?;
        canvas.backend.present()
    }
}

impl ConfusionMatrix<'_> {
    fn lines<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let Rectangle {
            left,
            top,
            right,
            bottom,
        } = CELLS;
        for x in [left, (left + right) / 2.0, right] {
            canvas.rule((x, top), (x, bottom), FRAME, ink(BLACK, 1.0))?;
        }
        for y in [top, (top + bottom) / 2.0, bottom] {
            canvas.rule((left, y), (right, y), FRAME, ink(BLACK, 1.0))?;
        }
        Ok(())
    }

    fn labels<B: DrawingBackend>(&self, width: f64, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let middle = (CELLS.left + CELLS.right) / 2.0;
        canvas.text(TITLE_LINE, TITLE, (middle, 26.0), HPos::Center, BLACK)?;
        for (column, name) in ["negative", "positive"].into_iter().enumerate() {
            let centre = CELLS.left + width * (column as f64 + 0.5);
            let below = (centre, CELLS.bottom + 1.3 * TEXT);
            canvas.text(name, TEXT, below, HPos::Center, BLACK)?;
        }
        let below = (middle, CELLS.bottom + 2.7 * TEXT);
        canvas.text("Taken for", TEXT, below, HPos::Center, BLACK)?;
        let centre = (CELLS.top + CELLS.bottom) / 2.0;
        canvas.text_upwards("Reviews", TEXT, (26.0, centre), BLACK)?;
        let caption = canvas.typeface.fit(self.caption, CAPTION, WIDTH - 24.0);
        let foot = (CELLS.right, HEIGHT - 10.0);
        canvas.text(&caption, CAPTION, foot, HPos::Right, GREY)
    }
}
