//! Dispatches of the loss and of the end of a step.

use super::dims::{EndDims, LossDims, SoftmaxLossDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, Value, output_buffer};
use crate::error::Result;
use crate::model::Model;

impl StepBuilder<'_> {
    /// Loss and accuracy into the step's record; gives the gradient of what the last layer gave.
    pub(super) fn loss(&mut self, model: &Model, y: Value) -> Result<Slice> {
        match model.layers().last() {
            Some(last) if model.has_softmax() => self.softmax_cross_entropy(&last.name, y),
            _ => self.binary_cross_entropy(y),
        }
    }

    /// The probabilities of all classes, the loss, and the gradient of the sums.
    fn softmax_cross_entropy(&mut self, name: &str, sums: Value) -> Result<Slice> {
        let (batch, classes) = (self.shape.size, sums.width);
        let p = self.plan.scratch(&output_buffer(name), batch * classes)?;
        let d_sums = self.plan.scratch("loss.d_sums", batch * classes)?;
        let labels = self.layout.labels(self.batch_slice().buffer);
        let weights = self.layout.weights(self.batch_slice().buffer);
        let record = self.records()?;
        let dims = SoftmaxLossDims {
            batch: batch as u32,
            classes: classes as u32,
            record: self.record(),
            ..SoftmaxLossDims::default()
        };
        self.plan.dispatch(
            "loss".into(),
            Kernel::new("softmax_cross_entropy"),
            &dims,
            &[sums.slice, labels, weights, p, d_sums, record],
            [1, 1, 1],
            11 * batch * classes,
        )?;
        Ok(d_sums)
    }

    fn binary_cross_entropy(&mut self, p: Value) -> Result<Slice> {
        let batch = self.shape.size;
        let d_p = self.plan.scratch("loss.d_probabilities", batch)?;
        let labels = self.layout.labels(self.batch_slice().buffer);
        let weights = self.layout.weights(self.batch_slice().buffer);
        let record = self.records()?;
        let dims = LossDims {
            batch: batch as u32,
            record: self.record(),
            ..LossDims::default()
        };
        let kernel = Kernel::new("binary_cross_entropy");
        self.plan.dispatch(
            "loss".into(),
            kernel,
            &dims,
            &[p.slice, labels, weights, d_p, record],
            [1, 1, 1],
            12 * batch,
        )?;
        Ok(d_p)
    }

    /// The step's last dispatch: marks its record as complete.
    pub(super) fn end_step(&mut self) -> Result<()> {
        let (record, not_finite) = (self.records()?, self.not_finite()?);
        let dims = EndDims {
            record: self.record(),
            marker: self.context.marker,
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
