//! The engine against Keras: a fixture's three steps on a device.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::device::Device;
use gatefold::model::LayerKind;
use gatefold::plan::{Adam, Gradients, Limits, names};
use gatefold::train::Session;

use super::fixture::{Fixture, relative_error};

/// Relative to Keras's float64, norm-wise for each tensor.
pub const TOLERANCE: f64 = 2e-5;

/// The same of an attention's parameters, whose gradients are sums of terms that nearly cancel: those of the
/// scores add up to 0 in every row.
const CANCELLED: f64 = 10.0;

/// Adam's second moments are squares of gradients, and so have twice their relative error.
const SQUARED: f64 = 2.0 * TOLERANCE;

/// The batch of a step.
pub fn batch(fixture: &Fixture, step: usize) -> Batch {
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
pub fn masks(fixture: &Fixture, step: usize) -> Vec<(String, Vec<f32>)> {
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

/// What was compared, and what differed.
pub struct Check<'a> {
    fixture: &'a Fixture,
    pub form: String,
    pub failures: Vec<String>,
    pub worst: f64,
}

impl<'a> Check<'a> {
    pub fn new(fixture: &'a Fixture, form: String) -> Check<'a> {
        Check {
            fixture,
            form,
            failures: Vec::new(),
            worst: 0.0,
        }
    }

    pub fn close(&mut self, what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
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

/// A session with the fixture's model and optimiser.
pub fn session(device: impl Into<Device>, fixture: &Fixture, limits: &Limits) -> Session {
    let mut session = Session::new(
        device,
        fixture.model(),
        limits.clone(),
        &fixture.initial(),
        Adam {
            weight_decay: fixture.weight_decay(),
            ..Adam::new(1e-4)
        },
        0,
    )
    .unwrap();
    let gradients = Gradients {
        clip_norm: fixture.clip_norm(),
        ..Gradients::default()
    };
    session.set_gradients(gradients).unwrap();
    session
}

/// The fixture's steps.
pub fn run<'a>(device: impl Into<Device>, fixture: &'a Fixture, limits: &Limits) -> Check<'a> {
    let mut check = Check::new(fixture, format!("{:?}", limits.form));
    let mut session = session(device, fixture, limits);

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
