//! Matrix products and sums over rows, in whichever form the adapter and the sizes allow.

use super::builder::PlanBuilder;
use super::dims::{MatmulDims, TransposeDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::limits::Form;
use super::storage::Storage;
use super::sums::{SPLIT, SplitSums};
use crate::error::Result;

/// Rows, and columns, of C that a workgroup of a portable product makes for each quad of an invocation.
const SMALL_TILE: usize = 32;

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
    /// Form of its numbers: of factors that are halves gradients.
    pub(super) storage: Storage,
}

impl Matrix {
    /// A matrix that fills its slice from the start.
    pub(super) fn new(slice: Slice, row: usize) -> Self {
        Matrix {
            slice,
            offset: 0,
            row,
            batch: 0,
            storage: Storage::F32,
        }
    }

    /// Of numbers in this form.
    pub(super) fn stored(self, storage: Storage) -> Self {
        Matrix { storage, ..self }
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

/// Where a product Aᵀ·B goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outputs {
    /// C, `[batches, m, n]` without gaps.
    pub(super) product: Slice,
    /// The sums of B's columns, `[batches, n]`, if they are asked for; then B, all its batches, fills its slice.
    pub(super) column_sums: Option<Slice>,
}

/// The buffers of a product in the order of its bindings, and which of its matrices are halves.
struct Operands {
    bindings: Vec<Slice>,
    /// A, B, C.
    halves: [bool; 3],
}

impl Operands {
    fn new(matrices: [Matrix; 3], bindings: &[Slice]) -> Self {
        Operands {
            bindings: bindings.to_vec(),
            halves: matrices.map(|matrix| matrix.storage.is_half()),
        }
    }

    /// The kernel made for them.
    fn kernel(&self, name: &'static str) -> Kernel {
        let [a, b, c] = self.halves;
        Kernel::new(name)
            .flag("half", a || b || c)
            .flag("half_a", a)
            .flag("half_b", b)
            .flag("half_c", c)
    }
}

impl Sizes {
    fn flops(self) -> usize {
        2 * self.m * self.n * self.k * self.batches
    }
}

/// How the factors of a product lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Both row by row, A's rows along k.
    Plain,
    /// A's rows are those of k.
    TransposedA {
        /// Whether B's columns are summed too.
        sums: bool,
    },
    /// B's rows are along k.
    TransposedB,
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
        let operands = Operands::new([a, b, c], &[a.slice, b.slice, bias, c.slice]);
        match vector_lanes(self.limits.form, &[sizes.n, sizes.k]) {
            Some(lanes) => {
                self.subgroup_product(label, &dims, operands, sizes.batches, sizes, lanes)
            }
            None => {
                self.portable_product(label, &dims, operands, sizes.batches, sizes, Layout::Plain)
            }
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
            let operands = Operands::new([a, b, c], &[a.slice, b.slice, a.slice, c.slice]);
            return self.portable_product(label, &dims, operands, 1, sizes, Layout::TransposedB);
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
        let operands = Operands::new([a, b, c], &[a.slice, b.slice, a.slice, c.slice]);
        self.subgroup_product(label, &dims(b), operands, 1, sizes, lanes)
    }

    fn subgroup_product(
        &mut self,
        label: &str,
        dims: &MatmulDims,
        operands: Operands,
        batches: usize,
        sizes: Sizes,
        lanes: usize,
    ) -> Result<()> {
        let rows = (TILE / lanes).clamp(1, 8);
        let columns = if sizes.n <= TILE / 2 { TILE / 2 } else { TILE };
        let kernel = operands
            .kernel("matmul")
            .size("S", lanes)
            .size("R", rows)
            .size("C", columns);
        let groups = [
            sizes.n.div_ceil(columns),
            sizes.m.div_ceil(rows * lanes),
            batches,
        ];
        let bindings = &operands.bindings;
        self.dispatch(label.into(), kernel, dims, bindings, groups, sizes.flops())
    }

    /// C = Aᵀ·B, batch by batch: A `[k, m]`, B `[k, n]`; and the sums of B's columns where they are asked for.
    ///
    /// The sum over k, positions as a rule, is split into chunks of [`SPLIT`], whose sums `parts` takes, to be
    /// [added](Self::add_splits) later. The kernel makes the sums of columns of what it has loaded, in the same order in
    /// every form.
    pub(super) fn product_transposed_a(
        &mut self,
        label: &str,
        a: Matrix,
        b: Matrix,
        to: Outputs,
        parts: &mut SplitSums,
        sizes: Sizes,
    ) -> Result<()> {
        let Sizes { m, n, k, batches } = sizes;
        let splits = k.div_ceil(SPLIT);
        let size = batches * m * n;
        let c = parts.place(self, splits, size, to.product)?;
        let c_matrix = Matrix::new(c, n).batched(m * n);
        let dims = MatmulDims {
            chunk: SPLIT as u32,
            splits: splits as u32,
            c_split: size as u32,
            sums_split: (batches * n) as u32,
            ..strides(a, b, c_matrix, sizes)
        };
        let column_sums = match to.column_sums {
            Some(sums) => Some(parts.place(self, splits, batches * n, sums)?),
            None => None,
        };
        let batches_and_splits = batches * splits;
        let half = b.storage.is_half();
        let kernel = Kernel::new("matmul_transposed_a")
            .flag("half", half)
            .flag("half_b", half);
        // Tiles of the kernel that makes the sums whether or not they are asked for.
        let tiled = match vector_lanes(self.limits.form, &[m, n]) {
            Some(lanes) => {
                let rows = if lanes <= 8 && m > TILE / 2 {
                    TILE
                } else {
                    TILE / 2
                };
                let vectors = (TILE / (4 * lanes)).max(1);
                let kernel = kernel.size("S", lanes).size("R", rows).size("V", vectors);
                Some((kernel, n.div_ceil(4 * lanes * vectors), m.div_ceil(rows)))
            }
            None if self.limits.form == Form::Native && column_sums.is_some() => {
                Some((kernel, 1, 1))
            }
            None => None,
        };
        match tiled {
            Some((kernel, across, down)) => {
                let column_sums = match column_sums {
                    Some(slice) => slice,
                    None => self.scratch("unread_column_sums", splits * batches * n)?,
                };
                let bindings = [a.slice, b.slice, c, column_sums];
                let groups = [across, down, batches_and_splits];
                self.dispatch(
                    label.into(),
                    kernel,
                    &dims,
                    &bindings,
                    groups,
                    sizes.flops(),
                )?;
            }
            None => {
                let dims = MatmulDims {
                    a_row: 1,
                    a_column: dims.a_row,
                    b_column: 1,
                    ..dims
                };
                let bindings = [a.slice, b.slice, a.slice, c];
                let mut operands = Operands::new([a, b, c_matrix], &bindings);
                operands.bindings.extend(column_sums);
                let layout = Layout::TransposedA {
                    sums: column_sums.is_some(),
                };
                self.portable_product(label, &dims, operands, batches_and_splits, sizes, layout)?;
            }
        }
        Ok(())
    }

    /// A product in its portable form. Tiles are as large as registers allow where that leaves as many workgroups as the
    /// adapter wants.
    fn portable_product(
        &mut self,
        label: &str,
        dims: &MatmulDims,
        operands: Operands,
        batches: usize,
        sizes: Sizes,
        layout: Layout,
    ) -> Result<()> {
        let Sizes { m, n, k, .. } = sizes;
        let across_a = matches!(layout, Layout::TransposedA { .. });
        let groups = |quads: usize| {
            let tile = SMALL_TILE * quads;
            [n.div_ceil(tile), m.div_ceil(tile), batches]
        };
        let most = self.limits.product_quads;
        let wide = m.min(n) > SMALL_TILE;
        let busy = groups(most).iter().product::<usize>() >= self.limits.wanted_workgroups;
        let quads = if wide && busy { most } else { 1 };
        let along_a = if across_a { m } else { k };
        let kernel = operands
            .kernel("matmul_portable")
            .size("Q", quads)
            .flag("across_a", across_a)
            .flag("across_b", layout == Layout::TransposedB)
            .flag("fours", n.is_multiple_of(4) && along_a.is_multiple_of(4))
            .flag("sums", layout == Layout::TransposedA { sums: true });
        self.dispatch(
            label.into(),
            kernel,
            dims,
            &operands.bindings,
            groups(quads),
            sizes.flops(),
        )
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
