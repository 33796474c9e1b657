//! Sessions for inference: what they plan, compile and allocate, and what they refuse. On a device without arithmetic.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::Error;
use gatefold::gpu::{Clock, Gpu};
use gatefold::model::{Model, Variant, initialise};
use gatefold::plan::{Adam, Gradients, Limits};
use gatefold::random::Philox;
use gatefold::train::{FitOptions, Session, fit};

use crate::support::models::{
    VOCABULARY, all_pooled, classifier, gru, normalised, random_batch, recurrent,
};

fn for_inference(model: &Model) -> Session {
    let parameters = initialise(model, 0);
    Session::for_inference(Gpu::noop(), model.clone(), Limits::WEBGPU, &parameters).unwrap()
}

fn for_training(model: &Model) -> Session {
    let (parameters, adam) = (initialise(model, 0), Adam::new(1e-3));
    let gpu = Gpu::noop();
    Session::new(gpu, model.clone(), Limits::WEBGPU, &parameters, adam, 0).unwrap()
}

fn kernels(session: &Session) -> usize {
    session.device().gpu().unwrap().compiled_kernels().len()
}

/// Buffers that the evaluation of every variant has.
const SHARED: [&str; 5] = [
    "batch",
    "loss.d_probabilities",
    "not_finite",
    "parameters",
    "records",
];

#[test]
fn a_variant_has_the_kernels_and_buffers_of_its_evaluation_alone() {
    let embedding = ["embedding.unique"];
    let lstm = |name: &str| ["c", "gates", "h", "last", "z"].map(|part| format!("{name}.{part}"));
    let dense = ["dense.y", "dense_1.y"];
    for variant in Variant::ALL {
        let mut session = for_inference(&variant.model(VOCABULARY).unwrap());
        let mut expected: Vec<String> = [&SHARED[..], &embedding, &dense]
            .concat()
            .iter()
            .map(|name| name.to_string())
            .collect();
        let (layers, fewest): (&[&str], usize) = match variant {
            Variant::Baseline => (&["lstm"], 7),
            Variant::Bidirectional => (&["bidirectional"], 7),
            Variant::Dropout => (&["bidirectional", "bidirectional_1"], 8),
        };
        for layer in layers {
            expected.extend(lstm(layer));
        }
        if variant == Variant::Dropout {
            expected.retain(|name| name != "bidirectional.last"); // it returns sequences
        }
        expected.sort_unstable();
        assert_eq!(session.device().buffer_names(), expected);
        assert_eq!(kernels(&session), 0, "compiled before it is needed");
        let batch = random_batch(9, 4, &mut Philox::new(7, 0));
        session.reserve(batch.shape()).unwrap();
        let compiled = session.device().gpu().unwrap().compiled_kernels();
        assert_eq!(compiled.len(), fewest, "{compiled:#?}");

        // Predicting adds nothing.
        let bytes = session.device().buffer_bytes();
        session.evaluate(&batch).unwrap();
        assert_eq!(session.device().buffer_names(), expected);
        assert_eq!(session.device().gpu().unwrap().compiled_kernels(), compiled);
        assert_eq!(session.device().buffer_bytes(), bytes);
    }
}

#[test]
fn it_needs_less_than_a_session_that_trains() {
    let mut models = [all_pooled(true), all_pooled(false)].concat();
    models.extend([
        recurrent(6, true, &[(8, 2), (4, 1)]),
        gru(5, true, &[(5, 2), (7, 1)]),
        normalised(6),
        classifier(3),
    ]);
    for model in &models {
        let (mut lean, mut full) = (for_inference(model), for_training(model));
        let shape = random_batch(9, 4, &mut Philox::new(7, 0)).shape();
        lean.reserve(shape).unwrap();
        full.reserve(shape).unwrap();
        let (lean, full) = (lean.device().gpu().unwrap(), full.device().gpu().unwrap());
        let all = full.compiled_kernels();
        let own = lean.compiled_kernels();
        assert!(own.iter().all(|kernel| all.contains(kernel)));
        assert!(own.len() + 3 < all.len(), "{}", model.summary());
        for name in ["gradients", "first_moments", "second_moments"] {
            assert!(!lean.buffer_names().contains(&name));
            assert!(full.buffer_names().contains(&name));
        }
        assert!(lean.buffer_bytes() + 12 * model.count_parameters() as u64 <= full.buffer_bytes());
    }
}

#[test]
fn a_session_that_trains_compiles_what_it_runs_alone() {
    let model = recurrent(6, false, &[(8, 2)]);
    let mut session = for_training(&model);
    let clipped = Gradients {
        clip_norm: Some(1.0),
        ..Gradients::default()
    };
    session.set_gradients(clipped).unwrap();
    assert_eq!(kernels(&session), 0, "of a batch that nobody has");
    let batch = random_batch(9, 4, &mut Philox::new(7, 0));
    session.reserve(batch.shape()).unwrap();
    let compiled = session.device().gpu().unwrap().compiled_kernels();
    let of_rows = |kernel: &&String| kernel.starts_with("lstm_forward");
    // One that keeps the tape, and one that does not.
    assert_eq!(compiled.iter().filter(of_rows).count(), 2, "{compiled:#?}");
    session.train(&batch).unwrap();
    session.evaluate(&batch).unwrap();
    assert_eq!(session.device().gpu().unwrap().compiled_kernels(), compiled);
}

#[test]
fn it_refuses_to_train() {
    let model = recurrent(6, false, &[(8, 2)]);
    let mut session = for_inference(&model);
    assert_eq!((session.optimiser(), session.learning_rate()), (None, None));
    let batch = random_batch(5, 3, &mut Philox::new(7, 0));
    let demo = Arc::new(gatefold::data::demo().unwrap());
    let (options, stop) = (FitOptions::new(), AtomicBool::new(false));
    let refusals = [
        session.train(&batch).err(),
        session.train_with_masks(&batch, false, &[]).err(),
        session.profile_train(&batch, Clock::SubmitAndWait).err(),
        session.set_learning_rate(1e-3).err(),
        session.set_gradients(Gradients::default()).err(),
        fit(&mut session, &demo, &options, &stop, &mut |_| {}).err(),
    ];
    for refused in refusals {
        let error = refused.unwrap();
        assert!(matches!(error, Error::ForInference), "{error}");
        assert!(error.to_string().contains("Session::new"), "{error}");
    }
    assert_eq!((session.steps(), session.sequence()), (0, 0));
    assert!(!session.device().buffer_names().contains(&"gradients"));

    // A snapshot of a training session has an optimiser's state, which it has no place for.
    let mut state = session.state().unwrap();
    assert!(state.slots.is_empty());
    session.restore(&state).unwrap();
    state.slots = for_training(&model).state().unwrap().slots;
    let error = session.restore(&state).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}
