//! Dispatches of an LSTM layer, in one direction or both: projection, recurrence, and their gradients.

use super::LayerAt;
use super::recurrent::{RecurrentLayer, RecurrentPlan};
use crate::error::Result;
use crate::model::Lstm;
use crate::plan::dispatch::Slice;
use crate::plan::recurrence::Recurrence;
use crate::plan::step_builder::{Rows, StepBuilder, Value};
use crate::plan::sums::SplitSums;

/// The buffers that the forward pass of a layer leaves for its backward pass.
struct LstmTape {
    h: Slice,
    c: Slice,
    gates: Slice,
}

impl RecurrentPlan for Lstm {
    /// z = x·W + b, then the recurrence; gives every h, or each direction's last.
    fn forward_in(
        &self,
        directions: usize,
        at: LayerAt,
        x: Value,
        step: &mut StepBuilder,
    ) -> Result<Value> {
        let layer = &in_place(self, directions, at, step)?;
        let parameters = step.parameter_slices(at.index);
        let z = step.project(layer, x, parameters[0], parameters[2])?;
        let tape = tape(layer, step)?;
        recurrence_forward(layer, x.rows == Rows::Unique, z, parameters[1], &tape, step)?;
        step.recurrent_output(layer, tape.h)
    }

    fn backward_in(
        &self,
        directions: usize,
        at: LayerAt,
        x: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice> {
        let layer = &in_place(self, directions, at, step)?;
        let tape = tape(layer, step)?;
        let parameters = step.parameter_slices(at.index);
        let gradients = step.gradient_slices(at.index)?;
        recurrence_backward(layer, parameters[1], d_y, &tape, step)?;
        let dz = tape.gates; // the backward recurrence puts dz in the gates' place
        let mut parts = SplitSums::default();
        step.recurrent_kernel_gradient(layer, tape.h, dz, gradients[1], &mut parts)?;
        let sums = [gradients[0], gradients[2]];
        let d_x = step.projection_gradients(layer, x, dz, parameters[0], sums, &mut parts)?;
        let label = format!("{}.add_splits", layer.name);
        step.plan.add_splits(&label, parts)?;
        Ok(d_x)
    }
}

fn in_place<'a>(
    lstm: &Lstm,
    directions: usize,
    at: LayerAt<'a>,
    step: &StepBuilder,
) -> Result<RecurrentLayer<'a>> {
    let form = Recurrence::choose(lstm.units, directions, step.shape.size, step.plan.limits);
    let (form, storage) = step.form_of(at.name(), lstm.units, form)?;
    Ok(RecurrentLayer {
        name: at.name(),
        inputs: at.layer.input_width,
        units: lstm.units,
        directions,
        sequences: lstm.return_sequences,
        gates: Lstm::GATES,
        form,
        storage,
    })
}

fn tape(layer: &RecurrentLayer, step: &mut StepBuilder) -> Result<LstmTape> {
    let state = layer.form.cell_words(
        layer.units,
        layer.directions,
        step.shape.size,
        layer.storage,
    );
    // Without a backward pass the persistent forms keep only the state that enters the next segment.
    let keeps = step.training || layer.form == Recurrence::Step;
    let positions = step.shape.positions() * layer.width();
    Ok(LstmTape {
        h: step.plan.scratch(&format!("{}.h", layer.name), positions)?,
        c: step.plan.scratch(
            &format!("{}.c", layer.name),
            if keeps {
                step.shape.length * state
            } else {
                state
            },
        )?,
        gates: step.plan.scratch(
            &format!("{}.gates", layer.name),
            match keeps {
                true => layer.storage.words(4 * positions),
                false => 4,
            },
        )?,
    })
}

fn recurrence_forward(
    layer: &RecurrentLayer,
    gathered: bool,
    z: Slice,
    recurrent: Slice,
    tape: &LstmTape,
    step: &mut StepBuilder,
) -> Result<()> {
    let kernel = layer.form.lstm_kernel(true, layer.units, layer.directions);
    let slots = step.slots();
    let label = format!("{}.forward", layer.name);
    if layer.form == Recurrence::Step {
        let bindings = [z, slots, recurrent, tape.h, tape.c, tape.gates];
        return step.steps(
            layer,
            &label,
            kernel,
            gathered,
            &bindings,
            0..step.shape.length,
        );
    }
    let kernel = kernel
        .flag("gathered", gathered)
        .flag("masked", step.masked)
        .flag("save", step.training)
        .flag("last", step.keeps_last_state_alone(layer))
        .flag("half", layer.storage.is_half());
    let mut bindings = vec![z, slots, recurrent, tape.h, tape.c];
    if step.training {
        bindings.push(tape.gates);
    }
    if layer.form.cell_storage(layer.storage).is_half() {
        bindings.push(carry(layer, step)?);
    }
    step.segments(layer, &label, kernel, &bindings)
}

fn recurrence_backward(
    layer: &RecurrentLayer,
    recurrent: Slice,
    d_h: Slice,
    tape: &LstmTape,
    step: &mut StepBuilder,
) -> Result<()> {
    let carry = carry(layer, step)?;
    let kernel = layer.form.lstm_kernel(false, layer.units, layer.directions);
    let bindings = [d_h, step.slots(), recurrent, tape.c, tape.gates, carry];
    let label = format!("{}.backward", layer.name);
    if layer.form == Recurrence::Step {
        return step.steps(
            layer,
            &label,
            kernel,
            false,
            &bindings,
            (0..step.shape.length).rev(),
        );
    }
    let kernel = kernel
        .flag("masked", step.masked)
        .flag("sequences", layer.sequences)
        .flag("half", layer.storage.is_half());
    step.segments(layer, &label, kernel, &bindings)
}

/// What goes from segment to segment, of one pass at a time: two states.
fn carry(layer: &RecurrentLayer, step: &mut StepBuilder) -> Result<Slice> {
    let state = layer
        .form
        .state_size(layer.units, layer.directions, step.shape.size);
    step.plan.scratch("lstm.carry", 2 * state)
}
