//! What a fit draws its batches from, and where it stops.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use gatefold::Error;
use gatefold::batch::{Batches, Order, Padding, SHUFFLE_BUFFER, Side};
use gatefold::random::Philox;
use gatefold::train::{Event, Metrics, StepResult, Validation, fit};

use super::{OPTIONS, dataset, limits, model, session};
use crate::support::device;
use crate::support::models::recurrent;

#[test]
fn an_interrupted_fit_stops_after_the_step_at_hand() {
    let data = dataset(&mut Philox::new(97, 0));
    let limits = device::forms(&device::open()).pop().unwrap();
    let mut session = session(&recurrent(4, false, &[(4, 1)]), &limits, 1e-3);
    let stop = AtomicBool::new(false);
    let mut kept = None;
    let stopped = fit(&mut session, &data, &OPTIONS, &stop, &mut |event| {
        match event {
            Event::Steps { .. } => {}
            Event::Snapshot(snapshot) => kept = Some(snapshot.clone()),
            other => panic!("{other:?}"),
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(matches!(stopped, Err(Error::Interrupted)));
    assert!(session.steps() < 9, "{} steps", session.steps());
    let kept = kept.expect("nothing kept");
    assert_eq!(kept.position.done as u64, session.steps());
    assert_eq!(kept.state.parameters, session.parameters().unwrap());
    // The session goes on from there.
    stop.store(false, Ordering::Relaxed);
    let history = fit(&mut session, &data, &OPTIONS, &stop, &mut |_| {}).unwrap();
    assert_eq!(history.epochs.len(), 2);
}

/// With a learning rate that moves nothing, losses depend on the batches alone.
#[test]
fn training_is_bucketed_and_padded_and_validation_is_padded() {
    let data = dataset(&mut Philox::new(99, 0));
    let model = recurrent(6, false, &[(8, 1)]);
    let limits = device::forms(&device::open()).pop().unwrap();
    let still = || session(&model, &limits, 1e-30);
    let before = Padding {
        pad: Side::Before,
        max_length: NonZeroUsize::new(9),
        truncate: Side::Before,
    };
    let mut seen = Vec::new();
    for (bucket, padding) in [
        (false, Padding::AFTER),
        (true, Padding::AFTER),
        (false, before),
        (true, before),
    ] {
        let options = OPTIONS.epochs(1).bucket(bucket).padding(padding);
        let mut lengths = Vec::new();
        let order = Order::training(options.seed, 1, bucket, SHUFFLE_BUFFER);
        let train = Batches::with_padding(&data.train, 7, order, padding).unwrap();
        let test = Batches::with_padding(&data.test, 7, Order::Sequential, padding).unwrap();
        let mut direct = still();
        for batch in train {
            lengths.push(batch.length);
            direct.train(&batch).unwrap();
        }
        let mean = |results: Vec<StepResult>| {
            let mut metrics = Metrics::default();
            results.iter().for_each(|step| metrics.add(step));
            metrics.loss()
        };
        let loss = mean(direct.drain().unwrap());
        for batch in test.take(2) {
            direct.evaluate(&batch).unwrap();
        }
        let val_loss = mean(direct.drain().unwrap());

        let stop = AtomicBool::new(false);
        let history = fit(&mut still(), &data, &options, &stop, &mut |_| {}).unwrap();
        let record = &history.epochs[0];
        assert_eq!(
            (record.loss, record.val_loss),
            (loss, val_loss),
            "{options:?}"
        );
        seen.push((lengths, record.val_loss));
    }
    let [plain, bucketed, cut, both] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_ne!(plain.0, bucketed.0);
    assert_eq!((plain.1, cut.1), (bucketed.1, both.1));
    assert_ne!(plain.1, cut.1, "validation does not heed the padding");
}

/// Drawn test reviews are others after each epoch, and the same in a run that repeats it; the rest is as without.
#[test]
fn validation_draws_its_reviews_anew_after_each_epoch() {
    let data = dataset(&mut Philox::new(151, 0));
    // Nothing moves, so that figures differ by their reviews alone.
    let still = || session(&model(), &limits(), 1e-30);
    let run = |validation| {
        let options = OPTIONS.epochs(3).validation(validation);
        let stop = AtomicBool::new(false);
        let history = fit(&mut still(), &data, &options, &stop, &mut |_| {}).unwrap();
        let losses = history.epochs.iter().map(|record| record.val_loss);
        losses.collect::<Vec<_>>()
    };
    let drawn = run(Validation::Drawn(10));
    assert_eq!(drawn, run(Validation::Drawn(10)));
    assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");
    let first = run(Validation::First(1));
    assert!(first[0] == first[1] && first[0] == first[2], "{first:?}");

    let mut direct = still();
    for (epoch, loss) in (1..).zip(&drawn) {
        let order = Order::validation(OPTIONS.seed, epoch);
        let batches = Batches::new(&data.test, OPTIONS.batch_size, order).unwrap();
        let mut reviews = 0;
        for batch in batches.at_most(10) {
            reviews += batch.size;
            direct.evaluate(&batch).unwrap();
        }
        assert_eq!(reviews, 10);
        let mut metrics = Metrics::default();
        direct
            .drain()
            .unwrap()
            .iter()
            .for_each(|step| metrics.add(step));
        assert_eq!(metrics.loss(), *loss);
    }
}
