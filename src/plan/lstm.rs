//! Dispatches of an LSTM layer, in one direction or both: projection, recurrence, and their gradients.

use super::dispatch::Slice;
use super::recurrence::Recurrence;
use super::recurrent::RecurrentLayer;
use super::step_builder::{Rows, StepBuilder, Value};
use crate::error::Result;
use crate::model::{Layer, Lstm};

/// The buffers that the forward pass of a layer leaves for its backward pass.
struct Tape {
    h: Slice,
    c: Slice,
    gates: Slice,
}

impl StepBuilder<'_> {
    fn lstm<'b>(&self, layer: &'b Layer, lstm: &Lstm, directions: usize) -> RecurrentLayer<'b> {
        RecurrentLayer {
            name: &layer.name,
            inputs: layer.input_width,
            units: lstm.units,
            directions,
            sequences: lstm.return_sequences,
            gates: 4,
            form: Recurrence::choose(lstm.units, directions, self.shape.size, self.plan.limits),
        }
    }

    fn lstm_tape(&mut self, layer: &RecurrentLayer) -> Result<Tape> {
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
        let layer = &self.lstm(layer, lstm, directions);
        let parameters = self.parameter_slices(index);
        let z = self.project(layer, x, parameters[0], parameters[2])?;
        let tape = self.lstm_tape(layer)?;
        self.lstm_recurrence_forward(layer, x.rows == Rows::Unique, z, parameters[1], &tape)?;
        self.recurrent_output(layer, tape.h)
    }

    fn lstm_recurrence_forward(
        &mut self,
        layer: &RecurrentLayer,
        gathered: bool,
        z: Slice,
        recurrent: Slice,
        tape: &Tape,
    ) -> Result<()> {
        let kernel = layer.form.lstm_kernel(true, layer.units, layer.directions);
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
            .flag("save", self.training)
            .flag("last", self.keeps_last_state_alone(layer));
        let mut bindings = vec![z, slots, recurrent, tape.h, tape.c];
        if self.training {
            bindings.push(tape.gates);
        }
        self.segments(layer, &label, kernel, &bindings)
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
        let layer = &self.lstm(layer, lstm, directions);
        let tape = self.lstm_tape(layer)?;
        let parameters = self.parameter_slices(index);
        let gradients = self.gradient_slices(index)?;
        self.lstm_recurrence_backward(layer, parameters[1], d_h, &tape)?;
        let dz = tape.gates; // the backward recurrence puts dz in the gates' place
        self.recurrent_kernel_gradient(layer, tape.h, dz, gradients[1])?;
        self.projection_gradients(layer, x, dz, parameters[0], [gradients[0], gradients[2]])
    }

    fn lstm_recurrence_backward(
        &mut self,
        layer: &RecurrentLayer,
        recurrent: Slice,
        d_h: Slice,
        tape: &Tape,
    ) -> Result<()> {
        let state = layer
            .form
            .state_size(layer.units, layer.directions, self.shape.size);
        let carry = self.plan.scratch("lstm.carry", 2 * state)?;
        let kernel = layer.form.lstm_kernel(false, layer.units, layer.directions);
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
}
