//! What recurrent layers have in common: the products before and after a recurrence, and its cut into dispatches.
//!
//! Whatever the cell, the gates of a unit take four columns, one vec4.

use super::{LayerAt, LayerPlan};
use crate::error::{Error, Result};
use crate::plan::dims::{LastStateDims, RecurrenceDims, StepDims};
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::products::{Matrix, Outputs, Sizes};
use crate::plan::recurrence::Recurrence;
use crate::plan::step_builder::{Rows, StepBuilder, Value};
use crate::plan::storage::Storage;
use crate::plan::sums::SplitSums;

/// A recurrent layer in its place: what its dispatches have in common.
pub(super) struct RecurrentLayer<'a> {
    pub(super) name: &'a str,
    pub(super) inputs: usize,
    pub(super) units: usize,
    pub(super) directions: usize,
    pub(super) sequences: bool,
    /// Gates that the state has weights to: 4 of an LSTM, 3 of a GRU.
    pub(super) gates: usize,
    pub(super) form: Recurrence,
    /// Form of the input's product, the gates and their gradients.
    pub(super) storage: Storage,
}

/// What a cell adds to a step, run over time in one direction or in both.
pub(super) trait RecurrentPlan {
    /// As [`LayerPlan::forward`], in so many directions.
    fn forward_in(
        &self,
        directions: usize,
        at: LayerAt,
        x: Value,
        step: &mut StepBuilder,
    ) -> Result<Value>;

    /// As [`LayerPlan::backward`], in so many directions.
    fn backward_in(
        &self,
        directions: usize,
        at: LayerAt,
        x: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice>;
}

impl<Cell: RecurrentPlan> LayerPlan for Cell {
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value> {
        self.forward_in(1, at, x, step)
    }

    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        _y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        self.backward_in(1, at, x, d_y, step)
    }

    fn takes_tokens(&self) -> bool {
        true
    }
}

impl RecurrentLayer<'_> {
    /// D·H, numbers a position in h.
    pub(super) fn width(&self) -> usize {
        self.directions * self.units
    }

    /// 4·H, gate columns of a direction.
    pub(super) fn columns(&self) -> usize {
        4 * self.units
    }

    /// Operations of the recurrent product at one timestep, in all directions.
    fn flops(&self, batch: usize) -> usize {
        2 * batch * self.width() * self.gates * self.units
    }
}

impl StepBuilder<'_> {
    /// The form of a layer's recurrence over this batch, where adapters would take `form`, and of what it keeps.
    ///
    /// # Errors
    /// [`Error::Argument`] for halves in the form of one dispatch a timestep, whose kernels have none.
    pub(super) fn form_of(
        &self,
        name: &str,
        units: usize,
        form: Recurrence,
    ) -> Result<(Recurrence, Storage)> {
        if self.storage.is_half() && form == Recurrence::Step {
            let problem = format!(
                "layer {name} has {units} units, too many for one dispatch a sequence here, and f16 needs one; leave it out, \
                 or give the layer fewer units"
            );
            return Err(Error::argument("storage", problem));
        }
        match form.over(self.shape.length) {
            // A batch of one timestep, of which there is nothing to save.
            Recurrence::Step => Ok((Recurrence::Step, Storage::F32)),
            form => Ok((form, self.storage)),
        }
    }

    /// x·W + b for every row of x: `[rows, D, H, 4]`.
    pub(super) fn project(
        &mut self,
        layer: &RecurrentLayer,
        x: Value,
        kernel: Slice,
        bias: Slice,
    ) -> Result<Slice> {
        let (rows, columns) = (self.rows(x.rows), layer.columns());
        let width = layer.directions * columns;
        let z = self.plan.scratch(
            &format!("{}.z", layer.name),
            layer.storage.words(rows * width),
        )?;
        self.plan.product(
            &format!("{}.project", layer.name),
            Matrix::new(x.slice, layer.inputs),
            Matrix::new(kernel, columns).batched(layer.inputs * columns),
            bias,
            Matrix::new(z, width).batched(columns).stored(layer.storage),
            Sizes {
                m: rows,
                n: columns,
                k: layer.inputs,
                batches: layer.directions,
            },
        )?;
        Ok(z)
    }

    /// What leaves the layer: every h, or each direction's last.
    pub(super) fn recurrent_output(&mut self, layer: &RecurrentLayer, h: Slice) -> Result<Value> {
        let width = layer.width();
        if layer.sequences {
            return Ok(Value {
                slice: h,
                rows: Rows::Positions,
                width,
            });
        }
        let last = self
            .plan
            .scratch(&format!("{}.last", layer.name), self.shape.size * width)?;
        self.last_state(layer, h, last)?;
        Ok(Value {
            slice: last,
            rows: Rows::Batch,
            width,
        })
    }

    /// Whether a persistent recurrence need not store the h of every timestep: neither a layer above nor a backward
    /// pass reads it.
    pub(super) fn keeps_last_state_alone(&self, layer: &RecurrentLayer) -> bool {
        !self.training && !layer.sequences
    }

    /// Copies h of each direction's last processed timestep: T − 1 forward, 0 backward.
    fn last_state(&mut self, layer: &RecurrentLayer, h: Slice, last: Slice) -> Result<()> {
        let dims = LastStateDims {
            length: self.shape.length as u32,
            batch: self.shape.size as u32,
            units: layer.units as u32,
            directions: layer.directions as u32,
        };
        let groups = self.plan.elementwise(self.shape.size * layer.width());
        let label = format!("{}.last", layer.name);
        self.plan.dispatch(
            label,
            Kernel::new("last_state"),
            &dims,
            &[h, last],
            groups,
            0,
        )
    }

    /// Runs a persistent kernel segment by segment.
    pub(super) fn segments(
        &mut self,
        layer: &RecurrentLayer,
        label: &str,
        kernel: Kernel,
        bindings: &[Slice],
    ) -> Result<()> {
        let (length, batch) = (self.shape.length, self.shape.size);
        let segment = match layer.form {
            Recurrence::Native => length, // no watchdog looks at it
            _ => self.plan.limits.segment.max(1),
        };
        let groups = [layer.form.tiles(batch), layer.directions, 1];
        for first in (0..length).step_by(segment) {
            let count = segment.min(length - first);
            let dims = RecurrenceDims {
                length: length as u32,
                batch: batch as u32,
                first: first as u32,
                count: count as u32,
            };
            let flops = count * layer.flops(batch);
            self.plan
                .dispatch(label.into(), kernel.clone(), &dims, bindings, groups, flops)?;
        }
        Ok(())
    }

    /// Runs a step-per-dispatch kernel for each of these timesteps, in this order.
    pub(super) fn steps(
        &mut self,
        layer: &RecurrentLayer,
        label: &str,
        kernel: Kernel,
        gathered: bool,
        bindings: &[Slice],
        steps: impl Iterator<Item = usize>,
    ) -> Result<()> {
        let batch = self.shape.size;
        let groups = self.plan.elementwise(batch * layer.width());
        for step in steps {
            let dims = StepDims {
                length: self.shape.length as u32,
                batch: batch as u32,
                units: layer.units as u32,
                directions: layer.directions as u32,
                step: step as u32,
                gathered: gathered.into(),
                masked: self.masked.into(),
                sequences: layer.sequences.into(),
            };
            let flops = layer.flops(batch);
            self.plan
                .dispatch(label.into(), kernel.clone(), &dims, bindings, groups, flops)?;
        }
        Ok(())
    }

    /// dU = Σ h_before(p)ᵀ·dz(p), where `before` is the position a timestep earlier in the direction's order.
    ///
    /// Forward in time that pairs dz from position B on with h from 0 on; backward the other way round. So
    /// the second direction's h starts B rows later than the first's, and its dz B rows earlier. `parts` takes what is still
    /// to be added.
    pub(super) fn recurrent_kernel_gradient(
        &mut self,
        layer: &RecurrentLayer,
        h: Slice,
        dz: Slice,
        gradient: Slice,
        parts: &mut SplitSums,
    ) -> Result<()> {
        let (batch, width, columns) = (self.shape.size, layer.width(), layer.columns());
        let dz_row = layer.directions * columns;
        let positions = self.shape.positions() - batch;
        if positions == 0 {
            // A single timestep has none before it.
            self.plan.clear(gradient);
            return Ok(());
        }
        let a = Matrix::new(h, width).batched(batch * width + layer.units);
        let back = (columns as u32).wrapping_sub((batch * dz_row) as u32);
        let b = Matrix {
            offset: batch * dz_row,
            batch: back,
            ..Matrix::new(dz, dz_row).stored(layer.storage)
        };
        self.plan.product_transposed_a(
            &format!("{}.d_recurrent_kernel", layer.name),
            a,
            b,
            Outputs {
                product: gradient,
                column_sums: None,
            },
            parts,
            Sizes {
                m: layer.units,
                n: columns,
                k: positions,
                batches: layer.directions,
            },
        )
    }

    /// Gradients of kernel and input, and the sums over all positions of each column of dz, `[D, H, 4]`; `parts` takes what is
    /// still to be added.
    pub(super) fn projection_gradients(
        &mut self,
        layer: &RecurrentLayer,
        x: Value,
        dz: Slice,
        kernel: Slice,
        [d_kernel, sums]: [Slice; 2],
        parts: &mut SplitSums,
    ) -> Result<Slice> {
        let (inputs, columns) = (layer.inputs, layer.columns());
        let width = layer.directions * columns;
        let dz = if x.rows == Rows::Unique {
            let sums = self.sum_over_tokens(layer.name, dz, width, layer.storage)?;
            Matrix::new(sums, width).batched(columns)
        } else {
            Matrix::new(dz, width)
                .batched(columns)
                .stored(layer.storage)
        };
        let rows = self.rows(x.rows);
        self.plan.product_transposed_a(
            &format!("{}.d_kernel", layer.name),
            Matrix::new(x.slice, inputs),
            dz,
            Outputs {
                product: d_kernel,
                column_sums: Some(sums),
            },
            parts,
            Sizes {
                m: inputs,
                n: columns,
                k: rows,
                batches: layer.directions,
            },
        )?;
        let d_x = self
            .plan
            .scratch(&format!("{}.d_input", layer.name), rows * inputs)?;
        self.plan.product_transposed_b(
            &format!("{}.d_input", layer.name),
            dz,
            kernel,
            Matrix::new(d_x, inputs),
            Sizes {
                m: rows,
                n: inputs,
                k: columns,
                batches: layer.directions,
            },
        )?;
        Ok(d_x)
    }
}
