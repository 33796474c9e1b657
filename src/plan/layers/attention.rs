//! Dispatches of attention pooling: scores, weights, the weighted sum, and their gradients.

use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::AttentionPooling;
use crate::plan::dims::RowsDims;
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::products::{Matrix, Outputs, Sizes};
use crate::plan::step_builder::{StepBuilder, Value};
use crate::plan::sums::SplitSums;

impl LayerPlan for AttentionPooling {
    /// u = tanh(x·W + b), weights = softmax over time of u·v, y = the sum over time with these weights.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let name = at.name();
        let parameters = step.parameter_slices(at.index);
        let (positions, units) = (step.rows(x.rows), self.units);
        let u = hidden(self, at, x, step)?;
        step.plan.product(
            &format!("{name}.project"),
            Matrix::new(x.slice, x.width),
            Matrix::new(parameters[0], units),
            parameters[1],
            Matrix::new(u.slice, units),
            Sizes {
                m: positions,
                n: units,
                k: x.width,
                batches: 1,
            },
        )?;

        let scores = step.plan.scratch(&format!("{name}.scores"), positions)?;
        let (kernel, dims) = score_kernel("attention_scores_forward", positions, units);
        let groups = step.plan.elementwise(positions);
        let label = format!("{name}.scores");
        let bindings = [parameters[2], u.slice, scores];
        let flops = 2 * positions * units;
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;

        let weights = step.time_weights(name)?;
        let dims = step.time_weights_dims();
        let kernel = Kernel::new("attention_weights_forward");
        let label = format!("{name}.weights");
        let bindings = [scores, step.slots(), weights];
        let groups = [step.shape.size, 1, 1];
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 4 * positions)?;

        let y = step.pooled(name, x)?;
        step.weighted_sum(&format!("{name}.forward"), weights, x, y.slice)?;
        Ok(y)
    }

    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        _y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let name = at.name();
        let (parameters, gradients) = (
            step.parameter_slices(at.index),
            step.gradient_slices(at.index)?,
        );
        let (positions, units) = (step.rows(x.rows), self.units);
        let u = hidden(self, at, x, step)?;
        let weights = step.time_weights(name)?;

        let d_scores = step.plan.scratch(&format!("{name}.d_scores"), positions)?;
        let (kernel, dims) = step.pool("attention_weights_backward", x);
        let label = format!("{name}.d_weights");
        let bindings = [weights, x.slice, d_y, d_scores];
        let groups = [step.shape.size, 1, 1];
        let flops = 2 * positions * x.width;
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;

        // d_v = Σ over positions of d_scores·u: over time for each row of the batch, then over the rows.
        let size = step.shape.size;
        let label = format!("{name}.d_context");
        let rows = step.plan.scratch(&label, size * units)?;
        step.weighted_sum(&label, d_scores, u, rows)?;
        let label = format!("{name}.d_context.add");
        step.plan
            .column_sums(&label, rows, size, units, gradients[2])?;

        let (kernel, dims) = score_kernel("attention_scores_backward", positions, units);
        let groups = step.plan.elementwise((dims.rows * dims.width) as usize);
        let label = format!("{name}.d_scores");
        let bindings = [d_scores, parameters[2], u.slice];
        let flops = 4 * positions * units;
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;
        let d_z = u.slice; // attention_scores_backward puts d_z in u's place

        let sizes = |m, n, k| Sizes {
            m,
            n,
            k,
            batches: 1,
        };
        let mut parts = SplitSums::default();
        step.plan.product_transposed_a(
            &format!("{name}.d_kernel"),
            Matrix::new(x.slice, x.width),
            Matrix::new(d_z, units),
            Outputs {
                product: gradients[0],
                column_sums: Some(gradients[1]),
            },
            &mut parts,
            sizes(x.width, units, positions),
        )?;
        step.plan.add_splits(&format!("{name}.add_splits"), parts)?;
        let d_x = step.input_gradient(name, x)?;
        step.plan.product_transposed_b(
            &format!("{name}.d_input"),
            Matrix::new(d_z, units),
            parameters[0],
            Matrix::new(d_x, x.width),
            sizes(positions, x.width, units),
        )?;
        step.weighted_sum_backward(name, weights, x, d_y, d_x, true)?;
        Ok(d_x)
    }
}

/// What a position is scored by: z, then u in its place, then d_z.
fn hidden(
    attention: &AttentionPooling,
    at: LayerAt,
    x: Value,
    step: &mut StepBuilder,
) -> Result<Value> {
    let numbers = step.rows(x.rows) * attention.units;
    Ok(Value {
        slice: step.plan.scratch(&format!("{}.u", at.name()), numbers)?,
        width: attention.units,
        ..x
    })
}

/// A kernel on `[positions, units]` numbers, and its uniform.
fn score_kernel(kernel: &'static str, positions: usize, units: usize) -> (Kernel, RowsDims) {
    let (kernel, elements) = Kernel::new(kernel).element(units);
    let dims = RowsDims {
        rows: positions as u32,
        width: elements as u32,
        ..RowsDims::default()
    };
    (kernel, dims)
}
