//! Several sessions that train one model together: the same bytes for any number of them, and an end for all where one fails.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatefold::batch::{Batch, Padding};
use gatefold::data::{Dataset, Review};
use gatefold::model::Model;
use gatefold::random::Philox;
use gatefold::ranks::{Failure, Ranks};
use gatefold::train::{
    EarlyStopping, EpochRecord, Event, FitOptions, Session, SessionState, Snapshot, Validation,
    evaluate, fit, resume,
};
use gatefold::{Error, Result};

use crate::support::device::native;
use crate::support::models::{VOCABULARY, classifier, recurrent};
use crate::support::ranks::on_ranks;
use crate::support::steps::measuring_session;

/// Shards of every batch, which 2, 3, 4, 6 and 12 ranks can share.
const SHARDS: usize = 12;

/// On the processor with a thread: ranks are threads here.
fn session(model: &Model, ranks: Option<Arc<Ranks>>) -> Session {
    let mut session = measuring_session(native(1, None), model);
    if let Some(ranks) = ranks {
        session.join(ranks);
    }
    session
}

/// 31 reviews to train on, in batches of 13, of which the last has 5 rows: shards without any.
fn dataset(classes: usize) -> Arc<Dataset> {
    let mut random = Philox::new(29, 3);
    let mut reviews = |count: usize| -> Vec<Review> {
        let review = |_| Review {
            ids: (0..1 + random.below(12))
                .map(|_| 1 + random.below(VOCABULARY as u32 - 1))
                .collect(),
            label: random.below(classes as u32) as u8,
        };
        (0..count).map(review).collect()
    };
    let mut demo = gatefold::data::demo().unwrap();
    (demo.train, demo.test) = (reviews(31), reviews(29));
    demo.classes = (0..classes).map(|class| class.to_string()).collect();
    Arc::new(demo)
}

fn options(classes: usize) -> FitOptions {
    FitOptions::new()
        .epochs(3)
        .batch_size(13)
        .shards(SHARDS)
        .bucket(true)
        .seed(4)
        .validation(Validation::All)
        .checkpoint_steps(2)
        .class_weights((0..classes).map(|class| 1.0 + class as f32).collect())
        .early_stopping(Some(EarlyStopping {
            patience: 1,
            ..EarlyStopping::default()
        }))
}

/// What a run leaves that must not depend on how many ranks there were.
#[derive(Debug, PartialEq)]
struct Left {
    epochs: Vec<EpochRecord>,
    state: SessionState,
    snapshots: Vec<Arc<Snapshot>>,
}

/// Records without the seconds that they took.
fn timeless(epochs: Vec<EpochRecord>) -> Vec<EpochRecord> {
    let without = |record| EpochRecord {
        seconds: 0.0,
        ..record
    };
    epochs.into_iter().map(without).collect()
}

fn timeless_snapshot(snapshot: &Snapshot) -> Arc<Snapshot> {
    let mut snapshot = snapshot.clone();
    snapshot.position.epochs = timeless(snapshot.position.epochs);
    Arc::new(snapshot)
}

fn train(model: &Model, ranks: Option<Arc<Ranks>>, from: Option<&Snapshot>) -> Result<Left> {
    let (classes, stop) = (model.classes(), AtomicBool::new(false));
    let (dataset, options) = (dataset(classes), options(classes));
    let mut session = session(model, ranks);
    let mut snapshots = Vec::new();
    let mut observe = |event: Event<'_>| {
        if let Event::Snapshot(snapshot) = event {
            snapshots.push(timeless_snapshot(snapshot));
        }
    };
    let history = match from {
        None => fit(&mut session, &dataset, &options, &stop, &mut observe)?,
        Some(from) => resume(&mut session, &dataset, &options, from, &stop, &mut observe)?,
    };
    Ok(Left {
        epochs: timeless(history.epochs),
        state: session.state()?,
        snapshots,
    })
}

/// Two classes with and without a mask, each with dropout, and several classes.
fn models() -> [Model; 3] {
    [
        recurrent(5, false, &[(4, 2)]),
        recurrent(5, true, &[(4, 1), (3, 1)]),
        classifier(5),
    ]
}

fn all_train(size: usize, model: &Model, from: Option<&Snapshot>) -> Vec<Left> {
    let same = |_| String::new();
    on_ranks(size, same, |ranks| {
        train(model, Some(ranks.unwrap()), from).unwrap()
    })
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_ranks() {
    for model in models() {
        let alone = train(&model, None, None).unwrap();
        assert!(alone.snapshots.len() > 3, "{}", alone.snapshots.len());
        for size in [2, 3, 4, 6, 12] {
            for (rank, left) in all_train(size, &model, None).iter().enumerate() {
                assert_eq!(*left, alone, "rank {rank} of {size}");
            }
        }
    }
}

#[test]
fn a_run_goes_on_with_another_number_of_ranks() {
    let model = recurrent(5, true, &[(4, 2)]);
    let alone = train(&model, None, None).unwrap();
    let is_within = |snapshot: &&Arc<Snapshot>| snapshot.position.done == 2;
    let from = alone.snapshots.iter().find(is_within).unwrap();
    let of_two = &all_train(2, &model, None)[0];
    assert!(of_two.snapshots.contains(from));
    for size in [1, 3, 4] {
        for left in all_train(size, &model, Some(from)) {
            assert_eq!(
                (&left.epochs, &left.state),
                (&alone.epochs, &alone.state),
                "{size}"
            );
        }
    }
}

#[test]
fn evaluation_is_shared_and_the_same() {
    let model = classifier(5);
    let dataset = dataset(model.classes());
    let of = |ranks: Option<Arc<Ranks>>| {
        let mut session = session(&model, ranks);
        evaluate(&mut session, &dataset, 4, Padding::AFTER, &mut |_| ()).unwrap()
    };
    let alone = of(None);
    // Of 8 batches, 9 ranks leave one without any.
    for size in [2, 3, 9] {
        for found in on_ranks(size, |_| String::new(), |ranks| of(Some(ranks.unwrap()))) {
            assert_eq!(found, alone, "{size}");
        }
    }
}

#[test]
fn ranks_that_are_to_do_something_else_do_not_begin() {
    let fact = |rank: usize| if rank == 2 { "b" } else { "a" }.to_string();
    let told = on_ranks(4, fact, |ranks| ranks.map(|_| ()).unwrap_err().to_string());
    for told in told {
        let words =
            "rank 2 on here is not to do the same as rank 0: a fact is b there, and a on rank 0";
        assert!(told.starts_with(words), "{told}");
    }
}

#[test]
fn shards_that_cannot_be_shared_are_refused_with_numbers_that_can() {
    let model = recurrent(5, false, &[(4, 1)]);
    let told = on_ranks(
        5,
        |_| String::new(),
        |ranks| {
            train(&model, Some(ranks.unwrap()), None)
                .unwrap_err()
                .to_string()
        },
    );
    let words = "`shards`: 12 cannot be shared evenly among 5 ranks; start 1, 2, 3, 4, 6 or 12 ranks, or give a multiple of 5";
    assert!(told.iter().all(|told| told.starts_with(words)), "{told:?}");
}

/// What all ranks come to where `rank` of three fails so: with an error of its own, or after a step of its own.
fn failing(work: impl Fn(&mut Session, usize) -> Result<()> + Sync) -> Vec<(Error, bool)> {
    let model = recurrent(5, false, &[(4, 1)]);
    on_ranks(
        3,
        |_| String::new(),
        |ranks| {
            let ranks = ranks.unwrap();
            let mut session = session(&model, Some(Arc::clone(&ranks)));
            let outcome = work(&mut session, ranks.rank());
            let failure = outcome.as_ref().err().map(Failure::of);
            let others = ranks.agree(failure.as_ref());
            (outcome.and(others).unwrap_err(), ranks.have_failed())
        },
    )
}

#[test]
fn a_rank_that_fails_ends_all() {
    let reviews = dataset(2).train.clone();
    let batch = Batch::new(&reviews[..12].iter().collect::<Vec<_>>());
    let told = failing(|session, rank| {
        for step in 0.. {
            if (rank, step) == (1, 2) {
                return Err(Error::Data("the disk is gone".to_string()));
            }
            session.train_sharded(&batch, SHARDS)?;
        }
        Ok(())
    });
    let words: Vec<String> = told.iter().map(|(error, _)| error.to_string()).collect();
    let of_it = "rank 1 on here: the disk is gone";
    assert_eq!(words, [of_it, "the disk is gone", of_it]);
    assert!(
        told.iter()
            .all(|(error, all_know)| *all_know && !error.recurs())
    );
}

#[test]
fn of_several_ranks_that_fail_the_first_is_told() {
    let told = on_ranks(
        4,
        |_| String::new(),
        |ranks| {
            let ranks = ranks.unwrap();
            let failure = (ranks.rank() % 2 == 1).then(|| Failure::new("the disk is gone"));
            let others = ranks.agree(failure.as_ref());
            others.map_err(|error| error.to_string())
        },
    );
    let of_first = Err("rank 1 on here: the disk is gone".to_string());
    assert_eq!(told, [of_first.clone(), Ok(()), of_first, Ok(())]);
}

#[test]
fn a_loss_that_is_not_finite_on_one_rank_is_told_by_all() {
    let reviews = dataset(2).train.clone();
    let mut batch = Batch::new(&reviews[..12].iter().collect::<Vec<_>>());
    // Of shard 7, which the second of three ranks has.
    batch.weights[7] = f32::INFINITY;
    let told = failing(|session, _| session.train_sharded(&batch, SHARDS).map(|_| ()));
    for (error, all_know) in told {
        let words = "step 1: the loss is not a finite number";
        assert!(error.to_string().contains(words), "{error}");
        assert!(all_know && error.recurs());
    }
}

#[test]
fn ranks_with_other_parameters_are_named() {
    let model = recurrent(5, false, &[(4, 1)]);
    let (dataset, stop) = (dataset(2), AtomicBool::new(false));
    let told = on_ranks(
        4,
        |_| String::new(),
        |ranks| {
            let ranks = ranks.unwrap();
            let mut session = session(&model, Some(Arc::clone(&ranks)));
            if ranks.rank() == 3 {
                let mut parameters = session.parameters().unwrap();
                parameters[1][0] += 1e-3;
                session.set_parameters(&parameters).unwrap();
            }
            let outcome = fit(&mut session, &dataset, &options(2), &stop, &mut |_| ());
            outcome.unwrap_err().to_string()
        },
    );
    for told in told {
        assert!(told.starts_with("after step 0 rank 3 with cpu ("), "{told}");
        assert!(told.contains("than rank 0 with cpu ("), "{told}");
    }
}

#[test]
fn a_wish_to_end_on_one_rank_ends_all_after_the_same_step() {
    let model = recurrent(5, false, &[(4, 1)]);
    let dataset = dataset(2);
    // By the flag, and by what watches the run.
    for by_flag in [true, false] {
        let left = on_ranks(
            3,
            |_| String::new(),
            |ranks| {
                let ranks = ranks.unwrap();
                let mut session = session(&model, Some(Arc::clone(&ranks)));
                let (stop, mut last) = (AtomicBool::new(false), None);
                let outcome = fit(&mut session, &dataset, &options(2), &stop, &mut |event| {
                    match event {
                        Event::Steps { done: 1, .. } if ranks.rank() == 2 => {
                            stop.store(by_flag, Ordering::Relaxed);
                            return match by_flag {
                                true => ControlFlow::Continue(()),
                                false => ControlFlow::Break(()),
                            };
                        }
                        Event::Snapshot(snapshot) => last = Some(Arc::clone(snapshot)),
                        _ => {}
                    }
                    ControlFlow::Continue(())
                });
                match outcome {
                    Err(Error::Interrupted) => assert!(by_flag),
                    outcome => assert!(!by_flag && outcome.unwrap().epochs.is_empty()),
                }
                last.unwrap()
            },
        );
        assert_eq!(left[0].position.done, 1);
        assert!(left.iter().all(|snapshot| *snapshot == left[0]));
    }
}
