//! The optimiser against the f64 twin.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::plan::{Adam, Limits, ParameterLayout, Plan, StepContext, names, training_step};
use gatefold::random::Philox;
use gatefold::reference::adam;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{context, random_batch, recurrent};
use crate::support::numbers::{UNIT, double, uniform};
use crate::support::probe::Probe;

/// Units of the layer whose parameters are updated.
const UNITS: usize = 33;

/// The plan of a step, and the numbers among its parameters.
fn plan(units: usize, optimiser: Adam, step: u64, workgroups: u32) -> (Plan, usize) {
    let model = recurrent(5, false, &[(units, 2)]);
    let context = StepContext {
        step,
        optimiser: Some(optimiser.into()),
        ..context()
    };
    let layout = ParameterLayout::new(&model);
    let limits = Limits {
        workgroups,
        ..Limits::WEBGPU
    };
    let shape = random_batch(2, 2, &mut Philox::new(71, 0)).shape();
    (
        training_step(&model, &layout, &limits, shape, context).unwrap(),
        layout.len(),
    )
}

/// An update of all parameters of a model of `units` with random gradients, parameters and moments, by the device and
/// by the twin.
///
/// Bounds: m and v are made of two terms and three roundings each, and the constants are rounded as well. Root and
/// quotient may err by some units of the last place; √v errs by half of what v does, relative to a v that may be the
/// smaller of the two.
fn check(
    gpu: &mut Device,
    units: usize,
    adam: Adam,
    step: u64,
    workgroups: u32,
    random: &mut Philox,
) {
    let (plan, count) = plan(units, adam, step, workgroups);
    // Gradients of all magnitudes, 0 among them.
    let mut g: Vec<f32> = uniform(random, count, 1.0)
        .iter()
        .map(|g| g * 10f32.powi(random.below(12) as i32 - 9))
        .collect();
    g.iter_mut().step_by(7).for_each(|g| *g = 0.0);
    let w = uniform(random, count, 1.0);
    let m = uniform(random, count, 0.1);
    let mut v: Vec<f32> = uniform(random, count, 0.01)
        .iter()
        .map(|v| v.abs())
        .collect();
    v.iter_mut().step_by(14).for_each(|v| *v = 0.0);

    let mut probe = Probe::new(&plan, |label| label == "adam");
    probe.set(names::GRADIENTS, &g);
    probe.set(names::PARAMETERS, &w);
    probe.set(names::FIRST_MOMENTS, &m);
    probe.set(names::SECOND_MOMENTS, &v);
    probe.set("not_finite", &[0u32]);
    probe.run(gpu);

    let twin = adam::Adam {
        learning_rate: adam.learning_rate,
        weight_decay: adam.weight_decay.unwrap_or(0.0),
        ..adam::Adam::default()
    };
    let (mut w_new, mut m_new, mut v_new) = (double(&w), double(&m), double(&v));
    twin.update(step, &mut w_new, &double(&g), &mut m_new, &mut v_new);
    let size = |x: f32| f64::from(x).abs();
    let m_error = |i: usize| 4.0 * UNIT * (size(m[i]) + size(g[i]));
    let v_error = |i: usize| 4.0 * UNIT * (size(v[i]) + size(g[i]) * size(g[i]));
    probe.compare(names::FIRST_MOMENTS, &m_new, m_error);
    probe.compare(names::SECOND_MOMENTS, &v_new, v_error);
    probe.compare(names::PARAMETERS, &w_new, |i| {
        let update = twin.step_size(step) / (v_new[i].sqrt() + twin.epsilon);
        let root = v_error(i) / v_new[i].max(1e-30);
        // Of the weight, and of what it loses where it decays.
        let roundings = if adam.weight_decay.is_some() {
            3.0
        } else {
            1.0
        };
        roundings * UNIT * size(w[i])
            + update * (m_error(i) + (20.0 * UNIT + root) * m_new[i].abs())
    });
    probe.finish(&format!("{units} units, step {step}, {adam:?}"));
}

#[test]
fn updates_parameters_and_moments() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(71, 1);
    for (rate, weight_decay, step, workgroups) in [
        (1e-4, None, 1, 65_535),
        (1e-2, Some(0.004), 2, 16),
        (1e-3, Some(20.0), 1000, 65_535),
        (1.0, None, 1_000_000, 65_535),
    ] {
        let adam = Adam {
            weight_decay,
            ..Adam::new(rate)
        };
        check(gpu, UNITS, adam, step, workgroups, random);
    }
}

#[test]
fn random_counts() {
    let gpu = RefCell::new(device::open());
    // Few workgroups along x make a grid of two dimensions.
    let cases = (
        1..60usize,
        1e-6..1.0f64,
        1..100_000u64,
        16..40u32,
        0..u64::MAX,
    );
    random_cases(24, cases, |(units, rate, step, workgroups, seed)| {
        let random = &mut Philox::new(72, seed);
        check(
            &mut gpu.borrow_mut(),
            units,
            Adam::new(rate),
            step,
            workgroups,
            random,
        );
    });
}

#[test]
fn step_sizes_are_those_of_the_twin() {
    for step in [1, 2, 3, 10, 1000, 1_000_000] {
        let twin = adam::Adam {
            learning_rate: 1e-3,
            ..adam::Adam::default()
        };
        assert_eq!(Adam::new(1e-3).step_size(step), twin.step_size(step));
    }
}

#[test]
fn gradients_that_are_not_finite_are_noticed() {
    let gpu = &mut device::open();
    let (plan, count) = plan(UNITS, Adam::new(1e-3), 1, 65_535);
    for faults in [
        &[(0, f32::NAN)][..],
        &[(7, f32::INFINITY)],
        &[(count - 1, f32::NEG_INFINITY)],
        &[(300, f32::NAN), (12, f32::INFINITY)],
    ] {
        let mut g = vec![f32::MAX / 4.0; count]; // large, but finite
        faults.iter().for_each(|&(at, fault)| g[at] = fault);
        let mut probe = Probe::new(&plan, |label| label == "adam");
        let zeros = vec![0.0f32; count];
        probe.set(names::GRADIENTS, &g);
        for name in [
            names::PARAMETERS,
            names::FIRST_MOMENTS,
            names::SECOND_MOMENTS,
        ] {
            probe.set(name, &zeros);
            probe.ignore(name);
        }
        probe.set("not_finite", &[0u32]);
        probe.run(gpu);
        // The last of them, in vec4 counted from 2.
        let last = faults.iter().map(|&(at, _)| at).max().unwrap() as u32;
        probe.compare_words("not_finite", 0, &[last / 4 + 2]);
        probe.finish("not finite");
    }
}
