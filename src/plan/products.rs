//! Matrix products and sums over rows, in whichever form the adapter and the sizes allow.

use super::builder::PlanBuilder;
use super::dims::{ColumnSumsDims, MatmulDims, TransposeDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::limits::Form;
use crate::error::Result;

/// Rows that one invocation or workgroup sums, in sums over positions. It shapes the order of the sums, so it is the
/// same on every adapter.
pub const SPLIT: usize = 512;

/// Columns of C that a workgroup of a subgroup product makes, at least, and rows at most: a tile of 64 × 64 brings
/// 64 products for each number loaded, and its sums still fit the nearest cache.
const TILE: usize = 64;

/// A matrix, or one a direction, in a buffer. Sizes and strides in numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    pub(super) slice: Slice,
    /// First element of the first batch's matrix.
    pub(super) offset: usize,
    /// Numbers from one row to the next.
    pub(super) row: usize,
    /// Numbers from one batch's (or term's) matrix to the next; may wrap around, to step backwards.
    pub(super) batch: u32,
}

impl Matrix {
    /// A matrix that fills its slice from the start.
    pub(super) fn new(slice: Slice, row: usize) -> Self {
        Matrix {
            slice,
            offset: 0,
            row,
            batch: 0,
        }
    }

    /// One matrix a direction, `batch` numbers apart.
    pub(super) fn batched(self, batch: usize) -> Self {
        Matrix {
            batch: batch as u32,
            ..self
        }
    }
}

/// Sizes of a product: C is `[m, n]`, the sum runs over `k`, for each of `batches` matrices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) batches: usize,
}

impl Sizes {
    fn flops(self) -> usize {
        2 * self.m * self.n * self.k * self.batches
    }
}

/// Lanes of a subgroup, if all these sizes can be handled four numbers at a time.
fn vector_lanes(form: Form, sizes: &[usize]) -> Option<usize> {
    match form {
        Form::Subgroup { lanes } if sizes.iter().all(|size| size.is_multiple_of(4)) => Some(lanes),
        _ => None,
    }
}

impl PlanBuilder<'_> {
    /// C = A·B + bias, batch by batch: A `[m, k]`, B `[k, n]`, bias `[batches, n]`.
    pub(super) fn product(
        &mut self,
        label: &str,
        a: Matrix,
        b: Matrix,
        bias: Slice,
        c: Matrix,
        sizes: Sizes,
    ) -> Result<()> {
        let dims = MatmulDims {
            has_bias: 1,
            a_column: 1,
            b_column: 1,
            ..strides(a, b, c, sizes)
        };
        let bindings = [a.slice, b.slice, bias, c.slice];
        match vector_lanes(self.limits.form, &[sizes.n, sizes.k]) {
            Some(lanes) => {
                self.subgroup_product(label, &dims, bindings, sizes.batches, sizes, lanes)
            }
            None => self.portable_product(label, &dims, &bindings, sizes.batches, sizes),
        }
    }

    /// C = Σ over batches of A·Bᵀ: A `[m, k]`, B `[batches, n, k]` without gaps.
    ///
    /// The portable kernel reads B across its rows; the subgroup one is given B transposed.
    pub(super) fn product_transposed_b(
        &mut self,
        label: &str,
        a: Matrix,
        b: Slice,
        c: Matrix,
        sizes: Sizes,
    ) -> Result<()> {
        let Sizes { n, k, batches, .. } = sizes;
        let dims = |b: Matrix| MatmulDims {
            terms: batches as u32,
            a_column: 1,
            a_term: a.batch,
            b_term: b.batch,
            a_batch: 0,
            b_batch: 0,
            ..strides(a, b, c, sizes)
        };
        let Some(lanes) = vector_lanes(self.limits.form, &[n, k]) else {
            let b = Matrix::new(b, 1).batched(n * k);
            let dims = MatmulDims {
                b_column: k as u32,
                ..dims(b)
            };
            return self.portable_product(
                label,
                &dims,
                &[a.slice, b.slice, a.slice, c.slice],
                1,
                sizes,
            );
        };
        let transposed = self.scratch("transposed_weights", batches * n * k)?;
        let transpose = TransposeDims {
            rows: n as u32,
            columns: k as u32,
            count: batches as u32,
            pad0: 0,
        };
        let groups = self.elementwise(batches * n * k);
        let kernel = Kernel::new("transpose_matrix");
        self.dispatch(
            format!("{label}.transpose"),
            kernel,
            &transpose,
            &[b, transposed],
            groups,
            0,
        )?;
        let b = Matrix::new(transposed, n).batched(n * k);
        self.subgroup_product(
            label,
            &dims(b),
            [a.slice, b.slice, a.slice, c.slice],
            1,
            sizes,
            lanes,
        )
    }

    fn subgroup_product(
        &mut self,
        label: &str,
        dims: &MatmulDims,
        bindings: [Slice; 4],
        batches: usize,
        sizes: Sizes,
        lanes: usize,
    ) -> Result<()> {
        let rows = (TILE / lanes).clamp(1, 8);
        let columns = if sizes.n <= TILE / 2 { TILE / 2 } else { TILE };
        let kernel = Kernel::new("matmul")
            .size("S", lanes)
            .size("R", rows)
            .size("C", columns);
        let groups = [
            sizes.n.div_ceil(columns),
            sizes.m.div_ceil(rows * lanes),
            batches,
        ];
        self.dispatch(label.into(), kernel, dims, &bindings, groups, sizes.flops())
    }

    /// C = Aᵀ·B, batch by batch: A `[k, m]`, B `[k, n]`, C `[batches, m, n]` without gaps, `c` its slice.
    ///
    /// The sum over k, positions as a rule, is split into chunks of [`SPLIT`], whose sums are then added up.
    /// `sums`, a label and a slice, gets the sums of B's columns too, `[batches, n]`; then B, all its batches, fills
    /// its slice. The subgroup and the native kernel make them of what they have loaded, in the same order as the portable
    /// form.
    pub(super) fn product_transposed_a(
        &mut self,
        label: &str,
        a: Matrix,
        b: Matrix,
        c: Slice,
        sums: Option<(&str, Slice)>,
        sizes: Sizes,
    ) -> Result<()> {
        let Sizes { m, n, k, batches } = sizes;
        let splits = k.div_ceil(SPLIT);
        let size = batches * m * n;
        let to = if splits > 1 {
            self.scratch("split_sums", splits * size)?
        } else {
            c
        };
        let c_matrix = Matrix::new(to, n).batched(m * n);
        let dims = MatmulDims {
            chunk: SPLIT as u32,
            splits: splits as u32,
            c_split: size as u32,
            sums_split: (batches * n) as u32,
            ..strides(a, b, c_matrix, sizes)
        };
        let kernel = Kernel::new("matmul_transposed_a");
        let with_sums = match (vector_lanes(self.limits.form, &[m, n]), self.limits.form) {
            (Some(lanes), _) => {
                let rows = if lanes <= 8 && m > TILE / 2 {
                    TILE
                } else {
                    TILE / 2
                };
                let vectors = (TILE / (4 * lanes)).max(1);
                let kernel = kernel.size("S", lanes).size("R", rows).size("V", vectors);
                Some((kernel, [n.div_ceil(4 * lanes * vectors), m.div_ceil(rows)]))
            }
            (None, Form::Native) if sums.is_some() => Some((kernel, [1, 1])),
            _ => None,
        };
        match with_sums {
            Some((kernel, [across, down])) => {
                let column_sums = match sums {
                    Some((_, y)) if splits == 1 => y,
                    _ => self.scratch("split_column_sums", splits * batches * n)?,
                };
                self.dispatch(
                    label.into(),
                    kernel,
                    &dims,
                    &[a.slice, b.slice, to, column_sums],
                    [across, down, batches * splits],
                    sizes.flops(),
                )?;
                if let Some((label, y)) = sums
                    && splits > 1
                {
                    let label = format!("{label}.add");
                    self.sum_rows(&label, column_sums, splits, batches * n, splits, y)?;
                }
            }
            None => {
                if let Some((label, y)) = sums {
                    self.column_sums(label, b.slice, k, batches * n, y)?;
                }
                let dims = MatmulDims {
                    a_row: 1,
                    a_column: dims.a_row,
                    b_column: 1,
                    ..dims
                };
                self.portable_product(
                    label,
                    &dims,
                    &[a.slice, b.slice, a.slice, to],
                    batches * splits,
                    sizes,
                )?;
            }
        }
        if splits > 1 {
            self.sum_rows(&format!("{label}.add"), to, splits, size, splits, c)?;
        }
        Ok(())
    }

    fn portable_product(
        &mut self,
        label: &str,
        dims: &MatmulDims,
        bindings: &[Slice],
        batches: usize,
        sizes: Sizes,
    ) -> Result<()> {
        let groups = [sizes.n.div_ceil(32), sizes.m.div_ceil(32), batches];
        self.dispatch(
            label.into(),
            Kernel::new("matmul_portable"),
            dims,
            bindings,
            groups,
            sizes.flops(),
        )
    }

    /// y = the sum of the rows of x `[rows, width]`, in two rounds where they are many.
    pub(super) fn column_sums(
        &mut self,
        label: &str,
        x: Slice,
        rows: usize,
        width: usize,
        y: Slice,
    ) -> Result<()> {
        let chunks = rows.div_ceil(SPLIT);
        if chunks == 1 {
            return self.sum_rows(label, x, rows, width, rows, y);
        }
        let sums = self.scratch("column_sums", chunks * width)?;
        self.sum_rows(label, x, rows, width, SPLIT, sums)?;
        self.sum_rows(&format!("{label}.add"), sums, chunks, width, chunks, y)
    }

    /// y `[⌈rows / chunk⌉, width]` = the sums of each `chunk` rows of x.
    fn sum_rows(
        &mut self,
        label: &str,
        x: Slice,
        rows: usize,
        width: usize,
        chunk: usize,
        y: Slice,
    ) -> Result<()> {
        let (kernel, width) = Kernel::new("column_sums").element(width);
        let chunks = rows.div_ceil(chunk);
        let dims = ColumnSumsDims {
            rows: rows as u32,
            width: width as u32,
            chunk: chunk as u32,
            chunks: chunks as u32,
        };
        let groups = self.elementwise(chunks * width);
        self.dispatch(label.into(), kernel, &dims, &[x, y], groups, rows * width)
    }
}

/// Strides and sizes of a product, one term, no split.
fn strides(a: Matrix, b: Matrix, c: Matrix, sizes: Sizes) -> MatmulDims {
    MatmulDims {
        m: sizes.m as u32,
        n: sizes.n as u32,
        k: sizes.k as u32,
        terms: 1,
        a_offset: a.offset as u32,
        a_row: a.row as u32,
        a_batch: a.batch,
        b_offset: b.offset as u32,
        b_row: b.row as u32,
        b_batch: b.batch,
        c_offset: c.offset as u32,
        c_row: c.row as u32,
        c_batch: c.batch,
        chunk: sizes.k as u32,
        splits: 1,
        ..MatmulDims::default()
    }
}
