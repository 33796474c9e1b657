//! Dense layers, forward and backward, against the f64 twin.
//!
//! Bounds: a sum of n products errs by (n + 2)·u of the sum of their magnitudes; no activation is steeper
//! than 1, and each errs by a few u itself.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::model::{Activation, Model};
use gatefold::plan::{Limits, Plan};
use gatefold::random::Philox;
use gatefold::reference::activations::derivative;
use gatefold::reference::dense::{backward, forward};
use gatefold::reference::matmul::{a_b, a_bt, at_b, column_sums};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{dense, random_batch, training_plan};
use crate::support::numbers::{UNIT, double, index_of, magnitudes, parameters, sum_error, uniform};
use crate::support::probe::Probe;

const ACTIVATIONS: [Activation; 3] = [Activation::Linear, Activation::Relu, Activation::Sigmoid];

#[derive(Debug, Clone, Copy)]
struct Sizes {
    rows: usize,
    inputs: usize,
    units: usize,
    activation: Activation,
    /// Largest input.
    range: f64,
}

struct Case {
    sizes: Sizes,
    model: Model,
    plan: Plan,
    parameters: Vec<Vec<f32>>,
    random: Philox,
}

impl Case {
    fn new(sizes: Sizes, limits: &Limits, seed: u64) -> Case {
        let mut random = Philox::new(41, seed);
        let model = dense(sizes.inputs, sizes.units, sizes.activation, 0.0);
        let batch = random_batch(1, sizes.rows, &mut random);
        let plan = training_plan(&model, limits, batch.shape());
        let parameters = parameters(&model, &mut random, 1.0);
        Case {
            sizes,
            model,
            plan,
            parameters,
            random,
        }
    }

    fn probe(&self, label: &str) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| found == label);
        probe.set_parameters(&self.model, &self.parameters);
        probe
    }

    fn tensor(&self, name: &str) -> Vec<f64> {
        double(&self.parameters[index_of(&self.model, name)])
    }

    fn forward(&mut self, gpu: &mut Device) {
        let Sizes {
            rows,
            inputs,
            units,
            activation,
            range,
        } = self.sizes;
        let x = uniform(&mut self.random, rows * inputs, range);
        let mut probe = self.probe("dense.forward");
        probe.set(&probe.bound("dense.forward", 0), &x);
        probe.run(gpu);
        let (kernel, bias, x) = (
            self.tensor("dense.kernel"),
            self.tensor("dense.bias"),
            double(&x),
        );
        let scale = a_b(
            &magnitudes(&x),
            &magnitudes(&kernel),
            Some(&magnitudes(&bias)),
            rows,
            units,
            inputs,
        );
        let expected = forward(&x, &kernel, &bias, activation);
        probe.compare("dense.y", &expected, |i| {
            sum_error(inputs + 1) * scale[i] + 12.0 * UNIT
        });
        probe.finish(&format!("{:?}", self.sizes));
    }

    /// Results of a forward pass, as far as the activation's slope wants them, and their gradients.
    fn results(&mut self) -> (Vec<f32>, Vec<f32>) {
        let Sizes {
            rows,
            units,
            activation,
            range,
            ..
        } = self.sizes;
        let mut y = uniform(&mut self.random, rows * units, 1.0);
        match activation {
            Activation::Linear | Activation::Softmax => {}
            Activation::Relu => y.iter_mut().for_each(|y| *y = y.max(0.0)),
            Activation::Sigmoid => y.iter_mut().for_each(|y| *y = y.abs()),
        }
        let d_y = uniform(&mut self.random, rows * units, range);
        (y, d_y)
    }

    fn backward(&mut self, gpu: &mut Device) {
        let Sizes {
            rows,
            inputs,
            units,
            activation,
            ..
        } = self.sizes;
        let (y, d_y) = self.results();
        let x = uniform(&mut self.random, rows * inputs, 1.0);
        let kernel = self.tensor("dense.kernel");
        let expected = backward(
            &double(&x),
            &kernel,
            &double(&y),
            &double(&d_y),
            units,
            activation,
        );
        // Magnitudes of what is summed; the slope has two roundings of its own.
        let slopes = y
            .iter()
            .map(|&y| derivative(activation, f64::from(y)).abs());
        let d_s: Vec<f64> = slopes
            .zip(&d_y)
            .map(|(slope, &d)| slope * f64::from(d).abs())
            .collect();
        let bounds = |n: usize, scale: Vec<f64>| {
            scale
                .iter()
                .map(|scale| sum_error(n + 4) * scale)
                .collect::<Vec<_>>()
        };

        let mut probe = self.probe("dense.backward");
        for (binding, values) in [&x, &y, &d_y].into_iter().enumerate() {
            probe.set(&probe.bound("dense.backward", binding), values);
        }
        probe.run(gpu);
        let mut tensors = vec![None; self.parameters.len()];
        let scale = at_b(&magnitudes(&double(&x)), &d_s, inputs, units, rows);
        tensors[index_of(&self.model, "dense.kernel")] =
            Some((expected.kernel, bounds(rows, scale)));
        tensors[index_of(&self.model, "dense.bias")] =
            Some((expected.bias, bounds(rows, column_sums(&d_s, units))));
        probe.compare_tensors("gradients", &self.model, &tensors);
        let bounds = bounds(units, a_bt(&d_s, &magnitudes(&kernel), rows, inputs, units));
        probe.compare("dense.d_input", &expected.x, |i| bounds[i]);
        probe.finish(&format!("{:?}", self.sizes));
    }
}

#[test]
fn every_activation_at_every_size() {
    let gpu = &mut device::open();
    let mut seed = 0;
    for activation in ACTIVATIONS {
        for (rows, inputs, units) in [
            (1, 1, 1),
            (11, 5, 7),
            (1, 64, 64),
            (10, 128, 64),
            (11, 96, 1),
            (33, 3, 65),
        ] {
            for range in [1.0, 200.0] {
                seed += 1;
                let sizes = Sizes {
                    rows,
                    inputs,
                    units,
                    activation,
                    range,
                };
                // A few workgroups along x make a grid of two dimensions.
                let workgroups = if seed % 2 == 0 {
                    24
                } else {
                    Limits::WEBGPU.workgroups
                };
                let mut case = Case::new(
                    sizes,
                    &Limits {
                        workgroups,
                        ..Limits::WEBGPU
                    },
                    seed,
                );
                case.forward(gpu);
                case.backward(gpu);
            }
        }
    }
}

#[test]
fn random_sizes() {
    let gpu = RefCell::new(device::open());
    let sizes = (1..40usize, 1..70usize, 1..70usize, 0..3usize, 0.5..200f64);
    random_cases(
        24,
        (sizes, 8..40u32, 0..u64::MAX),
        |(sizes, workgroups, seed)| {
            let (rows, inputs, units, activation, range) = sizes;
            let sizes = Sizes {
                rows,
                inputs,
                units,
                activation: ACTIVATIONS[activation],
                range,
            };
            let limits = Limits {
                workgroups,
                ..Limits::WEBGPU
            };
            let mut case = Case::new(sizes, &limits, seed);
            case.forward(&mut gpu.borrow_mut());
            case.backward(&mut gpu.borrow_mut());
        },
    );
}
