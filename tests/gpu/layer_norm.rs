//! Layer normalisation, forward and backward, against the f64 twin.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::model::{GlobalAveragePooling1D, LayerNormalization, Model};
use gatefold::plan::{Limits, ParameterLayout, Plan};
use gatefold::random::Philox;
use gatefold::reference::layer_norm::{backward, forward, moments};
use gatefold::reference::matmul::column_sums;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{pooled, random_batch, training_plan};
use crate::support::numbers::{UNIT, double, index_of, magnitudes, parameters, sum_error, uniform};
use crate::support::probe::Probe;

const NAME: &str = "layer_normalization";
const EPSILON: f64 = 1e-3f32 as f64;

/// The normalisation of an embedding, so that its input is a buffer of numbers that a test may choose.
struct Case {
    rows: usize,
    width: usize,
    model: Model,
    plan: Plan,
    parameters: Vec<Vec<f32>>,
    x: Vec<f32>,
}

impl Case {
    fn new((length, size, width): (usize, usize, usize), across: u32, random: &mut Philox) -> Case {
        let between = [LayerNormalization::new().into()];
        let model = pooled(width, false, &between, GlobalAveragePooling1D::new().into());
        // Few workgroups along x make a grid of two dimensions.
        let limits = Limits {
            workgroups: across,
            ..Limits::WEBGPU
        };
        let plan = training_plan(&model, &limits, random_batch(length, size, random).shape());
        let rows = length * size;
        let mut x = uniform(random, rows * width, 2.0);
        // A row of equal numbers has no variance, and one is far from 0.
        x[..width].fill(0.75);
        x[(rows - 1) * width..]
            .iter_mut()
            .for_each(|value| *value += 16.0);
        Case {
            rows,
            width,
            plan,
            parameters: parameters(&model, random, 1.0),
            model,
            x,
        }
    }

    fn probe(&self, label: &str) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| found == label);
        let layout = ParameterLayout::new(&self.model);
        probe.set("parameters", &layout.pack(&self.parameters).unwrap());
        probe.set(&probe.bound(label, 0), &self.x);
        probe
    }

    fn tensor(&self, name: &str) -> Vec<f64> {
        double(&self.parameters[index_of(&self.model, name)])
    }

    fn what(&self) -> String {
        format!("{} rows of {}", self.rows, self.width)
    }

    fn forward(&self, gpu: &mut Device) {
        let label = format!("{NAME}.forward");
        let mut probe = self.probe(&label);
        probe.run(gpu);
        let (gamma, beta) = (
            self.tensor("layer_normalization.gamma"),
            self.tensor("layer_normalization.beta"),
        );
        let x = double(&self.x);
        let moments = moments(&x, self.width, EPSILON);
        let largest: Vec<f64> = x
            .chunks_exact(self.width)
            .map(|row| row.iter().fold(0.0, |most: f64, x| most.max(x.abs())))
            .collect();
        // What a mean errs by, and a difference from it; √ and quotient err by some units of the last place.
        let steps = (self.width + 8) as f64 * UNIT;
        let flat: Vec<f64> = moments.iter().flatten().copied().collect();
        probe.compare(&format!("{NAME}.moments"), &flat, |i| {
            let [_, scale] = moments[i / 2];
            let mean_error = steps * largest[i / 2];
            match i % 2 {
                0 => mean_error,
                _ => scale * (steps + 2.0 * mean_error * scale),
            }
        });
        let y = forward(&x, &gamma, &beta, EPSILON);
        probe.compare(&format!("{NAME}.y"), &y, |i| {
            let (row, j) = (i / self.width, i % self.width);
            let [mean, scale] = moments[row];
            let normal = ((x[i] - mean) * scale).abs();
            let error = steps * largest[row] * scale * (1.0 + 2.0 * normal) + steps * normal;
            gamma[j].abs() * error + 2.0 * UNIT * (y[i].abs() + beta[j].abs())
        });
        probe.finish(&self.what());
    }

    fn backward(&self, gpu: &mut Device, random: &mut Philox) {
        let label = format!("{NAME}.d_input");
        let d_y = uniform(random, self.rows * self.width, 1.0);
        let rounded: Vec<f32> = moments(&double(&self.x), self.width, EPSILON)
            .iter()
            .flatten()
            .map(|&moment| moment as f32)
            .collect();
        let mut probe = self.probe(&label);
        probe.set(&format!("{NAME}.moments"), &rounded);
        probe.set(&probe.bound(&label, 3), &d_y);
        probe.run(gpu);

        let (x, d_y, gamma) = (
            double(&self.x),
            double(&d_y),
            self.tensor("layer_normalization.gamma"),
        );
        let moments: Vec<[f64; 2]> = double(&rounded)
            .chunks_exact(2)
            .map(|pair| [pair[0], pair[1]])
            .collect();
        let expected = backward(&x, &moments, &gamma, &d_y);
        // Magnitudes before anything cancels.
        let normal = |i: usize| {
            let [mean, scale] = moments[i / self.width];
            (x[i].abs() + mean.abs()) * scale
        };
        let g = |i: usize| (gamma[i % self.width] * d_y[i]).abs();
        let mean_of = |row: usize, value: &dyn Fn(usize) -> f64| {
            let sum: f64 = (row * self.width..(row + 1) * self.width).map(value).sum();
            sum / self.width as f64
        };
        let steps = (self.width + 12) as f64 * UNIT;
        probe.compare(&label, &expected.x, |i| {
            let row = i / self.width;
            let means = mean_of(row, &g) + normal(i) * mean_of(row, &|i| g(i) * normal(i));
            steps * moments[row][1] * (g(i) + means)
        });
        probe.compare(&format!("{NAME}.d_gamma_terms"), &expected.terms, |i| {
            4.0 * UNIT * d_y[i].abs() * normal(i)
        });
        probe.finish(&self.what());
    }

    /// The terms of gamma's gradient, summed over the rows, in two rounds where they are many.
    fn sums_of_terms(&self, gpu: &mut Device, random: &mut Philox) {
        let terms = uniform(random, self.rows * self.width, 1.0);
        let label = format!("{NAME}.d_gamma");
        let mut probe = Probe::new(&self.plan, |found| found.starts_with(&label));
        probe.set(&format!("{NAME}.d_gamma_terms"), &terms);
        probe.ignore_shared();
        probe.run(gpu);
        let terms = double(&terms);
        let scale = column_sums(&magnitudes(&terms), self.width);
        let bounds = scale.iter().map(|scale| sum_error(self.rows) * scale);
        let mut tensors = vec![None; self.parameters.len()];
        let gamma = index_of(&self.model, "layer_normalization.gamma");
        tensors[gamma] = Some((column_sums(&terms, self.width), bounds.collect()));
        probe.compare_tensors("gradients", &self.model, &tensors);
        probe.finish(&self.what());
    }
}

#[test]
fn every_size() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(98, 0);
    for width in [1, 4, 5, 64] {
        for (length, size) in [(1, 1), (9, 11), (65, 3)] {
            let case = Case::new((length, size, width), 65_535, random);
            case.forward(gpu);
            case.backward(gpu, random);
            case.sums_of_terms(gpu, random);
        }
    }
    // More rows than 24 workgroups have invocations.
    let case = Case::new((140, 12, 5), 24, random);
    case.forward(gpu);
    case.backward(gpu, random);
    case.sums_of_terms(gpu, random);
}

#[test]
fn random_sizes() {
    let gpu = RefCell::new(device::open());
    let sizes = (1..150usize, 1..13usize, 1..21usize, 0..u64::MAX);
    random_cases(16, sizes, |(length, size, width, seed)| {
        let random = &mut Philox::new(99, seed);
        let case = Case::new((length, size, width), 24, random);
        case.forward(&mut gpu.borrow_mut());
        case.backward(&mut gpu.borrow_mut(), random);
        case.sums_of_terms(&mut gpu.borrow_mut(), random);
    });
}
