//! The last hidden state of each direction of a recurrent layer.

use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::LastStateDims;

/// y[b, d, j] = h[t, b, d, j], with t = T - 1 forward in time (d = 0) and t = 0 backward (d = 1)
pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let dims: LastStateDims = work.dims()?;
    let (batch, units) = (dims.batch as usize, dims.units as usize);
    let width = units * dims.directions as usize;
    let h = work.bindings.read(0)?;
    let y = work.bindings.take(1)?;
    let last = (dims.length as usize - 1) * batch * width;
    for (n, y) in y[..batch * width].iter_mut().enumerate() {
        let backward = n % width >= units;
        *y = h[n + if backward { 0 } else { last }];
    }
    Ok(())
}
