//! Whole training steps against the f64 network.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::batch::Batch;
use gatefold::device::Device;
use gatefold::model::{Gru, Lstm, Model, initialise};
use gatefold::native::Native;
use gatefold::plan::{Adam, Gradients, Limits, names};
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::Session;

use super::fixture::relative_error;
use super::models::{
    all_pooled, batch_of_classes, classifier, equal_batch, gru, normalised, on_twin, random_batch,
    recurrent, spread, stacked,
};
use super::numbers::{double, parameters};

/// Relative to the twin, norm-wise for each tensor.
pub const TOLERANCE: f64 = 2e-5;

/// Relative to the largest gradient of the layer for an attention's parameters, whose gradients are sums of terms that
/// nearly cancel: those of the scores add up to 0 in every row.
const CANCELLED: f64 = 10.0 * TOLERANCE;

const SEED: u64 = 0x0123_4567_89ab_cdef;

/// A session on the processor that clips gradients and measures their norms, with initial parameters.
pub fn measuring_session(native: Native, model: &Model) -> Session {
    let limits = native.limits();
    let parameters = initialise(model, 5);
    let adam = Adam::new(1e-2);
    measuring(Session::new(native, model.clone(), limits, &parameters, adam, 5).unwrap())
}

/// The session, which clips gradients from now on and measures their norms.
pub fn measuring(mut session: Session) -> Session {
    let gradients = Gradients {
        clip_norm: Some(0.05),
        measure_norm: true,
        measure_layer_norms: true,
    };
    session.set_gradients(gradients).unwrap();
    session
}

pub fn session(
    device: impl Into<Device>,
    model: &Model,
    limits: &Limits,
    parameters: &[Vec<f32>],
) -> Session {
    Session::new(
        device,
        model.clone(),
        limits.clone(),
        parameters,
        Adam::new(1e-3),
        SEED,
    )
    .unwrap()
}

/// Loss and gradients of a step on the device.
pub fn gradients(session: &mut Session, batch: &Batch) -> (f32, Vec<Vec<f32>>) {
    session.train_with_masks(batch, false, &[]).unwrap();
    let loss = session.drain().unwrap()[0].loss;
    (loss, session.tensors(names::GRADIENTS).unwrap())
}

/// Compares loss and all gradients of a step, and the loss of an evaluation, with the twin's.
pub fn check(
    device: Device,
    model: &Model,
    limits: &Limits,
    batch: &Batch,
    random: &mut Philox,
) -> Device {
    let what = format!(
        "{} T={} B={} {limits:?}",
        model.summary(),
        batch.length,
        batch.size
    );
    let parameters = parameters(model, random, 1.5);
    let twin = Network::new(
        model,
        parameters.iter().map(|tensor| double(tensor)).collect(),
    );
    let mut session = session(device, model, limits, &parameters);

    // What another batch left in the buffers makes no difference.
    gradients(&mut session, &random_batch(9, 4, random));
    let (loss, found) = gradients(&mut session, batch);
    let forward = twin.forward(
        &on_twin(batch),
        Masks::Drawn {
            seed: SEED,
            step: 1,
        },
    );
    let expected = twin.backward(&on_twin(batch), &forward);
    assert!(
        (f64::from(loss) - forward.loss).abs() <= TOLERANCE * forward.loss,
        "loss {loss}, {}: {what}",
        forward.loss
    );
    let norm = |tensor: &[f64]| tensor.iter().map(|x| x * x).sum::<f64>().sqrt();
    let largest_of = |layer: &str| {
        let parameters = model.parameters().iter().zip(&expected);
        parameters
            .filter(|(parameter, _)| parameter.name.starts_with(layer))
            .map(|(_, tensor)| norm(tensor))
            .fold(0.0, f64::max)
    };
    for ((parameter, found), expected) in model.parameters().iter().zip(&found).zip(&expected) {
        let error = relative_error(found, expected);
        let (layer, _) = parameter.name.split_once('.').unwrap();
        let tolerance = match layer {
            "attention_pooling" => CANCELLED * largest_of(layer) / norm(expected),
            _ => TOLERANCE,
        };
        assert!(
            error <= tolerance,
            "gradient of {}: relative error {error:.1e}: {what}",
            parameter.name
        );
    }

    session.evaluate(batch).unwrap();
    let result = &session.drain().unwrap()[0];
    let forward = twin.forward(&on_twin(batch), Masks::Off);
    assert!(
        (f64::from(result.loss) - forward.loss).abs() <= TOLERANCE * forward.loss,
        "evaluation: {what}"
    );
    assert_eq!(
        f64::from(result.right),
        (forward.accuracy * batch.size as f64).round(),
        "{what}"
    );
    session.into_device()
}

/// Checks models of sizes that are not round, with every kind of layer.
pub fn check_odd_models(mut device: Device, limits: &Limits, random: &mut Philox) -> Device {
    let cases = [
        (
            recurrent(5, true, &[(5, 2), (7, 1)]),
            random_batch(7, 11, random),
        ),
        (recurrent(5, false, &[(5, 1)]), random_batch(1, 1, random)),
        (
            recurrent(12, false, &[(32, 2), (16, 1)]),
            random_batch(60, 11, random),
        ),
        (recurrent(8, true, &[(96, 2)]), random_batch(9, 3, random)),
        (
            recurrent(4, false, &[(8, 1), (8, 2), (8, 2)]),
            random_batch(5, 2, random),
        ),
        (spread(6, 4), equal_batch(130, 11, 4)),
        (gru(5, true, &[(5, 2), (7, 1)]), random_batch(7, 11, random)),
        (gru(5, false, &[(5, 1)]), random_batch(1, 1, random)),
        (
            gru(12, false, &[(32, 2), (16, 1)]),
            random_batch(60, 11, random),
        ),
        (
            stacked(
                4,
                true,
                vec![
                    (Gru::new(8).into(), 2),
                    (Lstm::new(8).into(), 1),
                    (Gru::new(8).into(), 1),
                ],
            ),
            random_batch(30, 3, random),
        ),
    ];
    for (model, batch) in cases {
        device = check(device, &model, limits, &batch, random);
    }
    for width in [5, 8] {
        let batch = random_batch(70, 11, random);
        device = check(device, &normalised(width), limits, &batch, random);
    }
    for classes in [2, 5] {
        let batch = batch_of_classes(9, 11, classes, random);
        device = check(
            device,
            &classifier(classes as usize),
            limits,
            &batch,
            random,
        );
    }
    for masked in [false, true] {
        for model in all_pooled(masked) {
            let batch = random_batch(9, 11, random);
            device = check(device, &model, limits, &batch, random);
        }
    }
    device
}
