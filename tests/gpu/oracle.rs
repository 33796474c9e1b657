//! The engine against Keras: every fixture, the project's own and the oracle's, in every form of the kernels.

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::model::{LayerKind, Output};
use gatefold::plan::{Adam, Limits, names};
use gatefold::train::Session;

use crate::support::device;
use crate::support::fixture::{Fixture, relative_error};

/// Relative to Keras's float64, norm-wise for each tensor.
const TOLERANCE: f64 = 2e-5;

/// The same of an attention's parameters, whose gradients are sums of terms that nearly cancel: those of the
/// scores add up to 0 in every row.
const CANCELLED: f64 = 10.0;

/// Adam's second moments are squares of gradients, and so have twice their relative error.
const SQUARED: f64 = 2.0 * TOLERANCE;

fn batch(fixture: &Fixture, step: usize) -> Batch {
    let ids = fixture.ids(step); // [T, B]
    let row = |b: usize| {
        (0..fixture.length)
            .map(|t| ids[t * fixture.batch + b])
            .collect()
    };
    let labels = fixture.labels(step);
    let reviews: Vec<Review> = (0..fixture.batch)
        .map(|b| Review {
            ids: row(b),
            label: labels[b] as u8,
        })
        .collect();
    Batch::new(&reviews.iter().collect::<Vec<_>>())
}

/// The masks of the fixture's dropout layers, by name of buffer.
fn masks(fixture: &Fixture, step: usize) -> Vec<(String, Vec<f32>)> {
    let Some(mask) = fixture.dropout_mask(step) else {
        return Vec::new();
    };
    let model = fixture.model();
    let dropout = model
        .layers()
        .iter()
        .filter(|layer| matches!(layer.kind, LayerKind::Dropout(_)));
    dropout
        .map(|layer| (format!("{}.mask", layer.name), mask.clone()))
        .collect()
}

struct Check<'a> {
    fixture: &'a Fixture,
    form: String,
    failures: Vec<String>,
    worst: f64,
}

impl Check<'_> {
    fn close(&mut self, what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
        let error = relative_error(found, expected);
        self.worst = self.worst.max(error);
        if error.is_nan() || error > tolerance {
            self.failures.push(format!(
                "{} {} {what}: relative error {error:.2e}",
                self.fixture.name, self.form
            ));
        }
    }

    fn tensors(&mut self, prefix: &str, found: &[Vec<f32>], tolerance: f64) {
        let model = self.fixture.model();
        for (i, expected) in self.fixture.expected(prefix).iter().enumerate() {
            if let Some(expected) = expected {
                let found = self.fixture.select(i, &found[i]);
                let name = &model.parameters()[i].name;
                let factor = match name.starts_with("attention_pooling") {
                    true => CANCELLED,
                    false => 1.0,
                };
                let what = format!("{prefix}.{name}");
                self.close(&what, &found, expected, factor * tolerance);
            }
        }
    }

    fn loss(&mut self, name: &str, session: &mut Session) {
        let results = session.drain().unwrap();
        self.close(
            name,
            &[results[0].loss],
            &[self.fixture.number(name)],
            TOLERANCE,
        );
    }
}

fn session(fixture: &Fixture, limits: &Limits) -> Session {
    let gpu = device::open();
    Session::new(
        gpu,
        fixture.model(),
        limits.clone(),
        &fixture.initial(),
        Adam {
            weight_decay: fixture.weight_decay(),
            ..Adam::new(1e-4)
        },
        0,
    )
    .unwrap()
}

fn run<'a>(fixture: &'a Fixture, limits: &Limits) -> Check<'a> {
    let form = format!("{:?}", limits.form);
    let mut check = Check {
        fixture,
        form,
        failures: Vec::new(),
        worst: 0.0,
    };
    let mut session = session(fixture, limits);

    session
        .train_with_masks(&batch(fixture, 1), false, &masks(fixture, 1))
        .unwrap();
    check.loss("loss1", &mut session);
    let gradients = session.tensors(names::GRADIENTS).unwrap();
    check.tensors("grad", &gradients, TOLERANCE);

    for step in 1..=3 {
        session
            .train_with_masks(&batch(fixture, step), true, &masks(fixture, step))
            .unwrap();
        check.loss(&format!("loss{step}"), &mut session);
        if step != 2 {
            let parameters = session.parameters().unwrap();
            check.tensors(&format!("adam{step}"), &parameters, TOLERANCE);
        }
    }
    let moments = session.tensors(names::FIRST_MOMENTS).unwrap();
    check.tensors("adam3_m", &moments, TOLERANCE);
    let moments = session.tensors(names::SECOND_MOMENTS).unwrap();
    check.tensors("adam3_v", &moments, SQUARED);

    // An explicit mask stays in force in the fixture's last evaluation, so that is a training pass there.
    let masks = masks(fixture, 1);
    if masks.is_empty() {
        session.evaluate(&batch(fixture, 1)).unwrap();
    } else {
        session
            .train_with_masks(&batch(fixture, 1), false, &masks)
            .unwrap();
    }
    check.loss("loss_after3", &mut session);
    check
}

#[test]
fn oracle_fixtures_in_every_form() {
    let fixtures = Fixture::everywhere();
    let gpu = device::open();
    let mut failures = Vec::new();
    for limits in device::forms(&gpu) {
        for fixture in &fixtures {
            let check = run(fixture, &limits);
            eprintln!(
                "{:<32} {:<24} worst relative error {:.1e}",
                fixture.name, check.form, check.worst
            );
            failures.extend(check.failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn oracle_layer_outputs() {
    let mut failures = Vec::new();
    for fixture in Fixture::everywhere() {
        let limits = device::forms(&device::open()).pop().unwrap();
        let mut session = session(&fixture, &limits);
        session
            .train_with_masks(&batch(&fixture, 1), false, &masks(&fixture, 1))
            .unwrap();
        session.drain().unwrap();
        let mut check = Check {
            fixture: &fixture,
            form: String::new(),
            failures: Vec::new(),
            worst: 0.0,
        };
        let model = fixture.model();
        for (layer, expected) in model.layers().iter().zip(fixture.layer_outputs()) {
            let Some(expected) = expected else { continue };
            let buffer = match &layer.kind {
                LayerKind::Lstm(lstm) if !lstm.return_sequences => "last",
                LayerKind::Gru(gru) if !gru.return_sequences => "last",
                LayerKind::Bidirectional(both) if !both.layer.return_sequences() => "last",
                LayerKind::Lstm(_) | LayerKind::Gru(_) | LayerKind::Bidirectional(_) => "h",
                LayerKind::Dense(_)
                | LayerKind::GlobalMaxPooling1D(_)
                | LayerKind::GlobalAveragePooling1D(_)
                | LayerKind::AttentionPooling(_)
                | LayerKind::LayerNormalization(_) => "y",
                LayerKind::Embedding(_) | LayerKind::Dropout(_) => continue,
            };
            let found = session
                .values(&format!("{}.{buffer}", layer.name), expected.len())
                .unwrap();
            // Of a bidirectional layer Keras has zeros at masked timesteps, the recurrence the state before.
            let ids = fixture.ids(1);
            let width = expected.len() / ids.len();
            let masked = fixture.mask_zero() && matches!(layer.output, Output::Sequence { .. });
            let seen = |&(i, _): &(usize, f64)| !masked || ids[i / width] != 0;
            let (found, expected): (Vec<f32>, Vec<f64>) = expected
                .iter()
                .copied()
                .enumerate()
                .filter(seen)
                .map(|(i, expected)| (found[i], expected))
                .unzip();
            check.close(&layer.name, &found, &expected, TOLERANCE);
        }
        failures.extend(check.failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
