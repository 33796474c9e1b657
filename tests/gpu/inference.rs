//! A session for inference says what one that trains does, byte for byte.

use gatefold::model::{Model, Variant, initialise};
use gatefold::plan::{Adam, Limits};
use gatefold::random::Philox;
use gatefold::train::Session;

use crate::support::device;
use crate::support::models::{
    VOCABULARY, all_pooled, classifier, gru, normalised, random_batch, recurrent,
};

fn both(model: &Model, limits: &Limits) -> (Session, Session) {
    let parameters = initialise(model, 9);
    let (model, limits) = (model.clone(), limits.clone());
    let adam = Adam::new(1e-3);
    let gpu = device::open();
    let lean = Session::for_inference(gpu, model.clone(), limits.clone(), &parameters).unwrap();
    let full = Session::new(device::open(), model, limits, &parameters, adam, 0).unwrap();
    (lean, full)
}

#[test]
fn probabilities_are_those_of_a_session_that_trains() {
    let random = &mut Philox::new(74, 0);
    let mut models: Vec<Model> = Variant::ALL
        .iter()
        .map(|variant| variant.model(VOCABULARY).unwrap())
        .collect();
    models.extend(all_pooled(true));
    models.extend([
        recurrent(6, true, &[(8, 2), (4, 1)]),
        gru(5, true, &[(5, 2), (7, 1)]),
        normalised(6),
        classifier(3),
    ]);
    for model in &models {
        for limits in device::forms(&device::open()) {
            let (mut lean, mut full) = both(model, &limits);
            for (length, size) in [(17, 5), (3, 1), (40, 9)] {
                let batch = random_batch(length, size, random);
                let [found, expected] =
                    [&mut lean, &mut full].map(|session| session.predict(&batch).unwrap());
                let bits = |values: &[f32]| values.iter().map(|p| p.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&found), bits(&expected), "{}", model.summary());
                assert_eq!(found.len(), size * model.probabilities());
            }
        }
    }
}

#[test]
fn a_backward_pass_is_there_once_it_is_asked_for() {
    if !device::is_adapter() {
        return;
    }
    let model = recurrent(6, true, &[(8, 2)]);
    let limits = device::forms(&device::open()).pop().unwrap();
    let (mut lean, mut full) = both(&model, &limits);
    let batch = random_batch(7, 3, &mut Philox::new(75, 0));
    let before = lean.predict(&batch).unwrap();
    let kernels = lean.device().gpu().unwrap().compiled_kernels().len();
    let explained = lean.explain(&batch, None).unwrap();
    assert_eq!(explained, full.explain(&batch, None).unwrap());
    assert!(lean.device().gpu().unwrap().compiled_kernels().len() > kernels);
    assert_eq!(lean.predict(&batch).unwrap(), before);
}

#[test]
fn it_opens_its_device_anew() {
    if !device::is_adapter() {
        return;
    }
    let model = recurrent(6, true, &[(8, 2)]);
    let limits = device::forms(&device::open()).pop().unwrap();
    let (mut lean, _) = both(&model, &limits);
    let batch = random_batch(7, 3, &mut Philox::new(75, 0));
    let before = lean.predict(&batch).unwrap();
    let state = lean.state().unwrap();
    let names: Vec<String> = lean
        .device()
        .buffer_names()
        .iter()
        .map(|n| n.to_string())
        .collect();
    lean.device().gpu().unwrap().destroyer()();
    assert!(lean.predict(&batch).unwrap_err().is_recoverable());
    lean.reopen().unwrap();
    lean.restore(&state).unwrap();
    assert_eq!(lean.device().buffer_names(), names);
    assert_eq!(lean.predict(&batch).unwrap(), before);
}
