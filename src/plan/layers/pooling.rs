//! Dispatches of the layers that pool over time.

use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::{GlobalAveragePooling1D, GlobalMaxPooling1D};
use crate::plan::dims::{PoolDims, TimeWeightsDims};
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{Rows, StepBuilder, Value};

impl LayerPlan for GlobalMaxPooling1D {
    /// The greatest value over time.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let name = at.name();
        let y = step.pooled(name, x)?;
        let ties = ties(name, x, step)?;
        let (kernel, dims) = step.pool("max_pool_forward", x);
        let groups = step.plan.elementwise((dims.batch * dims.width) as usize);
        let label = format!("{name}.forward");
        let bindings = [x.slice, y.slice, ties];
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        Ok(y)
    }

    /// The gradient goes to the timesteps that have that value.
    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let name = at.name();
        let d_x = step.input_gradient(name, x)?;
        let ties = ties(name, x, step)?;
        let (kernel, dims) = step.pool("max_pool_backward", x);
        let elements = dims.length * dims.batch * dims.width;
        let groups = step.plan.elementwise(elements as usize);
        let label = format!("{name}.d_input");
        let bindings = [x.slice, y.slice, ties, d_y, d_x];
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        Ok(d_x)
    }
}

impl LayerPlan for GlobalAveragePooling1D {
    /// The mean over the timesteps that are not masked.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let name = at.name();
        let weights = step.time_weights(name)?;
        let dims = step.time_weights_dims();
        let groups = step.plan.elementwise(step.shape.size);
        let kernel = Kernel::new("mean_weights");
        let label = format!("{name}.weights");
        let bindings = [step.slots(), weights];
        step.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
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
        let d_x = step.input_gradient(name, x)?;
        let weights = step.time_weights(name)?;
        step.weighted_sum_backward(name, weights, x, d_y, d_x, false)?;
        Ok(d_x)
    }
}

impl StepBuilder<'_> {
    /// y[b] = Σ_t weights[t, b]·x[t, b]
    pub(super) fn weighted_sum(
        &mut self,
        label: &str,
        weights: Slice,
        x: Value,
        y: Slice,
    ) -> Result<()> {
        let (kernel, dims) = self.pool("weighted_sum_forward", x);
        let groups = self.plan.elementwise((dims.batch * dims.width) as usize);
        let flops = 2 * self.rows(x.rows) * x.width;
        let bindings = [weights, x.slice, y];
        self.plan
            .dispatch(label.into(), kernel, &dims, &bindings, groups, flops)
    }

    /// d_x[t, b] = weights[t, b]·d_y[b], or `+=` that.
    pub(super) fn weighted_sum_backward(
        &mut self,
        name: &str,
        weights: Slice,
        x: Value,
        d_y: Slice,
        d_x: Slice,
        add: bool,
    ) -> Result<()> {
        let (kernel, dims) = self.pool("weighted_sum_backward", x);
        let elements = dims.length * dims.batch * dims.width;
        let groups = self.plan.elementwise(elements as usize);
        let flops = self.rows(x.rows) * x.width;
        let label = format!("{name}.d_summed");
        let bindings = [weights, d_y, d_x];
        let kernel = kernel.flag("add", add);
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, flops)
    }

    /// A kernel that pools x, and its uniform.
    pub(super) fn pool(&self, kernel: &'static str, x: Value) -> (Kernel, PoolDims) {
        let (kernel, elements) = Kernel::new(kernel).element(x.width);
        let dims = PoolDims {
            length: self.shape.length as u32,
            batch: self.shape.size as u32,
            width: elements as u32,
            ..PoolDims::default()
        };
        (kernel, dims)
    }

    pub(super) fn time_weights_dims(&self) -> TimeWeightsDims {
        TimeWeightsDims {
            length: self.shape.length as u32,
            batch: self.shape.size as u32,
            masked: self.masked.into(),
            ..TimeWeightsDims::default()
        }
    }

    /// What leaves a layer that pools x: `[B, width]`.
    pub(super) fn pooled(&mut self, name: &str, x: Value) -> Result<Value> {
        let numbers = self.shape.size * x.width;
        Ok(Value {
            slice: self.plan.scratch(&format!("{name}.y"), numbers)?,
            rows: Rows::Batch,
            width: x.width,
        })
    }

    /// The weights of all positions: `[T, B]`.
    pub(super) fn time_weights(&mut self, name: &str) -> Result<Slice> {
        let positions = self.shape.positions();
        self.plan.scratch(&format!("{name}.weights"), positions)
    }
}

/// How many timesteps have the greatest value: `[B, width]`.
fn ties(name: &str, x: Value, step: &mut StepBuilder) -> Result<Slice> {
    let numbers = step.shape.size * x.width;
    step.plan.scratch(&format!("{name}.ties"), numbers)
}
