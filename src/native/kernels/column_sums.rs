//! Sums of rows: y[s, j] = Σ of x[i, j] over the rows of chunk s, see `shaders/column_sums.wgsl`; and of the parts of
//! products, see `shaders/add_splits.wgsl`.
//!
//! # Work
//! An item is a part of a row of sums, so that the sum of few long rows is shared out too. Rows are added upwards.

use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::{AddSplitsDims, ColumnSumsDims};

/// Columns in an item: an item's part of y stays in the nearest cache.
const PART: usize = 1024;

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let ColumnSumsDims {
        rows,
        width,
        chunk,
        chunks,
    } = work.dims()?;
    let (width, rows) = (width as usize * work.element(), rows as usize);
    let (chunk, chunks) = (chunk as usize, chunks as usize);
    let y = work.bindings.take(1)?;
    let x = work.bindings.read(0)?;
    let chunks = y[..chunks * width]
        .chunks_exact_mut(width.max(1))
        .enumerate();
    let parts = chunks.flat_map(|(s, y)| {
        y.chunks_mut(PART)
            .enumerate()
            .map(move |(n, y)| (s, n * PART, y))
    });
    work.pool.each(
        parts.collect(),
        |(s, column, y): (usize, usize, &mut [f32])| {
            let x = &x[s * chunk * width..rows.min((s + 1) * chunk) * width];
            vectorised!(work.level, _simd => add_rows(x, width, column, y));
        },
    );
    Ok(())
}

/// y[to + j] = Σ over the parts s of x[first + s·W + j], product by product.
pub(in crate::native) fn add_splits(mut work: Work<'_>) -> Result<()> {
    let AddSplitsDims {
        products, count, ..
    } = work.dims()?;
    let element = work.element();
    let mut rest = work.bindings.take(1)?;
    let x = work.bindings.read(0)?;
    let products = &products[..count as usize];
    let mut products: Vec<_> = products
        .iter()
        .map(|product| product.map(|elements| elements as usize))
        .collect();
    products.sort_by_key(|&[.., to]| to); // y is cut from one end to the other
    let (mut parts, mut at) = (Vec::new(), 0);
    for [first, splits, width, to] in products {
        let [first, width, to] = [first, width, to].map(|elements| elements * element);
        let (y, tail) = std::mem::take(&mut rest)[to - at..].split_at_mut(width);
        let x = &x[first..][..splits * width];
        let pieces = y.chunks_mut(PART).enumerate();
        parts.extend(pieces.map(|(n, y)| (x, width, n * PART, y)));
        (rest, at) = (tail, to + width);
    }
    work.pool.each(
        parts,
        |(x, width, column, y): (&[f32], usize, usize, &mut [f32])| {
            vectorised!(work.level, _simd => add_rows(x, width, column, y));
        },
    );
    Ok(())
}

/// y = the sum of the rows of x, from this column on.
#[inline(always)]
fn add_rows(x: &[f32], width: usize, column: usize, y: &mut [f32]) {
    y.fill(0.0);
    let columns = column..column + y.len();
    for row in x.chunks_exact(width) {
        for (y, x) in y.iter_mut().zip(&row[columns.clone()]) {
            *y += x;
        }
    }
}
