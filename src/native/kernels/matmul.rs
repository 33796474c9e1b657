//! C = A·B (+ bias), Aᵀ·B or A·Bᵀ, batched, summed over terms, split over k: see `shaders/matmul_portable.wgsl`; and Aᵀ·B with
//! the sums of B's columns: see `shaders/matmul_transposed_a.wgsl`.
//!
//! # Formula
//! C(z, s)[m, n] = bias(z)[n] + Σ_term Σ_k A(z, term)[m, k]·B(z, term)[k, n], over the k of split s. A sum starts from the
//! bias and takes the terms, and within them k, in order.
//!
//! # Work
//! An item is some rows of a matrix of C, or of all batches' where these lie side by side in the same rows. B is packed
//! before, once. Where A lies transposed, its rows are columns and B's rows are whole vectors: then neither is packed,
//! and k is taken 64 at a time, so that what is read stays in the nearest cache while all of the item's tiles use it.
//! Any other A is copied, an item's rows at a time.

use crate::error::{Error, Result};
use crate::native::product::{Packed, Rows, add_transposed, product};
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::MatmulDims;

/// Rows of C in an item, a multiple of a tile's.
const ROWS: usize = 60;

/// Rows of C in an item of Aᵀ·B: it reads all of B, which comes from far away, so 64 rows are not 60 and 4.
const TRANSPOSED_ROWS: usize = 64;

/// Positions that a transposed product takes at a time.
const DEPTH: usize = 64;

/// A part of C: rows of a split of one batch, or of all.
struct Item<'a> {
    split: usize,
    batches: std::ops::Range<usize>,
    first_row: usize,
    rows: usize,
    /// From the first row's first number on.
    c: &'a mut [f32],
    /// The sums of B's columns, where this item is to make them.
    sums: Option<&'a mut [f32]>,
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: MatmulDims = work.dims()?;
    let c = work.bindings.take(3)?;
    let (a, b, bias) = (
        work.bindings.read(0)?,
        work.bindings.read(1)?,
        work.bindings.read(2)?,
    );
    let batches = work.dispatch.groups[2] as usize / (dims.splits as usize).max(1);
    let is_transposed = dims.a_row == 1
        && dims.a_column != 1
        && dims.b_column == 1
        && dims.terms == 1
        && dims.has_bias == 0;
    if is_transposed {
        let items = items(&dims, batches, TRANSPOSED_ROWS, c)?;
        work.pool
            .each(items, |item| transposed(&work, &dims, [a, b], item));
    } else {
        let items = items(&dims, batches, ROWS, c)?;
        let packed: Vec<Vec<Packed>> = (0..dims.splits as usize)
            .map(|split| {
                (0..batches)
                    .map(|z| pack(&work, &dims, b, z, split))
                    .collect()
            })
            .collect();
        work.pool.each(items, |item| {
            plain(&work, &dims, [a, bias], &packed[item.split], item)
        });
    }
    Ok(())
}

/// Aᵀ·B: A's and B's rows are positions; every split has sums of its own.
pub(in crate::native) fn run_with_sums(mut work: Work<'_>) -> Result<()> {
    let dims: MatmulDims = work.dims()?;
    let (c, sums) = (work.bindings.take(2)?, work.bindings.take(3)?);
    let (a, b) = (work.bindings.read(0)?, work.bindings.read(1)?);
    let dims = MatmulDims {
        a_row: 1,
        a_column: dims.a_row,
        ..dims
    };
    let batches = work.dispatch.groups[2] as usize / (dims.splits as usize).max(1);
    let mut items = items(&dims, batches, TRANSPOSED_ROWS, c)?;
    // A split's first rows come with the sums of its columns.
    let firsts = items.iter_mut().filter(|item| item.first_row == 0);
    for (item, sums) in firsts.zip(sums.chunks_exact_mut(dims.n as usize)) {
        item.sums = Some(sums);
    }
    work.pool
        .each(items, |item| transposed(&work, &dims, [a, b], item));
    Ok(())
}

/// The k of a split.
fn range(dims: &MatmulDims, split: usize) -> std::ops::Range<usize> {
    let (k, chunk) = (dims.k as usize, dims.chunk as usize);
    k.min(split * chunk)..k.min((split + 1) * chunk)
}

/// Where a batch's matrix begins. A stride may wrap around, to step backwards.
fn start(offset: u32, batch: u32, z: usize) -> usize {
    offset.wrapping_add(batch.wrapping_mul(z as u32)) as usize
}

/// C in items of at most `most` rows.
fn items<'a>(
    dims: &MatmulDims,
    batches: usize,
    most: usize,
    c: &'a mut [f32],
) -> Result<Vec<Item<'a>>> {
    let [m, n, row, splits] = [dims.m, dims.n, dims.c_row, dims.splits].map(|x| x as usize);
    let [offset, batch, split] = [dims.c_offset, dims.c_batch, dims.c_split].map(|x| x as usize);
    let side_by_side = splits == 1 && batches.saturating_sub(1) * batch + n <= row;
    let groups = if side_by_side { 1 } else { batches };
    let mut items = Vec::new();
    let (mut rest, mut at) = (c, 0);
    for (s, z) in (0..splits).flat_map(|s| (0..groups).map(move |z| (s, z))) {
        for first_row in (0..m).step_by(most) {
            let rows = most.min(m - first_row);
            let first = offset + s * split + z * batch + first_row * row;
            let last = first
                + (rows - 1) * row
                + if side_by_side {
                    (batches - 1) * batch + n
                } else {
                    n
                };
            if first < at || last - at > rest.len() {
                return Err(Error::Internal {
                    place: "a native product",
                    problem: "its results overlap, or do not fit the buffer".into(),
                });
            }
            let (own, tail) = std::mem::take(&mut rest)[first - at..].split_at_mut(last - first);
            let batches = if side_by_side { 0..batches } else { z..z + 1 };
            items.push(Item {
                split: s,
                batches,
                first_row,
                rows,
                c: own,
                sums: None,
            });
            (rest, at) = (tail, last);
        }
    }
    Ok(items)
}

/// B of a batch, the terms one behind the other.
fn pack(work: &Work, dims: &MatmulDims, b: &[f32], z: usize, split: usize) -> Packed {
    let range = range(dims, split);
    let count = range.len();
    let [n, row, column] = [dims.n, dims.b_row, dims.b_column].map(|x| x as usize);
    let from = start(dims.b_offset, dims.b_batch, z);
    vectorised!(work.level, simd => Packed::new(simd, dims.terms as usize * count, n, #[inline(always)] |l, columns, to| {
        let term = (l / count) as u32;
        let from = start(from as u32, dims.b_term, term as usize) + (range.start + l % count) * row;
        if column == 1 {
            to.copy_from_slice(&b[from..][columns]);
        } else {
            for (to, j) in to.iter_mut().zip(columns) {
                *to = b[from + j * column];
            }
        }
    }))
}

fn plain(work: &Work, dims: &MatmulDims, [a, bias]: [&[f32]; 2], packed: &[Packed], item: Item) {
    let range = range(dims, item.split);
    let (count, terms) = (range.len(), dims.terms as usize);
    let [n, row, column] = [dims.n, dims.a_row, dims.a_column].map(|x| x as usize);
    let whole = column == 1
        && (terms == 1 || dims.a_term as usize == dims.k as usize && count == dims.k as usize);
    let first = item.batches.start;
    for z in item.batches {
        let from = start(dims.a_offset, dims.a_batch, z) + item.first_row * row;
        let mut copy = Vec::new();
        if !whole {
            for i in 0..item.rows {
                for term in 0..terms {
                    let from = start(from as u32, dims.a_term, term) + i * row;
                    copy.extend(range.clone().map(|k| a[from + k * column]));
                }
            }
        }
        let (a, row) = if whole {
            (&a[from + range.start..], row)
        } else {
            (&copy[..], terms * count)
        };
        let bias = (dims.has_bias == 1).then(|| &bias[z * n..(z + 1) * n]);
        let at = (z - first) * dims.c_batch as usize;
        let to = (dims.c_row as usize, at);
        vectorised!(work.level, simd => product(simd, item.rows, #[inline(always)] |i| &a[i * row..i * row + terms * count], &packed[z], bias, item.c, to));
    }
}

fn transposed(work: &Work, dims: &MatmulDims, [a, b]: [&[f32]; 2], mut item: Item) {
    let [n, a_row, b_row, c_row] =
        [dims.n, dims.a_column, dims.b_row, dims.c_row].map(|x| x as usize);
    let first = item.batches.start;
    for z in item.batches {
        let a = &a[start(dims.a_offset, dims.a_batch, z) + item.first_row..];
        let b = &b[start(dims.b_offset, dims.b_batch, z)..];
        let c = &mut item.c[(z - first) * dims.c_batch as usize..];
        for r in 0..item.rows {
            c[r * c_row..r * c_row + n].fill(0.0);
        }
        if let Some(sums) = &mut item.sums {
            sums.fill(0.0);
        }
        for k in range(dims, item.split).step_by(DEPTH) {
            let sizes = [DEPTH.min(range(dims, item.split).end - k), item.rows, n];
            let a = Rows {
                numbers: &a[k * a_row..],
                row: a_row,
            };
            let b = Rows {
                numbers: &b[k * b_row..],
                row: b_row,
            };
            let sums = item.sums.as_deref_mut();
            vectorised!(work.level, simd => add_transposed(simd, sizes, a, b, (&mut *c, c_row), sums));
        }
    }
}
