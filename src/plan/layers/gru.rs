//! Dispatches of a GRU layer, in one direction or both: projection, recurrence, and their gradients.
//!
//! The recurrence leaves four gradients a unit: da_z and da_r, in which both products meet, da_g of the input's
//! product in the candidate, and di_g of the state's, which the reset gate was applied to. The products after it make
//! gradients of four columns, of which the parameters have three: `gru_backward_parameters` picks them.

use super::LayerAt;
use super::recurrent::{RecurrentLayer, RecurrentPlan};
use crate::error::{Error, Result};
use crate::model::Gru;
use crate::plan::dims::GruParametersDims;
use crate::plan::dispatch::Slice;
use crate::plan::kernel::Kernel;
use crate::plan::recurrence::Recurrence;
use crate::plan::step_builder::{Rows, StepBuilder, Value};
use crate::plan::sums::SplitSums;

/// The buffers that the forward pass of a layer leaves for its backward pass.
struct GruTape {
    h: Slice,
    /// None where there is no backward pass.
    gates: Option<Slice>,
}

impl RecurrentPlan for Gru {
    /// x·W + b, then the recurrence; gives every h, or each direction's last.
    fn forward_in(
        &self,
        directions: usize,
        at: LayerAt,
        x: Value,
        step: &mut StepBuilder,
    ) -> Result<Value> {
        let layer = &in_place(self, directions, at, step)?;
        let parameters = step.parameter_slices(at.index);
        let input = step.project(layer, x, parameters[0], parameters[2])?;
        let tape = tape(layer, step)?;

        let gathered = x.rows == Rows::Unique;
        let mut bindings = vec![input, step.slots(), parameters[1], parameters[2], tape.h];
        bindings.extend(tape.gates);
        let kernel = layer
            .form
            .gru_kernel(true, layer.units, layer.directions)
            .flag("save", step.training);
        let label = format!("{}.forward", layer.name);
        if layer.form == Recurrence::Step {
            let steps = 0..step.shape.length;
            step.steps(layer, &label, kernel, gathered, &bindings, steps)?;
        } else {
            let kernel = kernel
                .flag("gathered", gathered)
                .flag("masked", step.masked)
                .flag("last", step.keeps_last_state_alone(layer))
                .flag("half", layer.storage.is_half());
            step.segments(layer, &label, kernel, &bindings)?;
        }
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
        let GruTape { h, gates } = tape(layer, step)?;
        let gates = gates.ok_or_else(|| Error::Internal {
            place: "planning a GRU's backward pass",
            problem: "the forward pass kept nothing".into(),
        })?;
        let parameters = step.parameter_slices(at.index);
        let gradients = step.gradient_slices(at.index)?;
        recurrence_backward(layer, parameters[1], d_y, h, gates, step)?;

        let da = gates; // the backward recurrence puts the gradients in the gates' place
        let mut parts = SplitSums::default();
        step.recurrent_kernel_gradient(layer, h, da, gradients[1], &mut parts)?;
        let width = layer.directions * layer.columns();
        let sums = step
            .plan
            .scratch(&format!("{}.d_sums", layer.name), width)?;
        let targets = [gradients[0], sums];
        let d_x = step.projection_gradients(layer, x, da, parameters[0], targets, &mut parts)?;
        let label = format!("{}.add_splits", layer.name);
        step.plan.add_splits(&label, parts)?;

        let dims = GruParametersDims {
            units: layer.units as u32,
            directions: layer.directions as u32,
            inputs: layer.inputs as u32,
            pad0: 0,
        };
        let rows = layer.inputs.max(layer.units);
        let groups = step.plan.elementwise(rows * layer.width());
        step.plan.dispatch(
            format!("{}.d_parameters", layer.name),
            Kernel::new("gru_backward_parameters"),
            &dims,
            &[sums, gradients[0], gradients[1], gradients[2]],
            groups,
            0,
        )?;
        Ok(d_x)
    }
}

fn in_place<'a>(
    gru: &Gru,
    directions: usize,
    at: LayerAt<'a>,
    step: &StepBuilder,
) -> Result<RecurrentLayer<'a>> {
    let form = Recurrence::choose_gru(gru.units, directions, step.shape.size, step.plan.limits);
    let (form, storage) = step.form_of(at.name(), gru.units, form)?;
    Ok(RecurrentLayer {
        name: at.name(),
        inputs: at.layer.input_width,
        units: gru.units,
        directions,
        sequences: gru.return_sequences,
        gates: Gru::GATES,
        form,
        storage,
    })
}

fn tape(layer: &RecurrentLayer, step: &mut StepBuilder) -> Result<GruTape> {
    let positions = step.shape.positions() * layer.width();
    let h = step.plan.scratch(&format!("{}.h", layer.name), positions)?;
    let gates = match step.training {
        true => Some(step.plan.scratch(
            &format!("{}.gates", layer.name),
            layer.storage.words(4 * positions),
        )?),
        false => None,
    };
    Ok(GruTape { h, gates })
}

fn recurrence_backward(
    layer: &RecurrentLayer,
    recurrent: Slice,
    d_h: Slice,
    h: Slice,
    gates: Slice,
    step: &mut StepBuilder,
) -> Result<()> {
    let state = layer
        .form
        .state_size(layer.units, layer.directions, step.shape.size);
    let carry = step.plan.scratch("gru.carry", state)?;
    let kernel = layer.form.gru_kernel(false, layer.units, layer.directions);
    let bindings = [d_h, step.slots(), recurrent, h, gates, carry];
    let label = format!("{}.backward", layer.name);
    if layer.form == Recurrence::Step {
        let steps = (0..step.shape.length).rev();
        return step.steps(layer, &label, kernel, false, &bindings, steps);
    }
    let kernel = kernel
        .flag("masked", step.masked)
        .flag("sequences", layer.sequences)
        .flag("half", layer.storage.is_half());
    step.segments(layer, &label, kernel, &bindings)
}
