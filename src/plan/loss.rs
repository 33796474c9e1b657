//! Dispatches of the loss and of the end of a step.

use super::dims::{EndDims, LossDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step::{RECORDS, StepBuilder, Value};
use crate::error::Result;

impl StepBuilder<'_> {
    /// Loss and accuracy into the step's record; gives the gradient of the probabilities.
    pub(super) fn binary_cross_entropy(&mut self, p: Value) -> Result<Slice> {
        let batch = self.shape.size;
        let d_p = self.plan.scratch("loss.d_probabilities", batch)?;
        let labels = self.layout.labels(self.batch_slice().buffer);
        let record = self.records()?;
        let dims = LossDims {
            batch: batch as u32,
            record: (self.context.sequence % RECORDS) as u32,
            ..LossDims::default()
        };
        let kernel = Kernel::new("binary_cross_entropy");
        self.plan.dispatch(
            "loss".into(),
            kernel,
            &dims,
            &[p.slice, labels, d_p, record],
            [1, 1, 1],
            10 * batch,
        )?;
        Ok(d_p)
    }

    /// The step's last dispatch: marks its record as complete.
    pub(super) fn end_step(&mut self) -> Result<()> {
        let (record, not_finite) = (self.records()?, self.not_finite()?);
        let dims = EndDims {
            record: (self.context.sequence % RECORDS) as u32,
            marker: self.context.marker(),
            ..EndDims::default()
        };
        self.plan.dispatch(
            "end".into(),
            Kernel::new("end_step"),
            &dims,
            &[not_finite, record],
            [1, 1, 1],
            0,
        )
    }
}
