//! Adam against the f64 twin.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::plan::{Adam, names};
use gatefold::random::Philox;
use gatefold::reference::adam;

use crate::optimisers::{Drawn, UNITS, notices_what_is_not_finite, plan};
use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::numbers::{UNIT, double};
use crate::support::probe::Probe;

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
    let (plan, count) = plan(units, adam.into(), step, workgroups);
    let Drawn { g, w, m, v } = Drawn::new(random, count);

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
    notices_what_is_not_finite(&mut device::open(), Adam::new(1e-3).into());
}
