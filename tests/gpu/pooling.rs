//! Pooling over time, forward and backward, against the f64 twin.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::{Bidirectional, GlobalAveragePooling1D, GlobalMaxPooling1D, LayerKind, Lstm};
use gatefold::plan::{BatchLayout, Limits, Plan};
use gatefold::random::Philox;
use gatefold::reference::pooling::{
    max, max_gradient, mean_weights, ties, weighted_sum, weighted_sum_gradient,
};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{equal_batch, pooled, random_batch, training_plan};
use crate::support::numbers::{UNIT, double, magnitudes, sum_error, uniform};
use crate::support::probe::Probe;

const MAX: &str = "global_max_pooling1d";
const MEAN: &str = "global_average_pooling1d";

/// A pooling of an embedding, so that its input is a buffer of numbers that a test may choose.
struct Case {
    batch: Batch,
    width: usize,
    masked: bool,
    plan: Plan,
}

impl Case {
    fn new(pooling: LayerKind, width: usize, masked: bool, batch: Batch, across: u32) -> Case {
        let model = pooled(width, masked, &[], pooling);
        // Few workgroups along x make a grid of two dimensions.
        let limits = Limits {
            workgroups: across,
            ..Limits::WEBGPU
        };
        Case {
            plan: training_plan(&model, &limits, batch.shape()),
            batch,
            width,
            masked,
        }
    }

    fn probe(&self, label: &str) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| found == label);
        let words = BatchLayout::new(self.batch.shape()).pack(&self.batch, self.masked);
        probe.set("batch", &words);
        probe
    }

    /// Numbers of a timestep.
    fn size(&self) -> usize {
        self.batch.size * self.width
    }

    fn keep(&self) -> Option<Vec<bool>> {
        self.masked
            .then(|| self.batch.ids.iter().map(|&id| id != 0).collect())
    }

    fn what(&self) -> String {
        let Case { batch, width, .. } = self;
        format!("T={} B={} width {width}", batch.length, batch.size)
    }
}

/// Runs a check at many sizes, masked and not.
fn each(pooling: LayerKind, seed: u64, check: impl Fn(&mut Device, &Case, &mut Philox)) {
    let gpu = RefCell::new(device::open());
    let random = &mut Philox::new(91, seed);
    for width in [1, 5, 8] {
        for masked in [false, true] {
            for batch in [
                random_batch(1, 1, random),
                random_batch(9, 11, random),
                random_batch(300, 3, random),
                equal_batch(7, 70, 0), // all masked, if any is
            ] {
                let case = Case::new(pooling.clone(), width, masked, batch, 65_535);
                check(&mut gpu.borrow_mut(), &case, random);
            }
        }
    }
    let sizes = (1..40usize, 1..150usize, 1..13usize, 0..2u8, 0..u64::MAX);
    random_cases(12, sizes, |(width, length, size, masked, seed)| {
        let random = &mut Philox::new(92, seed);
        let batch = random_batch(length, size, random);
        let case = Case::new(pooling.clone(), width, masked == 1, batch, 40);
        check(&mut gpu.borrow_mut(), &case, random);
    });
}

/// Few different numbers, so that many are equal.
fn coarse(random: &mut Philox, count: usize) -> Vec<f32> {
    let step = |x: &f32| (4.0 * x).round();
    uniform(random, count, 1.0).iter().map(step).collect()
}

#[test]
fn the_greatest_value_over_time() {
    each(GlobalMaxPooling1D::new().into(), 0, |gpu, case, random| {
        let label = format!("{MAX}.forward");
        let x = coarse(random, case.batch.length * case.size());
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &x);
        probe.run(gpu);
        let y = max(&double(&x), case.size());
        probe.compare(&format!("{MAX}.y"), &y, |_| 0.0);
        let ties = ties(&double(&x), &y);
        probe.compare(&format!("{MAX}.ties"), &ties, |_| 0.0);
        probe.finish(&case.what());
    });
}

#[test]
fn equal_greatest_values_share_the_gradient() {
    each(GlobalMaxPooling1D::new().into(), 1, |gpu, case, random| {
        let label = format!("{MAX}.d_input");
        let x = coarse(random, case.batch.length * case.size());
        let d_y = uniform(random, case.size(), 1.0);
        let y = max(&double(&x), case.size());
        let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &x);
        probe.set(&format!("{MAX}.y"), &single(&y));
        probe.set(&format!("{MAX}.ties"), &single(&ties(&double(&x), &y)));
        probe.set(&probe.bound(&label, 3), &d_y);
        probe.run(gpu);
        let expected = max_gradient(&double(&x), &y, &double(&d_y));
        // WGSL lets a quotient err by 2.5 units of the last place.
        probe.compare(&label, &expected, |i| 5.0 * UNIT * expected[i].abs());
        probe.finish(&case.what());
    });
}

#[test]
fn a_maximum_hands_on_what_is_not_a_number() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(93, 0);
    let label = format!("{MAX}.forward");
    for width in [3, 4] {
        let pooling = GlobalMaxPooling1D::new().into();
        let case = Case::new(pooling, width, false, random_batch(5, 2, random), 65_535);
        for place in 0..5 {
            let mut x = uniform(random, 5 * case.size(), 1.0);
            x[place * case.size() + 1] = f32::NAN;
            let mut probe = case.probe(&label);
            probe.set(&probe.bound(&label, 0), &x);
            probe.run(gpu);
            let y = probe.values(&format!("{MAX}.y"), case.size());
            let nans: Vec<usize> = (0..y.len()).filter(|&n| y[n].is_nan()).collect();
            assert_eq!(nans, [1], "timestep {place}, width {width}: {y:?}");
        }
    }
}

#[test]
fn weights_of_a_mean() {
    let pooling = || GlobalAveragePooling1D::new().into();
    each(pooling(), 2, |gpu, case, _| {
        let label = format!("{MEAN}.weights");
        let mut probe = case.probe(&label);
        probe.run(gpu);
        let (length, size) = (case.batch.length, case.batch.size);
        let expected = mean_weights(length, size, case.keep().as_deref());
        probe.compare(&label, &expected, |i| 5.0 * UNIT * expected[i]);
        probe.finish(&case.what());
    });
}

#[test]
fn weighted_sums_over_time() {
    let pooling = || GlobalAveragePooling1D::new().into();
    each(pooling(), 3, |gpu, case, random| {
        let label = format!("{MEAN}.forward");
        let (length, size) = (case.batch.length, case.batch.size);
        let weights = uniform(random, length * size, 1.0);
        let x = uniform(random, length * case.size(), 1.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &weights);
        probe.set(&probe.bound(&label, 1), &x);
        probe.run(gpu);
        let (weights, x) = (double(&weights), double(&x));
        let expected = weighted_sum(&weights, &x, size);
        let scale = weighted_sum(&magnitudes(&weights), &magnitudes(&x), size);
        probe.compare(&format!("{MEAN}.y"), &expected, |i| {
            sum_error(length) * scale[i]
        });
        probe.finish(&case.what());
    });
}

#[test]
fn gradients_of_weighted_sums() {
    let pooling = || GlobalAveragePooling1D::new().into();
    each(pooling(), 4, |gpu, case, random| {
        let label = format!("{MEAN}.d_summed");
        let (length, size) = (case.batch.length, case.batch.size);
        let weights = uniform(random, length * size, 1.0);
        let d_y = uniform(random, case.size(), 1.0);
        let mut probe = case.probe(&label);
        probe.set(&probe.bound(&label, 0), &weights);
        probe.set(&probe.bound(&label, 1), &d_y);
        probe.run(gpu);
        let expected = weighted_sum_gradient(&double(&weights), &double(&d_y), size);
        probe.compare(&format!("{MEAN}.d_input"), &expected, |i| {
            UNIT * expected[i].abs()
        });
        probe.finish(&case.what());
    });
}

/// What a bidirectional layer gives, and its gradient, where a maximum above it looks at masked timesteps.
#[test]
fn masked_positions_are_zero_below_a_maximum() {
    let gpu = &mut device::open();
    let random = &mut Philox::new(94, 0);
    for (units, across) in [(3, 65_535), (4, 5)] {
        let between = [Bidirectional::new(Lstm::new(units).return_sequences()).into()];
        let model = pooled(4, true, &between, GlobalMaxPooling1D::new().into());
        let limits = Limits {
            workgroups: across,
            ..Limits::WEBGPU
        };
        for batch in [
            random_batch(1, 1, random),
            random_batch(60, 5, random),
            equal_batch(3, 2, 0),
        ] {
            let plan = training_plan(&model, &limits, batch.shape());
            for label in ["bidirectional.y", "bidirectional.d_y"] {
                let x = uniform(random, batch.ids.len() * 2 * units, 1.0);
                let mut probe = Probe::new(&plan, |found| found == label);
                let words = BatchLayout::new(batch.shape()).pack(&batch, true);
                probe.set("batch", &words);
                probe.set(&probe.bound(label, 1), &x);
                probe.run(gpu);
                let kept = |(i, &value): (usize, &f32)| match batch.ids[i / (2 * units)] {
                    0 => 0.0,
                    _ => f64::from(value),
                };
                let expected: Vec<f64> = x.iter().enumerate().map(kept).collect();
                probe.compare(label, &expected, |_| 0.0);
                probe.finish(label);
            }
        }
    }
    let dispatches = |masked, pooling| {
        let between = [Bidirectional::new(Lstm::new(3).return_sequences()).into()];
        let model = pooled(4, masked, &between, pooling);
        let plan = training_plan(&model, &Limits::WEBGPU, equal_batch(3, 2, 1).shape());
        let zeroed = plan.dispatches.iter();
        zeroed
            .filter(|dispatch| dispatch.kernel.name() == "zero_masked")
            .count()
    };
    assert_eq!(dispatches(true, GlobalMaxPooling1D::new().into()), 2);
    assert_eq!(dispatches(false, GlobalMaxPooling1D::new().into()), 0);
    assert_eq!(dispatches(true, GlobalAveragePooling1D::new().into()), 0);
}
