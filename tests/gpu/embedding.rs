//! Gathering embedding rows, summing and scattering their gradients, against the f64 twin.

use std::cell::RefCell;

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::Model;
use gatefold::plan::{Limits, Plan, Storage};
use gatefold::random::Philox;
use gatefold::reference::embedding::{gather, gather_gradient, scatter_rows};

use crate::support::cases::random_cases;
use crate::support::device;
use crate::support::models::{
    VOCABULARY, equal_batch, random_batch, recurrent, spread, training_plan,
};
use crate::support::numbers::{
    GRADIENT_SCALE, double, half_words, magnitudes, parameters, sum_error, to_halves, uniform,
};
use crate::support::probe::Probe;

fn batches(random: &mut Philox) -> Vec<Batch> {
    vec![
        random_batch(1, 1, random),
        random_batch(7, 11, random),
        random_batch(300, 11, random), // every token more often than a run is long
        equal_batch(1, 1, 0),
        equal_batch(65, 1, 22),
        equal_batch(3944, 2, 5),
    ]
}

/// Widths that are and are not moved four numbers at a time.
const WIDTHS: [usize; 3] = [1, 5, 8];

struct Case {
    model: Model,
    batch: Batch,
    plan: Plan,
    parameters: Vec<Vec<f32>>,
}

impl Case {
    fn new(width: usize, batch: Batch, random: &mut Philox) -> Case {
        let model = spread(width, 3);
        let parameters = parameters(&model, random, 1.0);
        let plan = training_plan(&model, &Limits::WEBGPU, batch.shape());
        Case {
            model,
            batch,
            plan,
            parameters,
        }
    }

    /// Dispatches whose label starts so; bit 31 of a masked token's slot is set, and is to make no difference.
    fn probe(&self, label: &str) -> Probe {
        let mut probe = Probe::new(&self.plan, |found| found.starts_with(label));
        probe.set_batch(&self.batch, true);
        probe.set_parameters(&self.model, &self.parameters);
        probe.ignore_shared();
        probe
    }
}

/// Runs a check on every batch at every width, then on random batches at random widths.
fn each(seed: u64, check: impl Fn(&mut Device, &Case, usize, &mut Philox)) {
    let gpu = &mut device::open();
    let random = &mut Philox::new(31, seed);
    for width in WIDTHS {
        for batch in batches(random) {
            let case = Case::new(width, batch, random);
            check(gpu, &case, width, random);
        }
    }
    let gpu = RefCell::new(device::open());
    let sizes = (1..40usize, 1..200usize, 1..13usize, 0..u64::MAX);
    random_cases(12, sizes, |(width, length, size, seed)| {
        let random = &mut Philox::new(32, seed);
        let case = Case::new(width, random_batch(length, size, random), random);
        check(&mut gpu.borrow_mut(), &case, width, random);
    });
}

#[test]
fn gathers_the_rows_of_unique_tokens() {
    each(0, |gpu, case, width, _| {
        let mut probe = case.probe("embedding.gather");
        probe.run(gpu);
        let expected = gather(
            &double(&case.parameters[0]),
            &case.batch.tokens.unique,
            width,
        );
        probe.compare("embedding.unique", &expected, |_| 0.0);
        probe.finish("gather");
    });
}

#[test]
fn spreads_rows_over_the_positions() {
    each(1, |gpu, case, width, random| {
        let rows = uniform(random, case.batch.tokens.unique.len() * width, 1.0);
        let mut probe = case.probe("embedding.spread");
        probe.set("embedding.unique", &rows);
        probe.run(gpu);
        let expected = gather(&double(&rows), &case.batch.tokens.slots, width);
        probe.compare("embedding.positions", &expected, |_| 0.0);
        probe.finish("spread");
    });
}

#[test]
fn sums_over_the_positions_of_a_token() {
    each(2, |gpu, case, width, random| {
        let positions = case.batch.ids.len();
        let d_x = uniform(random, positions * width, 1.0);
        let mut probe = case.probe("embedding.sum_");
        let mut labels = case.plan.dispatches.iter().map(|dispatch| &dispatch.label);
        let first = labels.find(|label| label.starts_with("embedding.sum_"));
        let input = probe.bound(first.unwrap(), 0);
        probe.set(&input, &d_x);
        probe.run(gpu);
        let unique = case.batch.tokens.unique.len();
        let sums =
            |values: &[f64]| gather_gradient(values, &case.batch.tokens.slots, unique, width);
        let scale = sums(&magnitudes(&double(&d_x)));
        probe.compare("embedding.token_sums", &sums(&double(&d_x)), |i| {
            sum_error(positions) * scale[i]
        });
        probe.finish("token sums");
    });
}

/// Gradients that a recurrent layer has left as halves.
#[test]
fn sums_halves_over_the_positions_of_a_token() {
    if !device::is_adapter() {
        return;
    }
    let gpu = &mut device::open();
    let random = &mut Philox::new(33, 0);
    let limits = Limits::WEBGPU.with_storage(Storage::F16).unwrap();
    let model = recurrent(4, false, &[(3, 2)]);
    let width = 4 * 2 * 3;
    for batch in batches(random) {
        let plan = training_plan(&model, &limits, batch.shape());
        let dz = to_halves(&uniform(random, batch.ids.len() * width, 1.0));
        let scaled: Vec<f32> = dz.iter().map(|x| x * GRADIENT_SCALE as f32).collect();
        let mut probe = Probe::new(&plan, |found| found.starts_with("bidirectional.sum_"));
        probe.set_batch(&batch, true);
        probe.ignore_shared();
        probe.set("bidirectional.gates", &half_words(&scaled));
        probe.run(gpu);
        let unique = batch.tokens.unique.len();
        let sums = |values: &[f64]| gather_gradient(values, &batch.tokens.slots, unique, width);
        let scale = sums(&magnitudes(&double(&dz)));
        probe.compare("bidirectional.token_sums", &sums(&double(&dz)), |i| {
            sum_error(batch.ids.len()) * scale[i]
        });
        probe.finish("token sums of halves");
    }
}

#[test]
fn scatters_into_a_table_of_zeros() {
    each(3, |gpu, case, width, random| {
        let unique = &case.batch.tokens.unique;
        let d_unique = uniform(random, unique.len() * width, 1.0);
        let mut probe = case.probe("embedding.scatter");
        probe.set(&probe.bound("embedding.scatter", 0), &d_unique);
        probe.run(gpu);
        let expected = scatter_rows(&double(&d_unique), unique, VOCABULARY, width);
        let tensors: Vec<_> = case
            .parameters
            .iter()
            .enumerate()
            .map(|(i, _)| (i == 0).then(|| (expected.clone(), vec![0.0; expected.len()])))
            .collect();
        probe.compare_tensors("gradients", &case.model, &tensors);
        probe.ignore_cleared("gradients");
        probe.finish("scatter");
    });
}
