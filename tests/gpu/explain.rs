//! Contributions of tokens, against finite differences on the twin.

use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, LayerNormalization, Lstm, Model, Sequential, initialise,
};
use gatefold::plan::Limits;
use gatefold::random::Philox;
use gatefold::reference::network::{self, Masks};
use gatefold::train::{Attribution, Session, Weights, predicted};

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

fn session(model: &Model, start: &[Vec<f32>], limits: &Limits) -> Session {
    let weights = Weights {
        model: model.clone(),
        parameters: start.to_vec(),
        vocabulary_sha256: String::new(),
        vocabulary_size: VOCABULARY,
    };
    Session::of_weights(device::open(), limits.clone(), &weights).unwrap()
}

fn explain(model: &Model, start: &[Vec<f32>], limits: &Limits, batch: &Batch) -> Attribution {
    explain_class(model, start, limits, batch, None)
}

fn explain_class(
    model: &Model,
    start: &[Vec<f32>],
    limits: &Limits,
    batch: &Batch,
    class: Option<usize>,
) -> Attribution {
    let mut session = session(model, start, limits);
    // A step before it, whose result nobody took.
    session.evaluate(batch).unwrap();
    session.explain(batch, class).unwrap()
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

/// Probability of `class`, and the slope of its logit as the embedding of each position is scaled, by central
/// differences in f64. Of a softmax the logit of the last class must be 0.
fn slopes(model: &Model, start: &[Vec<f32>], ids: &[u32], class: usize) -> (f64, Vec<f64>) {
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
    let said = |tensors: &[Vec<f64>]| {
        let batch = network::Batch {
            steps: ids.len(),
            size: 1,
            ids: &places,
            labels: &[1.0],
            weights: None,
        };
        match network::forward(&wide, tensors, &batch, Masks::Off).probabilities[..] {
            [p] => [p, 1.0 - p],
            ref each => [each[class], each[each.len() - 1]],
        }
    };
    let logit = |tensors: &[Vec<f64>]| {
        let [p, other] = said(tensors);
        (p / other).ln()
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
    (said(&tensors)[0], (0..ids.len()).map(slope).collect())
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
        let (p, expected) = slopes(&model, &start, &ids, 1);
        for limits in device::forms(&device::open()) {
            let what = format!("{} {limits:?}", model.summary());
            let found = explain(&model, &start, &limits, &Batch::new(&[&review(&ids)]));
            assert!((f64::from(found.probabilities.row(0)[0]) - p).abs() < 1e-5);
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
            let (_, expected) = slopes(&model, &start, ids, 1);
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
    assert_eq!(found.probabilities.row(0), [1.0]);
    assert!(found.contributions.iter().all(|x| x.abs() > 0.0));
}

/// A last class whose logit is 0, whatever the review, makes of two probabilities a logit. The others are likelier,
/// and told apart by the review.
fn with_a_zero_class(model: &Model) -> Vec<Vec<f32>> {
    let mut start = crate::support::numbers::parameters(model, &mut Philox::new(61, 0), 3.0);
    let classes = model.classes();
    let mut last = start.iter_mut().rev();
    if let (Some(bias), Some(kernel)) = (last.next(), last.next()) {
        bias.fill(2.0);
        bias[classes - 1] = 0.0;
        let of_last = kernel.iter_mut().skip(classes - 1).step_by(classes);
        of_last.for_each(|x| *x = 0.0);
    }
    start
}

#[test]
fn contributions_are_the_slopes_of_the_logit_of_a_class() {
    let ids = [4, 7, 4, 11, 2, 7, 4, 19];
    let stack = Sequential::new("classes")
        .add(Embedding::new(VOCABULARY, 6))
        .add(Bidirectional::new(Lstm::new(8)))
        .add(Dense::new(6).relu())
        .add(Dense::new(4).softmax())
        .build()
        .unwrap();
    for model in [stack, classifier(3)] {
        let start = with_a_zero_class(&model);
        let batch = Batch::new(&[&review(&ids)]);
        for limits in device::forms(&device::open()) {
            let mut most_likely = None;
            for class in 0..model.classes() - 1 {
                let (p, expected) = slopes(&model, &start, &ids, class);
                let found = explain_class(&model, &start, &limits, &batch, Some(class));
                assert_eq!(found.classes, [class]);
                let row = found.probabilities.row(0);
                assert!((f64::from(row[class]) - p).abs() < 1e-5);
                agrees(&found.contributions, &expected, &format!("class {class}"));
                if predicted(row) == class {
                    most_likely = Some(found);
                }
            }
            let most_likely = most_likely.expect("another class than the last is the most likely");
            assert_eq!(explain(&model, &start, &limits, &batch), most_likely);
        }
    }
}

#[test]
fn rows_are_explained_by_their_own_classes() {
    let model = Sequential::new("mean")
        .add(Embedding::new(VOCABULARY, 6))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(3).softmax())
        .build()
        .unwrap();
    let start = with_a_zero_class(&model);
    let limits = device::forms(&device::open()).pop().unwrap();
    let reviews: Vec<Review> = (1..VOCABULARY as u32)
        .map(|id| review(&[id, id, 3]))
        .collect();
    let batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    let found = explain(&model, &start, &limits, &batch);
    let expected: Vec<usize> = found.probabilities.rows().map(predicted).collect();
    assert_eq!(found.classes, expected);
    assert!(
        [0, 1].iter().all(|class| expected.contains(class)),
        "{expected:?}"
    );
    for (row, (review, &class)) in reviews.iter().zip(&expected).enumerate() {
        // The last has a logit of 0, which nothing moves.
        if class == 2 {
            continue;
        }
        let (_, slopes) = slopes(&model, &start, &review.ids, class);
        let of_row: Vec<f64> = (0..3)
            .map(|t| found.contributions[t * batch.size + row])
            .collect();
        agrees(&of_row, &slopes, &format!("row {row}"));
    }
}

#[test]
fn of_one_probability_either_class_can_be_explained() {
    let model = recurrent(6, false, &[(8, 1)]);
    let start = parameters(&model);
    let limits = device::forms(&device::open()).pop().unwrap();
    let batch = Batch::new(&[&review(&[4, 7, 9])]);
    let second = explain(&model, &start, &limits, &batch);
    let first = explain_class(&model, &start, &limits, &batch, Some(0));
    assert_eq!(
        (&second.classes[..], &first.classes[..]),
        (&[1][..], &[0][..])
    );
    let negated: Vec<f64> = first.contributions.iter().map(|x| -x).collect();
    assert_eq!(negated, second.contributions);
    let mut session = session(&model, &start, &limits);
    let refused = session.explain(&batch, Some(2)).unwrap_err().to_string();
    assert!(
        refused.contains("class 2") && refused.contains("2 classes"),
        "{refused}"
    );
}
