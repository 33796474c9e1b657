//! Dispatches of the embedding: gathering its rows, summing and scattering their gradients.

use super::{LayerAt, LayerPlan, plan_of};
use crate::batch::RUN;
use crate::error::Result;
use crate::model::Embedding;
use crate::plan::batch_layout::RunsSlices;
use crate::plan::dims::{RowsDims, SegmentDims};
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::step_builder::{Rows, StepBuilder, Value};
use crate::plan::storage::Storage;

impl LayerPlan for Embedding {
    /// The rows of the unique tokens `x`; spread over all positions if the layer above needs them so.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        let (name, width) = (at.name(), self.width);
        let table = step.parameter_slices(at.index)[0];
        let rows = step.rows(x.rows);
        let unique = step.plan.scratch(&format!("{name}.unique"), rows * width)?;
        let label = format!("{name}.gather");
        let bindings = [table, x.slice, unique];
        step.move_rows("embedding_gather", &label, bindings, rows, width)?;
        let above = at.above.first();
        if !step.spread && above.is_some_and(|layer| plan_of(&layer.kind).takes_tokens()) {
            return Ok(Value {
                slice: unique,
                rows: x.rows,
                width,
            });
        }
        let positions = step.shape.positions();
        let slice = step
            .plan
            .scratch(&format!("{name}.positions"), positions * width)?;
        let label = format!("{name}.spread");
        let bindings = [unique, step.slots(), slice];
        step.move_rows("embedding_gather", &label, bindings, positions, width)?;
        Ok(Value {
            slice,
            rows: Rows::Positions,
            width,
        })
    }

    /// Sums `d_y` over the positions of each token, and puts the sums into the rows of the table's gradient. Ids have no
    /// gradient, so the sums `[U, E]` are given back.
    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let d_unique = match y.rows {
            Rows::Unique => d_y,
            _ => step.sum_over_tokens(at.name(), d_y, y.width, Storage::F32)?,
        };
        let gradient = step.gradient_slices(at.index)?[0];
        step.plan.clear(gradient);
        let label = format!("{}.scatter", at.name());
        let bindings = [d_unique, x.slice, gradient];
        let rows = step.rows(x.rows);
        step.move_rows("embedding_scatter", &label, bindings, rows, y.width)?;
        Ok(d_unique)
    }
}

impl StepBuilder<'_> {
    fn move_rows(
        &mut self,
        kernel: &'static str,
        label: &str,
        bindings: [Slice; 3],
        rows: usize,
        width: usize,
    ) -> Result<()> {
        let (kernel, elements) = Kernel::new(kernel).element(width);
        let dims = RowsDims {
            rows: rows as u32,
            width: elements as u32,
            ..RowsDims::default()
        };
        let groups = self.plan.elementwise(rows * elements);
        self.plan
            .dispatch(label.into(), kernel, &dims, &bindings, groups, 0)
    }

    /// Sums rows `[P, width]` over the positions of each unique token: `[U, width]`. Halves are gradients.
    pub(super) fn sum_over_tokens(
        &mut self,
        name: &str,
        x: Slice,
        width: usize,
        storage: Storage,
    ) -> Result<Slice> {
        let sums = self
            .plan
            .scratch(&format!("{name}.token_sums"), self.shape.unique * width)?;
        let runs = self.shape.partial_runs;
        let partial = match runs {
            0 => x, // bound, and not read
            _ => self.plan.scratch("token_partial_sums", runs * width)?,
        };
        let batch = self.batch_slice().buffer;
        // For the profile: partial runs are full but for a token's last, direct ones have at least one position.
        let positions = self.shape.positions();
        let in_partial = (RUN * runs).min(positions.saturating_sub(self.shape.direct_runs));
        let (kernel, elements) = Kernel::new("segment_sum").element(width);
        let kernel = kernel.flag("half", storage.is_half());
        let mut sum = |round: &str, runs: RunsSlices, of_x: usize, to, rows: usize| {
            let dims = SegmentDims {
                runs: runs.runs as u32,
                width: elements as u32,
                of_x: of_x as u32,
                pad0: 0,
            };
            let groups = self.plan.elementwise(runs.runs * elements);
            let second = if of_x < runs.runs { partial } else { x };
            let bindings = [x, second, runs.starts, runs.rows, runs.targets, to];
            let (label, kernel) = (format!("{name}.sum_{round}"), kernel.clone());
            self.plan
                .dispatch(label, kernel, &dims, &bindings, groups, rows * width)
        };
        if runs > 0 {
            let of_partial = self.layout.partial(batch);
            sum("partial", of_partial, runs, partial, in_partial)?;
        }
        let (tokens, direct) = (self.layout.tokens(batch), self.shape.direct_runs);
        let rows = positions - in_partial + runs;
        sum("tokens", tokens, direct, sums, rows)?;
        Ok(sums)
    }
}
