//! Dispatches of a recurrent layer in both directions: those of its cell, and zeros at masked positions.

use super::recurrent::RecurrentPlan;
use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::{Bidirectional, LayerKind, Output, Recurrent};
use crate::plan::dims::RowsDims;
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{StepBuilder, Value};

const DIRECTIONS: usize = 2;

impl LayerPlan for Bidirectional {
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let y = cell(self).forward_in(DIRECTIONS, at, x, step)?;
        match shows_masked(at, step) {
            true => zero_masked(at, y, "y", step),
            false => Ok(y),
        }
    }

    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        y: Value,
        mut d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        if shows_masked(at, step) {
            let gradient = Value { slice: d_y, ..y };
            d_y = zero_masked(at, gradient, "d_y", step)?.slice;
        }
        cell(self).backward_in(DIRECTIONS, at, x, d_y, step)
    }

    fn takes_tokens(&self) -> bool {
        true
    }
}

fn cell(both: &Bidirectional) -> &dyn RecurrentPlan {
    match &both.layer {
        Recurrent::Lstm(lstm) => lstm,
        Recurrent::Gru(gru) => gru,
    }
}

/// Whether the results show what the layer gives at masked timesteps: 0 in Keras, where the recurrence here copies the
/// state. Of all layers above, a maximum alone looks at them.
fn shows_masked(at: LayerAt, step: &StepBuilder) -> bool {
    let mut upwards = std::iter::once(at.layer).chain(at.above);
    let reader = upwards.find(|layer| matches!(layer.output, Output::Vector { .. }));
    step.masked
        && reader.is_some_and(|layer| matches!(layer.kind, LayerKind::GlobalMaxPooling1D(_)))
}

/// The same value with zeros at masked positions.
fn zero_masked(at: LayerAt, x: Value, pass: &str, step: &mut StepBuilder) -> Result<Value> {
    let rows = step.rows(x.rows);
    let label = format!("{}.{pass}", at.name());
    let slice = step.plan.scratch(&label, rows * x.width)?;
    let (kernel, elements) = Kernel::new("zero_masked").element(x.width);
    let dims = RowsDims {
        rows: rows as u32,
        width: elements as u32,
        ..RowsDims::default()
    };
    let groups = step.plan.elementwise(rows * elements);
    let bindings = [step.slots(), x.slice, slice];
    step.plan
        .dispatch(label, kernel, &dims, &bindings, groups, 0)?;
    Ok(Value { slice, ..x })
}
