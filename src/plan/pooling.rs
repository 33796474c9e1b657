//! Dispatches of the layers that pool over time, and of what masked timesteps are to them.

use super::dims::{PoolDims, RowsDims, TimeWeightsDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::{Rows, StepBuilder, Value};
use crate::error::Result;
use crate::model::{LayerKind, Model, Output};

impl StepBuilder<'_> {
    /// The greatest value over time.
    pub(super) fn max_pooling_forward(&mut self, name: &str, x: Value) -> Result<Value> {
        let y = self.pooled(name, x)?;
        let ties = self.ties(name, x)?;
        let (kernel, dims) = self.pool("max_pool_forward", x);
        let groups = self.plan.elementwise((dims.batch * dims.width) as usize);
        let label = format!("{name}.forward");
        let bindings = [x.slice, y.slice, ties];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        Ok(y)
    }

    /// Its gradient, which goes to the timesteps that have that value.
    pub(super) fn max_pooling_backward(
        &mut self,
        name: &str,
        x: Value,
        y: Value,
        d_y: Slice,
    ) -> Result<Slice> {
        let d_x = self.input_gradient(name, x)?;
        let ties = self.ties(name, x)?;
        let (kernel, dims) = self.pool("max_pool_backward", x);
        let elements = dims.length * dims.batch * dims.width;
        let groups = self.plan.elementwise(elements as usize);
        let label = format!("{name}.d_input");
        let bindings = [x.slice, y.slice, ties, d_y, d_x];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        Ok(d_x)
    }

    /// The mean over the timesteps that are not masked.
    pub(super) fn mean_pooling_forward(&mut self, name: &str, x: Value) -> Result<Value> {
        let weights = self.time_weights(name)?;
        let dims = self.time_weights_dims();
        let groups = self.plan.elementwise(self.shape.size);
        let kernel = Kernel::new("mean_weights");
        let label = format!("{name}.weights");
        let bindings = [self.slots(), weights];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        let y = self.pooled(name, x)?;
        self.weighted_sum(&format!("{name}.forward"), weights, x, y.slice)?;
        Ok(y)
    }

    /// Its gradient.
    pub(super) fn mean_pooling_backward(
        &mut self,
        name: &str,
        x: Value,
        d_y: Slice,
    ) -> Result<Slice> {
        let d_x = self.input_gradient(name, x)?;
        let weights = self.time_weights(name)?;
        self.weighted_sum_backward(name, weights, x, d_y, d_x, false)?;
        Ok(d_x)
    }

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

    /// The gradient of x: as many numbers as it has.
    pub(super) fn input_gradient(&mut self, name: &str, x: Value) -> Result<Slice> {
        let numbers = self.rows(x.rows) * x.width;
        self.plan.scratch(&format!("{name}.d_input"), numbers)
    }

    /// How many timesteps have the greatest value: `[B, width]`.
    fn ties(&mut self, name: &str, x: Value) -> Result<Slice> {
        let numbers = self.shape.size * x.width;
        self.plan.scratch(&format!("{name}.ties"), numbers)
    }

    /// Whether it shows what the bidirectional layer at `index` gives at masked timesteps: 0 in Keras, where
    /// the recurrence here copies the state. Of all layers above, a maximum alone looks at them.
    pub(super) fn shows_masked(&self, model: &Model, index: usize) -> bool {
        let layers = &model.layers()[index..];
        let reader = layers
            .iter()
            .find(|layer| matches!(layer.output, Output::Vector { .. }));
        self.masked
            && reader.is_some_and(|layer| matches!(layer.kind, LayerKind::GlobalMaxPooling1D(_)))
    }

    /// The same value with zeros at masked positions.
    pub(super) fn zero_masked(&mut self, name: &str, x: Value, pass: &str) -> Result<Value> {
        let rows = self.rows(x.rows);
        let label = format!("{name}.{pass}");
        let slice = self.plan.scratch(&label, rows * x.width)?;
        let (kernel, elements) = Kernel::new("zero_masked").element(x.width);
        let dims = RowsDims {
            rows: rows as u32,
            width: elements as u32,
            ..RowsDims::default()
        };
        let groups = self.plan.elementwise(rows * elements);
        let bindings = [self.slots(), x.slice, slice];
        self.plan
            .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
        Ok(Value { slice, ..x })
    }
}
