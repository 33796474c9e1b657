//! Products on tiles: some rows by one or two vectors of columns, whose sums stay in registers.
//!
//! A sum over k takes k in order, fused, lane by lane, whatever the size of a tile.
//!
//! A tile of 10 rows by 2 vectors, its sums, 2 vectors of b and one of a, fills 32 registers (AVX-512, NEON); where there
//! are 16 (AVX2) it has 5 rows. b is packed in panels, so that a tile reads it from one end to the other. A tile is
//! vectorised by itself: inlined into more, or with array methods around its sums, these go through the stack, at three to
//! six times the time.

#![allow(clippy::needless_range_loop)] // the reason is above

use std::ops::Range;

use fearless_simd::{Simd, prelude::*};

use super::simd::{are_plain, load, load_all, load_whole, store, store_all, store_whole};

/// The most rows of a tile: as many as leave its sums in registers.
///
/// Plain numbers have 16 registers of one number each.
pub(super) const fn most_rows<S: Simd>(vectors: usize) -> usize {
    if are_plain::<S>() {
        2
    } else if S::f32s::LEN == 8 && vectors == 2 {
        5
    } else {
        10
    }
}

/// Rows of the next tile where `left` are left: tiles of nearly equal size.
pub(super) fn next_rows<S: Simd>(left: usize, vectors: usize) -> usize {
    left.div_ceil(left.div_ceil(most_rows::<S>(vectors)))
}

/// Calls `$f::<S, N, V>` with N = `$n` of [`next_rows`] and V = `$v`.
///
/// A size that S never takes is not compiled for it: each is a function of its own.
macro_rules! with_tile {
    ($n:expr, $v:expr, $f:ident::<$S:ty> $args:tt) => {
        with_tile!(@ $n, $v, $f, $S, $args, 1 2 3 4 5 6 7 8 9 10)
    };
    (@ $n:expr, $v:expr, $f:ident, $S:ty, $args:tt, $($size:literal)*) => {
        match ($v, $n) {
            $((2, $size) if const { $size <= crate::native::product::most_rows::<$S>(2) } => {
                $f::<$S, $size, 2> $args
            })*
            $((1, $size) if const { $size <= crate::native::product::most_rows::<$S>(1) } => {
                $f::<$S, $size, 1> $args
            })*
            (vectors, rows) => unreachable!("a tile of {rows} rows by {vectors} vectors"),
        }
    };
}
pub(super) use with_tile;

/// A matrix `[k, n]` in panels of two vectors of columns, each panel `[k, 2·lanes]`; the last may be one vector wide.
/// Columns past n are 0.
pub(super) struct Packed {
    k: usize,
    n: usize,
    lanes: usize,
    numbers: Vec<f32>,
}

/// Some columns of a [`Packed`] matrix.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    /// The first column.
    pub(super) column: usize,
    /// Columns, those past n left out.
    pub(super) count: usize,
    /// Vectors a row, 1 or 2.
    pub(super) vectors: usize,
    /// `[k, vectors]`
    pub(super) numbers: &'a [f32],
}

impl Packed {
    /// From rows: `row(k, columns, to)` puts those columns of a row into `to`.
    #[inline(always)]
    pub(super) fn new<S: Simd>(
        _: S,
        k: usize,
        n: usize,
        row: impl Fn(usize, Range<usize>, &mut [f32]),
    ) -> Packed {
        let lanes = S::f32s::LEN;
        let mut packed = Packed {
            k,
            n,
            lanes,
            numbers: vec![0.0; k * n.next_multiple_of(lanes)],
        };
        let mut rest = &mut packed.numbers[..];
        let mut column = 0;
        while column < n {
            let width = packed.lanes * if n - column > lanes { 2 } else { 1 };
            let (panel, tail) = std::mem::take(&mut rest).split_at_mut(k * width);
            let count = width.min(n - column);
            for (l, to) in panel.chunks_exact_mut(width).enumerate() {
                row(l, column..column + count, &mut to[..count]);
            }
            (rest, column) = (tail, column + width);
        }
        packed
    }

    /// From left to right.
    pub(super) fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        let pair = 2 * self.lanes;
        (0..self.n.div_ceil(pair)).map(move |p| {
            let column = p * pair;
            let vectors = if self.n - column > self.lanes { 2 } else { 1 };
            let first = column * self.k;
            Panel {
                column,
                count: (vectors * self.lanes).min(self.n - column),
                vectors,
                numbers: &self.numbers[first..first + self.k * vectors * self.lanes],
            }
        })
    }
}

/// sums += a·panel: `a` N rows of at least k numbers, `panel` `[k, V vectors]`.
#[inline(always)]
pub(super) fn tile<S: Simd, const N: usize, const V: usize>(
    simd: S,
    a: [&[f32]; N],
    panel: &[f32],
    sums: &mut [[S::f32s; V]; N],
) {
    let lanes = S::f32s::LEN;
    let count = panel.len() / (V * lanes);
    let mut rows: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        rows[n] = &a[n][..count];
    }
    let mut own = *sums;
    for (k, b) in panel.chunks_exact(V * lanes).enumerate() {
        let b = load_whole::<S, V>(simd, b);
        for n in 0..N {
            let x = S::f32s::splat(simd, rows[n][k]);
            for v in 0..V {
                own[n][v] = x.mul_add_precise(b[v], own[n][v]);
            }
        }
    }
    *sums = own;
}

/// c = a·b (+ bias): `a(i)` gives row i, which has at least k numbers; c has rows of `c_row` numbers, and is written from
/// `first` on in each.
#[inline(always)]
pub(super) fn product<'a, S: Simd>(
    simd: S,
    rows: usize,
    a: impl Fn(usize) -> &'a [f32] + Copy,
    b: &Packed,
    bias: Option<&[f32]>,
    c: &mut [f32],
    (c_row, first): (usize, usize),
) {
    for panel in b.panels() {
        let mut r = 0;
        while r < rows {
            let n = next_rows::<S>(rows - r, panel.vectors);
            let c = &mut c[r * c_row + first + panel.column..];
            with_tile!(
                n,
                panel.vectors,
                product_tile::<S>(simd, |i| a(r + i), panel, bias, c, c_row)
            );
            r += n;
        }
    }
}

#[inline(always)]
fn product_tile<'a, S: Simd, const N: usize, const V: usize>(
    simd: S,
    a: impl Fn(usize) -> &'a [f32],
    panel: Panel,
    bias: Option<&[f32]>,
    c: &mut [f32],
    c_row: usize,
) {
    let mut rows: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        rows[n] = a(n);
    }
    simd.vectorize(
        #[inline(always)]
        || {
            let start = match bias {
                Some(bias) => {
                    load_all::<S, V>(simd, &bias[panel.column..panel.column + panel.count])
                }
                None => [S::f32s::splat(simd, 0.0); V],
            };
            let mut sums = [start; N];
            tile::<S, N, V>(simd, rows, panel.numbers, &mut sums);
            for n in 0..N {
                store_all::<S, V>(&sums[n], &mut c[n * c_row..n * c_row + panel.count]);
            }
        },
    );
}

/// Rows of numbers, `row` apart.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) numbers: &'a [f32],
    pub(super) row: usize,
}

/// c += aᵀ·b: `a` `[k, m]`, `b` `[k, n]`, both read where they lie, `c` `[m, n]` with rows of `c_row` numbers; and `sums` += the
/// sums of b's columns.
///
/// Columns that do not fill a tile's vectors are copied to where they do.
#[inline(always)]
pub(super) fn add_transposed<S: Simd>(
    simd: S,
    [k, m, n]: [usize; 3],
    a: Rows,
    b: Rows,
    (c, c_row): (&mut [f32], usize),
    mut sums: Option<&mut [f32]>,
) {
    let lanes = S::f32s::LEN;
    let mut column = 0;
    while column < n {
        let vectors = if n - column > lanes { 2 } else { 1 };
        let (width, count) = (vectors * lanes, (vectors * lanes).min(n - column));
        if let Some(sums) = &mut sums {
            add_rows(simd, k, b, column, &mut sums[column..column + count]);
        }
        if count == width {
            transposed_columns(simd, [k, m], a, b, column, vectors, (c, c_row));
        } else {
            let mut copy = vec![0.0; (k + m) * width];
            let (of_b, of_c) = copy.split_at_mut(k * width);
            for (l, to) in of_b.chunks_exact_mut(width).enumerate() {
                to[..count].copy_from_slice(&b.numbers[l * b.row + column..][..count]);
            }
            for (i, to) in of_c.chunks_exact_mut(width).enumerate() {
                to[..count].copy_from_slice(&c[i * c_row + column..][..count]);
            }
            let b = Rows {
                numbers: of_b,
                row: width,
            };
            transposed_columns(simd, [k, m], a, b, 0, vectors, (of_c, width));
            for (i, from) in of_c.chunks_exact(width).enumerate() {
                c[i * c_row + column..][..count].copy_from_slice(&from[..count]);
            }
        }
        column += width;
    }
}

/// sums += as many columns of b as there are sums, its k rows upwards.
#[inline(always)]
fn add_rows<S: Simd>(simd: S, k: usize, b: Rows, column: usize, sums: &mut [f32]) {
    let lanes = S::f32s::LEN;
    for (first, sums) in (column..).step_by(lanes).zip(sums.chunks_mut(lanes)) {
        let mut sum = load(simd, sums);
        for l in 0..k {
            sum += load(simd, &b.numbers[l * b.row + first..][..sums.len()]);
        }
        store::<S>(sum, sums);
    }
}

/// Those columns of c which a tile is wide.
#[inline(always)]
fn transposed_columns<S: Simd>(
    simd: S,
    [k, m]: [usize; 2],
    a: Rows,
    b: Rows,
    column: usize,
    vectors: usize,
    (c, c_row): (&mut [f32], usize),
) {
    let mut i = 0;
    while i < m {
        let count = next_rows::<S>(m - i, vectors);
        let c = &mut c[i * c_row + column..];
        with_tile!(
            count,
            vectors,
            transposed_tile::<S>(simd, k, (a, i), (b, column), c, c_row)
        );
        i += count;
    }
}

#[inline(always)]
fn transposed_tile<S: Simd, const N: usize, const V: usize>(
    simd: S,
    k: usize,
    (a, i): (Rows, usize),
    (b, column): (Rows, usize),
    c: &mut [f32],
    c_row: usize,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut sums = [[S::f32s::splat(simd, 0.0); V]; N];
            for r in 0..N {
                sums[r] = load_whole::<S, V>(simd, &c[r * c_row..]);
            }
            for l in 0..k {
                let a = &a.numbers[l * a.row + i..][..N];
                let b = load_whole::<S, V>(simd, &b.numbers[l * b.row + column..]);
                for r in 0..N {
                    let x = S::f32s::splat(simd, a[r]);
                    for v in 0..V {
                        sums[r][v] = x.mul_add_precise(b[v], sums[r][v]);
                    }
                }
            }
            for r in 0..N {
                store_whole::<S, V>(&sums[r], &mut c[r * c_row..]);
            }
        },
    );
}
