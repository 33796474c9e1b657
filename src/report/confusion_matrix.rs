//! The picture of a confusion matrix: a cell a pair of classes, the deeper the more reviews.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, GREY, Rectangle, ink};
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

/// Width of the names of the rows at most.
const NAMES: f64 = 78.0;
/// Height of a cell that has room for a share under its number.
const ROOM_FOR_SHARE: f64 = 3.4 * TEXT;
/// An em of the smallest letters that can be read.
const SMALLEST: f64 = 5.0;
/// A letter's height as a share of the cell or of the line that it stands in, at most.
const FILLED: f64 = 0.8;

/// Rows are what the reviews are, columns what they were taken for; each cell has its number of reviews and
/// the share of its row, as far as there is room.
#[derive(Debug, Clone)]
pub(super) struct ConfusionMatrix<'a> {
    pub confusion: &'a Confusion,
    pub classes: &'a [String],
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
        for (row, counts) in self.confusion.rows().enumerate() {
            self.row_name(row, canvas)?;
            let reviews: usize = counts.iter().sum();
            for (column, &count) in counts.iter().enumerate() {
                let share = count as f64 / reviews.max(1) as f64;
                let cell = self.cell(row, column);
                canvas.fill(cell, ink(FOR, share * DEEPEST))?;
                self.figures(cell, count, share, canvas)?;
            }
        }
        self.lines(canvas)?;
        self.labels(canvas)?;
        canvas.backend.present()
    }
}

impl ConfusionMatrix<'_> {
    fn cell(&self, row: usize, column: usize) -> Rectangle {
        CELLS.cell(self.cell_size(), row, column)
    }

    fn cell_size(&self) -> (f64, f64) {
        let classes = self.confusion.classes() as f64;
        (
            (CELLS.right - CELLS.left) / classes,
            (CELLS.bottom - CELLS.top) / classes,
        )
    }

    /// The number of reviews in a cell, smaller in a smaller one, and left out where nobody could read it.
    fn figures<B: DrawingBackend>(
        &self,
        cell: Rectangle,
        count: usize,
        share: f64,
        canvas: &mut Canvas<'_, B>,
    ) -> Drawn<B> {
        let (width, height) = self.cell_size();
        let (centre, middle) = (
            (cell.left + cell.right) / 2.0,
            (cell.top + cell.bottom) / 2.0,
        );
        let number = count.to_string();
        if height > ROOM_FOR_SHARE {
            canvas.text(&number, TITLE, (centre, middle), HPos::Center, BLACK)?;
            let percent = format!("{:.1} %", 100.0 * share);
            let below = (centre, middle + 1.4 * TEXT);
            return canvas.text(&percent, CAPTION, below, HPos::Center, BLACK);
        }
        let wide = FILLED * width / canvas.typeface.width(&number, 1.0);
        let size = TITLE.min(FILLED * height).min(wide);
        if size < SMALLEST {
            return Ok(());
        }
        let baseline = (centre, middle + 0.36 * size);
        canvas.text(&number, size, baseline, HPos::Center, BLACK)
    }

    fn lines<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let Rectangle {
            left,
            top,
            right,
            bottom,
        } = CELLS;
        let (width, height) = self.cell_size();
        let classes = self.confusion.classes();
        // Lines would hide cells that are hardly wider.
        let every = if width.min(height) < SMALLEST {
            classes
        } else {
            1
        };
        for edge in (0..=classes).step_by(every) {
            let x = left + width * edge as f64;
            canvas.rule((x, top), (x, bottom), FRAME, ink(BLACK, 1.0))?;
        }
        for edge in (0..=classes).step_by(every) {
            let y = top + height * edge as f64;
            canvas.rule((left, y), (right, y), FRAME, ink(BLACK, 1.0))?;
        }
        Ok(())
    }

    fn labels<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let middle = (CELLS.left + CELLS.right) / 2.0;
        canvas.text(TITLE_LINE, TITLE, (middle, 26.0), HPos::Center, BLACK)?;
        self.column_names(canvas)?;
        let below = (middle, CELLS.bottom + 2.7 * TEXT);
        canvas.text("Predicted", TEXT, below, HPos::Center, BLACK)?;
        let centre = (CELLS.top + CELLS.bottom) / 2.0;
        canvas.text_upwards("Actual", TEXT, (26.0, centre), BLACK)?;
        let caption = canvas.typeface.fit(self.caption, CAPTION, WIDTH - 24.0);
        let foot = (CELLS.right, HEIGHT - 10.0);
        canvas.text(&caption, CAPTION, foot, HPos::Right, GREY)
    }

    /// An em of the classes' names, and how many classes share a name's room: only the first of them shows its name.
    fn names(&self) -> (f64, usize) {
        let (_, height) = self.cell_size();
        let size = TEXT.min((FILLED * height).max(SMALLEST));
        (size, (size / height).ceil().max(1.0) as usize)
    }

    fn row_name<B: DrawingBackend>(&self, row: usize, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (size, every) = self.names();
        match self.classes.get(row) {
            Some(name) if row.is_multiple_of(every) => {
                let cell = self.cell(row, 0);
                let middle = (cell.top + cell.bottom) / 2.0;
                let beside = (CELLS.left - 8.0, middle + 0.36 * size);
                let name = canvas.typeface.fit(name, size, NAMES);
                canvas.text(&name, size, beside, HPos::Right, BLACK)
            }
            _ => Ok(()),
        }
    }

    fn column_names<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (size, every) = self.names();
        let (width, _) = self.cell_size();
        for (column, name) in self.classes.iter().enumerate().step_by(every) {
            let cell = self.cell(0, column);
            let centre = (cell.left + cell.right) / 2.0;
            let below = (centre, CELLS.bottom + 1.3 * TEXT);
            let name = canvas.typeface.fit(name, size, width * every as f64 - 2.0);
            canvas.text(&name, size, below, HPos::Center, BLACK)?;
        }
        Ok(())
    }
}
