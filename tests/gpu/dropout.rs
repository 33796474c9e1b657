//! Dropout masks, forward and backward, against the f64 twin: which elements stay is the same exactly.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::model::Activation;
use gatefold::plan::{DropoutMask, Limits, ParameterLayout, Plan, StepContext, training_step};
use gatefold::random::{Philox, philox4x32};
use gatefold::reference::dropout::{Draw, apply, factors, factors_of_mask};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{context, dense, random_batch};
use crate::support::numbers::{UNIT, double, uniform};
use crate::support::probe::Probe;

/// Place of the dropout layer in the model.
const LAYER: u32 = 3;

fn plan(rows: usize, units: usize, rate: f32, mask: DropoutMask) -> Plan {
    let model = dense(4, units, Activation::Linear, rate);
    let context = StepContext {
        dropout: mask,
        ..context()
    };
    let batch = random_batch(1, rows, &mut Philox::new(51, 0));
    // Few workgroups along x make a grid of two dimensions at the largest size.
    let limits = Limits {
        workgroups: 24,
        ..Limits::WEBGPU
    };
    training_step(
        &model,
        &ParameterLayout::new(&model),
        &limits,
        batch.shape(),
        context,
    )
    .unwrap()
}

#[test]
fn drawn_masks_are_those_of_the_twin() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(51, 1);
    let draws = [
        (0, 1),
        (1, 2),
        (0x1234_5678_9abc_def0, 3),
        (5, 0x2_0000_0007),
        (u64::MAX, u64::MAX),
    ];
    let sizes = [(1, 1), (11, 5), (1, 64), (65, 7), (64, 40)];
    for (n, (seed, step)) in draws.into_iter().enumerate() {
        for (rows, units) in sizes {
            let rate = [0.5, 0.25, 0.9, 1e-3, 0.999][n];
            check(gpu, random, (rows, units), rate, (seed, step));
        }
    }
}

#[test]
fn random_draws() {
    let gpu = RefCell::new(device::open());
    let draws = (
        1..70usize,
        1..70usize,
        1e-6..0.999f32,
        0..u64::MAX,
        1..u64::MAX,
    );
    random_cases(24, draws, |(rows, units, rate, seed, step)| {
        let random = &mut Philox::new(52, seed);
        check(
            &mut gpu.borrow_mut(),
            random,
            (rows, units),
            rate,
            (seed, step),
        );
    });
}

/// The word is cut to 24 bits, not rounded, and a number equal to the rate stays.
#[test]
fn words_at_the_rate_itself() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(53, 0);
    let (seed, step) = (11, 12);
    // Words of the first row that round up to the next of 24 bits.
    let words = (0..64)
        .map(|e| philox4x32([e / 4, step as u32, 0, LAYER], [seed as u32, 0])[e as usize % 4]);
    let words: Vec<u32> = words
        .filter(|word| word >> 31 == 1 && word & 0x80 != 0)
        .take(3)
        .collect();
    assert_eq!(words.len(), 3);
    for word in words {
        for cut in [word >> 8, (word >> 8) + 1] {
            let rate = cut as f32 / 16_777_216.0;
            check(gpu, random, (1, 64), rate, (seed, step));
        }
    }
}

/// The value and its gradient, which gets the same mask.
fn check(
    gpu: &mut Device,
    random: &mut Philox,
    (rows, units): (usize, usize),
    rate: f32,
    (seed, step): (u64, u64),
) {
    let plan = plan(rows, units, rate, DropoutMask::Drawn { seed, step });
    for pass in ["y", "d_input"] {
        let label = format!("dropout.{pass}");
        let x = uniform(random, rows * units, 200.0);
        let mut probe = Probe::new(&plan, |found| found == label);
        probe.set(&probe.bound(&label, 0), &x);
        probe.run(gpu);
        let draw = Draw {
            seed,
            step,
            layer: LAYER,
        };
        let expected = apply(&double(&x), &factors(draw, rate, rows * units));
        // The factor is rounded once, its product once more.
        probe.compare(&label, &expected, |i| 3.0 * UNIT * expected[i].abs());
        probe.finish(&format!(
            "seed {seed} step {step} rate {rate} {rows}×{units}"
        ));
    }
}

#[test]
fn given_masks_are_taken_as_they_are() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(51, 2);
    let (rows, units, rate) = (11, 7, 0.4);
    let plan = plan(rows, units, rate, DropoutMask::Given);
    let x = uniform(random, rows * units, 1.0);
    let mask: Vec<f32> = (0..rows * units)
        .map(|_| (random.next_u32() & 1) as f32)
        .collect();
    let mut probe = Probe::new(&plan, |found| found == "dropout.y");
    probe.set(&probe.bound("dropout.y", 0), &x);
    probe.set("dropout.mask", &mask);
    probe.run(gpu);
    let expected = apply(&double(&x), &factors_of_mask(&mask, rate));
    probe.compare("dropout.y", &expected, |i| 3.0 * UNIT * expected[i].abs());
    probe.finish("given mask");
}

#[test]
fn a_rate_of_0_runs_nothing() {
    let plan = plan(3, 5, 0.0, DropoutMask::Drawn { seed: 0, step: 1 });
    assert!(
        plan.dispatches
            .iter()
            .all(|dispatch| dispatch.kernel.name() != "dropout")
    );
}
