//! The kernels of attention pooling against the f64 twin.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::{AttentionPooling, Model};
use gatefold::plan::{BatchLayout, Limits, ParameterLayout, Plan};
use gatefold::random::Philox;
use gatefold::reference::attention::{
    projection_gradient, scores, scores_gradient, softmax_over_time,
};
use gatefold::reference::pooling::{weighted_sum, weighted_sum_gradient};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{equal_batch, pooled, random_batch, training_plan};
use crate::support::numbers::{UNIT, double, index_of, magnitudes, parameters, sum_error, uniform};
use crate::support::probe::Probe;

const NAME: &str = "attention_pooling";

/// An attention pooling of an embedding, so that its input is a buffer of numbers that a test may choose.
struct Case {
    batch: Batch,
    width: usize,
    units: usize,
    masked: bool,
    model: Model,
    plan: Plan,
    parameters: Vec<Vec<f32>>,
}

impl Case {
    fn new(
        (width, units): (usize, usize),
        masked: bool,
        batch: Batch,
        across: u32,
        random: &mut Philox,
    ) -> Case {
        let model = pooled(width, masked, &[], AttentionPooling::new(units).into());
        // Few workgroups along x make a grid of two dimensions.
        let limits = Limits {
            workgroups: across,
            ..Limits::WEBGPU
        };
        Case {
            plan: training_plan(&model, &limits, batch.shape()),
            parameters: parameters(&model, random, 1.5),
            batch,
            width,
            units,
            masked,
            model,
        }
    }

    fn probe(&self, label: &str) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| found == label);
        let words = BatchLayout::new(self.batch.shape()).pack(&self.batch, self.masked);
        probe.set("batch", &words);
        let layout = ParameterLayout::new(&self.model);
        probe.set("parameters", &layout.pack(&self.parameters).unwrap());
        probe
    }

    fn context(&self) -> Vec<f64> {
        double(&self.parameters[index_of(&self.model, "attention_pooling.context")])
    }

    fn keep(&self) -> Option<Vec<bool>> {
        self.masked
            .then(|| self.batch.ids.iter().map(|&id| id != 0).collect())
    }

    /// Weights such as a softmax gives.
    fn weights(&self, random: &mut Philox) -> Vec<f32> {
        let scores = uniform(random, self.batch.ids.len(), 3.0);
        let weights = softmax_over_time(&double(&scores), self.batch.size, self.keep().as_deref());
        weights.iter().map(|&weight| weight as f32).collect()
    }

    fn what(&self) -> String {
        format!(
            "T={} B={} width {} units {}",
            self.batch.length, self.batch.size, self.width, self.units
        )
    }
}

/// Runs a check at many sizes, masked and not.
fn each(seed: u64, check: impl Fn(&mut Device, &Case, &mut Philox)) {
    let gpu = RefCell::new(device::open());
    let random = &mut Philox::new(95, seed);
    for sizes in [(1, 1), (5, 8), (8, 3)] {
        for masked in [false, true] {
            for batch in [
                random_batch(1, 1, random),
                random_batch(9, 11, random),
                random_batch(300, 3, random),
                equal_batch(7, 5, 0), // all masked, if any is
            ] {
                let case = Case::new(sizes, masked, batch, 65_535, random);
                check(&mut gpu.borrow_mut(), &case, random);
            }
        }
    }
    let sizes = (1..40usize, 1..40usize, 1..150usize, 1..13usize);
    random_cases(
        12,
        (sizes, 0..2u8, 0..u64::MAX),
        |((width, units, length, size), masked, seed)| {
            let random = &mut Philox::new(96, seed);
            let batch = random_batch(length, size, random);
            let case = Case::new((width, units), masked == 1, batch, 40, random);
            check(&mut gpu.borrow_mut(), &case, random);
        },
    );
}

#[test]
fn scores_of_positions() {
    each(0, |gpu, case, random| {
        let label = format!("{NAME}.scores");
        let z = uniform(random, case.batch.ids.len() * case.units, 4.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 1), &z);
        probe.run(gpu);
        let u: Vec<f64> = double(&z).iter().map(|z| z.tanh()).collect();
        let error = 12.0 * UNIT; // of the quotient of exponentials that tanh is
        probe.compare(&format!("{NAME}.u"), &u, |_| error);
        let context = case.context();
        let scale: f64 = magnitudes(&context).iter().sum();
        probe.compare(&label, &scores(&u, &context), |_| {
            (sum_error(case.units) + error) * scale
        });
        probe.finish(&case.what());
    });
}

#[test]
fn weights_are_a_softmax_over_time() {
    for range in [1.0, 60.0, 200.0] {
        each(1, |gpu, case, random| {
            let label = format!("{NAME}.weights");
            let scores = uniform(random, case.batch.ids.len(), range);
            let mut probe = case.probe(&label);
            probe.set(&probe.bound(&label, 0), &scores);
            probe.run(gpu);
            let expected =
                softmax_over_time(&double(&scores), case.batch.size, case.keep().as_deref());
            // A difference of scores errs by u of it, exp by 3 + 2·|x| units of the last place, a quotient by
            // 2.5; an exponential may round to 0.
            let bound = |i: usize| {
                let steps = sum_error(case.batch.length);
                expected[i] * (steps + 32.0 * UNIT + 12.0 * range * UNIT) + 1e-37
            };
            probe.compare(&label, &expected, bound);
            probe.finish(&case.what());
        });
    }
}

#[test]
fn weights_hand_on_what_is_not_a_number() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(97, 0);
    let label = format!("{NAME}.weights");
    let case = Case::new((4, 4), false, random_batch(9, 2, random), 65_535, random);
    let mut scores = uniform(random, 18, 1.0);
    scores[6] = f32::NAN; // timestep 3 of the first row
    let mut probe = case.probe(&label);
    probe.set(&probe.bound(&label, 0), &scores);
    probe.run(gpu);
    let weights = probe.values(&label, 18);
    for (p, weight) in weights.iter().enumerate() {
        assert_eq!(weight.is_nan(), p % 2 == 0, "{p}: {weights:?}");
    }
}

#[test]
fn gradients_of_scores() {
    each(2, |gpu, case, random| {
        let label = format!("{NAME}.d_weights");
        let size = case.batch.size;
        let weights = case.weights(random);
        let x = uniform(random, case.batch.ids.len() * case.width, 1.0);
        let d_y = uniform(random, size * case.width, 1.0);
        let mut probe = case.probe(&label);
        for (binding, values) in [&weights, &x, &d_y].into_iter().enumerate() {
            probe.set(&probe.bound(&label, binding), values);
        }
        probe.run(gpu);
        let (weights, x, d_y) = (double(&weights), double(&x), double(&d_y));
        let expected = scores_gradient(&weights, &x, &d_y, size);
        // No |x·d_y| is above the width, and the weights of a row add up to 1.
        let error = sum_error(case.width + case.batch.length + 4) * 2.0 * case.width as f64;
        probe.compare(&format!("{NAME}.d_scores"), &expected, |i| {
            error * weights[i]
        });
        probe.finish(&case.what());
    });
}

#[test]
fn gradients_of_the_projection() {
    each(3, |gpu, case, random| {
        let label = format!("{NAME}.d_scores");
        let d_scores = uniform(random, case.batch.ids.len(), 1.0);
        let u = uniform(random, case.batch.ids.len() * case.units, 1.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &d_scores);
        probe.set(&probe.bound(&label, 2), &u);
        probe.run(gpu);
        let (d_scores, u) = (double(&d_scores), double(&u));
        let context = case.context();
        let expected = projection_gradient(&d_scores, &context, &u);
        // 1 - u² errs by two roundings of numbers up to 1, the products by one each.
        probe.compare(&format!("{NAME}.u"), &expected, |i| {
            let factor = d_scores[i / case.units] * context[i % case.units];
            6.0 * UNIT * factor.abs()
        });
        probe.finish(&case.what());
    });
}

/// The gradient of v, before its sum over the rows, and that of x, added to what comes through the scores.
#[test]
fn sums_of_the_backward_pass() {
    each(4, |gpu, case, random| {
        let size = case.batch.size;
        let label = format!("{NAME}.d_context");
        let d_scores = uniform(random, case.batch.ids.len(), 1.0);
        let u = uniform(random, case.batch.ids.len() * case.units, 1.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &d_scores);
        probe.set(&probe.bound(&label, 1), &u);
        probe.run(gpu);
        let (d_scores, u) = (double(&d_scores), double(&u));
        let scale = weighted_sum(&magnitudes(&d_scores), &magnitudes(&u), size);
        probe.compare(&label, &weighted_sum(&d_scores, &u, size), |i| {
            sum_error(case.batch.length) * scale[i]
        });
        probe.finish(&case.what());

        let label = format!("{NAME}.d_summed");
        let weights = case.weights(random);
        let d_y = uniform(random, size * case.width, 1.0);
        let through_scores = uniform(random, case.batch.ids.len() * case.width, 1.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &weights);
        probe.set(&probe.bound(&label, 1), &d_y);
        probe.set(&probe.bound(&label, 2), &through_scores);
        probe.run(gpu);
        let summed = weighted_sum_gradient(&double(&weights), &double(&d_y), size);
        let expected: Vec<f64> = summed
            .iter()
            .zip(&through_scores)
            .map(|(a, &b)| a + f64::from(b))
            .collect();
        probe.compare(&format!("{NAME}.d_input"), &expected, |i| {
            2.0 * UNIT * (summed[i].abs() + f64::from(through_scores[i]).abs())
        });
        probe.finish(&case.what());
    });
}
