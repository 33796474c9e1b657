//! Padding on either end: a model that masks it does not see where it stands.

use gatefold::batch::{Batch, Padding, Scratch, Side};
use gatefold::data::Review;
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, Limits, names};
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::Session;

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{VOCABULARY, on_twin, recurrent};
use crate::support::numbers::double;

/// Of results on the device, relative to the twin's.
const TOLERANCE: f64 = 2e-5;

/// What rounding in f64 leaves of sums in another order.
const ROUNDING: f64 = 1e-12;

/// The same reviews of very different lengths, padded after and before the text.
fn batches(random: &mut Philox) -> [Batch; 2] {
    let lengths = [29, 1, 7, 18, 2];
    let reviews: Vec<Review> = lengths
        .into_iter()
        .map(|length| Review {
            ids: (0..length)
                .map(|_| 1 + random.below(VOCABULARY as u32 - 1))
                .collect(),
            label: (random.next_u32() & 1) as u8,
        })
        .collect();
    let chosen: Vec<&Review> = reviews.iter().collect();
    [Side::After, Side::Before].map(|pad| {
        let padding = Padding {
            pad,
            ..Padding::AFTER
        };
        Batch::with_padding(&chosen, padding, &mut Scratch::default())
    })
}

/// Probabilities of an evaluation, and gradients of a step with all of the dropout layer kept.
fn on_device(
    model: &Model,
    limits: &Limits,
    parameters: &[Vec<f32>],
    batch: &Batch,
) -> (Vec<f32>, Vec<Vec<f32>>) {
    let gpu = device::open();
    let adam = Adam::new(1e-3);
    let mut session =
        Session::new(gpu, model.clone(), limits.clone(), parameters, adam, 5).unwrap();
    session.evaluate(batch).unwrap();
    session.drain().unwrap();
    let probabilities = session.values("dense_1.y", batch.size).unwrap();
    let kept = [("dropout.mask".to_owned(), vec![1.0; batch.size * 6])];
    session.train_with_masks(batch, false, &kept).unwrap();
    session.drain().unwrap();
    (probabilities, session.tensors(names::GRADIENTS).unwrap())
}

fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    let largest = expected.iter().fold(1e-6f64, |most, x| most.max(x.abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / largest;
        assert!(error <= tolerance, "{what}: {found} is not {expected}");
    }
}

#[test]
fn a_masked_model_gives_the_same_padded_before_or_after() {
    let random = &mut Philox::new(41, 0);
    let gpu = device::open();
    // One direction, both, a stack of both and one; and more units than a kernel holds.
    for layers in [
        &[(8, 1)][..],
        &[(8, 2)],
        &[(8, 2), (8, 2)],
        &[(8, 2), (4, 1)],
        &[(72, 2)],
    ] {
        let model = recurrent(6, true, layers);
        let parameters = initialise(&model, 9);
        let twin = Network::new(
            &model,
            parameters.iter().map(|tensor| double(tensor)).collect(),
        );
        let batches = batches(random);
        assert_ne!(batches[0].ids, batches[1].ids);
        let kept = [vec![1.0f32; batches[0].size * 6]];
        let expected = batches.each_ref().map(|batch| {
            let batch = on_twin(batch);
            let forward = twin.forward(&batch, Masks::Given(&kept));
            let gradients = twin.backward(&batch, &forward);
            (twin.forward(&batch, Masks::Off).probabilities, gradients)
        });
        let what = format!("{layers:?} on the twin");
        close(&expected[0].0, &expected[1].0, ROUNDING, &what);
        for (after, before) in expected[0].1.iter().zip(&expected[1].1) {
            close(after, before, ROUNDING, &what);
        }

        for limits in device::forms(&gpu) {
            // Segments that begin and end within the padding, and one for all timesteps.
            for segment in [4, limits.segment] {
                let limits = Limits {
                    segment,
                    ..limits.clone()
                };
                for (batch, side) in batches.iter().zip(["after", "before"]) {
                    let what = format!("{layers:?}, padded {side}, {limits:?}");
                    let (probabilities, gradients) = on_device(&model, &limits, &parameters, batch);
                    let error = relative_error(&probabilities, &expected[0].0);
                    assert!(error <= TOLERANCE, "{what}: probabilities, {error:.1e}");
                    for (found, expected) in gradients.iter().zip(&expected[0].1) {
                        let error = relative_error(found, expected);
                        assert!(error <= TOLERANCE, "{what}: a gradient, {error:.1e}");
                    }
                }
            }
        }
    }
}

/// Without a mask it is not the same: the reason why the experiment's baseline fails.
#[test]
fn a_model_without_a_mask_sees_where_padding_stands() {
    let random = &mut Philox::new(42, 0);
    let model = recurrent(6, false, &[(8, 1)]);
    let parameters = initialise(&model, 9);
    let twin = Network::new(
        &model,
        parameters.iter().map(|tensor| double(tensor)).collect(),
    );
    let batches = batches(random);
    let limits = device::forms(&device::open()).pop().unwrap();
    let expected = batches
        .each_ref()
        .map(|batch| twin.forward(&on_twin(batch), Masks::Off).probabilities);
    for (batch, expected) in batches.iter().zip(&expected) {
        let found = on_device(&model, &limits, &parameters, batch).0;
        assert!(relative_error(&found, expected) <= TOLERANCE);
    }
    // The first review is the longest and has no padding; the fourth has some on one end.
    assert!((expected[0][0] - expected[1][0]).abs() <= ROUNDING);
    assert!(
        (expected[0][3] - expected[1][3]).abs() > 1e-3,
        "{expected:?}"
    );
}
