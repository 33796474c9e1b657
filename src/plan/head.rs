//! Dispatch of the last layer of two classes with its loss and its backward pass, where a workgroup is enough for them.

use super::dims::HeadDims;
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::layers::LayerAt;
use super::step_builder::{Rows, StepBuilder, Value, output_buffer};
use crate::error::Result;
use crate::model::{Activation, LayerKind};

/// Most rows of the batch, whose gradients the kernel keeps in workgroup memory.
const MOST_ROWS: usize = 256;

/// Most numbers that enter the layer: what some hundred rounds of a workgroup take.
const MOST_INPUTS: usize = 8192;

impl StepBuilder<'_> {
    /// Whether the whole of this layer, the model's last, goes into one dispatch on x. It asks sizes alone, so plans are the
    /// same on every adapter.
    pub(super) fn has_head(&self, at: LayerAt, x: Value) -> bool {
        let LayerKind::Dense(dense) = &at.layer.kind else {
            return false;
        };
        let rows = self.rows(x.rows);
        (dense.units, dense.activation) == (1, Activation::Sigmoid)
            && x.rows == Rows::Batch
            && rows <= MOST_ROWS
            && rows * x.width <= MOST_INPUTS
    }

    /// Probabilities, loss, and the gradients of the layer's parameters and of x, which is given back.
    pub(super) fn head(&mut self, at: LayerAt, x: Value) -> Result<Slice> {
        let rows = self.rows(x.rows);
        let p = self.plan.scratch(&output_buffer(at.name()), rows)?;
        let d_x = self.input_gradient(at.name(), x)?;
        let (parameters, gradients) = (
            self.parameter_slices(at.index),
            self.gradient_slices(at.index)?,
        );
        let batch = self.batch_slice().buffer;
        let labels = [self.layout.labels(batch), self.layout.weights(batch)];
        let (parameters, bias) = both(&parameters);
        let (gradients, _) = both(&gradients);
        let (labels, weights) = both(&labels);
        let dims = HeadDims {
            rows: rows as u32,
            inputs: x.width as u32,
            record: self.record(),
            bias,
            weights,
            ..HeadDims::default()
        };
        let bindings = [
            x.slice,
            parameters,
            labels,
            p,
            self.records()?,
            gradients,
            d_x,
        ];
        self.plan.dispatch(
            format!("{}.head", at.name()),
            Kernel::new("logistic_head"),
            &dims,
            &bindings,
            [1, 1, 1],
            6 * rows * x.width + 12 * rows,
        )?;
        Ok(d_x)
    }
}

/// Two slices that follow each other in a buffer as one, and the place of the second's first number there.
fn both(slices: &[Slice]) -> (Slice, u32) {
    let (first, second) = (slices[0], slices[1]);
    let place = second.offset - first.offset;
    let bytes = place + second.bytes;
    (Slice { bytes, ..first }, place as u32 / 4)
}
