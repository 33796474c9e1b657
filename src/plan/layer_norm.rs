//! Dispatches of a layer normalisation.

use super::dims::LayerNormDims;
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, Value};
use crate::error::Result;
use crate::model::LayerNormalization;

impl StepBuilder<'_> {
    /// y = γ·(x − μ) / √(σ² + ε) + β
    pub(super) fn layer_norm_forward(
        &mut self,
        index: usize,
        name: &str,
        norm: &LayerNormalization,
        x: Value,
    ) -> Result<Value> {
        let parameters = self.parameter_slices(index);
        let numbers = self.rows(x.rows) * x.width;
        let slice = self.plan.scratch(&format!("{name}.y"), numbers)?;
        let moments = self.moments(name, x)?;
        let (kernel, dims) = self.layer_norm("layer_norm_forward", norm, x);
        let groups = self.plan.elementwise(dims.rows as usize);
        let label = format!("{name}.forward");
        let bindings = [x.slice, parameters[0], parameters[1], slice, moments];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 7 * numbers)?;
        Ok(Value { slice, ..x })
    }

    /// Gradients of γ and β, and of x, which is given back.
    pub(super) fn layer_norm_backward(
        &mut self,
        index: usize,
        name: &str,
        norm: &LayerNormalization,
        x: Value,
        d_y: Slice,
    ) -> Result<Slice> {
        let (parameters, gradients) = (self.parameter_slices(index), self.gradient_slices(index)?);
        let rows = self.rows(x.rows);
        let moments = self.moments(name, x)?;
        let d_x = self.input_gradient(name, x)?;
        let terms = self
            .plan
            .scratch(&format!("{name}.d_gamma_terms"), rows * x.width)?;
        let (kernel, dims) = self.layer_norm("layer_norm_backward", norm, x);
        let groups = self.plan.elementwise(rows);
        let label = format!("{name}.d_input");
        let bindings = [x.slice, moments, parameters[0], d_y, d_x, terms];
        let flops = 12 * rows * x.width;
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)?;
        for (tensor, terms, gradient) in [
            ("d_gamma", terms, gradients[0]),
            ("d_beta", d_y, gradients[1]),
        ] {
            let label = format!("{name}.{tensor}");
            self.plan
                .column_sums(&label, terms, rows, x.width, gradient)?;
        }
        Ok(d_x)
    }

    /// A kernel that goes through the rows of x, and its uniform.
    fn layer_norm(
        &self,
        kernel: &'static str,
        norm: &LayerNormalization,
        x: Value,
    ) -> (Kernel, LayerNormDims) {
        let (kernel, elements) = Kernel::new(kernel).element(x.width);
        let dims = LayerNormDims {
            rows: self.rows(x.rows) as u32,
            width: elements as u32,
            features: x.width as f32,
            epsilon: norm.epsilon,
        };
        (kernel, dims)
    }

    /// μ and 1 / √(σ² + ε) of each row: `[rows, 2]`.
    fn moments(&mut self, name: &str, x: Value) -> Result<Slice> {
        let rows = self.rows(x.rows);
        self.plan.scratch(&format!("{name}.moments"), 2 * rows)
    }
}
