//! Dispatches of a GRU layer, in one direction or both: projection, recurrence, and their gradients.
//!
//! The recurrence leaves four gradients a unit: da_z and da_r, in which both products meet, da_g of the input's
//! product in the candidate, and di_g of the state's, which the reset gate was applied to. The products after it make
//! gradients of four columns, of which the parameters have three: `gru_backward_parameters` picks them.

use super::dims::GruParametersDims;
use super::dispatch::Slice;
use super::kernel::Kernel;
use super::recurrence::Recurrence;
use super::recurrent::RecurrentLayer;
use super::step_builder::{Rows, StepBuilder, Value};
use crate::error::{Error, Result};
use crate::model::{Gru, Layer};

/// The buffers that the forward pass of a layer leaves for its backward pass.
struct Tape {
    h: Slice,
    /// None where there is no backward pass.
    gates: Option<Slice>,
}

impl StepBuilder<'_> {
    fn gru<'b>(&self, layer: &'b Layer, gru: &Gru, directions: usize) -> RecurrentLayer<'b> {
        RecurrentLayer {
            name: &layer.name,
            inputs: layer.input_width,
            units: gru.units,
            directions,
            sequences: gru.return_sequences,
            gates: 3,
            form: Recurrence::choose_gru(gru.units, directions, self.shape.size, self.plan.limits),
        }
    }

    fn gru_tape(&mut self, layer: &RecurrentLayer) -> Result<Tape> {
        let positions = self.shape.positions() * layer.width();
        let h = self.plan.scratch(&format!("{}.h", layer.name), positions)?;
        let gates = match self.training {
            true => Some(
                self.plan
                    .scratch(&format!("{}.gates", layer.name), 4 * positions)?,
            ),
            false => None,
        };
        Ok(Tape { h, gates })
    }

    /// x·W + b, then the recurrence; gives every h, or each direction's last.
    pub(super) fn gru_forward(
        &mut self,
        index: usize,
        layer: &Layer,
        gru: &Gru,
        directions: usize,
        x: Value,
    ) -> Result<Value> {
        let layer = &self.gru(layer, gru, directions);
        let parameters = self.parameter_slices(index);
        let input = self.project(layer, x, parameters[0], parameters[2])?;
        let tape = self.gru_tape(layer)?;

        let gathered = x.rows == Rows::Unique;
        let mut bindings = vec![input, self.slots(), parameters[1], parameters[2], tape.h];
        bindings.extend(tape.gates);
        let kernel = layer
            .form
            .gru_kernel(true, layer.units, layer.directions)
            .flag("save", self.training);
        let label = format!("{}.forward", layer.name);
        if layer.form == Recurrence::Step {
            let steps = 0..self.shape.length;
            self.steps(layer, &label, kernel, gathered, &bindings, steps)?;
        } else {
            let kernel = kernel
                .flag("gathered", gathered)
                .flag("masked", self.masked)
                .flag("last", self.keeps_last_state_alone(layer));
            self.segments(layer, &label, kernel, &bindings)?;
        }
        self.recurrent_output(layer, tape.h)
    }

    /// Gradients of the layer's parameters, and of its input, from the gradient of what it gave.
    pub(super) fn gru_backward(
        &mut self,
        index: usize,
        layer: &Layer,
        gru: &Gru,
        directions: usize,
        x: Value,
        d_h: Slice,
    ) -> Result<Slice> {
        let layer = &self.gru(layer, gru, directions);
        let Tape { h, gates } = self.gru_tape(layer)?;
        let gates = gates.ok_or_else(|| Error::Internal {
            place: "planning a GRU's backward pass",
            problem: "the forward pass kept nothing".into(),
        })?;
        let parameters = self.parameter_slices(index);
        let gradients = self.gradient_slices(index)?;
        self.gru_recurrence_backward(layer, parameters[1], d_h, h, gates)?;

        let da = gates; // the backward recurrence puts the gradients in the gates' place
        self.recurrent_kernel_gradient(layer, h, da, gradients[1])?;
        let width = layer.directions * layer.columns();
        let sums = self
            .plan
            .scratch(&format!("{}.d_sums", layer.name), width)?;
        let d_x = self.projection_gradients(layer, x, da, parameters[0], [gradients[0], sums])?;

        let dims = GruParametersDims {
            units: layer.units as u32,
            directions: layer.directions as u32,
            inputs: layer.inputs as u32,
            pad0: 0,
        };
        let rows = layer.inputs.max(layer.units);
        let groups = self.plan.elementwise(rows * layer.width());
        self.plan.dispatch(
            format!("{}.d_parameters", layer.name),
            Kernel::new("gru_backward_parameters"),
            &dims,
            &[sums, gradients[0], gradients[1], gradients[2]],
            groups,
            0,
        )?;
        Ok(d_x)
    }

    fn gru_recurrence_backward(
        &mut self,
        layer: &RecurrentLayer,
        recurrent: Slice,
        d_h: Slice,
        h: Slice,
        gates: Slice,
    ) -> Result<()> {
        let state = layer
            .form
            .state_size(layer.units, layer.directions, self.shape.size);
        let carry = self.plan.scratch("gru.carry", state)?;
        let kernel = layer.form.gru_kernel(false, layer.units, layer.directions);
        let bindings = [d_h, self.slots(), recurrent, h, gates, carry];
        let label = format!("{}.backward", layer.name);
        if layer.form == Recurrence::Step {
            let steps = (0..self.shape.length).rev();
            return self.steps(layer, &label, kernel, false, &bindings, steps);
        }
        let kernel = kernel
            .flag("masked", self.masked)
            .flag("sequences", layer.sequences);
        self.segments(layer, &label, kernel, &bindings)
    }
}
