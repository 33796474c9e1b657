//! The recurrences, forward and backward, in every form, against the f64 twin.

mod case;
mod error;
mod properties;

use gatefold::plan::Limits;
use gatefold::random::Philox;

use crate::recurrent::{self, Layer, PLAIN, every_choice, stepwise};
use crate::support::device;
use crate::support::models::{equal_batch, random_batch, training_plan};
use case::{Case, Lstm, forms};

#[test]
fn every_choice_at_small_sizes() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(11, 0);
    let mut all = forms(gpu);
    all.push((stepwise(gpu), 5));
    every_choice::<Lstm>(gpu, random, &all);
}

#[test]
fn random_sizes() {
    let gpu = device::open();
    let (mut forms, _): (Vec<Limits>, Vec<usize>) = forms(&gpu).into_iter().unzip();
    forms.push(stepwise(&gpu));
    recurrent::random_sizes::<Lstm>(gpu, 21, &forms);
}

#[test]
fn larger_layers_in_every_form() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(12, 0);
    let mut forms = forms(gpu);
    forms.extend(recurrent::with_other_weights(&forms));
    recurrent::larger_layers::<Lstm>(gpu, random, &forms);
}

#[test]
fn more_units_than_one_kernel_holds_take_a_dispatch_a_timestep() {
    let Some(gpu) = device::adapter() else { return };
    for limits in device::forms(&gpu.into()) {
        let random = &mut Philox::new(13, 0);
        let case = Case::new(
            Layer {
                units: 300,
                ..PLAIN
            },
            random_batch(2, 2, random),
            random,
        );
        let plan = training_plan(&case.model, &limits, case.batch.shape());
        assert!(
            case.probe(&plan, &["forward"])
                .kernels()
                .iter()
                .all(|kernel| kernel == "lstm_step_forward")
        );
    }
}

#[test]
fn a_grid_of_two_dimensions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(20, 0);
    let limits = Limits {
        workgroups: 16,
        ..stepwise(gpu)
    };
    let case = Case::new(
        Layer { units: 60, ..PLAIN },
        random_batch(3, 11, random),
        random,
    );
    case.check(gpu, &limits);
}

#[test]
fn a_batch_of_equal_tokens() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(14, 0);
    for (limits, units) in forms(gpu) {
        // All padding too, masked, leaves every state at 0.
        for (id, masked) in [(9, false), (9, true), (0, false), (0, true)] {
            let case = Case::new(
                Layer {
                    units,
                    masked,
                    ..PLAIN
                },
                equal_batch(70, 3, id),
                random,
            );
            case.check(gpu, &limits);
            let (h, dz) = case.bits(gpu, &limits);
            let stands_still = h.iter().chain(&dz).all(|&word| word & 0x7fff_ffff == 0);
            assert_eq!(stands_still, id == 0 && masked);
        }
    }
}

#[test]
fn the_longest_review() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(15, 0);
    let mut worst = 0.0f64;
    for (limits, units) in forms(gpu) {
        let case = Case::new(
            Layer { units, ..PLAIN },
            random_batch(3944, 2, random),
            random,
        );
        worst = worst.max(case.check(gpu, &limits));
    }
    let largest_form = device::forms(gpu).pop().unwrap();
    let layer = Layer {
        units: 64,
        directions: 1,
        ..PLAIN
    };
    worst = worst
        .max(Case::new(layer, random_batch(3944, 2, random), random).check(gpu, &largest_form));
    let case = Case::new(
        Layer {
            units: 3,
            directions: 1,
            ..PLAIN
        },
        random_batch(3944, 1, random),
        random,
    );
    worst = worst.max(case.check(gpu, &stepwise(gpu)));
    eprintln!("worst error {worst:.2} of its bound");
}

#[test]
fn pre_activations_to_200() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(16, 0);
    let mut all = forms(gpu);
    all.push((stepwise(gpu), 5));
    for (limits, units) in all {
        for sequences in [false, true] {
            let layer = Layer {
                units,
                range: 200.0,
                gathered: false,
                sequences,
                ..PLAIN
            };
            Case::new(layer, random_batch(20, 11, random), random).check(gpu, &limits);
        }
    }
}
