//! Whole training steps against the f64 network, and what must hold of them whatever the numbers are.

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::gpu::Gpu;
use gatefold::model::{Gru, Lstm, Model};
use gatefold::plan::{Adam, Limits, names};
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::Session;

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{
    all_pooled, batch_of_classes, classifier, equal_batch, gru, normalised, on_twin, random_batch,
    recurrent, spread, stacked,
};
use crate::support::numbers::{double, parameters};

/// Relative to the twin, norm-wise for each tensor.
const TOLERANCE: f64 = 2e-5;

/// Relative to the largest gradient of the layer for an attention's parameters, whose gradients are sums of terms that
/// nearly cancel: those of the scores add up to 0 in every row.
const CANCELLED: f64 = 10.0 * TOLERANCE;

const SEED: u64 = 0x0123_4567_89ab_cdef;

fn session(gpu: Gpu, model: &Model, limits: &Limits, parameters: &[Vec<f32>]) -> Session {
    Session::new(
        gpu,
        model.clone(),
        limits.clone(),
        parameters,
        Adam::new(1e-3),
        SEED,
    )
    .unwrap()
}

/// Loss and gradients of a step on the device.
fn gradients(session: &mut Session, batch: &Batch) -> (f32, Vec<Vec<f32>>) {
    session.train_with_masks(batch, false, &[]).unwrap();
    let loss = session.drain().unwrap()[0].loss;
    (loss, session.tensors(names::GRADIENTS).unwrap())
}

/// Compares loss and all gradients of a step, and the loss of an evaluation, with the twin's.
fn check(gpu: Gpu, model: &Model, limits: &Limits, batch: &Batch, random: &mut Philox) -> Gpu {
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
    let mut session = session(gpu, model, limits, &parameters);

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
    session.into_gpu()
}

#[test]
fn steps_of_odd_models_are_those_of_the_twin() {
    let mut gpu = device::open();
    let random = &mut Philox::new(81, 0);
    for limits in device::forms(&gpu) {
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
            gpu = check(gpu, &model, &limits, &batch, random);
        }
        for width in [5, 8] {
            let batch = random_batch(70, 11, random);
            gpu = check(gpu, &normalised(width), &limits, &batch, random);
        }
        for classes in [2, 5] {
            let batch = batch_of_classes(9, 11, classes, random);
            gpu = check(gpu, &classifier(classes as usize), &limits, &batch, random);
        }
        for masked in [false, true] {
            for model in all_pooled(masked) {
                let batch = random_batch(9, 11, random);
                gpu = check(gpu, &model, &limits, &batch, random);
            }
        }
    }
    let stepwise = Limits {
        workgroup_invocations: 1,
        ..device::forms(&gpu).remove(0)
    };
    for model in [recurrent, gru].map(|of| of(5, true, &[(5, 2), (7, 1)])) {
        let batch = random_batch(7, 11, random);
        gpu = check(gpu, &model, &stepwise, &batch, random);
    }
}

#[test]
fn padding_that_is_masked_changes_no_bit_of_the_loss() {
    let random = &mut Philox::new(82, 0);
    for model in [recurrent, gru].map(|of| of(4, true, &[(8, 2), (5, 2)])) {
        masked_padding_changes_no_bit(&model, random);
    }
}

fn masked_padding_changes_no_bit(model: &Model, random: &mut Philox) {
    let parameters = parameters(model, random, 1.0);
    let reviews: Vec<Review> = (0..5)
        .map(|n| Review {
            ids: (0..3 + 2 * n).map(|_| 1 + random.below(20)).collect(),
            label: (n % 2) as u8,
        })
        .collect();
    let longer = |review: &Review| Review {
        ids: [&review.ids[..], &[0; 9]].concat().into(),
        label: review.label,
    };
    let longer: Vec<Review> = reviews.iter().map(longer).collect();
    for limits in device::forms(&device::open()) {
        let losses = [&reviews, &longer].map(|reviews| {
            let mut session = session(device::open(), model, &limits, &parameters);
            session
                .evaluate(&Batch::new(&reviews.iter().collect::<Vec<_>>()))
                .unwrap();
            session.drain().unwrap()[0].loss.to_bits()
        });
        assert_eq!(losses[0], losses[1], "{limits:?}");
    }
}

#[test]
fn the_gradient_of_a_batch_is_the_mean_of_its_halves() {
    let random = &mut Philox::new(83, 0);
    let model = recurrent(4, false, &[(8, 2)]);
    // Without the dropout layer, whose mask depends on the place in the batch.
    let model = gatefold::model::Sequential::new("halves")
        .add(gatefold::model::Embedding::new(23, 4))
        .add(model.layers()[1].kind.clone())
        .add(gatefold::model::Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let parameters = parameters(&model, random, 1.0);
    let reviews: Vec<Review> = (0..6)
        .map(|n| Review {
            ids: (0..12).map(|_| random.below(23)).collect(),
            label: (n % 2) as u8,
        })
        .collect();
    let gpu = device::open();
    for limits in device::forms(&gpu) {
        let mut session = session(device::open(), &model, &limits, &parameters);
        let mut of = |reviews: &[Review]| {
            gradients(
                &mut session,
                &Batch::new(&reviews.iter().collect::<Vec<_>>()),
            )
            .1
        };
        let (whole, first, second) = (of(&reviews), of(&reviews[..3]), of(&reviews[3..]));
        for (i, parameter) in model.parameters().iter().enumerate() {
            let mean: Vec<f64> = first[i]
                .iter()
                .zip(&second[i])
                .map(|(&a, &b)| (f64::from(a) + f64::from(b)) / 2.0)
                .collect();
            let error = relative_error(&whole[i], &mean);
            assert!(
                error <= TOLERANCE,
                "{}: relative error {error:.1e}",
                parameter.name
            );
        }
    }
}
