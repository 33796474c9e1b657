//! Sums over rows, cut into chunks of [`SPLIT`]: of columns, and of the parts of products that are split.

use super::builder::PlanBuilder;
use super::dims::{AddSplitsDims, ColumnSumsDims, MOST_SPLIT_PRODUCTS};
use super::dispatch::{BufferId, Slice};
use super::kernel::Kernel;
use crate::error::{Error, Result};

/// Rows that one invocation or workgroup sums, in sums over positions. It shapes the order of the sums, so it is the
/// same on every adapter.
pub const SPLIT: usize = 512;

/// Numbers to which the place of parts is rounded up: 256 bytes, as the offset of a binding must be.
const PLACE: usize = 64;

/// The parts of products that are split over their sum, behind each other in one buffer, until one dispatch adds them.
#[derive(Default)]
pub(super) struct SplitSums {
    products: Vec<SplitProduct>,
    /// Numbers of all parts.
    numbers: usize,
}

/// The parts of one product.
struct SplitProduct {
    /// Place of the first part, in numbers.
    first: usize,
    parts: usize,
    /// Numbers of a part.
    width: usize,
    to: Slice,
}

impl SplitSums {
    /// Where a product of `width` numbers leaves its parts: in `to` itself where it has only one.
    pub(super) fn place(
        &mut self,
        plan: &mut PlanBuilder,
        parts: usize,
        width: usize,
        to: Slice,
    ) -> Result<Slice> {
        if parts == 1 {
            return Ok(to);
        }
        let first = self.numbers;
        self.numbers += (parts * width).next_multiple_of(PLACE);
        self.products.push(SplitProduct {
            first,
            parts,
            width,
            to,
        });
        let all = plan.scratch("split_sums", self.numbers)?;
        Ok(Slice {
            offset: first as u64 * 4,
            bytes: (parts * width * 4).next_multiple_of(16) as u64,
            ..all
        })
    }
}

impl PlanBuilder<'_> {
    /// Adds the parts of each product into its place: one dispatch for all that go to the same buffer.
    pub(super) fn add_splits(&mut self, label: &str, sums: SplitSums) -> Result<()> {
        let mut buffers: Vec<BufferId> = sums.products.iter().map(|one| one.to.buffer).collect();
        buffers.sort_unstable();
        buffers.dedup();
        for buffer in buffers {
            let products = sums.products.iter().filter(|one| one.to.buffer == buffer);
            self.add_splits_to(label, sums.numbers, &products.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// The same, of products that go to one buffer.
    fn add_splits_to(
        &mut self,
        label: &str,
        numbers: usize,
        products: &[&SplitProduct],
    ) -> Result<()> {
        let fours = products.iter().all(|one| one.width.is_multiple_of(4));
        let (kernel, size) = match fours {
            true => (Kernel::new("add_splits").element(4).0, 4),
            false => (Kernel::new("add_splits").element(1).0, 1),
        };
        let begin = products.iter().map(|one| one.to.offset).min();
        let end = products
            .iter()
            .map(|one| one.to.offset + one.to.bytes)
            .max();
        let (Some(begin), Some(end), Some(one)) = (begin, end, products.first()) else {
            return Ok(());
        };
        if products.len() > MOST_SPLIT_PRODUCTS {
            return Err(Error::Internal {
                place: "planning the sums of split products",
                problem: format!("{} of them in {label}", products.len()),
            });
        }
        let mut dims = AddSplitsDims {
            count: products.len() as u32,
            ..AddSplitsDims::default()
        };
        for (place, one) in dims.products.iter_mut().zip(products) {
            let to = (one.to.offset - begin) as usize / 4;
            *place = [one.first / size, one.parts, one.width / size, to / size].map(|n| n as u32);
        }
        let y = Slice {
            offset: begin,
            bytes: end - begin,
            ..one.to
        };
        let x = self.scratch("split_sums", numbers)?;
        let elements = products.iter().map(|one| one.width / size).sum();
        let groups = self.elementwise(elements);
        let flops = products.iter().map(|one| one.parts * one.width).sum();
        self.dispatch(label.into(), kernel, &dims, &[x, y], groups, flops)
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
