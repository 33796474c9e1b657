//! What training, evaluation and prediction refuse, before the device sees any of it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::Error;
use gatefold::batch::{Batch, BatchShape, Padding};
use gatefold::data::{Dataset, Review};
use gatefold::model::initialise;
use gatefold::plan::{Adam, Limits};
use gatefold::random::Philox;
use gatefold::train::{
    Decay, FitOptions, Plateau, Schedule, Session, Validation, evaluate, fit, resume,
};

use super::{OPTIONS, dataset, limits, model, session};
use crate::support::device;
use crate::support::models::{VOCABULARY, classifier};

fn of(options: &FitOptions, rate: f64, data: &Arc<Dataset>) -> Error {
    let mut session = session(&model(), &limits(), rate);
    let stop = AtomicBool::new(false);
    let mut begun = false;
    let refused = fit(&mut session, data, options, &stop, &mut |_| begun = true);
    assert!(!begun);
    assert_eq!((session.steps(), session.sequence()), (0, 0));
    refused.unwrap_err()
}

fn names_field(error: &Error, field: &str) {
    assert!(
        matches!(error, Error::Argument { name, .. } if *name == format!("`{field}`")),
        "{field}: {error}"
    );
}

#[test]
fn options_that_make_no_sense_are_named() {
    let data = dataset(&mut Philox::new(131, 0));
    let decay = |decay| Schedule {
        warmup_steps: 0,
        decay,
    };
    let flat = decay(Decay::Plateau(Plateau {
        factor: 1.0,
        ..Plateau::default()
    }));
    let high = decay(Decay::Cosine { minimum: 2.0 });
    for (name, options) in [
        ("epochs", OPTIONS.epochs(0)),
        ("batch_size", OPTIONS.batch_size(0)),
        ("validation", OPTIONS.validation(Validation::Drawn(0))),
        ("schedule.decay.factor", OPTIONS.schedule(flat)),
        ("schedule.decay.minimum", OPTIONS.schedule(high)),
    ] {
        names_field(&of(&options, 1e-3, &data), name);
    }
    names_field(&of(&OPTIONS, 0.0, &data), "learning_rate");
    let mut session = session(&model(), &limits(), 1e-3);
    let refused = evaluate(&mut session, &data, 0, Padding::AFTER, &mut |_| {});
    names_field(&refused.unwrap_err(), "batch_size");
    let refused = session.predict_reviews(&data.test, 0, Padding::AFTER);
    names_field(&refused.unwrap_err(), "batch_size");
    let empty = Batch::new(&[]);
    names_field(&session.predict(&empty).unwrap_err(), "batch");
    names_field(&session.train(&empty).unwrap_err(), "batch");
}

#[test]
fn a_rate_that_is_no_step_size_is_refused() {
    let data = dataset(&mut Philox::new(131, 0));
    let batch = Batch::new(&[&data.train[0]]);
    for rate in [-1.0, f64::NAN, f64::INFINITY, 1e39] {
        let parameters = initialise(&model(), 5);
        let adam = Adam::new(rate);
        let refused = Session::new(device::open(), model(), limits(), &parameters, adam, 5);
        names_field(&refused.err().unwrap(), "learning_rate");
        let mut session = session(&model(), &limits(), 1e-3);
        session.set_learning_rate(rate).unwrap();
        names_field(&session.train(&batch).unwrap_err(), "learning_rate");
        let stop = AtomicBool::new(false);
        let refused = fit(&mut session, &data, &OPTIONS, &stop, &mut |_| {});
        names_field(&refused.unwrap_err(), "learning_rate");
        session.set_learning_rate(1e-3).unwrap();
        session.train(&batch).unwrap();
        session.drain().unwrap();
    }
}

#[test]
fn ids_and_labels_that_the_model_does_not_know_are_told() {
    let told = |error: Error, expected: &str| {
        assert!(matches!(error, Error::Data(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    let good = dataset(&mut Philox::new(131, 0));
    let review = |id: usize, label| Review {
        ids: vec![1, id as u32].into(),
        label,
    };
    let (far, unknown) = (review(VOCABULARY, 0), review(1, 2));
    let cases = [
        (
            &far,
            "id 23 is outside the model's embedding, which has 23 rows",
        ),
        (&unknown, "label 2 is none of the"),
    ];
    for (bad, problem) in cases {
        for (part, test) in [("training review 4", false), ("test review 4", true)] {
            let mut data = Dataset::clone(&good);
            let reviews = if test {
                &mut data.test
            } else {
                &mut data.train
            };
            reviews[3] = bad.clone();
            let data = Arc::new(data);
            told(of(&OPTIONS, 1e-3, &data), problem);
            told(of(&OPTIONS, 1e-3, &data), part);
            let mut session = session(&model(), &limits(), 1e-3);
            let refused = evaluate(&mut session, &data, 7, Padding::AFTER, &mut |_| {});
            told(refused.unwrap_err(), part);
        }
        let mut session = session(&model(), &limits(), 1e-3);
        let batch = Batch::new(&[&good.train[0], bad]);
        told(session.train(&batch).unwrap_err(), problem);
        told(session.evaluate(&batch).unwrap_err(), problem);
        told(session.predict(&batch).unwrap_err(), problem);
        told(session.explain(&batch, None).unwrap_err(), problem);
        // What was refused leaves no trace.
        assert_eq!((session.steps(), session.sequence()), (0, 0));
        session.train(&Batch::new(&[&good.train[0]])).unwrap();
        assert_eq!(session.drain().unwrap().len(), 1);
    }
    // An id for which no batch could be made.
    let mut session = session(&model(), &limits(), 1e-3);
    let reviews = [good.test[0].clone(), review(u32::MAX as usize, 0)];
    let refused = session.predict_reviews(&reviews, 7, Padding::AFTER);
    told(refused.unwrap_err(), "review 2: id 4294967295");
    // Three classes, and the fourth.
    let parameters = initialise(&classifier(3), 5);
    let adam = Adam::new(1e-3);
    let gpu = device::open();
    let mut softmax = Session::new(gpu, classifier(3), limits(), &parameters, adam, 5).unwrap();
    softmax.train(&Batch::new(&[&review(1, 2)])).unwrap();
    let refused = softmax.train(&Batch::new(&[&review(1, 3)]));
    told(
        refused.unwrap_err(),
        "label 3 is none of the model's 3 classes",
    );
}

#[test]
fn a_batch_that_does_not_fit_names_the_remedy() {
    let narrow = Limits {
        binding_bytes: 64 << 10,
        ..limits()
    };
    let mut session = session(&model(), &narrow, 1e-3);
    let shape = BatchShape {
        length: 100,
        size: 1000,
        unique: 10,
        direct_runs: 1,
        ..BatchShape::default()
    };
    let refused = session.reserve(shape).unwrap_err();
    assert!(matches!(refused, Error::Limit { .. }), "{refused}");
    let remedy = "; choose a smaller `batch_size`";
    assert!(refused.to_string().ends_with(remedy), "{refused}");
}

#[test]
fn going_on_refuses_what_beginning_does() {
    let data = dataset(&mut Philox::new(131, 0));
    let mut session = session(&model(), &limits(), 1e-3);
    let stop = AtomicBool::new(false);
    let mut last = None;
    fit(&mut session, &data, &OPTIONS, &stop, &mut |event| {
        if let gatefold::train::Event::Snapshot(snapshot) = event {
            last = Some(snapshot.clone());
        }
    })
    .unwrap();
    let options = OPTIONS.batch_size(0);
    let from = last.unwrap();
    let refused = resume(&mut session, &data, &options, &from, &stop, &mut |_| {});
    names_field(&refused.unwrap_err(), "batch_size");
}
