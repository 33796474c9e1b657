//! Dropout masks, forward and backward, against the f64 twin: which elements stay is the same exactly.

use gatefold::model::Activation;
use gatefold::plan::{DropoutMask, Limits, ParameterLayout, Plan, StepContext, training_step};
use gatefold::random::Philox;
use gatefold::reference::dropout::{Draw, apply, factors, factors_of_mask};

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
            let plan = plan(rows, units, rate, DropoutMask::Drawn { seed, step });
            // The gradient gets the same mask as the value.
            for pass in ["y", "d_input"] {
                let label = format!("dropout.{pass}");
                let x = uniform(random, rows * units, 200.0);
                let mut probe = Probe::new(&plan, |found| found == label);
                probe.set(&probe.bound(&label, 0), &x);
                probe.run(gpu);
                let expected = apply(
                    &double(&x),
                    &factors(
                        Draw {
                            seed,
                            step,
                            layer: LAYER,
                        },
                        rate,
                        rows * units,
                    ),
                );
                probe.compare(&label, &expected, |i| 3.0 * UNIT * expected[i].abs());
                probe.finish(&format!(
                    "seed {seed} step {step} rate {rate} {rows}×{units}"
                ));
            }
        }
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
