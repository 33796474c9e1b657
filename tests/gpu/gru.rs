//! The recurrences of a GRU, forward and backward, in every form, against the f64 twin.

mod case;
mod properties;

use gatefold::plan::{Form, Limits};
use gatefold::random::Philox;

use crate::recurrent::{self, Layer, PLAIN, every_choice, stepwise};
use crate::support::device;
use crate::support::models::{equal_batch, random_batch, training_plan};
use crate::support::numbers::uniform;
use crate::support::probe::places;
use case::{Case, Gru, all_forms, forms, portable};

#[test]
fn every_choice_at_small_sizes() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(111, 0);
    let mut all = forms(gpu);
    all.push((stepwise(gpu), 5));
    every_choice::<Gru>(gpu, random, &all);
}

#[test]
fn random_sizes() {
    let gpu = device::open();
    let all = all_forms(&gpu);
    recurrent::random_sizes::<Gru>(gpu, 121, &all);
}

#[test]
fn larger_layers_in_every_form() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(112, 0);
    let mut forms = forms(gpu);
    forms.extend(recurrent::with_other_weights(&forms));
    recurrent::larger_layers::<Gru>(gpu, random, &forms);
}

#[test]
fn each_form_takes_its_kernels() {
    let Some(gpu) = device::adapter() else { return };
    let gpu = gpu.into();
    let random = &mut Philox::new(113, 0);
    for limits in device::forms(&gpu) {
        let persistent = match limits.form {
            Form::Split { .. } => "gru_forward_split",
            _ => "gru_forward_portable",
        };
        for (units, kernel) in [(16, persistent), (300, "gru_step_forward")] {
            let layer = Layer { units, ..PLAIN };
            let case = Case::new(layer, random_batch(2, 2, random), random);
            let plan = training_plan(&case.model, &limits, case.batch.shape());
            let found = case.probe(&plan, &["forward"]).kernels();
            assert!(
                found.iter().all(|name| name.starts_with(kernel)),
                "{found:?}"
            );
        }
    }
}

#[test]
fn a_grid_of_two_dimensions() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(114, 0);
    let limits = Limits {
        workgroups: 16,
        ..stepwise(gpu)
    };
    let layer = Layer { units: 60, ..PLAIN };
    Case::new(layer, random_batch(3, 11, random), random).check(gpu, &limits);
}

#[test]
fn a_batch_of_equal_tokens() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(115, 0);
    for (limits, units) in forms(gpu) {
        // All padding too, masked, leaves every state at 0.
        for (id, masked) in [(9, false), (9, true), (0, false), (0, true)] {
            let layer = Layer {
                units,
                masked,
                ..PLAIN
            };
            let case = Case::new(layer, equal_batch(70, 3, id), random);
            case.check(gpu, &limits);
            let (h, gradients) = case.bits(gpu, &limits);
            let mut words = h.iter().chain(&gradients);
            let stands_still = words.all(|&word| word & 0x7fff_ffff == 0);
            assert_eq!(stands_still, id == 0 && masked);
        }
    }
}

#[test]
fn the_longest_review() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(116, 0);
    let mut worst = 0.0f64;
    for (limits, units) in forms(gpu) {
        let layer = Layer { units, ..PLAIN };
        let case = Case::new(layer, random_batch(3944, 2, random), random);
        worst = worst.max(case.check(gpu, &limits));
    }
    eprintln!("worst error {worst:.2} of its bound");
}

#[test]
fn pre_activations_to_200() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(117, 0);
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

/// The fourth numbers of a unit's gates are 0 in every gradient, and the others those of the columns that the
/// parameters have.
#[test]
fn gradients_of_the_parameters_take_their_columns() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(118, 0);
    // More inputs than units, and fewer: the embedding below has 4 numbers.
    for (units, directions) in [(3, 1), (3, 2), (7, 2), (30, 1)] {
        let layer = Layer {
            units,
            directions,
            ..PLAIN
        };
        let case = Case::new(layer, random_batch(3, 2, random), random);
        let plan = training_plan(&case.model, &portable(gpu), case.batch.shape());
        let mut probe = case.probe(&plan, &["d_parameters"]);
        let width = 4 * directions * units;
        let sums = uniform(random, width, 1.0);
        probe.set(&case.label("d_sums"), &sums);
        let length = gatefold::plan::ParameterLayout::new(&case.model).len();
        let before = uniform(random, length, 1.0);
        probe.set("gradients", &before);
        probe.run(gpu);

        let mut expected: Vec<f64> = before.iter().map(|&x| f64::from(x)).collect();
        for direction in 0..directions {
            for (tensor, fourth) in [("kernel", 2), ("recurrent_kernel", 3)] {
                let places = places(&case.model, case.tensor(direction, tensor));
                for (n, &place) in places.iter().enumerate() {
                    let unit = place - n % (3 * units) / units; // its first gate
                    if place == unit + 2 {
                        expected[place] = f64::from(before[unit + fourth]);
                        expected[unit + 3] = 0.0;
                    }
                }
            }
            let places = places(&case.model, case.tensor(direction, "bias"));
            for (n, &place) in places.iter().enumerate() {
                let (row, gate, unit) = (n / (3 * units), n / units % 3, n % units);
                let column = if (row, gate) == (1, 2) { 3 } else { gate };
                expected[place] = f64::from(sums[4 * (direction * units + unit) + column]);
                if gate == 2 {
                    expected[place + 1] = 0.0;
                }
            }
        }
        probe.compare("gradients", &expected, |_| 0.0);
        probe.finish(&format!("{units} units, {directions} directions"));
    }
}
