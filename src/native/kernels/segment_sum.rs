//! y[targets[r]] = Σ x[rows[i]], or of partial's rows, over the i of run r: see `shaders/segment_sum.wgsl`.
//!
//! # Work
//! An item is some runs, and the rows of y that they alone write: runs are taken in the order of their targets, so that y is
//! cut from one end to the other. A sum takes its rows in their order.

use crate::error::Result;
use crate::native::simd::vectorised;
use crate::native::work::Work;
use crate::plan::dims::SegmentDims;

/// Runs in an item.
const PART: usize = 32;

/// Runs, and the rows of y from row `first` on up to their last target.
struct Item<'a, 'b> {
    runs: &'b [u32],
    first: usize,
    y: &'a mut [f32],
}

pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let SegmentDims {
        runs, width, of_x, ..
    } = work.dims()?;
    let width = width as usize * work.element();
    let mut rest = work.bindings.take(5)?;
    let (x, partial) = (work.bindings.read(0)?, work.bindings.read(1)?);
    let (starts, rows, targets) = (
        work.bindings.words(2)?,
        work.bindings.words(3)?,
        work.bindings.words(4)?,
    );
    let mut order: Vec<u32> = (0..runs).collect();
    order.sort_by_key(|&run| targets[run as usize]); // they are, as a rule
    let mut items = Vec::new();
    let mut at = 0;
    for runs in order.chunks(PART) {
        let end = runs
            .last()
            .map_or(at, |&run| targets[run as usize] as usize + 1);
        let (y, tail) = std::mem::take(&mut rest).split_at_mut((end - at) * width);
        items.push(Item { runs, first: at, y });
        (rest, at) = (tail, end);
    }
    work.pool.each(items, |item: Item| {
        for &run in item.runs {
            let from = if run < of_x { x } else { partial };
            let run = run as usize;
            let rows = &rows[starts[run] as usize..starts[run + 1] as usize];
            let to = (targets[run] as usize - item.first) * width;
            let y = &mut item.y[to..to + width];
            vectorised!(work.level, _simd => add_rows(from, rows, y));
        }
    });
    Ok(())
}

/// y = the sum of these rows of x.
#[inline(always)]
fn add_rows(x: &[f32], rows: &[u32], y: &mut [f32]) {
    let width = y.len();
    let row = |row: u32| &x[row as usize * width..(row as usize + 1) * width];
    let mut rows = rows.iter();
    match rows.next() {
        Some(&first) => y.copy_from_slice(row(first)),
        None => y.fill(0.0),
    }
    for &n in rows {
        for (y, x) in y.iter_mut().zip(row(n)) {
            *y += x;
        }
    }
}
