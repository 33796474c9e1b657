//! The recurrences, forward and backward, in every form, against the f64 twin.

#[path = "lstm/case.rs"]
mod case;
#[path = "lstm/error.rs"]
mod error;
#[path = "lstm/properties.rs"]
mod properties;

use std::cell::RefCell;

use gatefold::plan::{Form, Limits};
use gatefold::random::Philox;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{equal_batch, random_batch, training_plan};
use case::{Case, Layer, PLAIN, forms, stepwise};

#[test]
fn every_choice_at_small_sizes() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(11, 0);
    let mut all = forms(gpu);
    all.push((stepwise(gpu), 5));
    let mut worst = 0.0f64;
    for (limits, units) in all {
        for choice in 0..16 {
            let [sequences, gathered, masked, both] = [1, 2, 4, 8].map(|bit| choice & bit != 0);
            let layer = Layer {
                units,
                directions: 1 + usize::from(both),
                sequences,
                gathered,
                masked,
                range: 3.0,
            };
            for (length, size) in [(1, 1), (7, 11)] {
                let case = Case::new(layer, random_batch(length, size, random), random);
                // Rows in one workgroup and in several, time in one dispatch and in several.
                let limits = Limits {
                    wanted_workgroups: [1, 8][choice % 2],
                    segment: [3, 256][choice / 2 % 2],
                    ..limits.clone()
                };
                worst = worst.max(case.check(gpu, &limits));
            }
        }
    }
    eprintln!("worst error {worst:.2} of its bound");
}

#[test]
fn random_sizes() {
    let gpu = device::open();
    let mut forms = device::forms(&gpu);
    forms.push(stepwise(&gpu));
    let gpu = RefCell::new(gpu);
    for limits in forms {
        let sizes = (1..10usize, 1..25usize, 1..14usize, 0.1..20f64);
        let cuts = (1..9usize, 1..17usize);
        let choices = (0..16u32, 0..u64::MAX);
        random_cases(
            5,
            (sizes, cuts, choices),
            |(sizes, cuts, (choice, seed))| {
                let (units, length, size, range) = sizes;
                let [sequences, gathered, masked, both] = [1, 2, 4, 8].map(|bit| choice & bit != 0);
                let layer = Layer {
                    units: match limits.form {
                        Form::Subgroup { lanes } => units.div_ceil(4) * lanes,
                        Form::Portable => units,
                    },
                    directions: 1 + usize::from(both),
                    sequences,
                    gathered,
                    masked,
                    range,
                };
                let random = &mut Philox::new(21, seed);
                let case = Case::new(layer, random_batch(length, size, random), random);
                let limits = Limits {
                    segment: cuts.0,
                    wanted_workgroups: cuts.1,
                    ..limits.clone()
                };
                case.check(&mut gpu.borrow_mut(), &limits);
            },
        );
    }
}

#[test]
fn larger_layers_in_every_form() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(12, 0);
    let mut worst = 0.0f64;
    for (limits, _) in forms(gpu) {
        for (units, masked, size) in [(32, true, 11), (64, false, 10), (96, true, 3)] {
            let layer = Layer {
                units,
                masked,
                ..PLAIN
            };
            let case = Case::new(layer, random_batch(6, size, random), random);
            worst = worst.max(case.check(
                gpu,
                &Limits {
                    segment: 4,
                    ..limits.clone()
                },
            ));
        }
    }
    eprintln!("worst error {worst:.2} of its bound");
}

#[test]
fn more_units_than_one_kernel_holds_take_a_dispatch_a_timestep() {
    let gpu = device::open();
    for (limits, _) in forms(&gpu) {
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
    let largest_form = forms(gpu).pop().unwrap().0;
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
