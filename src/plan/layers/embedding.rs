//! Dispatches of the embedding: gathering its rows, summing and scattering their gradients.

use super::{LayerAt, LayerPlan, plan_of};
use crate::batch::RUN;
use crate::error::Result;
use crate::model::Embedding;
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
        let partial = self
            .plan
            .scratch("token_partial_sums", self.shape.partial_runs * width)?;
        let batch = self.batch_slice();
        // For the profile: partial runs are full but for a token's last, direct ones have at least one position.
        let positions = self.shape.positions();
        let in_partial =
            (RUN * self.shape.partial_runs).min(positions.saturating_sub(self.shape.direct_runs));
        let (direct, folded) = (positions - in_partial, self.shape.partial_runs);
        let rounds = [
            (self.layout.direct(batch.buffer), x, sums, direct, "direct"),
            (
                self.layout.partial(batch.buffer),
                x,
                partial,
                in_partial,
                "partial",
            ),
            (
                self.layout.fold(batch.buffer),
                partial,
                sums,
                folded,
                "fold",
            ),
        ];
        for (runs, from, to, rows, round) in rounds {
            if runs.runs == 0 {
                continue;
            }
            let (kernel, elements) = Kernel::new("segment_sum").element(width);
            let kernel = kernel.flag("half", storage.is_half() && round != "fold");
            let dims = SegmentDims {
                runs: runs.runs as u32,
                width: elements as u32,
                ..SegmentDims::default()
            };
            let groups = self.plan.elementwise(runs.runs * elements);
            let bindings = [from, runs.starts, runs.rows, runs.targets, to];
            let label = format!("{name}.sum_{round}");
            self.plan
                .dispatch(label, kernel, &dims, &bindings, groups, rows * width)?;
        }
        Ok(sums)
    }
}
