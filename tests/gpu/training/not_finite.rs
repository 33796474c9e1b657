//! Numbers that are not finite: which step and which parameter they are told of.

use gatefold::Error;
use gatefold::batch::Batch;
use gatefold::model::{Activation, Dense, Embedding, Lstm, Sequential, initialise};
use gatefold::plan::{Adam, Limits, Storage};
use gatefold::random::Philox;
use gatefold::train::Session;

use super::session;
use crate::support::device;
use crate::support::models::{VOCABULARY, random_batch, recurrent};
use crate::support::numbers::index_of;

/// Trains until something is not finite, ten steps at most.
fn fault(session: &mut Session, batch: &Batch) -> (u64, String, f64) {
    for _ in 0..10 {
        session.train(batch).unwrap();
        match session.drain() {
            Ok(_) => {}
            Err(Error::NotFinite {
                step,
                what,
                learning_rate: Some(learning_rate),
                ..
            }) => return (step, what, learning_rate),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("all is finite");
}

#[test]
fn a_number_that_is_not_finite_is_named() {
    let batch = random_batch(5, 3, &mut Philox::new(95, 0));
    let model = recurrent(4, false, &[(8, 2)]);
    let limits = device::forms(&device::open()).pop().unwrap();

    let mut start = initialise(&model, 5);
    start[1][0] = f32::NAN;
    let mut broken = Session::new(
        device::open(),
        model.clone(),
        limits.clone(),
        &start,
        Adam::new(0.5),
        5,
    )
    .unwrap();
    assert_eq!(fault(&mut broken, &batch), (1, "the loss".into(), 0.5));

    let mut fast = session(&model, &limits, 1e38);
    let (step, what, learning_rate) = fault(&mut fast, &batch);
    assert!(step >= 2 && learning_rate == 1e38, "step {step}, {what}");
    assert!(
        what == "the loss" || what.starts_with("the gradient of "),
        "{what}"
    );
}

/// What f32 holds and halves do not ends training at that step, and the message names the option.
#[test]
fn a_number_beyond_the_halves_is_named() {
    if !device::is_adapter() {
        return;
    }
    let model = Sequential::new("large")
        .add(Embedding::new(VOCABULARY, 4))
        .add(Lstm::new(8))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let zeros = || -> Vec<Vec<f32>> {
        let parameters = initialise(&model, 5).into_iter();
        parameters.map(|tensor| vec![0.0; tensor.len()]).collect()
    };
    // h is 0 and the loss ln 2, but dz is some 10⁵.
    let mut steep = zeros();
    steep[index_of(&model, "dense.kernel")].fill(1e6);
    // The input's product is 10⁵, which leaves every gate at 1.
    let mut far = zeros();
    far[index_of(&model, "lstm.bias")].fill(1e5);
    let batch = random_batch(5, 3, &mut Philox::new(97, 0));
    let trained = |limits: &Limits, start: &[Vec<f32>]| {
        let (device, adam) = (device::open(), Adam::new(1e-3));
        let session = Session::new(device, model.clone(), limits.clone(), start, adam, 5);
        let mut session = session.unwrap();
        session.train(&batch).unwrap();
        session.drain()
    };
    for limits in device::forms(&device::open()) {
        let halves = limits.clone().with_storage(Storage::F16).unwrap();
        for (start, place) in [(&steep, "the gradient of lstm.bias"), (&far, "the loss")] {
            trained(&limits, start).unwrap();
            let error = trained(&halves, start).unwrap_err();
            let found = matches!(&error, Error::NotFinite { step: 1, what, .. } if what == place);
            assert!(found, "{error}, {limits:?}");
            let layer = "begin again with `storage` f32: layer lstm keeps numbers as f16";
            assert!(error.to_string().contains(layer), "{error}");
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_is_named_nearest_the_loss() {
    // The hidden layers give 0, so the loss is ln 2; but their weights turn the gradient into infinity.
    let mut linear = Dense::new(2);
    linear.activation = Activation::Linear;
    let model = Sequential::new("overflow")
        .add(Embedding::new(VOCABULARY, 4))
        .add(Lstm::new(4))
        .add(linear.clone())
        .add(linear)
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let mut start = initialise(&model, 5);
    let mut set = |name: &str, value: f32| start[index_of(&model, name)].fill(value);
    set("dense.kernel", 0.0);
    set("dense_1.kernel", 1e20);
    set("dense_2.kernel", 1e30);
    let limits = device::forms(&device::open()).pop().unwrap();
    // Where the embedding is frozen, the others are counted from behind it.
    for model in [model.clone(), model.with_frozen_embedding().unwrap()] {
        let mut session = Session::new(
            device::open(),
            model,
            limits.clone(),
            &start,
            Adam::new(1e-3),
            5,
        )
        .unwrap();
        let found = fault(&mut session, &random_batch(5, 1, &mut Philox::new(96, 0)));
        assert_eq!(found, (1, "the gradient of dense.bias".into(), 1e-3));
    }
}
