//! Dispatches of a layer normalisation.

use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::LayerNormalization;
use crate::plan::dims::LayerNormDims;
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{StepBuilder, Value};

impl LayerPlan for LayerNormalization {
    /// y = γ·(x − μ) / √(σ² + ε) + β
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let name = at.name();
        let parameters = step.parameter_slices(at.index);
        let numbers = step.rows(x.rows) * x.width;
        let slice = step.plan.scratch(&format!("{name}.y"), numbers)?;
        let moments = moments(name, x, step)?;
        let (kernel, dims) = kernel("layer_norm_forward", self, x, step);
        let groups = step.plan.elementwise(dims.rows as usize);
        let label = format!("{name}.forward");
        let bindings = [x.slice, parameters[0], parameters[1], slice, moments];
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 7 * numbers)?;
        Ok(Value { slice, ..x })
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
        let rows = step.rows(x.rows);
        let moments = moments(name, x, step)?;
        let d_x = step.input_gradient(name, x)?;
        let terms = step
            .plan
            .scratch(&format!("{name}.d_gamma_terms"), rows * x.width)?;
        let (kernel, dims) = kernel("layer_norm_backward", self, x, step);
        let groups = step.plan.elementwise(rows);
        let label = format!("{name}.d_input");
        let bindings = [x.slice, moments, parameters[0], d_y, d_x, terms];
        let flops = 12 * rows * x.width;
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;
        for (tensor, terms, gradient) in [
            ("d_gamma", terms, gradients[0]),
            ("d_beta", d_y, gradients[1]),
        ] {
            let label = format!("{name}.{tensor}");
            step.plan
                .column_sums(&label, terms, rows, x.width, gradient)?;
        }
        Ok(d_x)
    }
}

/// A kernel that goes through the rows of x, and its uniform.
fn kernel(
    kernel: &'static str,
    norm: &LayerNormalization,
    x: Value,
    step: &StepBuilder,
) -> (Kernel, LayerNormDims) {
    let (kernel, elements) = Kernel::new(kernel).element(x.width);
    let dims = LayerNormDims {
        rows: step.rows(x.rows) as u32,
        width: elements as u32,
        features: x.width as f32,
        epsilon: norm.epsilon,
    };
    (kernel, dims)
}

/// μ and 1 / √(σ² + ε) of each row: `[rows, 2]`.
fn moments(name: &str, x: Value, step: &mut StepBuilder) -> Result<Slice> {
    let rows = step.rows(x.rows);
    step.plan.scratch(&format!("{name}.moments"), 2 * rows)
}
