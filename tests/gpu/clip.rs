//! Clipping by the norm of all gradients, against the f64 twin.

use std::cell::RefCell;

use gatefold::Error;
use gatefold::device::Device;
use gatefold::plan::{Adam, Gradients, Limits, ParameterLayout, Plan, names};
use gatefold::random::Philox;
use gatefold::reference::clip::{clip_scale, global_norm};
use gatefold::reference::network::{Masks, Network};
use gatefold::train::Session;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{clipped_plan, on_twin, random_batch, recurrent, training_plan};
use crate::support::numbers::{UNIT, double, parameters, sum_error, uniform};
use crate::support::probe::Probe;

/// Units of the layer whose gradients are clipped.
const UNITS: usize = 33;

/// The plan of a step that clips to a norm of 1, and the numbers in its gradients.
fn plan(units: usize) -> (Plan, usize) {
    let model = recurrent(5, false, &[(units, 2)]);
    let shape = random_batch(2, 2, &mut Philox::new(111, 0)).shape();
    let count = ParameterLayout::new(&model).len();
    (clipped_plan(&model, &Limits::WEBGPU, shape), count)
}

#[test]
fn without_a_bound_there_is_no_dispatch() {
    let model = recurrent(5, false, &[(4, 1)]);
    let shape = random_batch(2, 2, &mut Philox::new(111, 0)).shape();
    let plain = training_plan(&model, &Limits::WEBGPU, shape);
    let clipped = clipped_plan(&model, &Limits::WEBGPU, shape);
    let labels = |plan: &Plan| -> Vec<String> {
        let labels = plan
            .dispatches
            .iter()
            .map(|dispatch| dispatch.label.clone());
        labels.filter(|label| label.starts_with("clip.")).collect()
    };
    assert!(labels(&plain).is_empty());
    assert_eq!(labels(&clipped), ["clip.square_sums", "clip.scale"]);
    assert_eq!(clipped.dispatches.len(), plain.dispatches.len() + 2);
}

/// The sums of squares of gradients up to `range`, each of every so many vec4.
fn check_squares(gpu: &mut Device, units: usize, range: f64, random: &mut Philox) {
    let (plan, count) = plan(units);
    let g = uniform(random, count, range);
    let mut probe = Probe::new(&plan, |label| label == "clip.square_sums");
    probe.set(names::GRADIENTS, &g);
    probe.run(gpu);
    let sums = (count / 4).div_ceil(64);
    let sum = |p| -> f64 {
        let vectors = (p..count / 4).step_by(sums);
        let numbers = vectors.flat_map(|i| &g[4 * i..4 * i + 4]);
        numbers.map(|&x| f64::from(x).powi(2)).sum()
    };
    let expected: Vec<f64> = (0..sums).map(sum).collect();
    let bound = |p: usize| sum_error(256) * expected[p];
    probe.compare("gradients.square_sums", &expected, bound);
    probe.finish(&format!("square_sums of {units} units"));
}

#[test]
fn squares_are_summed_in_a_fixed_order() {
    let random = &mut Philox::new(111, 1);
    check_squares(&mut device::open(), UNITS, 3.0, random);
}

#[test]
fn random_sizes() {
    let gpu = RefCell::new(device::open());
    // Norms on both sides of the bound.
    let cases = (1..60usize, -4..4i32, 0..u64::MAX);
    random_cases(16, cases, |(units, magnitude, seed)| {
        let gpu = &mut gpu.borrow_mut();
        let (random, range) = (&mut Philox::new(112, seed), 10f64.powi(magnitude));
        check_squares(gpu, units, range, random);
        let squares: Vec<f32> = uniform(random, plan(units).1.div_ceil(256), range)
            .iter()
            .map(|x| x.abs())
            .collect();
        let norm = double(&squares).iter().sum::<f64>().sqrt();
        scale_of(gpu, units, &squares, 0, clip_scale(norm, 1.0), 0);
    });
}

/// What clip_scale makes of these sums of squares.
fn scale_of(
    gpu: &mut Device,
    units: usize,
    squares: &[f32],
    fault: u32,
    expected: f64,
    fault_after: u32,
) {
    let (plan, _) = plan(units);
    let mut probe = Probe::new(&plan, |label| label == "clip.scale");
    probe.set("gradients.square_sums", squares);
    probe.set(names::NOT_FINITE, &[fault]);
    probe.run(gpu);
    // Half of the relative error of the sum, a root, a quotient.
    let bound = (sum_error(squares.len()) + 6.0 * UNIT) * expected;
    if expected.is_finite() {
        probe.compare("gradients.scale", &[expected], |_| bound);
    } else {
        probe.ignore("gradients.scale");
    }
    probe.compare_words(names::NOT_FINITE, 0, &[fault_after]);
    let norm = double(squares).iter().sum::<f64>().sqrt();
    // Behind 64 records of 4 words; the plan is of a step in the fourth place.
    let place = 64 * 4 + 3;
    if norm.is_finite() {
        let bound = (sum_error(squares.len()) + 6.0 * UNIT) * norm;
        probe.compare_at(names::RECORDS, [place], &[norm], |_| bound);
    } else {
        probe.ignore(names::RECORDS);
    }
    probe.finish(&format!("{expected}"));
}

#[test]
fn a_norm_within_the_bound_scales_by_1_and_no_less() {
    let gpu = &mut device::open();
    let (_, count) = plan(UNITS);
    let sums = (count / 4).div_ceil(64);
    let mut squares = vec![0.0f32; sums];
    scale_of(gpu, UNITS, &squares, 0, 1.0, 0);
    squares[sums - 1] = 1.0;
    scale_of(gpu, UNITS, &squares, 7, 1.0, 7);
    squares[0] = 1.25;
    scale_of(gpu, UNITS, &squares, 7, 1.0 / 1.5, 7);
    let random = &mut Philox::new(111, 2);
    let large: Vec<f32> = uniform(random, sums, 100.0)
        .iter()
        .map(|x| x.abs())
        .collect();
    let norm = double(&large).iter().sum::<f64>().sqrt();
    assert!(norm > 1.0);
    scale_of(gpu, UNITS, &large, 0, clip_scale(norm, 1.0), 0);
}

#[test]
fn a_norm_that_is_not_finite_is_noticed() {
    let gpu = &mut device::open();
    let (_, count) = plan(UNITS);
    let mut squares = vec![1.0f32; (count / 4).div_ceil(64)];
    squares[3] = f32::INFINITY;
    scale_of(gpu, UNITS, &squares, 0, f64::NAN, 1);
    squares[3] = f32::NAN;
    scale_of(gpu, UNITS, &squares, 0, f64::NAN, 1);
    // Where a gradient itself is not finite, its place says more.
    scale_of(gpu, UNITS, &squares, 9, f64::NAN, 9);
}

#[test]
fn training_agrees_with_the_twin() {
    let random = &mut Philox::new(111, 3);
    let model = recurrent(6, false, &[(8, 2)]);
    let start = parameters(&model, random, 1.0);
    let batches: Vec<_> = (0..4).map(|_| random_batch(6, 3, random)).collect();
    for limits in device::forms(&device::open()) {
        let mut twin = Network::new(&model, start.iter().map(|tensor| double(tensor)).collect());
        let mut clipped = 0;
        // Adam hides a factor that is the same in every step, so the bound must bite in some alone.
        let bound = 0.3;
        twin.clip_norm = Some(bound);
        let adam = Adam::new(twin.adam.learning_rate);
        let gpu = device::open();
        let mut session =
            Session::new(gpu, model.clone(), limits.clone(), &start, adam, 5).unwrap();
        let gradients = Gradients {
            clip_norm: Some(bound),
            measure_norm: true,
            ..Gradients::default()
        };
        session.set_gradients(gradients).unwrap();
        for (step, batch) in (1..).zip(&batches) {
            session.train(batch).unwrap();
            let found = session.drain().unwrap()[0].gradient_norm.unwrap();
            let (_, gradients) = twin.train(&on_twin(batch), Masks::Drawn { seed: 5, step });
            // Measured before clipping.
            let norm = global_norm(&gradients);
            assert!(
                (f64::from(found) - norm).abs() <= 2e-5 * norm,
                "{found} {norm}"
            );
            clipped += usize::from(norm > bound);
        }
        assert!(
            clipped > 0 && clipped < batches.len(),
            "{clipped} steps clipped"
        );
        let state = session.state().unwrap();
        for (found, expected) in [
            (&state.parameters, &twin.parameters),
            (&state.slots[0].tensors, &twin.m),
            (&state.slots[1].tensors, &twin.v),
        ] {
            for (found, expected) in found.iter().zip(expected) {
                assert!(relative_error(found, expected) <= 2e-5, "{limits:?}");
            }
        }
    }
}

#[test]
fn measuring_the_norm_changes_no_bit() {
    let random = &mut Philox::new(111, 6);
    let model = recurrent(6, false, &[(8, 2)]);
    let start = parameters(&model, random, 1.0);
    // More steps than there are records.
    let batches: Vec<_> = (0..70).map(|_| random_batch(3, 3, random)).collect();
    let limits = device::forms(&device::open()).pop().unwrap();
    let run = |measured| {
        let gpu = device::open();
        let adam = Adam::new(1e-3);
        let mut session =
            Session::new(gpu, model.clone(), limits.clone(), &start, adam, 5).unwrap();
        let gradients = Gradients {
            measure_norm: measured,
            measure_layer_norms: measured,
            ..Gradients::default()
        };
        session.set_gradients(gradients).unwrap();
        let mut results = Vec::new();
        for batch in &batches {
            session.train(batch).unwrap();
            results.extend(session.results().unwrap());
        }
        results.extend(session.drain().unwrap());
        session.evaluate(&batches[0]).unwrap();
        let evaluated = session.drain().unwrap();
        assert_eq!(evaluated[0].gradient_norm, None);
        assert!(evaluated[0].layer_norms.is_empty());
        (results, session.state().unwrap())
    };
    let (plain, state) = run(false);
    let (measured, same) = run(true);
    assert!(state == same);
    assert!(plain.iter().all(|step| step.gradient_norm.is_none()));
    assert!(plain.iter().all(|step| step.layer_norms.is_empty()));
    for step in &measured {
        let squares = step.layer_norms.iter().map(|norm| f64::from(*norm).powi(2));
        let (norm, all) = (
            squares.sum::<f64>().sqrt(),
            step.gradient_norm.map(f64::from),
        );
        assert!(
            all.is_some_and(|all| (norm - all).abs() <= 1e-6 * all),
            "{norm} {all:?}"
        );
    }
    let norms: Vec<f32> = measured
        .iter()
        .map(|step| step.gradient_norm.unwrap())
        .collect();
    assert!(norms.iter().all(|norm| *norm > 0.0));
    let mut distinct: Vec<u32> = norms.iter().map(|norm| norm.to_bits()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 70, "steps share a norm");
}

#[test]
fn norms_of_layers_are_those_of_their_gradients() {
    let random = &mut Philox::new(111, 7);
    // A layer with parameters in two directions, one without any, and more that have two tensors.
    let model = recurrent(6, false, &[(8, 2), (5, 1)]);
    let start = parameters(&model, random, 1.0);
    let batches: Vec<_> = (0..3).map(|_| random_batch(6, 3, random)).collect();
    for limits in device::forms(&device::open()) {
        let mut twin = Network::new(&model, start.iter().map(|tensor| double(tensor)).collect());
        // Norms are those before clipping.
        twin.clip_norm = Some(0.3);
        let adam = Adam::new(twin.adam.learning_rate);
        let mut session =
            Session::new(device::open(), model.clone(), limits, &start, adam, 5).unwrap();
        let gradients = Gradients {
            clip_norm: twin.clip_norm,
            measure_layer_norms: true,
            ..Gradients::default()
        };
        session.set_gradients(gradients).unwrap();
        let layers: Vec<String> = session.trainable_layers().map(str::to_string).collect();
        let owners = |layer: &String| {
            let owned = |name: &str| name.starts_with(&format!("{layer}."));
            let names = model.parameters().iter().map(|parameter| &parameter.name);
            let places = names.enumerate().filter(|(_, name)| owned(name));
            places.map(|(place, _)| place).collect::<Vec<_>>()
        };
        // Every parameter belongs to one of them.
        let mut all: Vec<usize> = layers.iter().flat_map(owners).collect();
        all.sort_unstable();
        assert!(
            all.into_iter().eq(0..model.parameters().len()),
            "{layers:?}"
        );
        for (step, batch) in (1..).zip(&batches) {
            session.train(batch).unwrap();
            let found = session.drain().unwrap()[0].clone();
            assert_eq!(found.gradient_norm, None);
            let read = session.tensors(names::GRADIENTS).unwrap();
            let (_, gradients) = twin.train(&on_twin(batch), Masks::Drawn { seed: 5, step });
            assert_eq!(found.layer_norms.len(), layers.len());
            for (layer, norm) in layers.iter().zip(found.layer_norms) {
                let of = |tensors: &[Vec<f64>]| {
                    let own = owners(layer)
                        .into_iter()
                        .map(|place| tensors[place].clone());
                    global_norm(&own.collect::<Vec<_>>())
                };
                let read: Vec<_> = read.iter().map(|tensor| double(tensor)).collect();
                for (expected, tolerance) in [(of(&read), 1e-6), (of(&gradients), 2e-5)] {
                    let error = (f64::from(norm) - expected).abs();
                    assert!(error <= tolerance * expected, "{layer}: {norm} {expected}");
                }
            }
        }
    }
}

#[test]
fn a_norm_past_f32_ends_training_with_its_name() {
    let model = recurrent(4, false, &[(8, 1)]);
    let limits = device::forms(&device::open()).pop().unwrap();
    let mut start = parameters(&model, &mut Philox::new(111, 4), 1.0);
    let at = |name: &str| crate::support::numbers::index_of(&model, name);
    // The hidden layer's gradients are finite, but not the sum of their squares.
    start[at("dense_1.kernel")].fill(1e25);
    start[at("dense.kernel")].fill(0.0);
    start[at("dense.bias")].fill(1e-30);
    let adam = Adam::new(1e-3);
    let mut session = Session::new(device::open(), model, limits, &start, adam, 5).unwrap();
    let gradients = Gradients {
        clip_norm: Some(1.0),
        ..Gradients::default()
    };
    session.set_gradients(gradients).unwrap();
    session
        .train(&random_batch(5, 3, &mut Philox::new(111, 5)))
        .unwrap();
    let error = session.drain().unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { what, step: 1, .. } if what == "the norm of the gradients"),
        "{error}"
    );
}
