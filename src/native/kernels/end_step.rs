//! The last dispatch of a step: the step's number into its record.

use crate::error::Result;
use crate::native::work::Work;
use crate::plan::dims::EndDims;

/// Moves the place of a gradient that is not finite into the record, and marks it with the step's number.
pub(in crate::native) fn run(mut work: Work<'_>) -> Result<()> {
    let EndDims { record, marker, .. } = work.dims()?;
    let not_finite = work.bindings.take_words(0)?;
    let records = work.bindings.take_words(1)?;
    let place = 4 * record as usize;
    records[place + 3] = not_finite[0];
    records[place] = marker;
    not_finite[0] = 0;
    Ok(())
}
