//! Going on: from a snapshot, and after the device failed.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gatefold::data::Dataset;
use gatefold::model::initialise;
use gatefold::plan::{Adam, names};
use gatefold::random::Philox;
use gatefold::train::{
    Checkpoint, Event, FitOptions, History, RESTARTS, Session, SessionState, Snapshot, fit,
    reserve_for, resume,
};
use gatefold::{DeviceFault, Error, Result};

use crate::support::models::{random_batch, recurrent};
use crate::support::{device, skipped};
use crate::training::{Bits, OPTIONS, bits, dataset, limits, model, session};

/// 9 steps an epoch, 2 epochs, a snapshot every 4 steps.
const SNAPSHOTS: FitOptions = OPTIONS.checkpoint_steps(4);

fn train(
    session: &mut Session,
    data: &Arc<Dataset>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<History> {
    fit(session, data, &SNAPSHOTS, &AtomicBool::new(false), observe)
}

/// A run that nothing disturbs, and the snapshots that it gives away.
fn undisturbed(data: &Arc<Dataset>) -> (Bits, Vec<Arc<Snapshot>>) {
    let mut session = session(&model(), &limits(), 1e-2);
    let mut snapshots = Vec::new();
    let history = train(&mut session, data, &mut |event| {
        if let Event::Snapshot(snapshot) = event {
            snapshots.push(Arc::clone(snapshot));
        }
    });
    (bits(&history.unwrap(), &session), snapshots)
}

#[test]
fn any_snapshot_leads_to_the_same_bits() {
    let data = dataset(&mut Philox::new(101, 0));
    let (expected, snapshots) = undisturbed(&data);
    let places: Vec<String> = snapshots.iter().map(|s| s.position.to_string()).collect();
    let first = [
        "step 4 of epoch 1",
        "step 8 of epoch 1",
        "the end of epoch 1",
    ];
    let second = [
        "step 3 of epoch 2",
        "step 7 of epoch 2",
        "the end of epoch 2",
    ];
    assert_eq!(places, [first, second].concat());
    for snapshot in snapshots {
        // Through the bytes of a file.
        let checkpoint = Checkpoint {
            model: model(),
            config: "[run]".into(),
            snapshot,
        };
        let bytes = checkpoint.to_bytes().unwrap();
        let read = Checkpoint::from_bytes("checkpoint".as_ref(), &bytes).unwrap();
        let mut session = session(&model(), &limits(), 1e-2);
        let stop = AtomicBool::new(false);
        let from = &read.snapshot;
        let history = resume(&mut session, &data, &SNAPSHOTS, from, &stop, &mut |_| {});
        let found = bits(&history.unwrap(), &session);
        assert!(found == expected, "from {}", from.position);
    }
}

#[test]
fn a_snapshot_of_another_model_is_refused() {
    let data = dataset(&mut Philox::new(101, 0));
    let (_, snapshots) = undisturbed(&data);
    let mut session = session(&recurrent(8, false, &[(4, 2)]), &limits(), 1e-2);
    let error = session.restore(&snapshots[0].state).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}

#[test]
fn a_lost_device_changes_no_bit() {
    if !device::is_adapter() {
        return;
    }
    let data = dataset(&mut Philox::new(101, 0));
    let (expected, _) = undisturbed(&data);
    // Within an epoch before any snapshot, after one, and in the validation.
    for (epoch, step, from) in [
        (1, 1, "the beginning"),
        (2, 5, "step 3 of epoch 2"),
        (2, 9, "step 7 of epoch 2"),
    ] {
        let mut session = session(&model(), &limits(), 1e-2);
        reserve_for(&mut session, &data, SNAPSHOTS.batch_size, SNAPSHOTS.padding).unwrap();
        let bytes = session.device().buffer_bytes();
        let destroy = session.device().gpu().unwrap().destroyer();
        let mut told = Vec::new();
        let mut epochs = Vec::new();
        let history = train(&mut session, &data, &mut |event| match event {
            Event::Steps { epoch: e, done, .. }
                if told.is_empty() && (e, done) >= (epoch, step) =>
            {
                destroy()
            }
            Event::Restart {
                error,
                restart,
                position,
            } => told.push((error.to_string(), restart, position.to_string())),
            Event::Epoch(record) => epochs.push(record.epoch),
            _ => {}
        });
        assert!(bits(&history.unwrap(), &session) == expected, "from {from}");
        let [(error, 1, position)] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(error.contains("lost"), "{error}");
        assert_eq!(position, from);
        assert_eq!(epochs, [1, 2], "an epoch is told of once");
        assert_eq!(
            session.device().buffer_bytes(),
            bytes,
            "memory is reserved anew"
        );
    }
}

#[test]
fn a_device_that_fails_again_and_again_ends_the_run() {
    if !device::is_adapter() {
        return;
    }
    let data = dataset(&mut Philox::new(101, 0));
    let mut session = session(&model(), &limits(), 1e-2);
    let destroy = session.device().gpu().unwrap().destroyer();
    let mut restarts = Vec::new();
    let failed = train(&mut session, &data, &mut |event| match event {
        Event::Steps { .. } => destroy(),
        Event::Restart { restart, .. } => restarts.push(restart),
        _ => {}
    });
    let error = failed.unwrap_err();
    assert!(
        matches!(&error, Error::Device { fault: DeviceFault::Lost, problem }
            if problem.contains(&format!("gave up after {RESTARTS} restarts"))),
        "{error}"
    );
    assert_eq!(restarts, [1, 2, 3]);
}

#[test]
fn a_step_that_comes_back_empty_is_noticed() {
    if !device::is_adapter() {
        return;
    }
    let mut session = session(&model(), &limits(), 1e-2);
    session
        .train(&random_batch(5, 3, &mut Philox::new(102, 0)))
        .unwrap();
    // What a driver does that drops the work: the record is not written.
    session
        .device()
        .gpu()
        .unwrap()
        .write(names::RECORDS, &[0; 1024])
        .unwrap();
    let error = session.drain().unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Device {
                fault: DeviceFault::Empty,
                ..
            }
        ) && error.is_recoverable(),
        "{error}"
    );
}

#[test]
fn records_of_steps_that_were_undone_vouch_for_none() {
    let mut session = session(&model(), &limits(), 1e-2);
    let start = session.state().unwrap();
    let batch = random_batch(5, 3, &mut Philox::new(102, 0));
    session.train(&batch).unwrap();
    session.drain().unwrap();
    session.restore(&start).unwrap();
    assert_eq!((session.steps(), session.sequence()), (0, 0));
    let records: Vec<f32> = session.values(names::RECORDS, 256).unwrap();
    assert!(records.iter().all(|word| word.to_bits() == 0));
}

#[test]
fn a_wait_without_end_is_cut_short() {
    let Some(mut gpu) = device::adapter() else {
        return;
    };
    if gpu.is_software() {
        // Mesa's runs a submission while it is submitted: there is nothing to wait for.
        skipped("needs an adapter that computes while the host goes on");
        return;
    }
    gpu.set_time_limit(Duration::ZERO);
    let parameters = initialise(&model(), 5);
    let adam = Adam::new(1e-2);
    let mut session = Session::new(gpu, model(), limits(), &parameters, adam, 5).unwrap();
    // Long enough that it cannot be over at once.
    let batch = random_batch(3000, 30, &mut Philox::new(102, 0));
    session.train(&batch).unwrap();
    let error = session.drain().unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Device {
                fault: DeviceFault::TimedOut,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.is_recoverable());
    assert!(error.to_string().contains("no answer within"), "{error}");
}

#[test]
fn a_state_that_is_not_finite_is_no_snapshot() {
    let mut session = session(&model(), &limits(), 1e-2);
    let mut state = session.state().unwrap();
    type Pick = fn(&mut SessionState) -> &mut Vec<Vec<f32>>;
    let groups: [(&str, Pick); 3] = [
        ("dense.bias", |state| &mut state.parameters),
        ("the first moment of dense.bias", |state| {
            &mut state.slots[0].tensors
        }),
        ("the second moment of dense.bias", |state| {
            &mut state.slots[1].tensors
        }),
    ];
    for (name, group) in groups {
        let place = crate::support::numbers::index_of(&model(), "dense.bias");
        let before = std::mem::replace(&mut group(&mut state)[place][2], f32::INFINITY);
        session.restore(&state).unwrap();
        let error = session.state().unwrap_err();
        assert!(
            matches!(&error, Error::NotFinite { what, .. } if what == name),
            "{error}"
        );
        group(&mut state)[place][2] = before;
    }
}
