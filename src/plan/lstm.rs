//! Dispatches of an LSTM layer, in one direction or both: projection, recurrence, and their gradients.

use super::dims::{LastStateDims, RecurrenceDims, StepDims};
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::products::{Matrix, Sizes};
use super::recurrence::Recurrence;
use super::step::{Rows, StepBuilder, Value};
use crate::error::Result;
use crate::model::{Layer, Lstm};

/// A recurrent layer in its place: what its dispatches have in common.
struct Recurrent<'a> {
    name: &'a str,
    inputs: usize,
    units: usize,
    directions: usize,
    sequences: bool,
    form: Recurrence,
}

impl Recurrent<'_> {
    /// D·H, numbers a position in h.
    fn width(&self) -> usize {
        self.directions * self.units
    }

    /// 4·H, gate columns of a direction.
    fn gates(&self) -> usize {
        4 * self.units
    }
}

/// The buffers that the forward pass of a layer leaves for its backward pass.
struct Tape {
    h: Slice,
    c: Slice,
    gates: Slice,
}

impl StepBuilder<'_> {
    fn recurrent<'b>(&self, layer: &'b Layer, lstm: &Lstm, directions: usize) -> Recurrent<'b> {
        Recurrent {
            name: &layer.name,
            inputs: layer.input_width,
            units: lstm.units,
            directions,
            sequences: lstm.return_sequences,
            form: Recurrence::choose(lstm.units, directions, self.shape.size, self.plan.limits),
        }
    }

    fn tape(&mut self, layer: &Recurrent) -> Result<Tape> {
        let state = layer
            .form
            .state_size(layer.units, layer.directions, self.shape.size);
        // Without a backward pass the persistent forms keep only the state that enters the next segment.
        let keeps = self.training || layer.form == Recurrence::Step;
        let positions = self.shape.positions() * layer.width();
        Ok(Tape {
            h: self.plan.scratch(&format!("{}.h", layer.name), positions)?,
            c: self.plan.scratch(
                &format!("{}.c", layer.name),
                if keeps {
                    self.shape.length * state
                } else {
                    state
                },
            )?,
            gates: self.plan.scratch(
                &format!("{}.gates", layer.name),
                if keeps { 4 * positions } else { 4 },
            )?,
        })
    }

    /// z = x·W + b, then the recurrence; gives every h, or each direction's last.
    pub(super) fn lstm_forward(
        &mut self,
        index: usize,
        layer: &Layer,
        lstm: &Lstm,
        directions: usize,
        x: Value,
    ) -> Result<Value> {
        let layer = &self.recurrent(layer, lstm, directions);
        let blocks = self.parameter_slices(index);
        let (rows, gates) = (self.rows(x.rows), layer.gates());
        let z = self
            .plan
            .scratch(&format!("{}.z", layer.name), rows * directions * gates)?;
        self.plan.product(
            &format!("{}.project", layer.name),
            Matrix::new(x.slice, layer.inputs),
            Matrix::new(blocks[0], gates).batched(layer.inputs * gates),
            blocks[2],
            Matrix::new(z, directions * gates).batched(gates),
            Sizes {
                m: rows,
                n: gates,
                k: layer.inputs,
                batches: directions,
            },
        )?;
        let tape = self.tape(layer)?;
        self.recurrence_forward(layer, x.rows == Rows::Unique, z, blocks[1], &tape)?;
        if layer.sequences {
            return Ok(Value {
                slice: tape.h,
                rows: Rows::Positions,
                width: layer.width(),
            });
        }
        let last = self.plan.scratch(
            &format!("{}.last", layer.name),
            self.shape.size * layer.width(),
        )?;
        self.last_state(layer, tape.h, last)?;
        Ok(Value {
            slice: last,
            rows: Rows::Batch,
            width: layer.width(),
        })
    }

    /// Copies h of each direction's last processed timestep: T − 1 forward, 0 backward.
    fn last_state(&mut self, layer: &Recurrent, h: Slice, last: Slice) -> Result<()> {
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
            Kernel::new("lstm_last_state"),
            &dims,
            &[h, last],
            groups,
            0,
        )
    }

    fn recurrence_forward(
        &mut self,
        layer: &Recurrent,
        gathered: bool,
        z: Slice,
        recurrent: Slice,
        tape: &Tape,
    ) -> Result<()> {
        let kernel = layer.form.kernel(true, layer.units, layer.directions);
        let slots = self.slots();
        let label = format!("{}.forward", layer.name);
        if layer.form == Recurrence::Step {
            let bindings = [z, slots, recurrent, tape.h, tape.c, tape.gates];
            return self.steps(
                layer,
                &label,
                kernel,
                gathered,
                &bindings,
                0..self.shape.length,
            );
        }
        let kernel = kernel
            .flag("gathered", gathered)
            .flag("masked", self.masked)
            .flag("save", self.training);
        let mut bindings = vec![z, slots, recurrent, tape.h, tape.c];
        if self.training {
            bindings.push(tape.gates);
        }
        self.segments(layer, &label, kernel, &bindings)
    }

    /// Runs a persistent kernel segment by segment.
    fn segments(
        &mut self,
        layer: &Recurrent,
        label: &str,
        kernel: Kernel,
        bindings: &[Slice],
    ) -> Result<()> {
        let (length, batch) = (self.shape.length, self.shape.size);
        let segment = self.plan.limits.segment.max(1);
        let groups = [layer.form.tiles(batch), layer.directions, 1];
        for first in (0..length).step_by(segment) {
            let count = segment.min(length - first);
            let dims = RecurrenceDims {
                length: length as u32,
                batch: batch as u32,
                first: first as u32,
                count: count as u32,
            };
            let flops = 2 * count * batch * layer.directions * layer.units * layer.gates();
            self.plan
                .dispatch(label.into(), kernel.clone(), &dims, bindings, groups, flops)?;
        }
        Ok(())
    }

    /// Runs a step-per-dispatch kernel for each of these timesteps, in this order.
    fn steps(
        &mut self,
        layer: &Recurrent,
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
            let flops = 2 * batch * layer.width() * layer.gates();
            self.plan
                .dispatch(label.into(), kernel.clone(), &dims, bindings, groups, flops)?;
        }
        Ok(())
    }

    /// Gradients of the layer's parameters, and of its input, from the gradient of what it gave.
    pub(super) fn lstm_backward(
        &mut self,
        index: usize,
        layer: &Layer,
        lstm: &Lstm,
        directions: usize,
        x: Value,
        d_h: Slice,
    ) -> Result<Slice> {
        let layer = &self.recurrent(layer, lstm, directions);
        let tape = self.tape(layer)?;
        let parameters = self.parameter_slices(index);
        let gradients = self.gradient_slices(index)?;
        self.recurrence_backward(layer, parameters[1], d_h, &tape)?;
        let dz = tape.gates; // the backward recurrence puts dz in the gates' place
        self.recurrent_kernel_gradient(layer, tape.h, dz, gradients[1])?;

        let (inputs, gates, width) = (layer.inputs, layer.gates(), directions * layer.gates());
        let dz = if x.rows == Rows::Unique {
            self.sum_over_tokens(layer.name, dz, width)?
        } else {
            dz
        };
        let rows = self.rows(x.rows);
        self.plan.product_transposed_a(
            &format!("{}.d_kernel", layer.name),
            Matrix::new(x.slice, inputs),
            Matrix::new(dz, width).batched(gates),
            gradients[0],
            Sizes {
                m: inputs,
                n: gates,
                k: rows,
                batches: directions,
            },
        )?;
        self.plan.column_sums(
            &format!("{}.d_bias", layer.name),
            dz,
            rows,
            width,
            gradients[2],
        )?;
        let d_x = self
            .plan
            .scratch(&format!("{}.d_input", layer.name), rows * inputs)?;
        self.plan.product_transposed_b(
            &format!("{}.d_input", layer.name),
            Matrix::new(dz, width).batched(gates),
            parameters[0],
            Matrix::new(d_x, inputs),
            Sizes {
                m: rows,
                n: inputs,
                k: gates,
                batches: directions,
            },
        )?;
        Ok(d_x)
    }

    fn recurrence_backward(
        &mut self,
        layer: &Recurrent,
        recurrent: Slice,
        d_h: Slice,
        tape: &Tape,
    ) -> Result<()> {
        let state = layer
            .form
            .state_size(layer.units, layer.directions, self.shape.size);
        let carry = self.plan.scratch("lstm.carry", 2 * state)?;
        let kernel = layer.form.kernel(false, layer.units, layer.directions);
        let bindings = [d_h, self.slots(), recurrent, tape.c, tape.gates, carry];
        let label = format!("{}.backward", layer.name);
        if layer.form == Recurrence::Step {
            return self.steps(
                layer,
                &label,
                kernel,
                false,
                &bindings,
                (0..self.shape.length).rev(),
            );
        }
        let kernel = kernel
            .flag("masked", self.masked)
            .flag("sequences", layer.sequences);
        self.segments(layer, &label, kernel, &bindings)
    }

    /// dU = Σ h_before(p)ᵀ·dz(p), where `before` is the position a timestep earlier in the direction's order.
    ///
    /// Forward in time that pairs dz from position B on with h from 0 on; backward the other way round. So
    /// the second direction's h starts B rows later than the first's, and its dz B rows earlier.
    fn recurrent_kernel_gradient(
        &mut self,
        layer: &Recurrent,
        h: Slice,
        dz: Slice,
        gradient: Slice,
    ) -> Result<()> {
        let (batch, width, gates) = (self.shape.size, layer.width(), layer.gates());
        let dz_row = layer.directions * gates;
        let positions = self.shape.positions() - batch;
        if positions == 0 {
            // A single timestep has none before it.
            self.plan.clear(gradient);
            return Ok(());
        }
        let a = Matrix::new(h, width).batched(batch * width + layer.units);
        let back = (gates as u32).wrapping_sub((batch * dz_row) as u32);
        let b = Matrix {
            offset: batch * dz_row,
            batch: back,
            ..Matrix::new(dz, dz_row)
        };
        self.plan.product_transposed_a(
            &format!("{}.d_recurrent_kernel", layer.name),
            a,
            b,
            gradient,
            Sizes {
                m: layer.units,
                n: gates,
                k: positions,
                batches: layer.directions,
            },
        )
    }
}
