//! Text in the built-in font, in the form that plotters' backends take.

use std::convert::Infallible;

use ab_glyph::{Font, FontRef, GlyphId, InvalidFont, PxScale, ScaleFont, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontStyle, FontTransform,
};

/// DejaVu Sans 2.37, matplotlib's font, cut down to Latin, Greek, Cyrillic and punctuation.
pub(super) static DEJAVU_SANS: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/assets/DejaVuSans.ttf"
));

/// What a viewer of an SVG file looks for; Verdana has nearly the same widths.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// How far under its top edge a backend sets a line's baseline, in ems. The SVG backend has this
/// figure built in, so the bitmap follows it.
pub(super) const BASELINE: f64 = 0.76;

/// plotters divides a font's size by this before it writes it to an SVG file.
const SVG_SIZE: f64 = 1.24;

/// Units of a backend an em, of a font's size as plotters has it.
pub(super) fn em_of(size: f64) -> f64 {
    size / SVG_SIZE
}

/// The font, with widths as it is drawn.
pub(super) struct Typeface {
    font: FontRef<'static>,
}

impl Typeface {
    /// The font built into the program.
    pub fn embedded() -> Result<Self, InvalidFont> {
        FontRef::try_from_slice(DEJAVU_SANS).map(|font| Self { font })
    }

    /// Width of `text` at `size` pixels an em, in pixels.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        let scale = self.scale(size);
        let font = self.font.as_scaled(scale);
        let end = self.pen(text, scale).last();
        end.map_or(0.0, |(x, glyph)| f64::from(x + font.h_advance(glyph)))
    }

    /// `text`, or as much of its start as is no wider than `width`, with an ellipsis.
    pub fn fit(&self, text: &str, size: f64, width: f64) -> String {
        let mut fitted = text.to_owned();
        let mut kept: Vec<char> = text.chars().collect();
        while self.width(&fitted, size) > width && kept.pop().is_some() {
            fitted = kept.iter().chain(&['…']).collect();
        }
        fitted
    }

    /// The glyph of each letter, and how far it is moved from where the one before ends, in ems.
    pub fn glyphs(&self, text: &str) -> Vec<(u16, char, f32)> {
        let em = self.units_per_em();
        let mut before: Option<GlyphId> = None;
        let glyphs = text.chars().map(|letter| {
            let glyph = self.font.glyph_id(letter);
            let kern = before.map_or(0.0, |before| self.font.kern_unscaled(before, glyph) / em);
            before = Some(glyph);
            (glyph.0, letter, kern)
        });
        glyphs.collect()
    }

    /// Width of a glyph, in ems.
    pub fn advance(&self, glyph: u16) -> f32 {
        self.font.h_advance_unscaled(GlyphId(glyph)) / self.units_per_em()
    }

    fn units_per_em(&self) -> f32 {
        self.font.units_per_em().unwrap_or(2048.0)
    }

    /// ab_glyph measures a font from its ascender to its descender, not by the em.
    fn scale(&self, size: f64) -> PxScale {
        PxScale::from(size as f32 * self.font.height_unscaled() / self.units_per_em())
    }

    /// Each glyph with the pen's place before it, kerned.
    fn pen(&self, text: &str, scale: PxScale) -> impl Iterator<Item = (f32, GlyphId)> {
        let font = self.font.as_scaled(scale);
        let mut x = 0.0;
        let mut before: Option<GlyphId> = None;
        text.chars().map(move |character| {
            let glyph = font.glyph_id(character);
            if let Some(before) = before {
                x += font.h_advance(before) + font.kern(before, glyph);
            }
            before = Some(glyph);
            (x, glyph)
        })
    }
}

/// How a piece of text is set: its `y` is the top of the line, [`BASELINE`] ems over the baseline.
pub(super) struct Lettering<'a> {
    pub typeface: &'a Typeface,
    /// Pixels of the backend an em.
    pub size: f64,
    pub colour: BackendColor,
    pub anchor: HPos,
    /// A quarter turn to the left, as beside a vertical axis.
    pub upwards: bool,
}

impl BackendTextStyle for Lettering<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        self.colour
    }

    fn size(&self) -> f64 {
        self.size * SVG_SIZE
    }

    fn transform(&self) -> FontTransform {
        if self.upwards {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        }
    }

    fn style(&self) -> FontStyle {
        FontStyle::Normal
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.anchor, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        let width = self.typeface.width(text, self.size);
        Ok(((0, 0), (width.round() as i32, self.size.round() as i32)))
    }

    /// plotters' own text drops each glyph's side bearing, which makes the gaps between letters
    /// uneven; here a glyph stands where the font puts it.
    fn draw<E, Draw>(
        &self,
        text: &str,
        place: BackendCoord,
        mut draw: Draw,
    ) -> Result<Result<(), E>, Infallible>
    where
        Draw: FnMut(i32, i32, BackendColor) -> Result<(), E>,
    {
        let font = &self.typeface.font;
        let scale = self.typeface.scale(self.size);
        let baseline = (BASELINE * self.size).round() as f32;
        for (x, glyph) in self.typeface.pen(text, scale) {
            let placed = glyph.with_scale_and_position(scale, point(x, baseline));
            let Some(outline) = font.outline_glyph(placed) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            let corner = (place.0 + corner.x as i32, place.1 + corner.y as i32);
            let mut drawn = Ok(());
            outline.draw(|x, y, coverage| {
                if drawn.is_ok() && coverage > 0.0 {
                    let colour = self.colour.mix(f64::from(coverage.min(1.0)));
                    drawn = draw(corner.0 + x as i32, corner.1 + y as i32, colour);
                }
            });
            if drawn.is_err() {
                return Ok(drawn);
            }
        }
        Ok(Ok(()))
    }
}
