//! An LSTM layer: what the f64 twin makes of it. Each number's bound is that of a running error analysis,
//! [`super::error`].

use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::plan::{Form, Limits, Storage};
use gatefold::reference::lstm::{Run, backward, forward};

use super::error;
use crate::recurrent::{self, Approximate, Cell, Direction};
use crate::support::device;
use crate::support::models;
use crate::support::numbers::double;
use crate::support::probe::Probe;

pub struct Lstm;

pub type Case = recurrent::Case<Lstm>;

/// The twin's values with the bounds of the analysis, which must have followed the same numbers.
fn with_bounds(twin: Vec<f64>, bounds: Vec<Approximate>) -> Vec<Approximate> {
    assert_eq!(twin.len(), bounds.len());
    let close =
        |(&value, bound): (&f64, &Approximate)| (value - bound.value).abs() <= 1e-6 * bound.error;
    assert!(twin.iter().zip(&bounds).all(close), "another computation");
    bounds
}

/// `[P, 4H]`, gate by gate, as `[P, H, 4]`.
fn side_by_side(gates: &[Approximate], units: usize) -> Vec<Approximate> {
    let unit =
        |position: &[Approximate], j: usize| [0, 1, 2, 3].map(|gate| position[gate * units + j]);
    let positions = gates.chunks(4 * units);
    positions
        .flat_map(|position| (0..units).flat_map(move |j| unit(position, j)))
        .collect()
}

impl Cell for Lstm {
    const GATES: usize = 4;

    fn model(width: usize, masked: bool, layers: &[(usize, usize)]) -> Model {
        models::recurrent(width, masked, layers)
    }

    fn direction(case: &Case, direction: usize, run: &Run, storage: Storage) -> Direction {
        let u = double(&case.parameters[case.tensor(direction, "recurrent_kernel")]);
        let (z, d_h) = (case.z_of(direction), case.d_h_of(direction, run));
        let (tape, analysis) = (forward(run, &z, &u), error::forward(run, &z, &u));
        let gates = with_bounds(tape.gates.clone(), analysis.gates.clone());
        let kept = match storage {
            Storage::F32 => analysis.clone(),
            Storage::F16 => analysis.clone().in_halves(),
        };
        let dz = with_bounds(
            backward(run, &u, &tape, &d_h),
            error::backward(run, &u, &kept, &d_h),
        );
        Direction {
            h: with_bounds(tape.h, analysis.h),
            gates: side_by_side(&gates, run.units),
            gradients: side_by_side(&dz, run.units),
        }
    }

    fn ignore(case: &Case, probe: &mut Probe, kept: bool) {
        probe.ignore(&case.label("c"));
        if !kept {
            probe.ignore(&case.label("gates"));
        }
    }
}

/// The limits of each form, with halves too, and a size of unit that this form's persistent kernels are made for.
pub fn forms(gpu: &Device) -> Vec<(Limits, usize)> {
    let forms = device::forms(gpu).into_iter();
    let sized = forms.map(|limits| match limits.form {
        Form::Subgroup { lanes } => (limits, lanes),
        Form::Split { .. } => (limits, 21),
        Form::Portable | Form::Native => (limits, 5),
    });
    recurrent::with_halves(sized.collect())
}
