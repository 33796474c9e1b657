//! A GRU layer with random inputs, run on the device and by the f64 twin.
//!
//! Bounds. The sum h·U + b_r of H products with |h| < 1 errs by (H + 2)·u of W = |b_r| + Σ|U|. A gate adds the
//! input's part; what rounding that errs by, relative to the pre-activation itself, reaches the gate as at most
//! |a|·slope(a) < 0.45 of it, however large the input is. So z, r and i_g err by less than (H + 2)·u·(1 + W), with
//! [`ACTIVATION`] more for what follows. The candidate takes its error of r times |i_g| ≤ W, and of i_g times r ≤ 1:
//! a factor 1 + W. What a timestep inherits is damped by the update gate and by weights with Σ|U| near 1;
//! [`INHERITED`] stands for the sum over all timesteps. A gradient errs by the same share of the largest.

use gatefold::batch::Batch;
use gatefold::gpu::Gpu;
use gatefold::model::Model;
use gatefold::plan::{BatchLayout, Form, Limits, ParameterLayout, Plan};
use gatefold::random::Philox;
use gatefold::reference::gru::{Run, backward, forward};

use crate::support::device;
use crate::support::models::{evaluation_plan, gru, training_plan};
use crate::support::numbers::{double, index_of, magnitudes, parameters, sum_error, uniform};
use crate::support::probe::Probe;

/// What the activations add to the error of a sum, in units of u: a device's exponential and quotient may err
/// by a few units of the last place.
const ACTIVATION: usize = 12;

/// What the errors of earlier timesteps add up to, in units of one timestep's.
const INHERITED: f64 = 2.0;

/// A GRU layer in a model, and what it is to be run on.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    pub units: usize,
    pub directions: usize,
    /// Whether every timestep's state leaves the layer.
    pub sequences: bool,
    /// Whether the input's product stands for unique tokens and not for positions.
    pub gathered: bool,
    pub masked: bool,
    /// Largest number in the input's product.
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
#[derive(Clone)]
pub struct Case {
    pub layer: Layer,
    pub model: Model,
    pub name: String,
    pub batch: Batch,
    pub parameters: Vec<Vec<f32>>,
    /// `[rows, D, H, 4]`: x·W + b, the fourth number unused.
    pub input: Vec<f32>,
    /// `[T, B, D, H]`, or `[B, D, H]`
    pub d_h: Vec<f32>,
}

/// What the twin makes of a [`Case`], as the device lays it out.
struct Expected {
    h: Vec<f64>,
    last: Vec<f64>,
    /// `[T, B, D, H, 4]`: z, r, g, i_g.
    gates: Vec<f64>,
    /// `[T, B, D, H, 4]`: da_z, da_r, da_g, di_g.
    gradients: Vec<f64>,
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
        let model = gru(4, layer.masked, &layers);
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
            input: uniform(random, rows * 4 * width, layer.range),
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

    pub fn label(&self, part: &str) -> String {
        format!("{}.{part}", self.name)
    }

    /// Index of a direction's tensor among the model's parameters.
    pub fn tensor(&self, direction: usize, tensor: &str) -> usize {
        let part = match self.layer.directions {
            1 => "",
            _ => ["forward.", "backward."][direction],
        };
        index_of(&self.model, &format!("{}.{part}{tensor}", self.name))
    }

    /// The input's product of a direction for every position, with the gates' columns one behind the other.
    fn input_of(&self, direction: usize) -> Vec<f64> {
        let (units, width) = (self.layer.units, self.width());
        let mut input = Vec::with_capacity(self.positions() * 3 * units);
        for p in 0..self.positions() {
            let row = if self.layer.gathered {
                self.batch.tokens.slots[p] as usize
            } else {
                p
            };
            for gate in 0..3 {
                let at = |j| 4 * (row * width + direction * units + j) + gate;
                input.extend((0..units).map(|j| f64::from(self.input[at(j)])));
            }
        }
        input
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
        let keep: Option<Vec<bool>> = self
            .layer
            .masked
            .then(|| self.batch.ids.iter().map(|&id| id != 0).collect());
        let mut expected = Expected {
            h: vec![0.0; positions * width],
            last: vec![0.0; self.batch.size * width],
            gates: vec![0.0; positions * 4 * width],
            gradients: vec![0.0; positions * 4 * width],
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
            let u = double(&self.parameters[self.tensor(direction, "recurrent_kernel")]);
            let biases = double(&self.parameters[self.tensor(direction, "bias")]);
            let bias = &biases[3 * units..];
            let tape = forward(&run, &self.input_of(direction), &u, bias);
            let gradients = backward(&run, &u, &tape, &self.d_h_of(direction, &run));
            for p in 0..positions {
                for j in 0..units {
                    let at = p * width + direction * units + j;
                    expected.h[at] = tape.h[p * units + j];
                    for gate in 0..3 {
                        let from = p * 3 * units + gate * units + j;
                        expected.gates[4 * at + gate] = tape.gates[from];
                        expected.gradients[4 * at + gate] = gradients.input[from];
                    }
                    expected.gates[4 * at + 3] = tape.inner[p * units + j];
                    expected.gradients[4 * at + 3] = gradients.inner[p * 3 * units + 2 * units + j];
                }
            }
            for b in 0..self.batch.size {
                let to = b * width + direction * units;
                let from = run.last(b) * units;
                expected.last[to..to + units].copy_from_slice(&tape.h[from..from + units]);
            }
            let weights = (0..3 * units)
                .map(|column| {
                    let column_of_u = u.iter().skip(column).step_by(3 * units);
                    bias[column].abs() + column_of_u.map(|u| u.abs()).sum::<f64>()
                })
                .fold(0.0, f64::max);
            expected.bound = expected
                .bound
                .max(INHERITED * sum_error(units + ACTIVATION) * (1.0 + weights).powi(2));
        }
        expected
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
        probe.set(&self.label("z"), &self.input);
        if parts.contains(&"backward") {
            let d_h = probe.bound(&self.label("backward"), 0);
            probe.set(&d_h, &self.d_h);
        }
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
        let training = training_plan(&self.model, limits, self.batch.shape());
        let evaluation = evaluation_plan(&self.model, limits, self.batch.shape());
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
                probe.compare(&self.label("h"), &expected.h, |_| expected.bound);
            } else {
                // The last h alone is stored for certain, and copied to `last`.
                probe.ignore(&self.label("h"));
            }
            if !self.layer.sequences {
                probe.compare(&self.label("last"), &expected.last, |_| expected.bound);
            }
            if kept {
                probe.compare(&self.label("gates"), &expected.gates, |_| expected.bound);
            }
            worst = worst.max(probe.finish(&what));
        }

        let scale = magnitudes(&expected.gradients)
            .into_iter()
            .fold(0.0, f64::max);
        let mut probe = self.probe(&training, &["forward", "backward"]);
        probe.run(gpu);
        probe.compare(&self.label("h"), &expected.h, |_| expected.bound);
        probe.compare(&self.label("gates"), &expected.gradients, |_| {
            scale * expected.bound
        });
        worst.max(probe.finish(&what))
    }

    /// h and the gradients, bit by bit.
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

/// The persistent form: the portable one alone, whatever else the adapter can run.
pub fn persistent(gpu: &Gpu) -> Limits {
    let limits = device::forms(gpu).remove(0);
    assert_eq!(limits.form, Form::Portable);
    limits
}

/// Limits under which every recurrence takes the form of one dispatch a timestep.
pub fn stepwise(gpu: &Gpu) -> Limits {
    Limits {
        workgroup_invocations: 1,
        ..persistent(gpu)
    }
}
