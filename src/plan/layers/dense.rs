//! Dispatches of a dense layer.

use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::{Activation, Dense};
use crate::plan::dims::DenseDims;
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{StepBuilder, Value, output_buffer};

impl LayerPlan for Dense {
    /// y = activation(x·W + b); of a softmax the sums alone.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let dims = dims(self, x, step);
        let parameters = step.parameter_slices(at.index);
        let elements = step.rows(x.rows) * self.units;
        let buffer = match self.activation {
            Activation::Softmax => format!("{}.sums", at.name()),
            _ => output_buffer(at.name()),
        };
        let slice = step.plan.scratch(&buffer, elements)?;
        let bindings = [x.slice, parameters[0], parameters[1], slice];
        let groups = step.plan.elementwise(elements);
        let flops = 2 * elements * x.width;
        step.plan.dispatch(
            format!("{}.forward", at.name()),
            Kernel::new("dense_forward"),
            &dims,
            &bindings,
            groups,
            flops,
        )?;
        Ok(Value {
            slice,
            rows: x.rows,
            width: self.units,
        })
    }

    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let dims = dims(self, x, step);
        let parameters = step.parameter_slices(at.index);
        let gradients = step.gradient_slices(at.index)?;
        let rows = step.rows(x.rows);
        let d_x = step.input_gradient(at.name(), x)?;
        let elements = (x.width + 1) * self.units + rows * x.width;
        let groups = step.plan.elementwise(elements);
        let bindings = [
            x.slice,
            y.slice,
            d_y,
            parameters[0],
            gradients[0],
            gradients[1],
            d_x,
        ];
        let flops = 4 * rows * x.width * self.units;
        step.plan.dispatch(
            format!("{}.backward", at.name()),
            Kernel::new("dense_backward"),
            &dims,
            &bindings,
            groups,
            flops,
        )?;
        Ok(d_x)
    }
}

fn dims(dense: &Dense, x: Value, step: &StepBuilder) -> DenseDims {
    DenseDims {
        rows: step.rows(x.rows) as u32,
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
