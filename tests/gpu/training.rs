//! Training: that it repeats bit for bit, whatever the form, in memory that was reserved.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::batch::{Batch, Padding};
use gatefold::data::{Dataset, Review, Vocabulary, sentiment_classes};
use gatefold::gpu::SizeClasses;
use gatefold::model::{Model, initialise};
use gatefold::plan::{Adam, Limits, Storage};
use gatefold::random::Philox;
use gatefold::reference::network::{Masks, Network};
use gatefold::train::{FitOptions, History, Session, Validation, fit, reserve_for};

use crate::support::device;
use crate::support::fixture::relative_error;
use crate::support::models::{VOCABULARY, gru, on_twin, random_batch, recurrent};
use crate::support::numbers::{double, parameters};

mod calibration;
mod fitting;
mod not_finite;
mod own;
mod refused;

/// A small model that the tests of whole runs train.
pub fn model() -> Model {
    recurrent(8, false, &[(8, 2)])
}

/// The fastest form that the adapter has.
pub fn limits() -> Limits {
    device::forms(&device::open()).pop().unwrap()
}

pub fn session(model: &Model, limits: &Limits, learning_rate: f64) -> Session {
    let parameters = initialise(model, 5);
    Session::new(
        device::open(),
        model.clone(),
        limits.clone(),
        &parameters,
        Adam::new(learning_rate),
        5,
    )
    .unwrap()
}

/// Reviews of random tokens and lengths; a positive one has more high ids, so that there is something to learn.
fn reviews(count: usize, longest: u32, random: &mut Philox) -> Vec<Review> {
    let mut review = |n: usize| {
        let label = (n % 2) as u8;
        let half = VOCABULARY as u32 / 2;
        let tokens = 1 + random.below(longest);
        let mut token = |_| {
            1 + random.below(half)
                + if random.below(4) > 0 {
                    half * u32::from(label)
                } else {
                    0
                }
        };
        Review {
            ids: (0..tokens).map(&mut token).collect(),
            label,
        }
    };
    (0..count).map(&mut review).collect()
}

pub fn dataset(random: &mut Philox) -> Arc<Dataset> {
    let vocabulary = "### SubwordTextEncoder\n### Metadata: {}\n'a_'\n";
    Arc::new(Dataset {
        name: "random".into(),
        held_out: Vec::new(),
        classes: sentiment_classes(),
        train: reviews(61, 25, random),
        test: reviews(21, 30, random),
        vocabulary: Vocabulary::from_text("vocabulary", vocabulary).unwrap(),
        synthetic: true,
        notes: Vec::new(),
    })
}

pub const OPTIONS: FitOptions = FitOptions::new()
    .epochs(2)
    .batch_size(7)
    .seed(3)
    .validation(Validation::First(2))
    .checkpoint_steps(0);

/// Figures of a run's epochs, and its parameters.
pub type Bits = (Vec<[u64; 5]>, Vec<Vec<u32>>);

/// Figures and parameters of a run, bit by bit, but for the time it took.
pub fn bits(history: &History, session: &Session) -> Bits {
    let epochs = history.epochs.iter();
    let figures = epochs.map(|e| {
        [
            e.loss,
            e.accuracy,
            e.val_loss,
            e.val_accuracy,
            e.learning_rate,
        ]
        .map(f64::to_bits)
    });
    let tensors = session.parameters().unwrap();
    (
        figures.collect(),
        tensors
            .iter()
            .map(|tensor| tensor.iter().map(|x| x.to_bits()).collect())
            .collect(),
    )
}

#[test]
fn two_runs_leave_the_same_bits() {
    let gpu = device::open();
    let data = dataset(&mut Philox::new(91, 0));
    for model in [recurrent, gru].map(|of| of(8, false, &[(8, 2), (4, 2)])) {
        for limits in device::forms(&gpu) {
            let runs = [0, 1].map(|_| {
                let mut session = session(&model, &limits, 1e-2);
                let history = fit(
                    &mut session,
                    &data,
                    &OPTIONS,
                    &AtomicBool::new(false),
                    &mut |_| {},
                )
                .unwrap();
                assert_eq!(session.steps(), 18);
                bits(&history, &session)
            });
            assert!(runs[0] == runs[1], "{limits:?}");
            assert_ne!(runs[0].0[0][0], runs[0].0[1][0], "the loss stands still");
        }
    }
}

/// Losses of some steps and the parameters after them.
fn run(mut session: Session, batches: &[Batch]) -> (Vec<u32>, Vec<Vec<f32>>) {
    let mut losses = Vec::new();
    for batch in batches {
        session.train(batch).unwrap();
        losses.extend(
            session
                .results()
                .unwrap()
                .iter()
                .map(|result| result.loss.to_bits()),
        );
    }
    losses.extend(
        session
            .drain()
            .unwrap()
            .iter()
            .map(|result| result.loss.to_bits()),
    );
    assert_eq!(losses.len(), batches.len());
    (losses, session.parameters().unwrap())
}

#[test]
fn how_a_plan_is_cut_changes_no_bit() {
    let gpu = device::open();
    let random = &mut Philox::new(92, 0);
    let model = recurrent(8, true, &[(8, 2), (4, 1)]);
    let batches: Vec<Batch> = [9, 30, 4, 17]
        .map(|length| random_batch(length, 11, random))
        .into();
    for limits in device::forms(&gpu) {
        let expected = run(session(&model, &limits, 1e-2), &batches);
        for change in [
            Limits {
                segment: 3,
                ..limits.clone()
            },
            Limits {
                segment: 16,
                wanted_workgroups: 5,
                ..limits.clone()
            },
            Limits {
                wanted_workgroups: 1,
                ..limits.clone()
            },
            Limits {
                wanted_workgroups: 64,
                ..limits.clone()
            },
            Limits {
                workgroups: 24,
                ..limits.clone()
            },
        ] {
            assert!(
                run(session(&model, &change, 1e-2), &batches) == expected,
                "{change:?}"
            );
        }
        let Some(mut gpu) = device::adapter() else {
            continue;
        };
        gpu.set_size_classes(SizeClasses::Exact);
        let exact = Session::new(
            gpu,
            model.clone(),
            limits.clone(),
            &initialise(&model, 5),
            Adam::new(1e-2),
            5,
        )
        .unwrap();
        assert!(
            run(exact, &batches) == expected,
            "buffers of just the size asked for"
        );
    }
}

#[test]
fn both_forms_train_to_the_same_history() {
    let gpu = device::open();
    let random = &mut Philox::new(93, 0);
    let model = recurrent(16, false, &[(32, 2)]);
    // More steps than the ring of records has places.
    let texts = reviews(700, 30, random);
    let batches: Vec<Batch> = texts
        .chunks(10)
        .map(|chunk| Batch::new(&chunk.iter().collect::<Vec<_>>()))
        .collect();
    let runs: Vec<Vec<u32>> = device::forms(&gpu)
        .iter()
        .map(|limits| run(session(&model, limits, 1e-3), &batches).0)
        .collect();
    let losses = |run: &[u32]| -> Vec<f64> {
        run.iter()
            .map(|&bits| f64::from(f32::from_bits(bits)))
            .collect()
    };
    let first = losses(&runs[0]);
    assert_eq!(first.len(), 70);
    assert!(
        first[65..].iter().sum::<f64>() < 0.9 * first[..5].iter().sum::<f64>(),
        "nothing learnt: {first:?}"
    );
    for other in &runs[1..] {
        for (step, (a, b)) in first.iter().zip(losses(other)).enumerate() {
            assert!((a - b).abs() <= 1e-4 * a, "step {step}: {a} and {b}");
        }
    }
}

#[test]
fn more_units_than_a_kernel_holds_train_as_the_twin_does() {
    let gpu = device::open();
    let random = &mut Philox::new(94, 0);
    for units in [65, 96] {
        let model = recurrent(6, true, &[(units, 2)]);
        let batches: Vec<Batch> = (0..3).map(|_| random_batch(6, 3, random)).collect();
        let start = parameters(&model, random, 1.0);
        for limits in device::forms(&gpu) {
            let mut twin =
                Network::new(&model, start.iter().map(|tensor| double(tensor)).collect());
            let mut session = Session::new(
                device::open(),
                model.clone(),
                limits.clone(),
                &start,
                Adam::new(twin.adam.learning_rate),
                5,
            )
            .unwrap();
            for (step, batch) in (1..).zip(&batches) {
                session.train(batch).unwrap();
                let found = f64::from(session.drain().unwrap()[0].loss);
                let expected = twin
                    .train(&on_twin(batch), Masks::Drawn { seed: 5, step })
                    .0
                    .loss;
                assert!(
                    (found - expected).abs() <= 2e-5 * expected,
                    "step {step}: {found} and {expected}"
                );
            }
            for (found, expected) in session.parameters().unwrap().iter().zip(&twin.parameters) {
                assert!(relative_error(found, expected) <= 2e-5, "{units} units");
            }
        }
    }
}

#[test]
fn memory_stays_what_was_reserved() {
    let random = &mut Philox::new(98, 0);
    let data = dataset(random);
    for limits in device::forms(&device::open()) {
        let mut session = session(&recurrent(5, true, &[(8, 2), (3, 1)]), &limits, 1e-3);
        reserve_for(&mut session, &data, 7, Padding::AFTER).unwrap();
        let reserved = session.device().buffer_bytes();
        let mut texts = data.train.clone();
        for _ in 0..4 {
            for n in (1..texts.len()).rev() {
                texts.swap(n, random.below(n as u32 + 1) as usize);
            }
            for (n, chunk) in texts.chunks(7).enumerate() {
                let batch = Batch::new(&chunk.iter().collect::<Vec<_>>());
                if n % 3 == 2 {
                    session.evaluate(&batch).unwrap()
                } else {
                    session.train(&batch).unwrap()
                }
                session.results().unwrap();
                assert_eq!(
                    session.device().buffer_bytes(),
                    reserved,
                    "T={}",
                    batch.length
                );
            }
        }
        session.drain().unwrap();
    }
}

/// Where recurrences keep halves, a loss is that of f32 but for their rounding, which an evaluation has none of.
#[test]
fn halves_train_as_f32_does_but_for_their_rounding() {
    if !device::is_adapter() {
        return;
    }
    let random = &mut Philox::new(98, 0);
    let batches: Vec<Batch> = (0..12).map(|_| random_batch(20, 7, random)).collect();
    for model in [model(), gru(8, false, &[(8, 2), (5, 1)])] {
        for limits in device::forms(&device::open()) {
            let halves = limits.clone().with_storage(Storage::F16).unwrap();
            let [f32s, f16s] = [limits, halves].map(|limits| {
                let mut session = session(&model, &limits, 1e-2);
                session.evaluate(&batches[0]).unwrap();
                for batch in &batches {
                    session.train(batch).unwrap();
                }
                let results = session.drain().unwrap();
                results.iter().map(|step| step.loss).collect::<Vec<f32>>()
            });
            assert_eq!(f32s[0], f16s[0]);
            assert_ne!(f32s, f16s);
            for (one, other) in f32s.iter().zip(&f16s) {
                assert!((one - other).abs() < 2e-2 * one, "{f32s:?} {f16s:?}");
            }
        }
    }
}
