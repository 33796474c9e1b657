//! Dispatches of a dropout layer: one kernel, forward on the input and backward on the gradient.

use super::{LayerAt, LayerPlan};
use crate::error::Result;
use crate::model::Dropout;
use crate::plan::dims::DropoutDims;
use crate::plan::dispatch::{Lifetime, Slice};
use crate::plan::dropout_mask::DropoutMask;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{StepBuilder, Value};

impl LayerPlan for Dropout {
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        thinned(self, at, x, "y", step)
    }

    fn backward(
        &self,
        at: LayerAt,
        _x: Value,
        y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let gradient = Value { slice: d_y, ..y };
        Ok(thinned(self, at, gradient, "d_input", step)?.slice)
    }
}

/// y = x·keep / (1 − rate), or the same on a gradient; x itself where nothing is dropped.
fn thinned(
    dropout: &Dropout,
    at: LayerAt,
    x: Value,
    pass: &str,
    step: &mut StepBuilder,
) -> Result<Value> {
    let name = at.name();
    let off = !step.training || step.context.dropout == DropoutMask::Off;
    if off || dropout.rate == 0.0 {
        return Ok(x);
    }
    let count = step.rows(x.rows) * x.width;
    let slice = step.plan.scratch(&format!("{name}.{pass}"), count)?;
    let (given, mask, seed, number) = source(name, x, count, step)?;
    let dims = DropoutDims {
        count: count as u32,
        seed_low: seed as u32,
        seed_high: (seed >> 32) as u32,
        step_low: number as u32,
        step_high: (number >> 32) as u32,
        layer: at.index as u32,
        rate: dropout.rate,
        scale: 1.0 / (1.0 - dropout.rate),
    };
    let kernel = Kernel::new("dropout").flag("given", given);
    let groups = step.plan.elementwise(count);
    step.plan.dispatch(
        format!("{name}.{pass}"),
        kernel,
        &dims,
        &[x.slice, mask, slice],
        groups,
        count,
    )?;
    Ok(Value { slice, ..x })
}

/// Whether the mask is given, the buffer that is bound for it, seed and step.
fn source(
    name: &str,
    x: Value,
    count: usize,
    step: &mut StepBuilder,
) -> Result<(bool, Slice, u64, u64)> {
    Ok(match step.context.dropout {
        // A binding has to be there; without a given mask the kernel does not read it.
        DropoutMask::Drawn { seed, step: number } => (false, x.slice, seed, number),
        DropoutMask::Off => (false, x.slice, 0, 0),
        DropoutMask::Given => (
            true,
            step.plan
                .buffer(&format!("{name}.mask"), count, Lifetime::Upload)?,
            0,
            0,
        ),
    })
}
