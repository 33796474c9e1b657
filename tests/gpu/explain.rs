//! Contributions of tokens, against finite differences on the twin.

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalMaxPooling1D, Gru, LayerKind,
    LayerNormalization, Lstm, Model, Sequential, initialise,
};
use gatefold::plan::Limits;
use gatefold::random::Philox;
use gatefold::reference::network::{self, Masks};
use gatefold::train::{Attribution, Session, Weights};

use crate::support::device;
use crate::support::models::{VOCABULARY, classifier, pooled, recurrent};
use crate::support::numbers::double;

/// Of contributions, relative to the largest of the review: rounding in f32 over two recurrences.
const TOLERANCE: f64 = 5e-5;

/// Step of the central differences: their error is of its square.
const STEP: f64 = 1e-4;

/// Different parameters for everything, biases included, large enough that gates leave their linear part.
fn parameters(model: &Model) -> Vec<Vec<f32>> {
    crate::support::numbers::parameters(model, &mut Philox::new(61, 0), 1.0)
}

fn explain(model: &Model, start: &[Vec<f32>], limits: &Limits, batch: &Batch) -> Attribution {
    let weights = Weights {
        model: model.clone(),
        parameters: start.to_vec(),
        vocabulary_sha256: String::new(),
        vocabulary_size: VOCABULARY,
    };
    let mut session = Session::of_weights(device::open(), limits.clone(), &weights).unwrap();
    // A step before it, whose result nobody took.
    session.evaluate(batch).unwrap();
    session.explain(batch).unwrap()
}

/// The same model over a vocabulary that has an id of its own for each position of a review.
fn by_position(model: &Model, positions: usize) -> Model {
    let mut embedding = Embedding::new(positions + 1, model.embedding().width);
    embedding.mask_zero = model.embedding().mask_zero;
    let layers = model.layers()[1..].iter().map(|layer| layer.kind.clone());
    layers
        .fold(
            Sequential::new(model.name()).add(embedding),
            Sequential::add,
        )
        .build()
        .unwrap()
}

/// Slope of the logit as the embedding of each position is scaled, by central differences in f64.
fn slopes(model: &Model, start: &[Vec<f32>], ids: &[u32]) -> (f64, Vec<f64>) {
    let width = model.embedding().width;
    let wide = by_position(model, ids.len());
    let mut tensors: Vec<Vec<f64>> = start.iter().map(|tensor| double(tensor)).collect();
    let row = |id: u32| tensors[0][id as usize * width..][..width].to_vec();
    let table: Vec<f64> = std::iter::once(0)
        .chain(ids.iter().copied())
        .flat_map(row)
        .collect();
    tensors[0] = table;
    // Padding stays padding: a mask goes by the id.
    let places: Vec<u32> = (1..)
        .zip(ids)
        .map(|(n, &id)| if id == 0 { 0 } else { n })
        .collect();
    let logit = |tensors: &[Vec<f64>]| {
        let batch = network::Batch {
            steps: ids.len(),
            size: 1,
            ids: &places,
            labels: &[1.0],
        };
        let p = network::forward(&wide, tensors, &batch, Masks::Off).probabilities[0];
        (p / (1.0 - p)).ln()
    };
    let slope = |position: usize| {
        let scaled = |factor: f64| {
            let mut tensors = tensors.clone();
            let row = &mut tensors[0][(position + 1) * width..][..width];
            row.iter_mut().for_each(|x| *x *= factor);
            logit(&tensors)
        };
        (scaled(1.0 + STEP) - scaled(1.0 - STEP)) / (2.0 * STEP)
    };
    let p = 1.0 / (1.0 + (-logit(&tensors)).exp());
    (p, (0..ids.len()).map(slope).collect())
}

fn review(ids: &[u32]) -> Review {
    Review {
        ids: ids.to_vec().into(),
        label: 1,
    }
}

#[track_caller]
fn agrees(found: &[f64], expected: &[f64], what: &str) {
    let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    assert!(largest > 1e-4, "{what}: nothing to explain");
    for (position, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found - expected).abs() / largest;
        assert!(
            error <= TOLERANCE,
            "{what}, position {position}: {found} is not {expected}"
        );
    }
}

#[test]
fn contributions_are_the_slopes_of_the_logit() {
    // Tokens that come back must not share their contribution.
    let ids = [4, 7, 4, 11, 2, 7, 4, 19, 22, 1, 7];
    let spread = |units| {
        let stack = Sequential::new("spread").add(Embedding::new(VOCABULARY, 6));
        stack
            .add(Dropout::new(0.5))
            .add(Lstm::new(units))
            .add(Dense::new(1).sigmoid())
            .build()
            .unwrap()
    };
    let both: [LayerKind; 1] = [Bidirectional::new(Gru::new(4).return_sequences()).into()];
    let norm: [LayerKind; 1] = [LayerNormalization::new().into()];
    let models = [
        pooled(6, true, &both, GlobalMaxPooling1D::new().into()),
        pooled(6, true, &both, AttentionPooling::new(3).into()),
        pooled(5, false, &norm, AttentionPooling::new(4).into()),
        recurrent(6, false, &[(8, 1)]),
        recurrent(6, false, &[(8, 2)]),
        recurrent(5, true, &[(8, 2), (4, 2)]),
        recurrent(6, false, &[(72, 2)]),
        spread(8),
    ];
    for model in models {
        let start = parameters(&model);
        let (p, expected) = slopes(&model, &start, &ids);
        for limits in device::forms(&device::open()) {
            let what = format!("{} {limits:?}", model.summary());
            let found = explain(&model, &start, &limits, &Batch::new(&[&review(&ids)]));
            assert!((f64::from(found.probabilities[0]) - p).abs() < 1e-5);
            agrees(&found.contributions, &expected, &what);
        }
    }
}

#[test]
fn masked_positions_contribute_nothing_and_rows_are_apart() {
    let model = recurrent(6, true, &[(8, 2)]);
    let start = parameters(&model);
    let rows = [vec![4, 7, 4, 11, 2], vec![9, 3]];
    let reviews: Vec<Review> = rows.iter().map(|ids| review(ids)).collect();
    let batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    for limits in device::forms(&device::open()) {
        let found = explain(&model, &start, &limits, &batch);
        for (row, ids) in rows.iter().enumerate() {
            let (_, expected) = slopes(&model, &start, ids);
            let of_row: Vec<f64> = (0..5).map(|t| found.contributions[t * 2 + row]).collect();
            agrees(&of_row[..ids.len()], &expected, &format!("row {row}"));
            assert!(of_row[ids.len()..].iter().all(|&x| x == 0.0), "{of_row:?}");
        }
    }
}

#[test]
fn a_prediction_that_is_certain_is_explained_too() {
    let model = recurrent(6, false, &[(8, 1)]);
    let mut start = initialise(&model, 3);
    // The output's bias: the probability rounds to 1, where the gradient of the loss is cut off.
    start.last_mut().unwrap().fill(60.0);
    let limits = device::forms(&device::open()).pop().unwrap();
    let found = explain(&model, &start, &limits, &Batch::new(&[&review(&[4, 7, 9])]));
    assert_eq!(found.probabilities, [1.0]);
    assert!(found.contributions.iter().all(|x| x.abs() > 0.0));
}

#[test]
fn a_softmax_has_no_one_logit_to_explain() {
    let model = classifier(3);
    let weights = Weights {
        parameters: parameters(&model),
        model,
        vocabulary_sha256: String::new(),
        vocabulary_size: VOCABULARY,
    };
    let gpu = device::open();
    let limits = device::forms(&gpu).pop().unwrap();
    let mut session = Session::of_weights(gpu, limits, &weights).unwrap();
    let refused = session
        .explain(&Batch::new(&[&review(&[4, 7])]))
        .unwrap_err()
        .to_string();
    for word in ["dense", "3 classes", "Dense(1) with a sigmoid"] {
        assert!(refused.contains(word), "{refused}");
    }
}
