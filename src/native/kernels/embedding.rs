//! The rows of an embedding: gathered for a list of tokens, and their gradients put back.

use super::recurrence::MASK;
use super::rows::{PART, row_parts};
use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::RowsDims;

/// y[i] = table[ids[i]]
pub(in crate::native) fn gather(mut work: Work<'_>) -> Result<()> {
    let RowsDims { rows, width, .. } = work.dims()?;
    let (rows, width) = (rows as usize, width as usize * work.element());
    let (table, ids) = (work.bindings.read(0)?, work.bindings.words(1)?);
    let y = work.bindings.take(2)?;
    let parts = row_parts(y, rows, width).zip(ids[..rows].chunks(PART));
    work.pool.each(parts.collect(), |(y, ids)| {
        for (y, id) in y.chunks_exact_mut(width).zip(ids) {
            let token = (id & !MASK) as usize;
            y.copy_from_slice(&table[token * width..][..width]);
        }
    });
    Ok(())
}

/// gradient[ids[i]] = x[i], of ids that are each there once
pub(in crate::native) fn scatter(mut work: Work<'_>) -> Result<()> {
    let RowsDims { rows, width, .. } = work.dims()?;
    let (rows, width) = (rows as usize, width as usize * work.element());
    let (x, ids) = (work.bindings.read(0)?, work.bindings.words(1)?);
    let gradient = work.bindings.take(2)?;
    for (x, id) in x.chunks_exact(width).zip(&ids[..rows]) {
        gradient[*id as usize * width..][..width].copy_from_slice(x);
    }
    Ok(())
}

/// y[p] = 0 where position p is masked, else x[p]
pub(in crate::native) fn zero_masked(mut work: Work<'_>) -> Result<()> {
    let RowsDims { rows, width, .. } = work.dims()?;
    let (rows, width) = (rows as usize, width as usize * work.element());
    let (slots, x) = (work.bindings.words(0)?, work.bindings.read(1)?);
    let y = work.bindings.take(2)?;
    let from = x.chunks(PART * width).zip(slots[..rows].chunks(PART));
    let parts = row_parts(y, rows, width).zip(from);
    work.pool.each(parts.collect(), |(y, (x, slots))| {
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
        for ((y, x), slot) in rows.zip(slots) {
            match slot & MASK {
                0 => y.copy_from_slice(x),
                _ => y.fill(0.0),
            }
        }
    });
    Ok(())
}
