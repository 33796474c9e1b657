//! Probabilities of a trained model, against the twin.

use gatefold::Error;
use gatefold::batch::{Batch, Padding};
use gatefold::data::Review;
use gatefold::model::{Model, initialise};
use gatefold::plan::Limits;
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::{BatchPrediction, Session, Weights};

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{
    VOCABULARY, all_pooled, classifier, normalised, on_twin, random_batch, recurrent,
};
use crate::support::numbers::double;

/// Of results on the device, relative to the twin's.
const TOLERANCE: f64 = 2e-5;

fn weights(model: &Model) -> Weights {
    Weights {
        parameters: initialise(model, 9),
        model: model.clone(),
        vocabulary_sha256: String::new(),
        vocabulary_size: VOCABULARY,
    }
}

fn session(model: &Model, limits: &Limits) -> Session {
    Session::of_weights(device::open(), limits.clone(), &weights(model)).unwrap()
}

fn all(session: &mut Session, batches: &[Batch]) -> Vec<BatchPrediction> {
    let mut found = Vec::new();
    session
        .predict_all(batches.iter().map(Ok), &mut |prediction| {
            found.push(prediction);
            Ok(())
        })
        .unwrap();
    found
}

#[test]
fn many_batches_come_back_in_order_with_the_twin_s_probabilities() {
    let random = &mut Philox::new(71, 0);
    let model = recurrent(6, false, &[(8, 2), (4, 1)]);
    let start = weights(&model).parameters;
    let twin = Network::new(&model, start.iter().map(|tensor| double(tensor)).collect());
    // More batches than may be on their way, and sizes that grow and shrink.
    let batches: Vec<Batch> = (0..20)
        .map(|n| random_batch(1 + (n * 7) % 19, 1 + (n * 5) % 11, random))
        .collect();
    for limits in device::forms(&device::open()) {
        let mut session = session(&model, &limits);
        // A step before them whose result nobody took.
        session.evaluate(&batches[3]).unwrap();
        let found = all(&mut session, &batches);
        assert_eq!(found.len(), batches.len());
        for (found, batch) in found.iter().zip(&batches) {
            let expected = twin.forward(&on_twin(batch), Masks::Off);
            assert_eq!(found.probabilities.len(), batch.size);
            let error = relative_error(&found.probabilities, &expected.probabilities);
            assert!(error <= TOLERANCE, "{error:.1e}");
            assert_eq!(found.result.reviews, batch.size);
            let loss = f64::from(found.result.loss);
            assert!((loss - expected.loss).abs() <= TOLERANCE * expected.loss);
        }
        assert_eq!(
            session.predict(&batches[4]).unwrap(),
            found[4].probabilities
        );
        assert_eq!(session.steps(), 0, "predicting trains");
        assert_eq!(session.parameters().unwrap(), start);
    }
}

#[test]
fn a_review_has_one_probability_whatever_batch_it_falls_into() {
    let random = &mut Philox::new(72, 0);
    let lengths = [17, 3, 9, 9, 1, 3, 12, 3];
    let reviews: Vec<Review> = lengths
        .into_iter()
        .map(|length| Review {
            ids: (0..length)
                .map(|_| 1 + random.below(VOCABULARY as u32 - 1))
                .collect(),
            label: 0,
        })
        .collect();
    let batch =
        |rows: &[usize]| Batch::new(&rows.iter().map(|&row| &reviews[row]).collect::<Vec<_>>());
    let alone: Vec<Batch> = (0..reviews.len()).map(|row| batch(&[row])).collect();
    let bits = |found: &[BatchPrediction]| -> Vec<u32> {
        let values = found.iter().flat_map(|one| &one.probabilities);
        values.map(|p| p.to_bits()).collect()
    };
    for limits in device::forms(&device::open()) {
        // With a mask any neighbours will do.
        let masked = recurrent(6, true, &[(8, 2), (4, 2)]);
        let mut session_masked = session(&masked, &limits);
        let expected = bits(&all(&mut session_masked, &alone));
        let together = [batch(&[0, 1, 2, 3, 4]), batch(&[5, 6, 7])];
        assert_eq!(bits(&all(&mut session_masked, &together)), expected);

        // Without one those of the same length.
        let unmasked = recurrent(6, false, &[(8, 2), (4, 2)]);
        let mut session_unmasked = session(&unmasked, &limits);
        let expected = bits(&all(&mut session_unmasked, &alone));
        let equal = bits(&all(&mut session_unmasked, &[batch(&[1, 5, 7])]));
        assert_eq!(equal, [expected[1], expected[5], expected[7]]);
        let padded = bits(&all(&mut session_unmasked, &together));
        assert_ne!(padded, expected, "padding does not show");
    }
}

/// Masked or not, pooled by a maximum that sees padding or by weights that do not.
#[test]
fn reviews_are_predicted_as_each_is_alone() {
    let random = &mut Philox::new(73, 0);
    let mut review = |length: u32| Review {
        ids: (0..length)
            .map(|_| 1 + random.below(VOCABULARY as u32 - 1))
            .collect(),
        label: 0,
    };
    let reviews: Vec<Review> = [9, 2, 5, 2, 7].map(&mut review).into();
    let mut models = [all_pooled(true), all_pooled(false)].concat();
    models.extend([recurrent(6, true, &[(8, 2)]), normalised(6), classifier(3)]);
    for model in models {
        let limits = device::forms(&device::open()).pop().unwrap();
        let mut session = session(&model, &limits);
        let found = session
            .predict_reviews(&reviews, 8, Padding::AFTER)
            .unwrap();
        assert_eq!(found.len(), reviews.len());
        for (review, row) in reviews.iter().zip(found.rows()) {
            let alone = session.predict(&Batch::new(&[review])).unwrap();
            assert_eq!(row, alone, "{}", model.summary());
        }
    }
}

#[test]
fn a_fault_ends_the_run() {
    let random = &mut Philox::new(73, 0);
    let model = recurrent(4, false, &[(4, 1)]);
    let limits = device::forms(&device::open()).pop().unwrap();
    let mut session = session(&model, &limits);
    let batch = random_batch(5, 3, random);
    let broken = || Error::Data("broken".into());
    let mut seen = 0;
    let ended = session.predict_all(
        [Ok(&batch), Err(broken()), Ok(&batch)],
        &mut |_: BatchPrediction| {
            seen += 1;
            Ok(())
        },
    );
    assert!(matches!(ended, Err(Error::Data(_))) && seen <= 1);
    let ended = session.predict_all([Ok(&batch), Ok(&batch)], &mut |_| Err(broken()));
    assert!(matches!(ended, Err(Error::Data(_))));
    assert_eq!(session.predict(&batch).unwrap().len(), 3);
}
