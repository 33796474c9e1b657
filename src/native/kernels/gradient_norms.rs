//! The norm of gradients, and the factor that brings it down to a bound.

use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::{ClipScaleDims, SquareSumsDims};

/// Partial sums that a thread makes at once.
const PART: usize = 256;

/// y[p] = Σ over k of |x[p + k·P]|², of P partial sums over numbers four by four
pub(in crate::native) fn square_sums(mut work: Work<'_>) -> Result<()> {
    let SquareSumsDims { count, sums, .. } = work.dims()?;
    let (count, sums) = (count as usize, sums as usize);
    let x = work.bindings.read(0)?[..4 * count].as_chunks::<4>().0;
    let y = &mut work.bindings.take(1)?[..sums];
    let parts = y.chunks_mut(PART).enumerate();
    work.pool.each(parts.collect(), |(part, y)| {
        y.fill(0.0);
        for row in (part * PART..count).step_by(sums) {
            let end = count.min(row + y.len());
            for (sum, x) in y.iter_mut().zip(&x[row..end]) {
                let [a, b, c, d] = x.map(|x| x * x);
                *sum += (a + b) + (c + d);
            }
        }
    });
    Ok(())
}

/// norm = √Σ x[p], and scale = 1 where it is within the bound, else bound / norm
pub(in crate::native) fn clip_scale(mut work: Work<'_>) -> Result<()> {
    let dims: ClipScaleDims = work.dims()?;
    let x = &work.bindings.read(0)?[..dims.sums as usize];
    let (scale, not_finite) = (work.bindings.take(1)?, work.bindings.take_words(2)?);
    let norms = work.bindings.take(3)?;
    let sum = x.iter().fold(0.0, |sum, x| sum + f64::from(*x)) as f32;
    let norm = sum.sqrt();
    norms[dims.record as usize] = norm;
    if !sum.is_finite() {
        not_finite[0] = not_finite[0].max(1);
    }
    scale[0] = if norm <= dims.bound {
        1.0
    } else {
        dims.bound / norm
    };
    Ok(())
}
