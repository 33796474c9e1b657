//! Dispatches of a dense layer.

use super::dims::DenseDims;
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, Value};
use crate::error::Result;
use crate::model::{Activation, Dense};

/// Name of the buffer of what a dense layer gives.
pub(super) fn output_buffer(layer: &str) -> String {
    format!("{layer}.y")
}

impl StepBuilder<'_> {
    fn dense_dims(&self, dense: &Dense, x: Value) -> DenseDims {
        DenseDims {
            rows: self.rows(x.rows) as u32,
            inputs: x.width as u32,
            outputs: dense.units as u32,
            activation: match dense.activation {
                // The loss makes the softmax, see softmax_cross_entropy.
                Activation::Linear | Activation::Softmax => 0,
                Activation::Relu => 1,
                Activation::Sigmoid => 2,
            },
        }
    }

    /// y = activation(x·W + b); of a softmax the sums alone.
    pub(super) fn dense_forward(
        &mut self,
        index: usize,
        name: &str,
        dense: &Dense,
        x: Value,
    ) -> Result<Value> {
        let dims = self.dense_dims(dense, x);
        let parameters = self.parameter_slices(index);
        let elements = self.rows(x.rows) * dense.units;
        let buffer = match dense.activation {
            Activation::Softmax => format!("{name}.sums"),
            _ => output_buffer(name),
        };
        let slice = self.plan.scratch(&buffer, elements)?;
        let bindings = [x.slice, parameters[0], parameters[1], slice];
        let groups = self.plan.elementwise(elements);
        let flops = 2 * elements * x.width;
        self.plan.dispatch(
            format!("{name}.forward"),
            Kernel::new("dense_forward"),
            &dims,
            &bindings,
            groups,
            flops,
        )?;
        Ok(Value {
            slice,
            rows: x.rows,
            width: dense.units,
        })
    }

    /// Gradients of W and b, and of x, which is given back.
    pub(super) fn dense_backward(
        &mut self,
        index: usize,
        name: &str,
        dense: &Dense,
        x: Value,
        y: Value,
        d_y: Slice,
    ) -> Result<Slice> {
        let dims = self.dense_dims(dense, x);
        let parameters = self.parameter_slices(index);
        let gradients = self.gradient_slices(index)?;
        let rows = self.rows(x.rows);
        let flops = 2 * rows * x.width * dense.units;

        let groups = self.plan.elementwise((x.width + 1) * dense.units);
        let bindings = [x.slice, y.slice, d_y, gradients[0], gradients[1]];
        let kernel = Kernel::new("dense_backward_parameters");
        self.plan.dispatch(
            format!("{name}.d_parameters"),
            kernel,
            &dims,
            &bindings,
            groups,
            flops,
        )?;

        let d_x = self
            .plan
            .scratch(&format!("{name}.d_input"), rows * x.width)?;
        let groups = self.plan.elementwise(rows * x.width);
        let bindings = [y.slice, d_y, parameters[0], d_x];
        let kernel = Kernel::new("dense_backward_input");
        self.plan.dispatch(
            format!("{name}.d_input"),
            kernel,
            &dims,
            &bindings,
            groups,
            flops,
        )?;
        Ok(d_x)
    }
}
