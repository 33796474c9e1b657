//! Dispatches of a dropout layer: one kernel, forward on the input and backward on the gradient.

use super::dims::DropoutDims;
use super::dispatch::{Lifetime, Slice};
use super::dropout_mask::DropoutMask;
use super::kernel::Kernel;
use super::step_builder::{StepBuilder, Value};
use crate::error::Result;
use crate::model::Dropout;

impl StepBuilder<'_> {
    /// y = x·keep / (1 − rate), or the same on a gradient; x itself where nothing is dropped.
    pub(super) fn dropout(
        &mut self,
        index: usize,
        name: &str,
        dropout: &Dropout,
        x: Value,
        pass: &str,
    ) -> Result<Value> {
        let off = !self.training || self.place.dropout == DropoutMask::Off;
        if off || dropout.rate == 0.0 {
            return Ok(x);
        }
        let count = self.rows(x.rows) * x.width;
        let slice = self.plan.scratch(&format!("{name}.{pass}"), count)?;
        let (given, mask, seed, step) = self.dropout_source(name, x, count)?;
        let dims = DropoutDims {
            count: count as u32,
            seed_low: seed as u32,
            seed_high: (seed >> 32) as u32,
            step_low: step as u32,
            step_high: (step >> 32) as u32,
            layer: index as u32,
            rate: dropout.rate,
            scale: 1.0 / (1.0 - dropout.rate),
        };
        let kernel = Kernel::new("dropout").flag("given", given);
        let groups = self.plan.elementwise(count);
        self.plan.dispatch(
            format!("{name}.{pass}"),
            kernel,
            &dims,
            &[x.slice, mask, slice],
            groups,
            count,
        )?;
        Ok(Value { slice, ..x })
    }

    fn dropout_source(
        &mut self,
        name: &str,
        x: Value,
        count: usize,
    ) -> Result<(bool, Slice, u64, u64)> {
        Ok(match self.place.dropout {
            // A binding has to be there; without a given mask the kernel does not read it.
            DropoutMask::Drawn { seed, step } => (false, x.slice, seed, step),
            DropoutMask::Off => (false, x.slice, 0, 0),
            DropoutMask::Given => (
                true,
                self.plan
                    .buffer(&format!("{name}.mask"), count, Lifetime::Upload)?,
                0,
                0,
            ),
        })
    }
}
