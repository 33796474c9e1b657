//! Weights of classes: losses and gradients beside Keras's, and what they are in a training.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::batch::Batch;
use gatefold::data::{Dataset, Review, Vocabulary};
use gatefold::model::{Dense, Embedding, GlobalAveragePooling1D, Model, Sequential, initialise};
use gatefold::native::{Native, NativeChoice};
use gatefold::plan::Sgd;
use gatefold::reference::loss::{
    binary_cross_entropy, binary_cross_entropy_gradient, softmax_cross_entropy,
    softmax_cross_entropy_gradient,
};
use gatefold::reference::network::{Masks, forward};
use gatefold::run::ClassWeights;
use gatefold::train::{FitOptions, History, Session, Validation, fit};
use serde::Deserialize;

use crate::support::models::on_twin;
use crate::support::numbers::double;

#[derive(Deserialize)]
struct Case {
    classes: usize,
    class_weight: std::collections::BTreeMap<usize, f32>,
    labels: Vec<f32>,
    sums: Vec<f64>,
    probabilities: Vec<f64>,
    loss: f64,
    history_loss: f64,
    val_loss: f64,
    gradient: Vec<f64>,
}

fn assert_near(found: f64, expected: f64, what: &str) {
    let bound = 1e-12 * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= bound,
        "{what}: {found}, {expected}"
    );
}

#[test]
fn losses_and_gradients_are_those_of_keras() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/class_weights.json"
    );
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in &cases {
        let of = |label: &f32| case.class_weight.get(&(*label as usize)).copied();
        let weights: Vec<f32> = case.labels.iter().map(|l| of(l).unwrap_or(1.0)).collect();
        let ones = vec![1.0; weights.len()];
        let loss = |weights: &[f32]| match case.classes {
            2 => binary_cross_entropy(&case.probabilities, &case.labels, weights),
            classes => softmax_cross_entropy(&case.sums, &case.labels, weights, classes),
        };
        assert_near(loss(&weights), case.loss, "loss");
        assert_near(loss(&weights), case.history_loss, "history");
        assert_near(loss(&ones), case.val_loss, "validation");
        let (p, labels) = (&case.probabilities, &case.labels);
        let gradient = match case.classes {
            2 => binary_cross_entropy_gradient(p, labels, &weights),
            classes => softmax_cross_entropy_gradient(p, labels, &weights, classes),
        };
        assert_eq!(gradient.len(), case.gradient.len());
        for (found, expected) in gradient.iter().zip(&case.gradient) {
            assert_near(*found, *expected, "gradient");
        }
    }
}

/// Reviews of so many classes, the first of them rare.
fn dataset(classes: u8) -> Arc<Dataset> {
    let review = |n: u32| Review {
        ids: vec![1 + n % 7, 2 + n % 3].into(),
        label: match n % 8 {
            0 => 0,
            n => 1 + (n as u8) % (classes - 1),
        },
    };
    Arc::new(Dataset {
        name: "rare".to_string(),
        train: (0..16).map(review).collect(),
        test: (3..19).map(review).collect(),
        classes: (0..classes).map(|class| format!("class {class}")).collect(),
        vocabulary: Vocabulary::from_subwords(["a"]).unwrap(),
        held_out: vec![],
        synthetic: true,
        notes: Vec::new(),
    })
}

fn model(classes: u8) -> Model {
    let stack = Sequential::new("rare")
        .add(Embedding::new(258, 4))
        .add(GlobalAveragePooling1D::new());
    let last = match classes {
        2 => Dense::new(1).sigmoid(),
        classes => Dense::new(usize::from(classes)).softmax(),
    };
    stack.add(last).build().unwrap()
}

/// One epoch of one batch; its history and the parameters after it.
fn trained(classes: u8, weights: Vec<f32>) -> (History, Vec<Vec<f32>>) {
    let native = Native::open(NativeChoice::default()).unwrap();
    let (model, limits) = (model(classes), native.limits());
    let parameters = initialise(&model, 3);
    let sgd = Sgd::new(0.5);
    let mut session = Session::new(native, model, limits, &parameters, sgd, 3).unwrap();
    let options = FitOptions::new()
        .epochs(1)
        .batch_size(16)
        .validation(Validation::All)
        .class_weights(weights);
    let stop = AtomicBool::new(false);
    let history = fit(
        &mut session,
        &dataset(classes),
        &options,
        &stop,
        &mut |_| (),
    )
    .unwrap();
    (history, session.parameters().unwrap())
}

/// The twin's loss of these reviews.
fn twin_loss(classes: u8, parameters: &[Vec<f32>], reviews: &[Review], weights: &[f32]) -> f64 {
    let mut batch = Batch::new(&reviews.iter().collect::<Vec<_>>());
    let of = |label: &f32| weights.get(*label as usize).copied().unwrap_or(1.0);
    batch.weights = batch.labels.iter().map(of).collect();
    let parameters: Vec<Vec<f64>> = parameters.iter().map(|values| double(values)).collect();
    forward(&model(classes), &parameters, &on_twin(&batch), Masks::Off).loss
}

#[test]
fn the_loss_of_training_is_weighted_and_that_of_validation_is_not() {
    for (classes, weights) in [(2, vec![6.0, 0.5]), (4, vec![4.0, 1.0, 0.25, 2.5])] {
        let (history, after) = trained(classes, weights.clone());
        let before = initialise(&model(classes), 3);
        let dataset = dataset(classes);
        let expected = twin_loss(classes, &before, &dataset.train, &weights);
        let epoch = &history.epochs[0];
        assert!((epoch.loss - expected).abs() < 1e-5 * expected, "{classes}");
        let plain = twin_loss(classes, &before, &dataset.train, &[]);
        assert!((epoch.loss - plain).abs() > 1e-2, "{classes}");
        let validated = twin_loss(classes, &after, &dataset.test, &[]);
        assert!(
            (epoch.val_loss - validated).abs() < 1e-5 * validated,
            "{classes}"
        );
        // The rare class is learned more than without.
        let (_, alike) = trained(classes, Vec::new());
        let rare: Vec<Review> = dataset
            .train
            .iter()
            .filter(|r| r.label == 0)
            .cloned()
            .collect();
        let loss = |parameters: &[Vec<f32>]| twin_loss(classes, parameters, &rare, &[]);
        assert!(loss(&after) < loss(&alike), "{classes}");
    }
}

#[test]
fn weights_of_1_change_no_byte() {
    for classes in [2, 3] {
        let (one, parameters) = trained(classes, Vec::new());
        let (other, same) = trained(classes, vec![1.0; usize::from(classes)]);
        assert_eq!(parameters, same);
        assert_eq!(one.epochs[0].loss, other.epochs[0].loss);
    }
}

#[test]
fn weights_that_are_none_are_refused() {
    let native = Native::open(NativeChoice::default()).unwrap();
    let (model, limits) = (model(2), native.limits());
    let parameters = initialise(&model, 3);
    let mut session = Session::new(native, model, limits, &parameters, Sgd::new(0.5), 3).unwrap();
    let stop = AtomicBool::new(false);
    for (weights, words) in [
        (vec![1.0], "1 weights for 2 classes"),
        (vec![1.0, 0.0], "0 is no weight"),
        (vec![1.0, f32::NAN], "NaN is no weight"),
    ] {
        let options = FitOptions::new().class_weights(weights);
        let error = fit(&mut session, &dataset(2), &options, &stop, &mut |_| ()).unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains(words) && told.contains("`class_weights`"),
            "{told}"
        );
    }
}

#[test]
fn balanced_weights_make_all_classes_count_the_same() {
    let dataset = dataset(3);
    let weights = ClassWeights::Balanced.of(&dataset).unwrap();
    // 2 of 16 reviews are of the first class: 16 / (3 · 2).
    assert_eq!(weights[0], 16.0 / 6.0);
    let mut sums = [0.0; 3];
    for review in &dataset.train {
        sums[usize::from(review.label)] += weights[usize::from(review.label)];
    }
    assert!(
        sums.iter().all(|sum| (sum - 16.0 / 3.0f32).abs() < 1e-5),
        "{sums:?}"
    );
}

#[test]
fn named_weights_are_checked_against_the_classes() {
    let dataset = dataset(3);
    let named: ClassWeights = "class 2=5,class 0=0.5".parse().unwrap();
    assert_eq!(named.of(&dataset).unwrap(), [0.5, 1.0, 5.0]);
    let unknown: ClassWeights = "spam=5".parse().unwrap();
    let told = unknown.of(&dataset).unwrap_err().to_string();
    assert!(
        told.contains("`class_weight`") && told.contains("class 0,class 1"),
        "{told}"
    );
    for (text, words) in [
        ("", "has no ="),
        ("spam", "has no ="),
        ("spam=", "no number above 0"),
        ("spam=0", "no number above 0"),
        ("spam=-1", "no number above 0"),
        ("spam=inf", "no number above 0"),
        ("spam=1,spam=2", "there twice"),
    ] {
        let told = text.parse::<ClassWeights>().unwrap_err().to_string();
        assert!(
            told.contains(words) && told.contains("give balanced"),
            "{text}: {told}"
        );
    }
    // A name may have a = of its own.
    let odd: ClassWeights = "a=b=2".parse().unwrap();
    assert_eq!(odd, ClassWeights::Named(vec![("a=b".to_string(), 2.0)]));
}
