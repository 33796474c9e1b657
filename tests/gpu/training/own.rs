//! A schedule and observers of one's own, and two sessions on one device.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gatefold::Error;
use gatefold::device::Device;
use gatefold::model::initialise;
use gatefold::plan::Adam;
use gatefold::random::Philox;
use gatefold::train::{EarlyStopping, Event, Monitor, Session, Validation, fit, resume};

use super::{OPTIONS, bits, dataset, limits, model, session};
use crate::support::device;

const RATE: f64 = 1e-2;

#[test]
fn a_closure_gives_the_rate_of_each_step() {
    let data = dataset(&mut Philox::new(141, 0));
    let rate = |step: u64, epoch: usize| RATE / (1.0 + step as f64) / epoch as f64;
    let stop = AtomicBool::new(false);
    // The session's own rate counts for nothing.
    let mut fitted = session(&model(), &limits(), 1.0);
    let options = OPTIONS.rate(rate).checkpoint_steps(4);
    let mut snapshots = Vec::new();
    let history = fit(&mut fitted, &data, &options, &stop, &mut |event| {
        if let Event::Snapshot(snapshot) = event {
            snapshots.push(Arc::clone(snapshot));
        }
    })
    .unwrap();
    assert_eq!(fitted.learning_rate(), Some(1.0));
    let rates: Vec<f64> = history.epochs.iter().map(|e| e.learning_rate).collect();
    assert_eq!(rates, [RATE / 9.0, RATE / 18.0 / 2.0]);
    let expected = bits(&history, &fitted);

    // The same steps by hand.
    let mut by_hand = session(&model(), &limits(), 1.0);
    let mut step = 0;
    for epoch in [1u32, 2] {
        let order = gatefold::batch::Order::training(
            OPTIONS.seed,
            epoch,
            false,
            gatefold::batch::SHUFFLE_BUFFER,
        );
        for batch in gatefold::batch::Batches::new(&data.train, 7, order).unwrap() {
            by_hand
                .set_learning_rate(rate(step, epoch as usize))
                .unwrap();
            by_hand.train(&batch).unwrap();
            step += 1;
        }
        by_hand.drain().unwrap();
    }
    assert!(by_hand.parameters().unwrap() == fitted.parameters().unwrap());

    // Any snapshot leads to the same bits.
    for from in &snapshots {
        let mut again = session(&model(), &limits(), 1.0);
        let history = resume(&mut again, &data, &options, from, &stop, &mut |_| {}).unwrap();
        assert!(bits(&history, &again) == expected);
    }

    let broken = OPTIONS.rate(|step, _| if step == 3 { f64::NAN } else { RATE });
    let mut refused = session(&model(), &limits(), RATE);
    let refused = fit(&mut refused, &data, &broken, &stop, &mut |_| {}).unwrap_err();
    assert!(matches!(&refused, Error::Argument { name, .. } if name == "`learning_rate`"));
}

#[test]
fn an_observer_ends_training_and_the_history_is_kept() {
    let data = dataset(&mut Philox::new(142, 0));
    let stop = AtomicBool::new(false);
    let options = OPTIONS.epochs(5);
    let mut whole = session(&model(), &limits(), RATE);
    let full = fit(&mut whole, &data, &options, &stop, &mut |_| {}).unwrap();
    assert_eq!(full.epochs.len(), 5);

    // After an epoch.
    let mut ended = session(&model(), &limits(), RATE);
    let history = fit(
        &mut ended,
        &data,
        &options,
        &stop,
        &mut |event| match event {
            Event::Epoch(record) if record.epoch == 2 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
    )
    .unwrap();
    assert_eq!((history.epochs.len(), ended.steps()), (2, 18));
    let mut two = session(&model(), &limits(), RATE);
    let shorter = fit(&mut two, &data, &OPTIONS, &stop, &mut |_| {}).unwrap();
    assert!(bits(&history, &ended) == bits(&shorter, &two));

    // Within one: the epoch before it is kept, and its own steps with the snapshot, from which training goes on.
    let mut ended = session(&model(), &limits(), RATE);
    let mut last = None;
    let history = fit(
        &mut ended,
        &data,
        &options,
        &stop,
        &mut |event| match event {
            Event::Steps { epoch: 2, .. } => ControlFlow::Break(()),
            Event::Snapshot(snapshot) => {
                last = Some(Arc::clone(snapshot));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        },
    )
    .unwrap();
    assert_eq!(history.epochs.len(), 1);
    let last = last.unwrap();
    assert!((10..=18).contains(&ended.steps()), "{}", ended.steps());
    assert_eq!(last.position.done as u64 + 9, ended.steps());
    let history = resume(&mut ended, &data, &options, &last, &stop, &mut |_| {}).unwrap();
    assert!(bits(&history, &ended) == bits(&full, &whole));

    // The best epoch's parameters are the result then, too.
    let stopping = EarlyStopping {
        patience: 9,
        ..EarlyStopping::default()
    };
    let best = options
        .early_stopping(Some(stopping))
        .monitor(Monitor::ValLoss);
    let mut ended = session(&model(), &limits(), RATE);
    let mut kept = None;
    fit(&mut ended, &data, &best, &stop, &mut |event| match event {
        Event::Steps { epoch: 3, .. } => ControlFlow::Break(()),
        Event::Snapshot(snapshot) => {
            kept = snapshot.best.clone();
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Continue(()),
    })
    .unwrap();
    assert!(ended.parameters().unwrap() == kept.unwrap().parameters);
}

#[test]
fn a_run_that_was_stopped_in_a_validation_goes_on_as_if_it_had_not_been() {
    let data = dataset(&mut Philox::new(145, 0));
    // 61 steps an epoch, and more batches to validate with than are under way at once.
    let options = OPTIONS
        .batch_size(1)
        .validation(Validation::All)
        .checkpoint_steps(40);
    let stop = AtomicBool::new(false);
    let mut whole = session(&model(), &limits(), RATE);
    let mut expected = Vec::new();
    let mut validated = Vec::new();
    let full = fit(
        &mut whole,
        &data,
        &options,
        &stop,
        &mut |event| match event {
            Event::Snapshot(snapshot) => expected.push(snapshot.state.clone()),
            Event::Validation {
                epoch,
                done,
                of: 21,
                metrics,
            } => validated.push((epoch, done, metrics)),
            _ => {}
        },
    )
    .unwrap();
    for record in &full.epochs {
        let mut of_epoch = validated.iter().filter(|told| told.0 == record.epoch);
        let done: Vec<usize> = of_epoch.clone().map(|told| told.1).collect();
        assert!(done.is_sorted_by(|a, b| a < b), "{done:?}");
        let (_, done, metrics) = of_epoch.next_back().unwrap();
        assert_eq!((*done, metrics.loss()), (21, record.val_loss));
        assert_eq!(metrics.accuracy(), record.val_accuracy);
    }

    let mut stopped = session(&model(), &limits(), RATE);
    let mut last = None;
    let outcome = fit(
        &mut stopped,
        &data,
        &options,
        &stop,
        &mut |event| match event {
            Event::Validation { done, of, .. } => {
                assert!(done < of, "{done} of {of}: not within the validation");
                stop.store(true, Ordering::Relaxed);
            }
            Event::Snapshot(snapshot) => last = Some(Arc::clone(snapshot)),
            _ => {}
        },
    );
    assert!(matches!(outcome, Err(Error::Interrupted)));
    stop.store(false, Ordering::Relaxed);
    let last = last.unwrap();
    assert_eq!((last.position.epochs.len(), last.position.done), (0, 61));

    let mut again = session(&model(), &limits(), RATE);
    let mut found = Vec::new();
    let history = resume(&mut again, &data, &options, &last, &stop, &mut |event| {
        if let Event::Snapshot(snapshot) = event {
            found.push(snapshot.state.clone());
        }
    })
    .unwrap();
    // All but the snapshot after step 40, which the first run had taken.
    assert!(found == expected[1..]);
    assert!(bits(&history, &again) == bits(&full, &whole));
}

#[test]
fn what_was_asked_to_stop_from_without_is_told() {
    let data = dataset(&mut Philox::new(143, 0));
    let stop = AtomicBool::new(false);
    let mut session = session(&model(), &limits(), RATE);
    let outcome = fit(&mut session, &data, &OPTIONS, &stop, &mut |_| {
        stop.store(true, Ordering::Relaxed);
        ControlFlow::Break(())
    });
    assert!(matches!(outcome, Err(Error::Interrupted)));
}

#[test]
fn two_sessions_on_one_device_do_not_disturb_each_other() {
    let data = dataset(&mut Philox::new(144, 0));
    let batches: Vec<_> =
        gatefold::batch::Batches::new(&data.train, 7, gatefold::batch::Order::Sequential)
            .unwrap()
            .collect();
    let rates = [1e-2, 3e-2];
    let alone = rates.map(|rate| {
        let mut session = session(&model(), &limits(), rate);
        for batch in &batches {
            session.train(batch).unwrap();
        }
        session.drain().unwrap();
        session.parameters().unwrap()
    });
    let devices = match device::open() {
        Device::Gpu(gpu) => [gpu.share().into(), Device::Gpu(gpu)],
        Device::Native(native) => [native.share().into(), Device::Native(native)],
    };
    let mut sessions = devices.into_iter().zip(rates).map(|(gpu, rate)| {
        let parameters = initialise(&model(), 5);
        Session::new(gpu, model(), limits(), &parameters, Adam::new(rate), 5).unwrap()
    });
    let mut sessions = [sessions.next().unwrap(), sessions.next().unwrap()];
    for batch in &batches {
        for session in &mut sessions {
            session.train(batch).unwrap();
            session.results().unwrap();
        }
    }
    for (session, alone) in sessions.iter_mut().zip(&alone) {
        session.drain().unwrap();
        assert!(session.parameters().unwrap() == *alone);
    }
    assert!(alone[0] != alone[1]);
}

#[test]
fn an_error_prints_as_a_sentence() {
    let error = Error::Argument {
        name: "`epochs`".into(),
        problem: "0 epochs train nothing; give 1 or more".into(),
    };
    assert_eq!(format!("{error:?}"), error.to_string());
}
