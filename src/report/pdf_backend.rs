//! A plotters backend that writes the content of a page of PDF.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use pdf_writer::{Content, Name, Str};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use super::text::{BASELINE, Typeface, em_of};

/// The font's name among the page's resources.
pub(super) const FONT: Name<'static> = Name(b"F");

/// The share of a Bézier curve's quarter circle that its handles are long.
const HANDLE: f32 = 0.552_284_8;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// What is drawn, in units of the backend with the vertical axis downwards, and what it needs.
pub(super) struct PdfBackend<'a> {
    pub content: Content,
    /// Letters by the glyphs that show them.
    pub glyphs: BTreeMap<u16, char>,
    /// Opacities in thousandths; each is a state of the page's resources.
    pub opacities: BTreeSet<u16>,
    typeface: &'a Typeface,
    size: (u32, u32),
}

/// The name of the state with this opacity, in thousandths.
pub(super) fn state_name(opacity: u16) -> String {
    format!("A{opacity}")
}

impl<'a> PdfBackend<'a> {
    /// An empty page of `size` units.
    pub fn new(size: (u32, u32), typeface: &'a Typeface) -> Self {
        Self {
            content: Content::new(),
            glyphs: BTreeMap::new(),
            opacities: BTreeSet::new(),
            typeface,
            size,
        }
    }

    /// The colour of what is drawn next, lines and areas alike.
    fn set_colour(&mut self, colour: BackendColor) {
        let (red, green, blue) = colour.rgb;
        let [red, green, blue] = [red, green, blue].map(|part| f32::from(part) / 255.0);
        let opacity = (colour.alpha.clamp(0.0, 1.0) * 1000.0).round() as u16;
        self.opacities.insert(opacity);
        self.content
            .set_parameters(Name(state_name(opacity).as_bytes()))
            .set_fill_rgb(red, green, blue)
            .set_stroke_rgb(red, green, blue);
    }

    /// A path through `places`; whether there is one.
    fn path(&mut self, places: impl IntoIterator<Item = BackendCoord>) -> bool {
        let mut places = places.into_iter().map(point);
        let Some((x, y)) = places.next() else {
            return false;
        };
        self.content.move_to(x, y);
        for (x, y) in places {
            self.content.line_to(x, y);
        }
        true
    }
}

fn point((x, y): BackendCoord) -> (f32, f32) {
    (x as f32, y as f32)
}

impl DrawingBackend for PdfBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        near: BackendCoord,
        far: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.set_colour(style.color());
        let ((left, top), (right, bottom)) = (point(near), point(far));
        self.content.rect(left, top, right - left, bottom - top);
        if fill {
            self.content.fill_nonzero();
        } else {
            self.content.set_line_width(style.stroke_width() as f32);
            self.content.stroke();
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.set_colour(style.color());
        self.content.set_line_width(style.stroke_width() as f32);
        if self.path(path) {
            self.content.stroke();
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.set_colour(style.color());
        let ((x, y), r) = (point(centre), radius as f32);
        let h = r * HANDLE;
        self.content
            .move_to(x + r, y)
            .cubic_to(x + r, y + h, x + h, y + r, x, y + r)
            .cubic_to(x - h, y + r, x - r, y + h, x - r, y)
            .cubic_to(x - r, y - h, x - h, y - r, x, y - r)
            .cubic_to(x + h, y - r, x + r, y - h, x + r, y);
        if fill {
            self.content.fill_nonzero();
        } else {
            self.content.set_line_width(style.stroke_width() as f32);
            self.content.close_and_stroke();
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.set_colour(style.color());
        if self.path(corners) {
            self.content.fill_nonzero();
        }
        Ok(())
    }

    /// A line of text from the top of its box, as the other backends set it.
    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        place: BackendCoord,
    ) -> Drawn {
        self.set_colour(style.color());
        let em = em_of(style.size());
        let share = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => 0.5,
            HPos::Right => 1.0,
        };
        let before = (share * self.typeface.width(text, em)) as f32;
        let baseline = (BASELINE * em) as f32;
        let (x, y) = point(place);
        // Letters stand upright though the page's vertical axis points downwards.
        let matrix = match style.transform() {
            FontTransform::Rotate270 => [0.0, -1.0, -1.0, 0.0, x + baseline, y + before],
            _ => [1.0, 0.0, 0.0, -1.0, x - before, y + baseline],
        };
        self.content.begin_text();
        self.content.set_font(FONT, em as f32);
        self.content.set_text_matrix(matrix);
        let glyphs = self.typeface.glyphs(text);
        let mut shown = self.content.show_positioned();
        let mut items = shown.items();
        for (glyph, letter, kern) in glyphs {
            if kern != 0.0 {
                items.adjust(-1000.0 * kern);
            }
            items.show(Str(&glyph.to_be_bytes()));
            self.glyphs.insert(glyph, letter);
        }
        drop(items);
        drop(shown);
        self.content.end_text();
        Ok(())
    }
}
