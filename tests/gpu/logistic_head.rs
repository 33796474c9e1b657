//! The last layer of two classes with its loss and its backward pass in one dispatch, against the f64 twins of each.
//!
//! Bounds: a probability errs by at most a quarter of its sum's error and a few u. Of d_s = w·(p - y) / B that is all that counts:
//! what divides (q - y) is what it is multiplied by again, but for some roundings.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::device::Device;
use gatefold::model::{Activation, Model};
use gatefold::plan::{
    Limits, ParameterLayout, RECORDS, StepContext, evaluation_step, training_step,
};
use gatefold::random::Philox;
use gatefold::reference::dense::{backward, forward};
use gatefold::reference::loss::{accuracy, binary_cross_entropy, binary_cross_entropy_gradient};
use gatefold::reference::matmul::a_b;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{context, dense, training_plan};
use crate::support::numbers::{UNIT, double, index_of, magnitudes, parameters, sum_error, uniform};
use crate::support::probe::Probe;

/// WGSL lets a logarithm err by 2⁻²¹ near 1.
const LOGARITHM: f64 = 1.0 / (1 << 21) as f64;

const HEAD: &str = "dense_1.head";

fn batch(labels: &[u8], weights: &[f32]) -> Batch {
    let review = |&label: &u8| Review {
        ids: vec![3].into(),
        label,
    };
    let reviews: Vec<Review> = labels.iter().map(review).collect();
    let mut batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    batch.weights = weights.to_vec();
    batch
}

struct Case {
    model: Model,
    batch: Batch,
    x: Vec<f32>,
    parameters: Vec<Vec<f32>>,
    context: StepContext,
}

impl Case {
    fn new(rows: usize, inputs: usize, range: f64, seed: u64) -> Case {
        let mut random = Philox::new(43, seed);
        let model = dense(4, inputs, Activation::Linear, 0.0);
        let labels: Vec<u8> = (0..rows).map(|_| (random.next_u32() & 1) as u8).collect();
        let weights: Vec<f32> = (0..rows).map(|_| 0.1 + 3.0 * random.unit_f32()).collect();
        Case {
            batch: batch(&labels, &weights),
            x: uniform(&mut random, rows * inputs, range),
            parameters: parameters(&model, &mut random, 1.0),
            context: StepContext {
                sequence: seed,
                ..context()
            },
            model,
        }
    }

    fn tensor(&self, name: &str) -> Vec<f64> {
        double(&self.parameters[index_of(&self.model, name)])
    }

    fn probe(&self) -> Probe {
        let layout = ParameterLayout::new(&self.model);
        let (shape, limits) = (self.batch.shape(), &Limits::WEBGPU);
        let plan = training_step(&self.model, &layout, limits, shape, self.context).unwrap();
        let mut probe = Probe::new(&plan, |label| label == HEAD);
        probe.set_batch(&self.batch, false);
        probe.set_parameters(&self.model, &self.parameters);
        probe.set(&probe.bound(HEAD, 0), &self.x);
        probe
    }

    fn check(&self, gpu: &mut Device) {
        let (rows, inputs) = (
            self.batch.labels.len(),
            self.x.len() / self.batch.labels.len(),
        );
        let (labels, weights) = (&self.batch.labels, &self.batch.weights);
        let mut probe = self.probe();
        probe.run(gpu);

        let x = double(&self.x);
        let (kernel, bias) = (self.tensor("dense_1.kernel"), self.tensor("dense_1.bias"));
        let p = forward(&x, &kernel, &bias, Activation::Sigmoid);
        let (sizes, mass) = (magnitudes(&x), magnitudes(&kernel));
        let scale = a_b(&sizes, &mass, Some(&magnitudes(&bias)), rows, 1, inputs);
        let of_p: Vec<f64> = scale
            .iter()
            .map(|scale| sum_error(inputs + 1) * scale / 4.0 + 12.0 * UNIT)
            .collect();
        probe.compare("dense_1.y", &p, |row| of_p[row]);

        let loss = binary_cross_entropy(&p, labels, weights);
        let size = rows as f64;
        let of_loss: f64 = (0..rows)
            .map(|row| {
                let own = if labels[row] == 1.0 {
                    p[row]
                } else {
                    1.0 - p[row]
                };
                f64::from(weights[row]) * (of_p[row] / own + 2.0 * LOGARITHM) / size
            })
            .sum();
        let place = 4 * (self.context.sequence % RECORDS) as usize;
        probe.compare_at("records", [place + 1], &[loss], |_| {
            2.0 * of_loss + (size + 8.0) * UNIT * loss
        });
        let right = (accuracy(&p, labels) * size).round() as u32;
        probe.compare_words("records", place + 2, &[right]);

        let d_p = binary_cross_entropy_gradient(&p, labels, weights);
        let expected = backward(&x, &kernel, &p, &d_p, 1, Activation::Sigmoid);
        let of_d_s: Vec<f64> = (0..rows)
            .map(|row| f64::from(weights[row]) / size * (of_p[row] + 40.0 * UNIT))
            .collect();
        // What sums of a gradient's rows may err by: the rows' errors, and the roundings of the sum.
        let of_sum = |factor: &dyn Fn(usize) -> f64| -> f64 {
            let of_row = |row: usize| {
                let largest = f64::from(weights[row]) / size;
                factor(row) * (of_d_s[row] + sum_error(rows) * largest)
            };
            (0..rows).map(of_row).sum()
        };
        let of_kernel = (0..inputs).map(|i| of_sum(&|row| sizes[row * inputs + i]));
        let of_kernel: Vec<f64> = of_kernel.collect();
        let of_bias = vec![of_sum(&|_| 1.0)];
        let mut tensors = vec![None; self.parameters.len()];
        tensors[index_of(&self.model, "dense_1.kernel")] = Some((expected.kernel, of_kernel));
        tensors[index_of(&self.model, "dense_1.bias")] = Some((expected.bias, of_bias));
        probe.compare_tensors("gradients", &self.model, &tensors);
        probe.compare("dense_1.d_input", &expected.x, |n| {
            2.0 * mass[n % inputs] * of_d_s[n / inputs]
        });
        probe.finish(&format!("{rows} rows of {inputs}"));
    }
}

#[test]
fn the_head_at_every_size() {
    let gpu = &mut device::open();
    for (seed, (rows, inputs, range)) in [
        (1, 1, 1.0),
        (2, 64, 0.5),
        (10, 64, 0.5),
        (11, 63, 0.5),
        (63, 5, 2.0),
        (65, 65, 0.5),
        (128, 64, 0.3),
        (256, 3, 1.0),
    ]
    .into_iter()
    .enumerate()
    {
        Case::new(rows, inputs, range, 62 + seed as u64).check(gpu);
    }
}

#[test]
fn random_sizes() {
    let gpu = RefCell::new(device::open());
    let sizes = (1..120usize, 1..68usize, 0.1..0.6f64, 0..u64::MAX);
    random_cases(16, sizes, |(rows, inputs, range, seed)| {
        Case::new(rows, inputs, range, seed).check(&mut gpu.borrow_mut());
    });
}

/// Two rows of x = (1, -1), weights of ½ and 0, labels 1 and 0, the second counting three times: p = σ(±½), and all else
/// follows from 1 - σ(½) = σ(-½) = 0.377540669.
#[test]
fn two_rows_worked_out_by_hand() {
    let mut case = Case::new(2, 1, 1.0, 5);
    case.batch = batch(&[1, 0], &[1.0, 3.0]);
    case.x = vec![1.0, -1.0];
    let places = ["dense_1.kernel", "dense_1.bias"].map(|name| index_of(&case.model, name));
    case.parameters[places[0]] = vec![0.5];
    case.parameters[places[1]] = vec![0.0];
    let mut probe = case.probe();
    probe.run(&mut device::open());
    let near = |name: &str, expected: &[f64]| {
        for (found, expected) in probe.values(name, expected.len()).iter().zip(expected) {
            let error = (f64::from(*found) - expected).abs();
            assert!(error < 1e-6, "{name}: {found}, not {expected}");
        }
    };
    near("dense_1.y", &[0.622459331, 0.377540669]);
    // d_s = (0.622459331 - 1) / 2 and 3 · 0.377540669 / 2, times the weight.
    near("dense_1.d_input", &[-0.094385167, 0.283155502]);
    let words = probe.words("records", 4 * RECORDS as usize);
    let loss = f64::from(f32::from_bits(words[4 * 5 + 1]));
    // -ln 0.622459331 = 0.474076984, once and three times, over two rows.
    assert!((loss - 0.948153968).abs() < 1e-5, "{loss}");
    assert_eq!(words[4 * 5 + 2], 2, "both are right");
}

/// An evaluation makes probabilities and loss in two dispatches.
#[test]
fn probabilities_and_loss_are_an_evaluations_bit_for_bit() {
    let gpu = &mut device::open();
    for (seed, (rows, inputs)) in [(1, 1), (10, 64), (65, 33), (200, 40)]
        .into_iter()
        .enumerate()
    {
        let case = Case::new(rows, inputs, 0.5, seed as u64);
        let mut head = case.probe();
        head.run(gpu);
        let layout = ParameterLayout::new(&case.model);
        let (shape, limits) = (case.batch.shape(), &Limits::WEBGPU);
        let plan = evaluation_step(&case.model, &layout, limits, shape, case.context).unwrap();
        let mut apart = Probe::new(&plan, |label| ["dense_1.forward", "loss"].contains(&label));
        apart.set_batch(&case.batch, false);
        apart.set_parameters(&case.model, &case.parameters);
        apart.set(&apart.bound("dense_1.forward", 0), &case.x);
        apart.run(gpu);
        assert_eq!(
            head.words("dense_1.y", rows),
            apart.words("dense_1.y", rows)
        );
        let place = 4 * seed + 1;
        let of = |probe: &Probe| probe.words("records", place + 2)[place..].to_vec();
        assert_eq!(of(&head), of(&apart), "{rows} rows of {inputs}");
    }
}

/// More rows, or more numbers, than a workgroup is enough for.
#[test]
fn larger_batches_take_a_dispatch_each() {
    let has_head = |rows: usize, inputs: usize| {
        let model = dense(4, inputs, Activation::Linear, 0.0);
        let batch = batch(&vec![1; rows], &vec![1.0; rows]);
        let plan = training_plan(&model, &Limits::WEBGPU, batch.shape());
        let has = |label: &str| plan.dispatches.iter().any(|one| one.label == label);
        let apart = ["dense_1.forward", "loss", "dense_1.backward"];
        assert!(apart.iter().all(|label| has(label) != has(HEAD)), "{plan}");
        has(HEAD)
    };
    assert!(has_head(256, 32));
    assert!(!has_head(257, 31));
    assert!(!has_head(256, 33));
}
