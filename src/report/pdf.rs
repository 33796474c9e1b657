//! A picture as a PDF file of one page, with the font that it needs.
//!
//! # Source
//! ISO 32000-1:2008: 9.7.4 for the font, 9.10.3 for the letters of its glyphs, 8.4.5 for opacities.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{
    CidFontType, FontFlags, LineCapStyle, LineJoinStyle, SystemInfo, UnicodeCmap,
};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::canvas::Canvas;
use super::figure::PIXELS_PER_INCH;
use super::pdf_backend::{FONT, PdfBackend, state_name};
use super::picture::{Picture, paint};
use super::text::{DEJAVU_SANS, Typeface};
use crate::error::{Error, Result};

/// plotters places shapes at whole units, so a pixel is ten of them.
const UNITS_PER_PIXEL: u32 = 10;

const POINTS_PER_INCH: f32 = 72.0;

/// The font's name; six letters before it say that it is cut down.
const FONT_NAME: Name<'static> = Name(b"GATEFD+DejaVuSans");

/// Measures of DejaVu Sans in thousandths of an em, from its tables `head`, `hhea` and `OS/2`.
const BOX: [f32; 4] = [-1021.0, -463.0, 1793.0, 1232.0];
const ASCENT: f32 = 928.0;
const DESCENT: f32 = -236.0;
const CAPITALS: f32 = 729.0;
/// How thick an upright stem is.
const STEM: f32 = 90.0;

/// What the codes of the text are: the font's glyphs.
const GLYPH_CODES: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const TYPE0: Ref = Ref::new(5);
const CID: Ref = Ref::new(6);
const DESCRIPTOR: Ref = Ref::new(7);
const FONT_FILE: Ref = Ref::new(8);
const LETTERS: Ref = Ref::new(9);
const INFO: Ref = Ref::new(10);

/// The same picture gives the same bytes on every machine.
pub(super) fn render(picture: &impl Picture) -> Result<Vec<u8>> {
    let failed = |problem: String| Error::Figure {
        title: picture.title().to_owned(),
        problem,
    };
    let typeface = Typeface::embedded().map_err(|error| failed(error.to_string()))?;
    let (width, height) = picture.size();
    let size = (width * UNITS_PER_PIXEL, height * UNITS_PER_PIXEL);
    let points = |pixels: u32| pixels as f32 * POINTS_PER_INCH / PIXELS_PER_INCH as f32;
    let unit = points(1) / UNITS_PER_PIXEL as f32;
    let page = Rect::new(0.0, 0.0, points(width), points(height));
    let mut backend = PdfBackend::new(size, &typeface);
    // From units that are counted downwards to points that are counted upwards.
    begin(&mut backend.content, [unit, 0.0, 0.0, -unit, 0.0, page.y2]);
    let mut canvas = Canvas {
        backend,
        typeface: &typeface,
        scale: f64::from(UNITS_PER_PIXEL),
        grid: 1.0,
        stroke_excess: 0,
    };
    paint(picture, &mut canvas).map_err(|error| failed(error.to_string()))?;
    let PdfBackend {
        content,
        glyphs,
        opacities,
        ..
    } = canvas.backend;

    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut entry = pdf.page(PAGE);
    entry.media_box(page).parent(PAGES).contents(CONTENT);
    let mut resources = entry.resources();
    resources.fonts().pair(FONT, TYPE0);
    let mut states = resources.ext_g_states();
    for opacity in opacities {
        let share = f32::from(opacity) / 1000.0;
        let name = state_name(opacity);
        let mut state = states
            .insert(Name(name.as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState>();
        state.non_stroking_alpha(share).stroking_alpha(share);
    }
    states.finish();
    resources.finish();
    entry.finish();
    let compressed = |bytes: &[u8]| deflated(bytes).map_err(|error| failed(error.to_string()));
    let drawn = compressed(content.finish().as_slice())?;
    pdf.stream(CONTENT, &drawn).filter(Filter::FlateDecode);
    write_font(&mut pdf, &typeface, &glyphs, &compressed(DEJAVU_SANS)?);
    pdf.document_info(INFO)
        .title(TextStr(picture.title()))
        .producer(TextStr(concat!("gatefold ", env!("CARGO_PKG_VERSION"))));
    Ok(pdf.finish())
}

fn begin(content: &mut Content, matrix: [f32; 6]) {
    content
        .transform(matrix)
        .set_line_join(LineJoinStyle::RoundJoin)
        .set_line_cap(LineCapStyle::ButtCap);
}

/// The font, how wide the glyphs in use are, and which letters they show, so that text can be searched and copied.
fn write_font(pdf: &mut Pdf, typeface: &Typeface, glyphs: &BTreeMap<u16, char>, file: &[u8]) {
    pdf.type0_font(TYPE0)
        .base_font(FONT_NAME)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(CID)
        .to_unicode(LETTERS);
    let mut font = pdf.cid_font(CID);
    font.subtype(CidFontType::Type2)
        .base_font(FONT_NAME)
        .system_info(GLYPH_CODES)
        .font_descriptor(DESCRIPTOR)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let mut widths = font.widths();
    for glyph in glyphs.keys() {
        widths.consecutive(*glyph, [1000.0 * typeface.advance(*glyph)]);
    }
    widths.finish();
    font.finish();
    pdf.font_descriptor(DESCRIPTOR)
        .name(FONT_NAME)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(BOX[0], BOX[1], BOX[2], BOX[3]))
        .italic_angle(0.0)
        .ascent(ASCENT)
        .descent(DESCENT)
        .cap_height(CAPITALS)
        .stem_v(STEM)
        .font_file2(FONT_FILE);
    pdf.stream(FONT_FILE, file)
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), DEJAVU_SANS.len() as i32);
    let mut letters: UnicodeCmap = UnicodeCmap::new(Name(b"Letters"), GLYPH_CODES);
    for (glyph, letter) in glyphs {
        letters.pair(*glyph, *letter);
    }
    pdf.cmap(LETTERS, letters.finish().as_slice());
}

fn deflated(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
