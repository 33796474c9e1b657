//! An LSTM layer with random inputs, run on the device and by the f64 twin.
//!
//! Bounds. A pre-activation is z plus a sum of H products with |h| < 1. Rounding errs by (H + 2)·u of
//! |z| + Σ|U|, but the part that is relative to the pre-activation itself reaches a gate as at most
//! |a|·slope(a) < 0.45 of it, however large z is. So a gate errs by less than (H + 2)·u·(1 + Σ|U|), with
//! [`ACTIVATION`] more for what follows. What a timestep inherits is damped by the forget gate and by weights
//! with Σ|U| near 1; [`INHERITED`] stands for the sum over all timesteps. A gradient errs by the same
//! share of the largest.

use gatefold::batch::Batch;
use gatefold::gpu::Gpu;
use gatefold::model::Model;
use gatefold::plan::{BatchLayout, Form, Limits, ParameterLayout, Plan};
use gatefold::random::Philox;
use gatefold::reference::lstm::{Run, Tape, backward, forward};

use crate::support::device;
use crate::support::models::{evaluation_plan, recurrent, training_plan};
use crate::support::numbers::{double, index_of, largest, parameters, sum_error, uniform};
use crate::support::probe::Probe;

/// What the activations add to the error of a sum, in units of u: a device's exponential and quotient may err
/// by a few units of the last place.
const ACTIVATION: usize = 12;

/// What the errors of earlier timesteps add up to, in units of one timestep's.
const INHERITED: f64 = 2.0;

/// An LSTM layer in a model, and what it is to be run on.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    pub units: usize,
    pub directions: usize,
    /// Whether every timestep's state leaves the layer.
    pub sequences: bool,
    /// Whether z stands for unique tokens and not for positions.
    pub gathered: bool,
    pub masked: bool,
    /// Largest pre-activation.
    pub range: f64,
}

pub const PLAIN: Layer = Layer {
    units: 5,
    directions: 2,
    sequences: false,
    gathered: true,
    masked: false,
    range: 3.0,
};

/// A layer's model, inputs, and expected results.
pub struct Case {
    pub layer: Layer,
    pub model: Model,
    pub name: String,
    pub batch: Batch,
    pub parameters: Vec<Vec<f32>>,
    /// `[rows, D, H, 4]`
    pub z: Vec<f32>,
    /// `[T, B, D, H]`, or `[B, D, H]`
    pub d_h: Vec<f32>,
}

/// What the twin makes of a [`Case`], as the device lays it out.
struct Expected {
    h: Vec<f64>,
    last: Vec<f64>,
    gates: Vec<f64>,
    dz: Vec<f64>,
    /// Error bound of h and gates.
    bound: f64,
}

impl Case {
    pub fn new(layer: Layer, batch: Batch, random: &mut Philox) -> Case {
        let own = (layer.units, layer.directions);
        let mut layers = if layer.gathered {
            vec![own]
        } else {
            vec![(4, 1), own]
        };
        let index = layers.len();
        if layer.sequences {
            layers.push((4, 1));
        }
        let model = recurrent(4, layer.masked, &layers);
        let name = model.layers()[index].name.clone();
        let rows = if layer.gathered {
            batch.tokens.unique.len()
        } else {
            batch.ids.len()
        };
        let width = layer.directions * layer.units;
        let d_rows = if layer.sequences {
            batch.ids.len()
        } else {
            batch.size
        };
        // Σ|U| over a column is about 1.
        let scale = 2.0 / (layer.units as f64).sqrt();
        Case {
            parameters: parameters(&model, random, scale),
            z: uniform(random, rows * 4 * width, layer.range),
            d_h: uniform(random, d_rows * width, 1.0),
            layer,
            model,
            name,
            batch,
        }
    }

    pub fn positions(&self) -> usize {
        self.batch.ids.len()
    }

    pub fn width(&self) -> usize {
        self.layer.directions * self.layer.units
    }

    fn keep(&self) -> Option<Vec<bool>> {
        self.layer
            .masked
            .then(|| self.batch.ids.iter().map(|&id| id != 0).collect())
    }

    fn recurrent_kernel(&self, direction: usize) -> Vec<f64> {
        let part = if self.layer.directions == 1 {
            ""
        } else {
            ["forward.", "backward."][direction]
        };
        double(
            &self.parameters[index_of(
                &self.model,
                &format!("{}.{part}recurrent_kernel", self.name),
            )],
        )
    }

    /// z of a direction for every position, with the gates' columns one behind the other.
    fn z_of(&self, direction: usize) -> Vec<f64> {
        let (units, width) = (self.layer.units, self.width());
        let mut z = Vec::with_capacity(self.positions() * 4 * units);
        for p in 0..self.positions() {
            let row = if self.layer.gathered {
                self.batch.tokens.slots[p] as usize
            } else {
                p
            };
            for gate in 0..4 {
                z.extend(
                    (0..units).map(|j| {
                        f64::from(self.z[4 * (row * width + direction * units + j) + gate])
                    }),
                );
            }
        }
        z
    }

    /// The part of d_h that reaches a direction, for every position.
    fn d_h_of(&self, direction: usize, run: &Run) -> Vec<f64> {
        let (units, width) = (self.layer.units, self.width());
        let mut d_h = vec![0.0; self.positions() * units];
        let mut copy = |row: usize, p: usize| {
            for j in 0..units {
                d_h[p * units + j] = f64::from(self.d_h[row * width + direction * units + j]);
            }
        };
        if self.layer.sequences {
            (0..self.positions()).for_each(|p| copy(p, p));
        } else {
            (0..self.batch.size).for_each(|b| copy(b, run.last(b)));
        }
        d_h
    }

    fn expected(&self) -> Expected {
        let (units, width, positions) = (self.layer.units, self.width(), self.positions());
        let keep = self.keep();
        let mut expected = Expected {
            h: vec![0.0; positions * width],
            last: vec![0.0; self.batch.size * width],
            gates: vec![0.0; positions * 4 * width],
            dz: vec![0.0; positions * 4 * width],
            bound: 0.0,
        };
        for direction in 0..self.layer.directions {
            let run = Run {
                steps: self.batch.length,
                batch: self.batch.size,
                units,
                reverse: direction == 1,
                keep: keep.as_deref(),
            };
            let u = self.recurrent_kernel(direction);
            let tape: Tape = forward(&run, &self.z_of(direction), &u);
            let dz = backward(&run, &u, &tape, &self.d_h_of(direction, &run));
            for p in 0..positions {
                for j in 0..units {
                    let at = p * width + direction * units + j;
                    expected.h[at] = tape.h[p * units + j];
                    for gate in 0..4 {
                        let from = p * 4 * units + gate * units + j;
                        expected.gates[4 * at + gate] = tape.gates[from];
                        expected.dz[4 * at + gate] = dz[from];
                    }
                }
            }
            for b in 0..self.batch.size {
                let to = b * width + direction * units;
                let from = run.last(b) * units;
                expected.last[to..to + units].copy_from_slice(&tape.h[from..from + units]);
            }
            let column = |column: usize| {
                u.iter()
                    .skip(column)
                    .step_by(4 * units)
                    .map(|u| u.abs())
                    .sum::<f64>()
            };
            let weights = (0..4 * units).map(column).fold(0.0, f64::max);
            expected.bound = expected
                .bound
                .max(INHERITED * sum_error(units + ACTIVATION) * (1.0 + weights));
        }
        expected
    }

    pub fn label(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    /// The dispatches of these parts of the layer, with all inputs set.
    pub fn probe(&self, plan: &Plan, parts: &[&str]) -> Probe {
        let labels: Vec<String> = parts.iter().map(|part| self.label(part)).collect();
        let mut probe = Probe::new(plan, |label| labels.iter().any(|wanted| wanted == label));
        let words = BatchLayout::new(self.batch.shape()).pack(&self.batch, self.layer.masked);
        probe.set("batch", &words);
        probe.set(
            "parameters",
            &ParameterLayout::new(&self.model)
                .pack(&self.parameters)
                .unwrap(),
        );
        probe.set(&self.label("z"), &self.z);
        if parts.contains(&"backward") {
            let d_h = probe.bound(&self.label("backward"), 0);
            probe.set(&d_h, &self.d_h);
        }
        probe.ignore(&self.label("c"));
        probe.ignore_shared();
        probe
    }

    /// Forward with all that a backward pass needs, forward alone, then both; returns the worst ratio of an
    /// error to its bound.
    pub fn check(&self, gpu: &mut Gpu, limits: &Limits) -> f64 {
        let expected = self.expected();
        let what = format!(
            "{:?}, T={} B={}, {:?}",
            self.layer, self.batch.length, self.batch.size, limits
        );
        let (training, evaluation) = (
            training_plan(&self.model, limits, self.batch.shape()),
            evaluation_plan(&self.model, limits, self.batch.shape()),
        );
        let forward_parts: &[&str] = if self.layer.sequences {
            &["forward"]
        } else {
            &["forward", "last"]
        };

        let mut worst = 0.0f64;
        for (plan, kept) in [(&training, true), (&evaluation, false)] {
            let mut probe = self.probe(plan, forward_parts);
            probe.run(gpu);
            probe.compare(&self.label("h"), &expected.h, |_| expected.bound);
            if !self.layer.sequences {
                probe.compare(&self.label("last"), &expected.last, |_| expected.bound);
            }
            if kept {
                probe.compare(&self.label("gates"), &expected.gates, |_| expected.bound);
            } else {
                probe.ignore(&self.label("gates"));
            }
            worst = worst.max(probe.finish(&what));
        }

        let scale = largest(&expected.dz);
        let mut probe = self.probe(&training, &["forward", "backward"]);
        probe.run(gpu);
        probe.compare(&self.label("h"), &expected.h, |_| expected.bound);
        probe.compare(&self.label("gates"), &expected.dz, |_| {
            scale * expected.bound
        });
        worst.max(probe.finish(&what))
    }

    /// h and dz, bit by bit.
    pub fn bits(&self, gpu: &mut Gpu, limits: &Limits) -> (Vec<u32>, Vec<u32>) {
        let plan = training_plan(&self.model, limits, self.batch.shape());
        let mut probe = self.probe(&plan, &["forward", "backward"]);
        probe.run(gpu);
        let count = self.positions() * self.width();
        (
            probe.words(&self.label("h"), count),
            probe.words(&self.label("gates"), 4 * count),
        )
    }
}

/// The limits of each form, and a size of unit that this form's persistent kernels are made for.
pub fn forms(gpu: &Gpu) -> Vec<(Limits, usize)> {
    let forms = device::forms(gpu).into_iter();
    forms
        .map(|limits| match limits.form {
            Form::Subgroup { lanes } => (limits, lanes),
            Form::Portable => (limits, 5),
        })
        .collect()
}

/// Limits under which every recurrence takes the form of one dispatch a timestep.
pub fn stepwise(gpu: &Gpu) -> Limits {
    Limits {
        workgroup_invocations: 1,
        ..device::forms(gpu).remove(0)
    }
}
