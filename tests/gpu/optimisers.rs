//! Gradient descent and RMSprop against their f64 twins.

use std::cell::RefCell;

use gatefold::device::Device;
use gatefold::model::initialise;
use gatefold::plan::{
    Gradients, Limits, Optimiser, ParameterLayout, Plan, RmsProp, Sgd, StepContext, names,
    training_step,
};
use gatefold::random::Philox;
use gatefold::reference::{rmsprop, sgd};
use gatefold::train::Session;

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{context, other_optimisers, random_batch, recurrent};
use crate::support::numbers::{UNIT, double, uniform};
use crate::support::probe::Probe;

/// Units of the layer whose parameters are updated.
pub const UNITS: usize = 33;

/// The plan of this step, and the numbers among its parameters.
pub fn plan(units: usize, optimiser: Optimiser, step: u64, workgroups: u32) -> (Plan, usize) {
    let model = recurrent(5, false, &[(units, 2)]);
    let context = StepContext {
        step,
        optimiser: Some(optimiser),
        ..context()
    };
    let layout = ParameterLayout::new(&model);
    let limits = Limits {
        workgroups,
        ..Limits::WEBGPU
    };
    let shape = random_batch(2, 2, &mut Philox::new(73, 0)).shape();
    let plan = training_step(&model, &layout, &limits, shape, context).unwrap();
    (plan, layout.len())
}

/// What an update begins with.
pub struct Drawn {
    /// Gradients of all magnitudes, 0 among them.
    pub g: Vec<f32>,
    /// Parameters.
    pub w: Vec<f32>,
    /// First moments, or moves.
    pub m: Vec<f32>,
    /// Second moments, 0 among them.
    pub v: Vec<f32>,
}

impl Drawn {
    /// So many numbers of each.
    pub fn new(random: &mut Philox, count: usize) -> Drawn {
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
        Drawn { g, w, m, v }
    }
}

/// The twin's update of parameters, in place, with velocity and moves.
fn update(optimiser: Optimiser, w: &mut [f64], g: &[f64], v: &mut [f64], m: &mut [f64]) {
    match optimiser {
        Optimiser::Adam(_) => panic!("has tests of its own"),
        Optimiser::Sgd(settings) => sgd::Sgd {
            learning_rate: settings.learning_rate,
            momentum: settings.momentum,
            nesterov: settings.nesterov,
            weight_decay: settings.weight_decay.unwrap_or(0.0),
        }
        .update(w, g, m),
        Optimiser::RmsProp(settings) => rmsprop::RmsProp {
            learning_rate: settings.learning_rate,
            rho: settings.rho,
            momentum: settings.momentum,
            epsilon: settings.epsilon,
            weight_decay: settings.weight_decay.unwrap_or(0.0),
        }
        .update(w, g, v, m),
    }
}

fn label(optimiser: Optimiser) -> &'static str {
    match optimiser {
        Optimiser::Adam(_) => "adam",
        Optimiser::Sgd(_) => "sgd",
        Optimiser::RmsProp(_) => "rmsprop",
    }
}

/// An update of all parameters of a model of `units` with random gradients, parameters and slots, by the device and by
/// the twin.
///
/// Bounds: a product of rounded factors errs by two units, each sum by one more of its result, which is no larger than
/// the sizes of its terms together; root and quotient may err by some units of the last place, and √(v + ε) by half of
/// what v does.
fn check(
    gpu: &mut Device,
    units: usize,
    optimiser: Optimiser,
    workgroups: u32,
    random: &mut Philox,
) {
    let (plan, count) = plan(units, optimiser, 1, workgroups);
    let Drawn { g, w, m, v } = Drawn::new(random, count);

    let kept = |name: &str| optimiser.slots().iter().any(|slot| slot.name == name);
    let mut probe = Probe::new(&plan, |name| name == label(optimiser));
    probe.set(names::GRADIENTS, &g);
    probe.set(names::PARAMETERS, &w);
    if kept(names::VELOCITY) {
        probe.set(names::VELOCITY, &v);
    }
    if kept(names::MOMENTUM) {
        probe.set(names::MOMENTUM, &m);
    }
    probe.set("not_finite", &[0u32]);
    probe.run(gpu);

    let (mut w_new, mut m_new, mut v_new) = (double(&w), double(&m), double(&v));
    update(optimiser, &mut w_new, &double(&g), &mut v_new, &mut m_new);
    let size = |x: f32| f64::from(x).abs();
    let v_error = |i: usize| 4.0 * UNIT * (size(v[i]) + size(g[i]) * size(g[i]));
    let (momentum, decays) = match optimiser {
        Optimiser::Sgd(sgd) => (sgd.momentum, sgd.weight_decay.is_some()),
        Optimiser::RmsProp(rmsprop) => (rmsprop.momentum, rmsprop.weight_decay.is_some()),
        Optimiser::Adam(adam) => (0.0, adam.weight_decay.is_some()),
    };
    // Of rate·g, or rate·g / √(v + ε): its size and its error.
    let step = |i: usize| match optimiser {
        Optimiser::RmsProp(rmsprop) => {
            let mean = v_new[i] + rmsprop.epsilon;
            let step = rmsprop.learning_rate * size(g[i]) / mean.sqrt();
            (step, step * (10.0 * UNIT + v_error(i) / mean))
        }
        _ => {
            let step = optimiser.learning_rate() * size(g[i]);
            (step, 4.0 * UNIT * step)
        }
    };
    let m_error = |i: usize| {
        let (step, error) = step(i);
        error + 4.0 * UNIT * (momentum * size(m[i]) + step)
    };
    if kept(names::VELOCITY) {
        probe.compare(names::VELOCITY, &v_new, v_error);
    }
    if kept(names::MOMENTUM) {
        probe.compare(names::MOMENTUM, &m_new, m_error);
    }
    probe.compare(names::PARAMETERS, &w_new, |i| {
        let (step, error) = step(i);
        // Of the weight, of what it loses where it decays, and where compilers add what Nesterov's look ahead takes to it
        // a term at a time.
        let nesterov = matches!(optimiser, Optimiser::Sgd(sgd) if sgd.nesterov);
        let roundings = if decays { 3.0 } else { 1.0 } + f64::from(u8::from(nesterov));
        let moved = momentum * size(m[i]) + step;
        roundings * UNIT * (size(w[i]) + moved) + 2.0 * (m_error(i) + error) + 4.0 * UNIT * moved
    });
    probe.finish(&format!("{units} units, {optimiser:?}"));
}

#[test]
fn updates_parameters_and_slots() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(73, 1);
    for optimiser in other_optimisers() {
        check(gpu, UNITS, optimiser, 65_535, random);
    }
    for decay in [0.004, 20.0] {
        let (weight_decay, learning_rate) = (Some(decay), 1e-2);
        for momentum in [0.0, 0.3] {
            let sgd = Sgd {
                momentum,
                weight_decay,
                ..Sgd::new(learning_rate)
            };
            check(gpu, UNITS, sgd.into(), 16, random);
            let rmsprop = RmsProp {
                rho: 0.7,
                momentum,
                epsilon: 1e-3,
                weight_decay,
                ..RmsProp::new(learning_rate)
            };
            check(gpu, UNITS, rmsprop.into(), 16, random);
        }
    }
}

#[test]
fn random_counts() {
    let gpu = RefCell::new(device::open());
    // Few workgroups along x make a grid of two dimensions.
    let cases = (
        1..60usize,
        1e-6..1.0f64,
        0.0..1.0f64,
        0..4u32,
        16..40u32,
        0..u64::MAX,
    );
    random_cases(
        24,
        cases,
        |(units, rate, momentum, form, workgroups, seed)| {
            let random = &mut Philox::new(74, seed);
            let optimiser = match form {
                0 | 1 => Optimiser::from(Sgd {
                    momentum,
                    nesterov: form == 1,
                    ..Sgd::new(rate)
                }),
                _ => Optimiser::from(RmsProp {
                    momentum: if form == 2 { 0.0 } else { momentum },
                    ..RmsProp::new(rate)
                }),
            };
            check(&mut gpu.borrow_mut(), units, optimiser, workgroups, random);
        },
    );
}

/// Fails unless the kernel of the optimiser notices the last gradient that is not finite.
pub fn notices_what_is_not_finite(gpu: &mut Device, optimiser: Optimiser) {
    let (plan, count) = plan(UNITS, optimiser, 1, 65_535);
    for faults in [
        &[(0, f32::NAN)][..],
        &[(7, f32::INFINITY)],
        &[(count - 1, f32::NEG_INFINITY)],
        &[(300, f32::NAN), (12, f32::INFINITY)],
    ] {
        let mut g = vec![f32::MAX / 4.0; count]; // large, but finite
        faults.iter().for_each(|&(at, fault)| g[at] = fault);
        let mut probe = Probe::new(&plan, |name| name == label(optimiser));
        let zeros = vec![0.0f32; count];
        probe.set(names::GRADIENTS, &g);
        let slots = optimiser.slots().iter().map(|slot| slot.name);
        for name in slots.chain([names::PARAMETERS]) {
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

#[test]
fn gradients_that_are_not_finite_are_noticed() {
    let gpu = &mut device::open();
    for optimiser in other_optimisers() {
        notices_what_is_not_finite(gpu, optimiser);
    }
}

/// Several steps of training, clipped and not: parameters and slots are those that the twin makes of the device's own
/// gradients, and a state that is put back goes on alike.
#[test]
fn steps_follow_the_twin() {
    let random = &mut Philox::new(73, 2);
    let model = recurrent(6, false, &[(7, 2)]);
    let start = initialise(&model, 3);
    let batches: Vec<_> = (0..5).map(|_| random_batch(6, 3, random)).collect();
    let limits = device::forms(&device::open()).pop().unwrap();
    let mut device = device::open();
    let bound = 0.05;
    for optimiser in other_optimisers() {
        for clip_norm in [None, Some(bound)] {
            let what = format!("{optimiser:?}, clipped to {clip_norm:?}");
            let mut session =
                Session::new(device, model.clone(), limits.clone(), &start, optimiser, 5).unwrap();
            let gradients = Gradients {
                clip_norm,
                ..Gradients::default()
            };
            session.set_gradients(gradients).unwrap();
            let mut w: Vec<Vec<f64>> = start.iter().map(|tensor| double(tensor)).collect();
            let zeros: Vec<Vec<f64>> = w.iter().map(|tensor| vec![0.0; tensor.len()]).collect();
            let (mut v, mut m) = (zeros.clone(), zeros);
            let mut middle = None;
            for (step, batch) in batches.iter().enumerate() {
                if step == 3 {
                    middle = Some(session.state().unwrap());
                }
                session.train(batch).unwrap();
                let tensors = session.tensors(names::GRADIENTS).unwrap();
                let mut g: Vec<Vec<f64>> = tensors.iter().map(|tensor| double(tensor)).collect();
                let norm = g.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
                let scale = clip_norm.map_or(1.0, |bound| (bound / norm).min(1.0));
                assert!(clip_norm.is_none() || scale < 1.0, "nothing is clipped");
                g.iter_mut().flatten().for_each(|g| *g *= scale);
                for n in 0..w.len() {
                    update(optimiser, &mut w[n], &g[n], &mut v[n], &mut m[n]);
                }
            }
            session.drain().unwrap();
            let state = session.state().unwrap();
            let near = |found: &[Vec<f32>], expected: &[Vec<f64>], name: &str| {
                for (found, expected) in found.iter().zip(expected) {
                    let error = relative_error(found, expected);
                    assert!(error <= 2e-6, "{what}: {name} {error:.2e}");
                }
            };
            near(&state.parameters, &w, names::PARAMETERS);
            assert_eq!(state.slots.len(), optimiser.slots().len());
            for slot in &state.slots {
                let expected = if slot.name == names::VELOCITY { &v } else { &m };
                near(&slot.tensors, expected, &slot.name);
            }
            // The same steps again, from the middle.
            session.restore(&middle.unwrap()).unwrap();
            for batch in &batches[3..] {
                session.train(batch).unwrap();
            }
            session.drain().unwrap();
            assert!(session.state().unwrap() == state, "{what}");
            device = session.into_device();
        }
    }
}

#[test]
fn the_state_of_another_optimiser_is_refused() {
    let model = recurrent(6, false, &[(7, 2)]);
    let start = initialise(&model, 3);
    let limits = device::forms(&device::open()).pop().unwrap();
    let open = |optimiser| {
        Session::new(
            device::open(),
            model.clone(),
            limits.clone(),
            &start,
            optimiser,
            5,
        )
        .unwrap()
    };
    let [plain, momentum] = [0, 1].map(|form| other_optimisers()[form]);
    let state = open(momentum).state().unwrap();
    let error = open(plain).restore(&state).unwrap_err().to_string();
    assert!(error.contains("state of the optimiser"), "{error}");
    // Nothing is kept where nothing has to be.
    assert!(open(plain).values(names::MOMENTUM, 1).is_err());
}
