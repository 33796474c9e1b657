//! Numbers that are not finite: which step and which parameter they are told of.

use gatefold::Error;
use gatefold::batch::Batch;
use gatefold::model::{Activation, Dense, Embedding, Lstm, Sequential, initialise};
use gatefold::plan::Adam;
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
