//! A picture as a PNG file: drawn several times too large, then scaled down, so that edges are smooth.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use plotters_bitmap::BitMapBackend;

use super::canvas::Canvas;
use super::figure::PIXELS_PER_INCH;
use super::picture::{Picture, paint};
use super::text::Typeface;
use crate::error::{Error, Result};

/// Drawn pixels a finished one, each way.
const OVERSAMPLING: u32 = 4;

/// Bytes up to the end of the header chunk: signature 8, chunk 25.
const HEADER_END: usize = 33;

pub(super) fn render(picture: &impl Picture, scale: u32) -> Result<Vec<u8>> {
    let failed = |problem: String| Error::Figure {
        title: picture.title().to_owned(),
        problem,
    };
    if !(1..=10).contains(&scale) {
        return Err(failed(format!("a scale of {scale} is not from 1 to 10")));
    }
    let (width, height) = picture.size();
    let (width, height) = (width * scale, height * scale);
    let size = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut drawn = vec![255; (size.0 * size.1 * 3) as usize];
    let typeface = Typeface::embedded().map_err(|error| failed(error.to_string()))?;
    let mut canvas = Canvas {
        backend: BitMapBackend::with_buffer(&mut drawn, size),
        typeface: &typeface,
        scale: f64::from(scale * OVERSAMPLING),
        grid: f64::from(OVERSAMPLING),
        // It fills a stroke's outline with both edges.
        stroke_excess: 1,
    };
    paint(picture, &mut canvas).map_err(|error| failed(error.to_string()))?;
    drop(canvas);

    let pixels = scaled_down(&drawn, width, height);
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Best, FilterType::NoFilter)
        .write_image(&pixels, width, height, ExtendedColorType::Rgb8)
        .map_err(|error| failed(error.to_string()))?;
    file.splice(HEADER_END..HEADER_END, density(scale));
    Ok(file)
}

/// The mean of each block of [`OVERSAMPLING`] squared pixels, in whole numbers, so that every
/// machine gets the same.
fn scaled_down(drawn: &[u8], width: u32, height: u32) -> Vec<u8> {
    const BLOCK: usize = OVERSAMPLING as usize;
    let (width, height) = (width as usize, height as usize);
    let mut pixels = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0u32; width * 3];
    for rows in drawn.chunks_exact(width * BLOCK * 3 * BLOCK) {
        sums.fill(0);
        for row in rows.chunks_exact(width * BLOCK * 3) {
            for (sum, block) in sums.chunks_exact_mut(3).zip(row.chunks_exact(BLOCK * 3)) {
                for pixel in block.chunks_exact(3) {
                    sum.iter_mut()
                        .zip(pixel)
                        .for_each(|(sum, value)| *sum += u32::from(*value));
                }
            }
        }
        const AREA: u32 = OVERSAMPLING * OVERSAMPLING;
        pixels.extend(sums.iter().map(|sum| ((sum + AREA / 2) / AREA) as u8));
    }
    pixels
}

/// The chunk that tells how many pixels make a metre, which the encoder cannot write.
///
/// # Source
/// PNG specification, section 11.3.4.3, `pHYs`.
fn density(scale: u32) -> Vec<u8> {
    let per_metre = f64::from(PIXELS_PER_INCH * scale) / 0.0254;
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
