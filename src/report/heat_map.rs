//! The picture of an explained prediction: the review's words on the colours of their contributions.

use plotters_backend::DrawingBackend;
use plotters_backend::text_anchor::HPos;

use super::canvas::{BLACK, Canvas, Drawn, GREY, Rectangle, ink};
use super::explanation::shade;
use super::layout::{CAPTION, TEXT, TITLE};
use super::picture::Picture;
use super::text::Typeface;
use super::words::{Word, largest};
use super::{PNG_SCALE, figure::PIXELS_PER_INCH, png};
use crate::error::{Error, Result};

/// Width of the picture, in pixels of scale 1.
const WIDTH: f64 = 600.0;
/// Between text and edge.
const MARGIN: f64 = 20.0;
/// From one line to the next.
const LINE: f64 = 22.0;
/// Baseline of the first line of the review.
const FIRST: f64 = 66.0;
/// Under the last line: the caption.
const FOOT: f64 = 40.0;
/// Lines of a review that are drawn; a picture of more would be too large to look at.
const LINES: usize = 40;
/// How far a word's background reaches beyond the word.
const HALO: f64 = 2.0;

/// A word, and where it is drawn.
struct PlacedWord<'a> {
    word: &'a Word,
    text: String,
    left: f64,
    width: f64,
    line: usize,
}

struct HeatMap<'a> {
    title: &'a str,
    caption: String,
    words: Vec<PlacedWord<'a>>,
    lines: usize,
    largest: f64,
}

/// A PNG file of the words on the colours of their contributions, under `title`: the first 40 lines of them.
///
/// `note` stands at the foot.
///
/// # Errors
/// [`Error::Figure`] where drawing or encoding fails.
pub fn explanation_picture(words: &[Word], title: &str, note: &str) -> Result<Vec<u8>> {
    let typeface = Typeface::embedded().map_err(|error| Error::Figure {
        title: title.to_owned(),
        problem: error.to_string(),
    })?;
    png::render(
        &HeatMap::new(words, title, note, &typeface),
        PNG_SCALE * PIXELS_PER_INCH,
    )
}

impl<'a> HeatMap<'a> {
    fn new(words: &'a [Word], title: &'a str, note: &str, typeface: &Typeface) -> Self {
        let room = WIDTH - 2.0 * MARGIN;
        let space = typeface.width(" ", TEXT) + 2.0 * HALO;
        let mut placed: Vec<PlacedWord> = Vec::new();
        let (mut left, mut line) = (0.0, 0);
        for word in words {
            let text = typeface.fit(&word.text, TEXT, room);
            let width = typeface.width(&text, TEXT);
            if left > 0.0 && left + width > room {
                (left, line) = (0.0, line + 1);
            }
            if line == LINES {
                break;
            }
            placed.push(PlacedWord {
                word,
                text,
                left: MARGIN + left,
                width,
                line,
            });
            left += width + space;
        }
        let caption = match words.len() - placed.len() {
            0 => note.to_owned(),
            more => format!("{more} more words not shown · {note}"),
        };
        HeatMap {
            title,
            caption,
            lines: placed.last().map_or(0, |word| word.line) + 1,
            words: placed,
            largest: largest(words),
        }
    }
}

impl Picture for HeatMap<'_> {
    fn title(&self) -> &str {
        self.title
    }

    fn size(&self) -> (u32, u32) {
        let height = FIRST + LINE * (self.lines - 1) as f64 + FOOT;
        (WIDTH as u32, height as u32)
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) -> Drawn<B> {
        let (_, height) = self.size();
        let title = canvas.typeface.fit(self.title, TITLE, WIDTH - 2.0 * MARGIN);
        canvas.text(&title, TITLE, (MARGIN, 32.0), HPos::Left, BLACK)?;
        for placed in &self.words {
            let baseline = FIRST + LINE * placed.line as f64;
            let (colour, opacity) = shade(placed.word, self.largest);
            let background = Rectangle {
                left: placed.left - HALO,
                top: baseline - 0.95 * TEXT,
                right: placed.left + placed.width + HALO,
                bottom: baseline + 0.35 * TEXT,
            };
            canvas.fill(background, ink(colour, opacity))?;
            let place = (placed.left, baseline);
            canvas.text(&placed.text, TEXT, place, HPos::Left, BLACK)?;
        }
        let room = WIDTH - 2.0 * MARGIN;
        let caption = canvas.typeface.fit(&self.caption, CAPTION, room);
        let foot = (WIDTH - MARGIN, f64::from(height) - 12.0);
        canvas.text(&caption, CAPTION, foot, HPos::Right, GREY)?;
        canvas.backend.present()
    }
}
