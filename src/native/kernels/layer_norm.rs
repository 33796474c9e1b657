//! Normalises the features of each row: see `shaders/layer_norm_forward.wgsl` and `layer_norm_backward.wgsl`.
//!
//! # Formula
//! n = (x − μ)·r with r = 1 / √(mean of (x − μ)² + ε); y = γ·n + β. Backward, g = γ·d_y: d_x = r·(g − mean of g − n·mean of g·n), and
//! terms = d_y·n. Sums along a row as in [`lanes`](super::lanes).
//!
//! # Work
//! An item is some rows.

use super::lanes::sum;
use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::LayerNormDims;

/// Rows that a thread takes at once.
const PART: usize = 64;

pub(in crate::native) fn forward(mut work: Work<'_>) -> Result<()> {
    let dims: LayerNormDims = work.dims()?;
    let (rows, width) = (dims.rows as usize, dims.width as usize * work.element());
    let y = &mut work.bindings.take(3)?[..rows * width];
    let moments = &mut work.bindings.take(4)?[..rows * 2];
    let x = &work.bindings.read(0)?[..rows * width];
    let (gamma, beta) = (
        &work.bindings.read(1)?[..width],
        &work.bindings.read(2)?[..width],
    );
    let parts = x
        .chunks(PART * width)
        .zip(y.chunks_mut(PART * width))
        .zip(moments.chunks_mut(PART * 2));
    work.pool.each(parts.collect(), |((x, y), moments)| {
        vectorised!(work.level, _simd => {
            let rows = x.chunks_exact(width).zip(y.chunks_exact_mut(width));
            for ((x, y), moments) in rows.zip(moments.chunks_exact_mut(2)) {
                forward_row(&dims, x, [gamma, beta], y, moments);
            }
        });
    });
    Ok(())
}

#[inline(always)]
fn forward_row(
    dims: &LayerNormDims,
    x: &[f32],
    [gamma, beta]: [&[f32]; 2],
    y: &mut [f32],
    moments: &mut [f32],
) {
    let mean = sum(
        x.len(),
        #[inline(always)]
        |sum, j| sum + x[j],
    ) / dims.features;
    let squares = sum(
        x.len(),
        #[inline(always)]
        |sum, j| (x[j] - mean) * (x[j] - mean) + sum,
    );
    let scale = 1.0 / (squares / dims.features + dims.epsilon).sqrt();
    for ((y, x), (gamma, beta)) in y.iter_mut().zip(x).zip(gamma.iter().zip(beta)) {
        *y = gamma * ((x - mean) * scale) + beta;
    }
    moments.copy_from_slice(&[mean, scale]);
}

/// What a row of the backward pass reads.
struct Row<'a> {
    x: &'a [f32],
    moments: &'a [f32],
    gamma: &'a [f32],
    d_y: &'a [f32],
}

pub(in crate::native) fn backward(mut work: Work<'_>) -> Result<()> {
    let dims: LayerNormDims = work.dims()?;
    let (rows, width) = (dims.rows as usize, dims.width as usize * work.element());
    let d_x = &mut work.bindings.take(4)?[..rows * width];
    let terms = &mut work.bindings.take(5)?[..rows * width];
    let x = &work.bindings.read(0)?[..rows * width];
    let moments = &work.bindings.read(1)?[..rows * 2];
    let gamma = &work.bindings.read(2)?[..width];
    let d_y = &work.bindings.read(3)?[..rows * width];
    let parts = d_x
        .chunks_mut(PART * width)
        .zip(terms.chunks_mut(PART * width))
        .enumerate();
    work.pool.each(parts.collect(), |(n, (d_x, terms))| {
        vectorised!(work.level, _simd => {
            let rows = d_x.chunks_exact_mut(width).zip(terms.chunks_exact_mut(width));
            for (row, (d_x, terms)) in rows.enumerate() {
                let row = n * PART + row;
                let own = row * width..(row + 1) * width;
                let moments = &moments[2 * row..2 * row + 2];
                let row = Row { x: &x[own.clone()], moments, gamma, d_y: &d_y[own] };
                backward_row(&dims, row, d_x, terms);
            }
        });
    });
    Ok(())
}

#[inline(always)]
fn backward_row(dims: &LayerNormDims, row: Row, d_x: &mut [f32], terms: &mut [f32]) {
    let Row {
        x,
        moments,
        gamma,
        d_y,
    } = row;
    let (mean, scale) = (moments[0], moments[1]);
    for ((d_x, terms), ((x, d_y), gamma)) in d_x
        .iter_mut()
        .zip(terms.iter_mut())
        .zip(x.iter().zip(d_y).zip(gamma))
    {
        *d_x = gamma * d_y; // g, for now
        *terms = d_y * ((x - mean) * scale);
    }
    let (g, width) = (&*d_x, d_x.len());
    let mean_g = sum(
        width,
        #[inline(always)]
        |sum, j| sum + g[j],
    ) / dims.features;
    let mean_product = sum(
        width,
        #[inline(always)]
        |sum, j| g[j] * ((x[j] - mean) * scale) + sum,
    ) / dims.features;
    for (d_x, x) in d_x.iter_mut().zip(x) {
        *d_x = scale * (*d_x - mean_g - (x - mean) * scale * mean_product);
    }
}
