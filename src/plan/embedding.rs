//! Dispatches of the embedding: gathering its rows, summing and scattering their gradients.

use super::dims::{RowsDims, SegmentDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::step_builder::{Rows, StepBuilder, Value};
use crate::batch::RUN;
use crate::error::Result;

impl StepBuilder<'_> {
    /// The rows of the unique tokens; spread over all positions if the layer above needs them so.
    pub(super) fn embedding_forward(
        &mut self,
        index: usize,
        name: &str,
        width: usize,
        spread: bool,
    ) -> Result<Value> {
        let table = self.parameter_slices(index)[0];
        let unique = self
            .plan
            .scratch(&format!("{name}.unique"), self.shape.unique * width)?;
        let tokens = self.layout.unique(self.batch_slice().buffer);
        self.move_rows(
            "embedding_gather",
            &format!("{name}.gather"),
            [table, tokens, unique],
            self.shape.unique,
            width,
        )?;
        if !spread {
            return Ok(Value {
                slice: unique,
                rows: Rows::Unique,
                width,
            });
        }
        let positions = self.shape.positions();
        let slice = self
            .plan
            .scratch(&format!("{name}.positions"), positions * width)?;
        self.move_rows(
            "embedding_gather",
            &format!("{name}.spread"),
            [unique, self.slots(), slice],
            positions,
            width,
        )?;
        Ok(Value {
            slice,
            rows: Rows::Positions,
            width,
        })
    }

    /// Puts the gradient of what the embedding gave into the dense gradient of its table.
    pub(super) fn embedding_backward(
        &mut self,
        index: usize,
        name: &str,
        x: Value,
        d_x: Slice,
    ) -> Result<()> {
        let d_unique = match x.rows {
            Rows::Unique => d_x,
            _ => self.sum_over_tokens(name, d_x, x.width)?,
        };
        let gradient = self.gradient_slices(index)?[0];
        self.plan.clear(gradient);
        let tokens = self.layout.unique(self.batch_slice().buffer);
        let bindings = [d_unique, tokens, gradient];
        self.move_rows(
            "embedding_scatter",
            &format!("{name}.scatter"),
            bindings,
            self.shape.unique,
            x.width,
        )
    }

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

    /// Sums rows `[P, width]` over the positions of each unique token: `[U, width]`.
    pub(super) fn sum_over_tokens(&mut self, name: &str, x: Slice, width: usize) -> Result<Slice> {
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
