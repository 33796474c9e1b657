//! A picture as a PNG file: drawn several times too large, then scaled down, so that edges are smooth.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters_bitmap::BitMapBackend;

use super::canvas::Canvas;
use super::figure::PIXELS_PER_INCH;
use super::picture::{Picture, paint};
use super::text::Typeface;
use crate::error::{Error, Result};

/// Pixels of a finished picture up to which four are drawn for one each way; two are enough where they are so many, and
/// the memory to draw them in stays the same.
const COARSE: u64 = 4_000_000;

/// Pixels of a finished picture at most.
const MOST: u64 = 4 * COARSE;

/// Bytes up to the end of the header chunk: signature 8, chunk 25.
const HEADER_END: usize = 33;

/// Draws `picture` at `dpi` pixels an inch.
pub(super) fn render(picture: &impl Picture, dpi: u32) -> Result<Vec<u8>> {
    let failed = |problem: String| Error::Figure {
        title: picture.title().to_owned(),
        problem,
    };
    check_size(picture.size(), dpi).map_err(failed)?;
    let (width, height) = size_at(picture.size(), dpi);
    let oversampling = match u64::from(width) * u64::from(height) {
        ..=COARSE => 4,
        _ => 2,
    };
    let size = (width * oversampling, height * oversampling);
    let mut drawn = vec![255; size.0 as usize * size.1 as usize * 3];
    let typeface = Typeface::embedded().map_err(|error| failed(error.to_string()))?;
    let mut canvas = Canvas {
        backend: BitMapBackend::with_buffer(&mut drawn, size),
        typeface: &typeface,
        scale: scale(dpi) * f64::from(oversampling),
        grid: f64::from(oversampling),
        // It fills a stroke's outline with both edges.
        stroke_excess: 1,
    };
    paint(picture, &mut canvas).map_err(|error| failed(error.to_string()))?;
    drop(canvas);

    let pixels = scaled_down(&drawn, width, oversampling);
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::NoFilter)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| failed(error.to_string()))?;
    file.splice(HEADER_END..HEADER_END, density(dpi));
    Ok(file)
}

/// Finished pixels a pixel of scale 1, each way.
fn scale(dpi: u32) -> f64 {
    f64::from(dpi) / f64::from(PIXELS_PER_INCH)
}

/// Finished pixels, of a size in pixels of scale 1.
fn size_at((width, height): (u32, u32), dpi: u32) -> (u32, u32) {
    let pixels = |length: u32| (f64::from(length) * scale(dpi)).round() as u32;
    (pixels(width), pixels(height))
}

/// What is wrong where a picture of this size, in pixels of scale 1, would have no pixels or too many.
pub(super) fn check_size(size: (u32, u32), dpi: u32) -> std::result::Result<(), String> {
    let (width, height) = size_at(size, dpi);
    match u64::from(width) * u64::from(height) {
        1..=MOST => Ok(()),
        _ => Err(format!(
            "{width} × {height} pixels, where a .png file has 1 to {MOST}; take fewer pixels an inch or fewer inches, \
             or .svg or .pdf, which have no pixels"
        )),
    }
}

/// The mean of each block of `oversampling` squared pixels, in whole numbers, so that every
/// machine gets the same; `width` finished pixels a row.
fn scaled_down(drawn: &[u8], width: u32, oversampling: u32) -> Vec<u8> {
    let (width, block) = (width as usize, oversampling as usize);
    let area = oversampling * oversampling;
    let mut pixels = Vec::with_capacity(drawn.len() / (block * block));
    let mut sums = vec![0u32; width * 3];
    for rows in drawn.chunks_exact(width * block * 3 * block) {
        sums.fill(0);
        for row in rows.chunks_exact(width * block * 3) {
            for (sum, block) in sums.chunks_exact_mut(3).zip(row.chunks_exact(block * 3)) {
                for pixel in block.chunks_exact(3) {
                    sum.iter_mut()
                        .zip(pixel)
                        .for_each(|(sum, value)| *sum += u32::from(*value));
                }
            }
        }
        pixels.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
    }
    pixels
}

/// The chunk that tells how many pixels make a metre, which the encoder cannot write.
///
/// # Source
/// PNG specification, section 11.3.4.3, `pHYs`.
fn density(dpi: u32) -> Vec<u8> {
    let per_metre = f64::from(dpi) / 0.0254;
    let per_metre = (per_metre.round() as u32).to_be_bytes();
    let mut body = b"pHYs".to_vec();
    body.extend(per_metre);
    body.extend(per_metre);
    body.push(1);
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    let mut chunk = 9u32.to_be_bytes().to_vec();
    chunk.extend(body);
    chunk.extend(crc.sum().to_be_bytes());
    chunk
}
