//! Dispatches of attention pooling: scores, weights, the weighted sum, and their gradients.

use super::dims::RowsDims;
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::products::{Matrix, Sizes};
use super::step_builder::{StepBuilder, Value};
use crate::error::Result;
use crate::model::AttentionPooling;

impl StepBuilder<'_> {
    /// u = tanh(x·W + b), weights = softmax over time of u·v, y = the sum over time with these weights.
    pub(super) fn attention_forward(
        &mut self,
        index: usize,
        name: &str,
        attention: &AttentionPooling,
        x: Value,
    ) -> Result<Value> {
        let parameters = self.parameter_slices(index);
        let (positions, units) = (self.rows(x.rows), attention.units);
        let u = self.hidden(name, attention, x)?;
        self.plan.product(
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

        let scores = self.plan.scratch(&format!("{name}.scores"), positions)?;
        let (kernel, dims) = score_kernel("attention_scores_forward", positions, units);
        let groups = self.plan.elementwise(positions);
        let label = format!("{name}.scores");
        let bindings = [parameters[2], u.slice, scores];
        let flops = 2 * positions * units;
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;

        let weights = self.time_weights(name)?;
        let dims = self.time_weights_dims();
        let kernel = Kernel::new("attention_weights_forward");
        let label = format!("{name}.weights");
        let bindings = [scores, self.slots(), weights];
        let groups = [self.shape.size, 1, 1];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 4 * positions)?;

        let y = self.pooled(name, x)?;
        self.weighted_sum(&format!("{name}.forward"), weights, x, y.slice)?;
        Ok(y)
    }

    /// Gradients of W, b and v, and of x, which is given back.
    pub(super) fn attention_backward(
        &mut self,
        index: usize,
        name: &str,
        attention: &AttentionPooling,
        x: Value,
        d_y: Slice,
    ) -> Result<Slice> {
        let (parameters, gradients) = (self.parameter_slices(index), self.gradient_slices(index)?);
        let (positions, units) = (self.rows(x.rows), attention.units);
        let u = self.hidden(name, attention, x)?;
        let weights = self.time_weights(name)?;

        let d_scores = self.plan.scratch(&format!("{name}.d_scores"), positions)?;
        let (kernel, dims) = self.pool("attention_weights_backward", x);
        let label = format!("{name}.d_weights");
        let bindings = [weights, x.slice, d_y, d_scores];
        let groups = [self.shape.size, 1, 1];
        let flops = 2 * positions * x.width;
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;

        // d_v = Σ over positions of d_scores·u: over time for each row of the batch, then over the rows.
        let size = self.shape.size;
        let label = format!("{name}.d_context");
        let rows = self.plan.scratch(&label, size * units)?;
        self.weighted_sum(&label, d_scores, u, rows)?;
        let label = format!("{name}.d_context.add");
        self.plan
            .column_sums(&label, rows, size, units, gradients[2])?;

        let (kernel, dims) = score_kernel("attention_scores_backward", positions, units);
        let groups = self.plan.elementwise((dims.rows * dims.width) as usize);
        let label = format!("{name}.d_scores");
        let bindings = [d_scores, parameters[2], u.slice];
        let flops = 4 * positions * units;
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;
        let d_z = u.slice; // attention_scores_backward puts d_z in u's place

        let sizes = |m, n, k| Sizes {
            m,
            n,
            k,
            batches: 1,
        };
        self.plan.product_transposed_a(
            &format!("{name}.d_kernel"),
            Matrix::new(x.slice, x.width),
            Matrix::new(d_z, units),
            gradients[0],
            Some((&format!("{name}.d_bias"), gradients[1])),
            sizes(x.width, units, positions),
        )?;
        let d_x = self.input_gradient(name, x)?;
        self.plan.product_transposed_b(
            &format!("{name}.d_input"),
            Matrix::new(d_z, units),
            parameters[0],
            Matrix::new(d_x, x.width),
            sizes(positions, x.width, units),
        )?;
        self.weighted_sum_backward(name, weights, x, d_y, d_x, true)?;
        Ok(d_x)
    }

    /// What a position is scored by: z, then u in its place, then d_z.
    fn hidden(&mut self, name: &str, attention: &AttentionPooling, x: Value) -> Result<Value> {
        let numbers = self.rows(x.rows) * attention.units;
        Ok(Value {
            slice: self.plan.scratch(&format!("{name}.u"), numbers)?,
            width: attention.units,
            ..x
        })
    }
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
