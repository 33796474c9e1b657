//! The loss, its gradient and the step's record, against the f64 twin.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::plan::{Limits, ParameterLayout, Plan, RECORDS, StepContext, evaluation_step};
use gatefold::random::Philox;
use gatefold::reference::loss::{accuracy, binary_cross_entropy, binary_cross_entropy_gradient};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{context, recurrent};
use crate::support::numbers::{UNIT, double};
use crate::support::probe::Probe;

/// WGSL lets a logarithm err by 2⁻²¹ near 1.
const LOGARITHM: f64 = 1.0 / (1 << 21) as f64;

struct Case {
    batch: Batch,
    plan: Plan,
    /// Place of the step's record.
    record: usize,
}

/// What a row's loss counts at most.
const HEAVIEST: f64 = 8.0;

/// What each row's loss counts: no two of a few the same.
fn weights(rows: usize, seed: u64) -> Vec<f32> {
    let random = &mut Philox::new(62, seed);
    let heaviest = HEAVIEST as f32;
    (0..rows)
        .map(|_| (heaviest * random.unit_f32()).max(0.1))
        .collect()
}

fn case(labels: &[u8], sequence: u64) -> Case {
    let reviews: Vec<Review> = labels
        .iter()
        .map(|&label| Review {
            ids: vec![3].into(),
            label,
        })
        .collect();
    let mut batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    batch.weights = weights(labels.len(), sequence);
    let model = recurrent(4, false, &[(3, 1)]);
    let context = StepContext {
        sequence,
        ..context()
    };
    let layout = ParameterLayout::new(&model);
    // A training step of so few rows has no dispatch for the loss alone.
    let plan = evaluation_step(&model, &layout, &Limits::WEBGPU, batch.shape(), context).unwrap();
    Case {
        batch,
        plan,
        record: (sequence % RECORDS) as usize,
    }
}

/// Runs the loss on these probabilities; `slack` is what the mean may err by beside the logarithms.
fn check(gpu: &mut gatefold::device::Device, case: &Case, probabilities: &[f32], slack: f64) {
    let mut probe = Probe::new(&case.plan, |label| label == "loss");
    probe.set_batch(&case.batch, false);
    probe.set(&probe.bound("loss", 0), probabilities);
    probe.run(gpu);
    let (p, labels) = (double(probabilities), &case.batch.labels);
    let weights = &case.batch.weights;
    let gradient = binary_cross_entropy_gradient(&p, labels, weights);
    // Of three divisions each errs by 2.5 units of the last place, the rest by half of one.
    probe.compare("loss.d_probabilities", &gradient, |i| {
        20.0 * UNIT * gradient[i].abs()
    });
    let loss = binary_cross_entropy(&p, labels, weights);
    let bound = 2.0 * HEAVIEST * LOGARITHM + (labels.len() as f64 + 8.0) * UNIT * loss + slack;
    probe.compare_at("records", [4 * case.record + 1], &[loss], |_| bound);
    let right = (accuracy(&p, labels) * labels.len() as f64).round() as u32;
    probe.compare_words("records", 4 * case.record + 2, &[right]);
    probe.finish(&format!("{} rows", labels.len()));
}

#[test]
fn loss_gradient_and_right_predictions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(61, 0);
    for (n, size) in [1, 2, 11, 63, 64, 65, 200].into_iter().enumerate() {
        let labels: Vec<u8> = (0..size).map(|_| (random.next_u32() & 1) as u8).collect();
        let mut p: Vec<f32> = (0..size)
            .map(|_| random.unit_f32().clamp(1e-3, 0.999))
            .collect();
        p[0] = 0.5; // counts as negative
        check(gpu, &case(&labels, [0, 63, 64, 1000, 3, 5, 77][n]), &p, 0.0);
    }
}

#[test]
fn random_probabilities() {
    let gpu = RefCell::new(device::open());
    let row = (0..2u8, 1e-6..0.999_999f32);
    random_cases(
        16,
        (proptest::collection::vec(row, 1..300), 0..u64::MAX),
        |(rows, sequence)| {
            let (labels, p): (Vec<u8>, Vec<f32>) = rows.into_iter().unzip();
            check(&mut gpu.borrow_mut(), &case(&labels, sequence), &p, 0.0);
        },
    );
}

#[test]
fn probabilities_at_the_ends_are_clipped() {
    let gpu = &mut device::open();
    let ends = [0.0, 1e-9, 1e-7, 1.1e-7, 1e-6, 0.999_999, 1.0 - 1.2e-7, 1.0];
    for label in [0, 1] {
        // In f32 the upper clip is 1 - 2⁻²³, whose logarithm is 0.18 nearer to 0.
        check(gpu, &case(&[label; 8], 2), &ends, 0.18 * HEAVIEST);
    }
}

/// The end of a step with this number, in which `fault` was noticed.
fn check_end(gpu: &mut gatefold::device::Device, sequence: u64, fault: u32) {
    let case = case(&[1], sequence);
    let mut probe = Probe::new(&case.plan, |label| label == "end");
    probe.set("not_finite", &[fault]);
    probe.run(gpu);
    let marker = StepContext {
        sequence,
        ..context()
    }
    .marker();
    assert_ne!(marker, 0, "what unwritten memory holds");
    probe.compare_words("records", 4 * case.record, &[marker]);
    probe.compare_words("records", 4 * case.record + 3, &[fault]);
    probe.compare_words("not_finite", 0, &[0]);
    probe.finish("end");
}

#[test]
fn the_end_of_a_step_closes_its_record() {
    let gpu = RefCell::new(device::open());
    for (sequence, fault) in [(0, 0), (65, 9), (u64::from(u32::MAX), 1)] {
        check_end(&mut gpu.borrow_mut(), sequence, fault);
    }
    random_cases(16, (0..u64::MAX, 0..u32::MAX), |(sequence, fault)| {
        check_end(&mut gpu.borrow_mut(), sequence, fault);
    });
}
