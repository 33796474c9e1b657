//! A GRU layer: what the f64 twin makes of it.
//!
//! Bounds. The sum h·U + b_r of H products with |h| < 1 errs by (H + 2)·u of W = |b_r| + Σ|U|. A gate adds the
//! input's part; what rounding that errs by, relative to the pre-activation itself, reaches the gate as at most
//! |a|·slope(a) < 0.45 of it, however large the input is. So z, r and i_g err by less than (H + 2)·u·(1 + W), with
//! [`ACTIVATION`] more for what follows. The candidate takes its error of r times |i_g| ≤ W, and of i_g times r ≤ 1:
//! a factor 1 + W. What a timestep inherits is damped by the update gate and by weights with Σ|U| near 1;
//! [`INHERITED`] stands for the sum over all timesteps. A gradient errs by the same share of
//! the largest in its direction.
//!
//! Of gates that are kept as halves, z, r and g err by one [`half_error`] and i_g by |i_g| ≤ W of them. A gradient is that of
//! h times a product of them whose slopes by z, r, g and i_g / W add up to at most [`FACTORS`]; that of h is at most 1 at
//! the last timestep, or as large as the largest gradient.

use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::plan::{Form, Limits, Storage};
use gatefold::reference::gru::{Run, backward, forward};

use crate::recurrent::{self, Approximate, Cell, Direction, stepwise};
use crate::support::device;
use crate::support::models;
use crate::support::numbers::{double, half_error, magnitudes, sum_error};
use crate::support::probe::Probe;

/// What the activations add to the error of a sum, in units of u: a device's exponential and quotient may err
/// by a few units of the last place.
const ACTIVATION: usize = 12;

/// What the errors of earlier timesteps add up to, in units of one timestep's.
const INHERITED: f64 = 2.0;

/// Slopes of a gradient by what is kept, added up: those of dh·(1 − z)·(1 − g²)·r are 1 by z, 2 by g and 1 by r; the others'
/// are less.
const FACTORS: f64 = 4.0;

pub struct Gru;

pub type Case = recurrent::Case<Gru>;

impl Cell for Gru {
    const GATES: usize = 3;

    fn model(width: usize, masked: bool, layers: &[(usize, usize)]) -> Model {
        models::gru(width, masked, layers)
    }

    fn direction(case: &Case, direction: usize, run: &Run, storage: Storage) -> Direction {
        let units = run.units;
        let u = double(&case.parameters[case.tensor(direction, "recurrent_kernel")]);
        let biases = double(&case.parameters[case.tensor(direction, "bias")]);
        let bias = &biases[3 * units..];
        let tape = forward(run, &case.z_of(direction), &u, bias);
        let gradients = backward(run, &u, &tape, &case.d_h_of(direction, run));

        let weights = (0..3 * units)
            .map(|column| {
                let column_of_u = u.iter().skip(column).step_by(3 * units);
                bias[column].abs() + column_of_u.map(|u| u.abs()).sum::<f64>()
            })
            .fold(0.0, f64::max);
        let bound = INHERITED * sum_error(units + ACTIVATION) * (1.0 + weights).powi(2);
        let within = |values: &[f64], error: f64| -> Vec<Approximate> {
            let within = |&value: &f64| Approximate { value, error };
            values.iter().map(within).collect()
        };
        // z, r, g and i_g, or their gradients, of every unit of every position.
        let side_by_side = |gates: &[f64], fourth: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            let units_of = |p: usize| (0..units).map(move |j| (p, j));
            let all = (0..case.positions()).flat_map(units_of);
            all.flat_map(|(p, j)| {
                let [z, r, g] = [0, 1, 2].map(|gate| gates[p * 3 * units + gate * units + j]);
                [z, r, g, fourth(p, j)]
            })
            .collect()
        };
        let gates = side_by_side(&tape.gates, &|p, j| tape.inner[p * units + j]);
        let gradients = side_by_side(&gradients.input, &|p, j| {
            gradients.inner[p * 3 * units + 2 * units + j]
        });
        let largest = magnitudes(&gradients).into_iter().fold(0.0, f64::max);
        let kept = match storage {
            Storage::F32 => 0.0,
            Storage::F16 => INHERITED * FACTORS * (1.0 + weights) * half_error(1.0, 1.0),
        };
        Direction {
            h: within(&tape.h, bound),
            gates: within(&gates, bound),
            gradients: within(&gradients, largest * bound + largest.max(1.0) * kept),
        }
    }

    /// Nothing: an evaluation has no buffer of gates.
    fn ignore(_: &Case, _: &mut Probe, _: bool) {}
}

/// The limits of each form that has persistent kernels of its own, and a size of unit to try it with.
pub fn forms(gpu: &Device) -> Vec<(Limits, usize)> {
    let own = device::forms(gpu)
        .into_iter()
        .filter_map(|limits| match limits.form {
            Form::Portable | Form::Native => Some((limits, 5)),
            Form::Split { .. } => Some((limits, 21)),
            Form::Subgroup { .. } => None, // the portable kernels again
        });
    recurrent::with_halves(own.collect())
}

/// The limits of each form, and of a dispatch a timestep.
pub fn all_forms(gpu: &Device) -> Vec<Limits> {
    let persistent = forms(gpu).into_iter().map(|(limits, _)| limits);
    persistent.chain([stepwise(gpu)]).collect()
}

/// The first form: of an adapter the portable one.
pub fn portable(gpu: &Device) -> Limits {
    device::forms(gpu).remove(0)
}
