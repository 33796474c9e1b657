//! Rung 3: the f64 twins give the reference framework's float64 numbers.

use gatefold::reference::network::{Batch, Forward, Masks, Network};

use crate::support::fixture::{Fixture, STEPS, relative_error};

/// Nothing but the order of f64 sums differs.
const TOLERANCE: f64 = 1e-10;

/// Collects what deviates, so that one run shows all of it.
struct Comparison<'a> {
    fixture: &'a Fixture,
    failures: Vec<String>,
    compared: usize,
}

impl Comparison<'_> {
    fn tensor(&mut self, what: &str, found: &[f64], expected: &[f64]) {
        let error = relative_error(found, expected);
        self.compared += 1;
        if error.is_nan() || error > TOLERANCE {
            self.failures
                .push(format!("{}: {what}: {error:.2e}", self.fixture.name));
        }
    }

    fn parameters(&mut self, prefix: &str, found: &[Vec<f64>]) {
        let expected = self.fixture.expected(prefix);
        assert_eq!(found.len(), expected.len());
        for (n, (found, expected)) in found.iter().zip(&expected).enumerate() {
            if let Some(expected) = expected {
                let found = self.fixture.select(n, found);
                self.tensor(&format!("{prefix} of parameter {n}"), &found, expected);
            }
        }
    }
}

/// The inputs of one step, owned.
struct Step {
    steps: usize,
    size: usize,
    ids: Vec<u32>,
    labels: Vec<f32>,
    masks: Vec<Vec<f32>>,
}

impl Step {
    fn of(fixture: &Fixture, step: usize) -> Step {
        Step {
            steps: fixture.length,
            size: fixture.batch,
            ids: fixture.ids(step),
            labels: fixture.labels(step),
            masks: fixture.dropout_mask(step).into_iter().collect(),
        }
    }

    fn batch(&self) -> Batch<'_> {
        Batch {
            steps: self.steps,
            size: self.size,
            ids: &self.ids,
            labels: &self.labels,
            weights: None,
        }
    }

    fn masks(&self) -> Masks<'_> {
        if self.masks.is_empty() {
            Masks::Off
        } else {
            Masks::Given(&self.masks)
        }
    }

    fn train(&self, network: &mut Network) -> (Forward, Vec<Vec<f64>>) {
        network.train(&self.batch(), self.masks())
    }
}

fn compare(fixture: &Fixture) -> Comparison<'_> {
    let mut comparison = Comparison {
        fixture,
        failures: Vec::new(),
        compared: 0,
    };
    let initial: Vec<Vec<f64>> = fixture
        .initial()
        .iter()
        .map(|p| p.iter().map(|&x| f64::from(x)).collect())
        .collect();
    let mut network = Network::new(&fixture.model(), initial.clone());
    network.adam.weight_decay = fixture.weight_decay().unwrap_or(0.0);
    network.clip_norm = fixture.clip_norm();
    for step in 1..=STEPS {
        let (forward, gradients) = Step::of(fixture, step).train(&mut network);
        let loss = format!("loss{step}");
        comparison.tensor(&loss, &[forward.loss], fixture.tensor_f64(&loss));
        if step == 1 {
            for (n, expected) in fixture.layer_outputs().iter().enumerate() {
                if let Some(expected) = expected {
                    comparison.tensor(
                        &format!("output of layer {n}"),
                        &forward.outputs[n],
                        expected,
                    );
                }
            }
            let output = fixture.tensor_f64("output");
            comparison.tensor("output", &forward.probabilities, output);
            comparison.parameters("grad", &gradients);
            comparison.parameters("adam1", &network.parameters);
        }
    }
    comparison.parameters("adam3", &network.parameters);
    comparison.parameters("adam3_m", &network.m);
    comparison.parameters("adam3_v", &network.v);
    untouched_rows_stay(fixture, &initial[0], &network.parameters[0]);

    let first = Step::of(fixture, 1);
    let after = network.forward(&first.batch(), first.masks());
    let output = fixture.tensor_f64("output_after3");
    comparison.tensor("output_after3", &after.probabilities, output);
    let loss = fixture.tensor_f64("loss_after3");
    comparison.tensor("loss_after3", &[after.loss], loss);
    comparison
}

/// A fixture without all rows of the embedding says that the others did not move.
fn untouched_rows_stay(fixture: &Fixture, before: &[f64], after: &[f64]) {
    let Some(touched) = fixture.touched_rows() else {
        return;
    };
    let width = fixture.model().embedding().width;
    for row in (0..before.len() / width).filter(|row| !touched.contains(row)) {
        let range = row * width..(row + 1) * width;
        assert_eq!(
            before[range.clone()],
            after[range],
            "{}: row {row}",
            fixture.name
        );
    }
}

#[test]
fn reference_gives_the_numbers_of_every_fixture() {
    let mut failures = Vec::new();
    for fixture in Fixture::everywhere() {
        let comparison = compare(&fixture);
        assert!(
            comparison.compared > 3 * fixture.expected("grad").len(),
            "{}",
            fixture.name
        );
        failures.extend(comparison.failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn oracle_comparison_notices_a_wrong_gate() {
    let fixture = &Fixture::everywhere()[0];
    let mut comparison = Comparison {
        fixture,
        failures: Vec::new(),
        compared: 0,
    };
    let mut wrong: Vec<Vec<f64>> = fixture
        .expected("grad")
        .into_iter()
        .map(|expected| expected.expect("every fixture has gradients"))
        .collect();
    let columns = wrong[3].len();
    wrong[3].rotate_left(columns / 4); // bias of the first cell: f, g, o, i
    for (n, found) in wrong.iter().enumerate() {
        let expected = fixture.expected("grad")[n].clone().expect("as above");
        comparison.tensor(&format!("{n}"), found, &expected);
    }
    assert_eq!(comparison.failures.len(), 1);
}
