//! A recurrent layer in its place in a model: projection, recurrence in each direction, and their gradients.

use super::batch::Batch;
use super::matmul::{a_b, a_bt, at_b, column_sums};
use super::recurrence::{Run, recurrent_gradient};
use super::{gru, lstm};
use crate::model::{Layer, LayerKind, Output, Recurrent};

/// Tensors of a direction: kernel, recurrent kernel, bias.
const TENSORS: usize = 3;

/// What a direction's backward pass needs of its forward pass.
#[derive(Debug, Clone)]
pub(super) enum Tape {
    Lstm(lstm::Tape),
    Gru(gru::Tape),
}

impl Tape {
    /// `[P, H]`
    fn h(&self) -> &[f64] {
        match self {
            Tape::Lstm(tape) => &tape.h,
            Tape::Gru(tape) => &tape.h,
        }
    }
}

/// What leaves the layer, and a tape a direction, forward first.
pub(super) fn forward(
    layer: &Layer,
    parameters: &[Vec<f64>],
    x: &[f64],
    batch: &Batch,
    keep: Option<&[bool]>,
) -> (Vec<f64>, Vec<Tape>) {
    let (rows, inputs) = (batch.ids.len(), layer.input_width);
    let tapes: Vec<Tape> = parameters
        .chunks_exact(TENSORS)
        .enumerate()
        .map(|(direction, cell)| {
            let [kernel, recurrent_kernel, bias] = [&cell[0], &cell[1], &cell[2]];
            let columns = kernel.len() / inputs;
            let run = run(batch, layer, direction, keep);
            // A GRU has a second bias behind the first.
            let (bias, recurrent_bias) = bias.split_at(columns);
            let z = a_b(x, kernel, Some(bias), rows, columns, inputs);
            match cell_of(layer) {
                Recurrent::Lstm(_) => Tape::Lstm(lstm::forward(&run, &z, recurrent_kernel)),
                Recurrent::Gru(_) => {
                    Tape::Gru(gru::forward(&run, &z, recurrent_kernel, recurrent_bias))
                }
            }
        })
        .collect();
    (join(layer, batch, keep, &tapes), tapes)
}

/// Gradients of the layer's parameters, in their order, and of its input.
pub(super) fn backward(
    layer: &Layer,
    parameters: &[Vec<f64>],
    x: &[f64],
    batch: &Batch,
    keep: Option<&[bool]>,
    tapes: &[Tape],
    d_y: &[f64],
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (rows, inputs) = (batch.ids.len(), layer.input_width);
    let mut gradients = Vec::with_capacity(parameters.len());
    let mut d_x = vec![0.0; x.len()];
    let directions = parameters.chunks_exact(TENSORS).zip(tapes).enumerate();
    for (direction, (cell, tape)) in directions {
        let [kernel, recurrent_kernel] = [&cell[0], &cell[1]];
        let columns = kernel.len() / inputs;
        let run = run(batch, layer, direction, keep);
        let d_h = split(layer, &run, direction, d_y);
        // Of x·W + b and of h·U: for an LSTM, whose gates add them up, they are the same.
        let (d_input, d_inner, d_bias) = match tape {
            Tape::Lstm(tape) => {
                let d_z = lstm::backward(&run, recurrent_kernel, tape, &d_h);
                let d_bias = column_sums(&d_z, columns);
                (d_z.clone(), d_z, d_bias)
            }
            Tape::Gru(tape) => {
                let d = gru::backward(&run, recurrent_kernel, tape, &d_h);
                let both = [&d.input, &d.inner].map(|d| column_sums(d, columns));
                (d.input, d.inner, both.concat())
            }
        };
        gradients.push(at_b(x, &d_input, inputs, columns, rows));
        gradients.push(recurrent_gradient(&run, tape.h(), &d_inner));
        gradients.push(d_bias);
        let d_x_of_direction = a_bt(&d_input, kernel, rows, inputs, columns);
        d_x.iter_mut()
            .zip(d_x_of_direction)
            .for_each(|(sum, d)| *sum += d);
    }
    (gradients, d_x)
}

/// The layer that runs in each direction.
fn cell_of(layer: &Layer) -> Recurrent {
    match &layer.kind {
        LayerKind::Lstm(lstm) => lstm.clone().into(),
        LayerKind::Gru(gru) => gru.clone().into(),
        LayerKind::Bidirectional(both) => both.layer.clone(),
        other => unreachable!("{other:?} is no recurrent layer"),
    }
}

fn run<'a>(batch: &Batch, layer: &Layer, direction: usize, keep: Option<&'a [bool]>) -> Run<'a> {
    Run {
        steps: batch.steps,
        batch: batch.size,
        units: cell_of(layer).units(),
        reverse: direction == 1,
        keep,
    }
}

/// Whether a masked position of this layer's output is 0 rather than the state copied over it:
/// Keras does so in a `Bidirectional` that returns sequences, and only there.
fn zeroes_masked(layer: &Layer) -> bool {
    matches!(
        (&layer.kind, layer.output),
        (LayerKind::Bidirectional(_), Output::Sequence { .. })
    )
}

/// Puts the directions' states side by side: every position's, or each sequence's last.
fn join(layer: &Layer, batch: &Batch, keep: Option<&[bool]>, tapes: &[Tape]) -> Vec<f64> {
    let units = layer.output.width() / tapes.len();
    let mut output = Vec::new();
    match layer.output {
        Output::Sequence { .. } => {
            for p in 0..batch.ids.len() {
                let zero = zeroes_masked(layer) && keep.is_some_and(|keep| !keep[p]);
                for tape in tapes {
                    let state = &tape.h()[p * units..(p + 1) * units];
                    output.extend(state.iter().map(|h| if zero { 0.0 } else { *h }));
                }
            }
        }
        Output::Vector { .. } => {
            for b in 0..batch.size {
                for (direction, tape) in tapes.iter().enumerate() {
                    let p = run(batch, layer, direction, keep).last(b);
                    output.extend_from_slice(&tape.h()[p * units..(p + 1) * units]);
                }
            }
        }
    }
    output
}

/// Gradient of [`join`]: the part of `d_y` that reaches one direction's h, `[P, H]`.
fn split(layer: &Layer, run: &Run, direction: usize, d_y: &[f64]) -> Vec<f64> {
    let (units, width) = (run.units, layer.output.width());
    let mut d_h = vec![0.0; run.steps * run.batch * units];
    let mut copy = |row: usize, p: usize| {
        let from = row * width + direction * units;
        d_h[p * units..(p + 1) * units].copy_from_slice(&d_y[from..from + units]);
    };
    match layer.output {
        Output::Sequence { .. } => {
            for p in 0..run.steps * run.batch {
                if !(zeroes_masked(layer) && run.masked(p)) {
                    copy(p, p);
                }
            }
        }
        Output::Vector { .. } => (0..run.batch).for_each(|b| copy(b, run.last(b))),
    }
    d_h
}
