//! The softmax of several classes, its loss and gradient, and the step's record, against the f64 twin.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::device::Device;
use gatefold::model::{Dense, Embedding, GlobalAveragePooling1D, Sequential};
use gatefold::plan::{
    BatchLayout, Limits, ParameterLayout, Plan, RECORDS, StepContext, training_step,
};
use gatefold::random::Philox;
use gatefold::reference::loss::{
    categorical_accuracy, softmax, softmax_cross_entropy, softmax_cross_entropy_gradient,
};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{VOCABULARY, context};
use crate::support::numbers::{UNIT, double, sum_error, uniform};
use crate::support::probe::Probe;

/// WGSL lets a logarithm err by 2⁻²¹ near 1.
const LOGARITHM: f64 = 1.0 / (1 << 21) as f64;

/// What a row's loss counts at most.
const HEAVIEST: f64 = 8.0;

struct Case {
    batch: Batch,
    classes: usize,
    plan: Plan,
    /// Place of the step's record.
    record: usize,
}

fn case(labels: &[u8], classes: usize, sequence: u64) -> Case {
    let review = |&label: &u8| Review {
        ids: vec![3].into(),
        label,
    };
    let reviews: Vec<Review> = labels.iter().map(review).collect();
    let mut batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    let random = &mut Philox::new(67, sequence);
    let weight = |_| (HEAVIEST as f32 * random.unit_f32()).max(0.1);
    batch.weights = (0..labels.len()).map(weight).collect();
    let model = Sequential::new("classes")
        .add(Embedding::new(VOCABULARY, 4))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(classes).softmax())
        .build()
        .unwrap();
    let context = StepContext {
        sequence,
        ..context()
    };
    let layout = ParameterLayout::new(&model);
    let plan = training_step(&model, &layout, &Limits::WEBGPU, batch.shape(), context).unwrap();
    Case {
        batch,
        classes,
        plan,
        record: (sequence % RECORDS) as usize,
    }
}

fn probe(case: &Case, sums: &[f32]) -> Probe {
    let mut probe = Probe::new(&case.plan, |label| label == "loss");
    let words = BatchLayout::new(case.batch.shape()).pack(&case.batch, false);
    probe.set("batch", &words);
    probe.set(&probe.bound("loss", 0), sums);
    probe
}

fn check(gpu: &mut Device, case: &Case, sums: &[f32]) {
    let (classes, labels) = (case.classes, &case.batch.labels);
    let mut probe = probe(case, sums);
    probe.run(gpu);
    let sums = double(sums);
    let p = softmax(&sums, classes);
    let range = sums.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
    // exp errs by 3 + 2·|x| units of the last place, a difference of sums by u of it, a quotient by 2.5 units; an
    // exponential may round to 0.
    let relative = sum_error(classes) + 24.0 * UNIT + 12.0 * range * UNIT;
    probe.compare("dense.y", &p, |i| relative * p[i] + 1e-37);
    let size = labels.len() as f64;
    let weights = &case.batch.weights;
    let gradient = softmax_cross_entropy_gradient(&p, labels, weights, classes);
    probe.compare("loss.d_sums", &gradient, |i| {
        HEAVIEST * (relative * p[i] + 5.0 * UNIT) / size + 1e-37
    });
    let loss = softmax_cross_entropy(&sums, labels, weights, classes);
    let bound =
        HEAVIEST * (2.0 * LOGARITHM + relative + 4.0 * UNIT * range) + (size + 8.0) * UNIT * loss;
    probe.compare_at("records", [4 * case.record + 1], &[loss], |_| bound);
    let right = (categorical_accuracy(&p, labels, classes) * size).round() as u32;
    probe.compare_words("records", 4 * case.record + 2, &[right]);
    probe.finish(&format!("{} rows of {classes} classes", labels.len()));
}

fn labels(random: &mut Philox, rows: usize, classes: usize) -> Vec<u8> {
    (0..rows)
        .map(|_| random.below(classes as u32) as u8)
        .collect()
}

#[test]
fn probabilities_loss_gradient_and_right_predictions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(65, 0);
    for (n, (rows, classes)) in [(1, 2), (10, 5), (63, 3), (65, 2), (200, 4), (3, 256)]
        .into_iter()
        .enumerate()
    {
        for range in [1.0, 40.0] {
            let labels = labels(random, rows, classes);
            let sums = uniform(random, rows * classes, range);
            let sequence = [0, 63, 64, 1000, 3, 77][n];
            check(gpu, &case(&labels, classes, sequence), &sums);
        }
    }
}

#[test]
fn random_sums() {
    let gpu = RefCell::new(device::open());
    let sizes = (1..150usize, 2..12usize, 0.1..60f64, 0..u64::MAX);
    random_cases(16, sizes, |(rows, classes, range, seed)| {
        let random = &mut Philox::new(66, seed);
        let labels = labels(random, rows, classes);
        let sums = uniform(random, rows * classes, range);
        check(&mut gpu.borrow_mut(), &case(&labels, classes, seed), &sums);
    });
}

#[test]
fn the_first_of_equal_sums_is_the_prediction() {
    let gpu = &mut device::open();
    for (sums, best) in [
        ([2.0, 2.0, 2.0], 0),
        ([1.0, 2.0, 2.0], 1),
        ([-1.0, -1.0, -0.5], 2),
    ] {
        for label in 0..3 {
            let case = case(&[label], 3, 9);
            check(gpu, &case, &sums);
            let mut probe = probe(&case, &sums);
            probe.run(gpu);
            let right = probe.words("records", 4 * case.record + 3)[4 * case.record + 2];
            assert_eq!(right, u32::from(label == best), "{sums:?}, label {label}");
        }
    }
}

/// A loss of sums that are far apart is their distance, where a logarithm of a probability would be infinite.
#[test]
fn sums_far_apart_have_a_finite_loss() {
    let gpu = &mut device::open();
    // So far that no exponential holds the distance, of the first sum from the greatest too.
    for distance in [300.0, 1000.0] {
        let sums = [distance, -distance, distance, -distance];
        check(gpu, &case(&[1, 0], 2, 4), &sums);
        check(gpu, &case(&[1, 0], 2, 4), &sums.map(|sum| -sum));
    }
}

#[test]
fn what_is_not_a_number_is_handed_on() {
    let gpu = &mut device::open();
    for place in 0..3 {
        let mut sums = [0.5, 0.25, -1.0];
        sums[place] = f32::NAN;
        let case = case(&[1], 3, 9);
        let mut probe = probe(&case, &sums);
        probe.run(gpu);
        let loss = probe.values("records", 4 * case.record + 2)[4 * case.record + 1];
        assert!(loss.is_nan(), "{place}: {loss}");
    }
}
