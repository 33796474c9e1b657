//! [`ValueMap`]: a table of figures as a picture, the deeper a cell the better its figure.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, GREY, Rectangle, ink};
use super::explanation::{DEEPEST, FOR};
use super::layout::{CAPTION, FRAME, HEIGHT, TEXT, TITLE, WIDTH};
use super::picture::Picture;
use super::table::number;

/// The cells' place, in pixels of scale 1.
const CELLS: Rectangle = Rectangle {
    left: 148.0,
    top: 44.0,
    right: 382.0,
    bottom: 234.0,
};
/// Width of the names of the rows at most.
const NAMES: f64 = 108.0;
/// An em of the smallest letters that can be read.
const SMALLEST: f64 = 5.0;
/// Room that a figure takes, in ems.
const FIGURE: f64 = 3.6;

/// A figure for each pair of values of two keys.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMap {
    /// What the figures are.
    pub title: String,
    /// What the rows are values of, and these values.
    pub rows: (String, Vec<String>),
    /// What the columns are values of, and these values.
    pub columns: (String, Vec<String>),
    /// A row of figures for each of the rows; none where there is no figure.
    pub values: Vec<Vec<Option<f64>>>,
    /// Whether a greater figure is a better one.
    pub more_is_better: bool,
    /// Small text at the foot.
    pub caption: String,
}

impl ValueMap {
    /// How good a figure is among the others: 0 for the worst, 1 for the best.
    pub fn depth(&self, value: f64) -> f64 {
        let all = self.values.iter().flatten().flatten().copied();
        let all = all.filter(|value| value.is_finite());
        let (least, most) = all.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, most), value| (least.min(value), most.max(value)),
        );
        if !value.is_finite() || most <= least {
            return 0.0;
        }
        let share = (value - least) / (most - least);
        if self.more_is_better {
            share
        } else {
            1.0 - share
        }
    }

    fn cell(&self, row: usize, column: usize) -> Rectangle {
        CELLS.cell(self.cell_size(), row, column)
    }

    fn cell_size(&self) -> (f64, f64) {
        let (rows, columns) = (self.rows.1.len().max(1), self.columns.1.len().max(1));
        (
            (CELLS.right - CELLS.left) / columns as f64,
            (CELLS.bottom - CELLS.top) / rows as f64,
        )
    }
}

impl Picture for ValueMap {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, HEIGHT as u32)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (width, height) = self.cell_size();
        let size = TEXT.min(0.8 * height).min(width / FIGURE);
        for (row, values) in self.values.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                let cell = self.cell(row, column);
                let Some(value) = value else {
                    continue;
                };
                canvas.fill(cell, ink(FOR, self.depth(*value) * DEEPEST))?;
                // What nobody could read is in the page's table.
                if size >= SMALLEST {
                    let centre = (cell.left + cell.right) / 2.0;
                    let baseline = (cell.top + cell.bottom) / 2.0 + 0.36 * size;
                    canvas.text(
                        &number(*value),
                        size,
                        (centre, baseline),
                        HPos::Center,
                        BLACK,
                    )?;
                }
            }
        }
        self.lines(canvas)?;
        self.labels(canvas)?;
        canvas.backend.present()
    }
}

impl ValueMap {
    fn lines<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (width, height) = self.cell_size();
        for column in 0..=self.columns.1.len() {
            let x = CELLS.left + width * column as f64;
            canvas.rule((x, CELLS.top), (x, CELLS.bottom), FRAME, ink(BLACK, 1.0))?;
        }
        for row in 0..=self.rows.1.len() {
            let y = CELLS.top + height * row as f64;
            canvas.rule((CELLS.left, y), (CELLS.right, y), FRAME, ink(BLACK, 1.0))?;
        }
        Ok(())
    }

    fn labels<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (width, height) = self.cell_size();
        let middle = (CELLS.left + CELLS.right) / 2.0;
        let title = canvas.typeface.fit(&self.title, TITLE, WIDTH - 16.0);
        canvas.text(&title, TITLE, (WIDTH / 2.0, 26.0), HPos::Center, BLACK)?;
        let size = TEXT.min(0.8 * height).max(SMALLEST);
        for (row, name) in self.rows.1.iter().enumerate() {
            let cell = self.cell(row, 0);
            let baseline = (cell.top + cell.bottom) / 2.0 + 0.36 * size;
            let name = canvas.typeface.fit(name, size, NAMES);
            canvas.text(
                &name,
                size,
                (CELLS.left - 8.0, baseline),
                HPos::Right,
                BLACK,
            )?;
        }
        for (column, name) in self.columns.1.iter().enumerate() {
            let cell = self.cell(0, column);
            let centre = (cell.left + cell.right) / 2.0;
            let name = canvas.typeface.fit(name, TEXT, width - 2.0);
            let below = (centre, CELLS.bottom + 1.3 * TEXT);
            canvas.text(&name, TEXT, below, HPos::Center, BLACK)?;
        }
        let below = (middle, CELLS.bottom + 2.7 * TEXT);
        canvas.text(&self.columns.0, TEXT, below, HPos::Center, BLACK)?;
        let centre = (CELLS.top + CELLS.bottom) / 2.0;
        canvas.text_upwards(&self.rows.0, TEXT, (26.0, centre), BLACK)?;
        let caption = canvas.typeface.fit(&self.caption, CAPTION, WIDTH - 24.0);
        let foot = (CELLS.right, HEIGHT - 10.0);
        canvas.text(&caption, CAPTION, foot, HPos::Right, GREY)
    }
}
