//! An LSTM layer with random inputs, run on the device and by the f64 twin.
//!
//! Each number's bound is that of a running error analysis, [`super::error`].

use gatefold::batch::Batch;
use gatefold::gpu::Gpu;
use gatefold::model::Model;
use gatefold::plan::{Form, Limits, Plan};
use gatefold::random::Philox;
use gatefold::reference::lstm::{Run, backward, forward};

use super::error::{self, Approximate};
use crate::support::device;
use crate::support::models::{evaluation_plan, recurrent, training_plan};
use crate::support::numbers::{double, index_of, parameters, uniform};
use crate::support::probe::Probe;

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

/// What the twin makes of a [`Case`] and how far from it the device may be, as the device lays it out.
struct Expected {
    h: Vec<Approximate>,
    last: Vec<Approximate>,
    gates: Vec<Approximate>,
    dz: Vec<Approximate>,
}

/// The twin's values with the bounds of the analysis, which must have followed the same numbers.
fn with_bounds(twin: Vec<f64>, bounds: Vec<Approximate>) -> Vec<Approximate> {
    assert_eq!(twin.len(), bounds.len());
    let close =
        |(&value, bound): (&f64, &Approximate)| (value - bound.value).abs() <= 1e-6 * bound.error;
    assert!(twin.iter().zip(&bounds).all(close), "another computation");
    bounds
}

fn compare(probe: &mut Probe, name: &str, expected: &[Approximate]) {
    let values: Vec<f64> = expected.iter().map(|number| number.value).collect();
    probe.compare(name, &values, |i| expected[i].error);
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
        let zeros = |count: usize| vec![Approximate::default(); count];
        let mut expected = Expected {
            h: zeros(positions * width),
            last: zeros(self.batch.size * width),
            gates: zeros(positions * 4 * width),
            dz: zeros(positions * 4 * width),
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
            let (z, d_h) = (self.z_of(direction), self.d_h_of(direction, &run));
            let (tape, analysis) = (forward(&run, &z, &u), error::forward(&run, &z, &u));
            let dz = with_bounds(
                backward(&run, &u, &tape, &d_h),
                error::backward(&run, &u, &analysis, &d_h),
            );
            let h = with_bounds(tape.h, analysis.h);
            let gates = with_bounds(tape.gates, analysis.gates);
            for p in 0..positions {
                for j in 0..units {
                    let at = p * width + direction * units + j;
                    expected.h[at] = h[p * units + j];
                    for gate in 0..4 {
                        let from = p * 4 * units + gate * units + j;
                        expected.gates[4 * at + gate] = gates[from];
                        expected.dz[4 * at + gate] = dz[from];
                    }
                }
            }
            for b in 0..self.batch.size {
                let to = b * width + direction * units;
                let from = run.last(b) * units;
                expected.last[to..to + units].copy_from_slice(&h[from..from + units]);
            }
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
        probe.set_batch(&self.batch, self.layer.masked);
        probe.set_parameters(&self.model, &self.parameters);
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
            if kept || self.layer.sequences {
                compare(&mut probe, &self.label("h"), &expected.h);
            } else {
                // The last h alone is stored for certain, and copied to `last`.
                probe.ignore(&self.label("h"));
            }
            if !self.layer.sequences {
                compare(&mut probe, &self.label("last"), &expected.last);
            }
            if kept {
                compare(&mut probe, &self.label("gates"), &expected.gates);
            } else {
                probe.ignore(&self.label("gates"));
            }
            worst = worst.max(probe.finish(&what));
        }

        let mut probe = self.probe(&training, &["forward", "backward"]);
        probe.run(gpu);
        compare(&mut probe, &self.label("h"), &expected.h);
        compare(&mut probe, &self.label("gates"), &expected.dz);
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
