//! What steers a run: early stopping, schedules of the learning rate, the best epoch's parameters.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::batch::{Batches, Order, SHUFFLE_BUFFER};
use gatefold::data::Dataset;
use gatefold::random::Philox;
use gatefold::train::{
    Checkpoint, Decay, EarlyStopping, Event, FitOptions, History, Monitor, Plateau, Schedule,
    Session, Snapshot, fit, resume,
};

use crate::support::device;
use crate::training::{Bits, OPTIONS, bits, dataset, limits, model, session};

/// Moves parameters so much that the validation loss goes up and down.
const RATE: f64 = 5e-2;

/// 9 steps an epoch, a snapshot every 4 steps. No improvement is large enough: training ends after epoch 4 of 6.
const STEERED: FitOptions = OPTIONS
    .epochs(6)
    .checkpoint_steps(4)
    .early_stopping(Some(EarlyStopping {
        patience: 3,
        min_delta: 9.0,
        restore_best: true,
    }))
    .schedule(Schedule {
        warmup_steps: 5,
        decay: Decay::Plateau(Plateau {
            factor: 0.5,
            patience: 1,
            min_delta: 9.0,
            cooldown: 0,
            minimum: 0.0,
        }),
    });

fn train(
    session: &mut Session,
    data: &Arc<Dataset>,
    options: &FitOptions,
    observe: &mut dyn FnMut(Event<'_>),
) -> History {
    fit(session, data, options, &AtomicBool::new(false), observe).unwrap()
}

/// A run that nothing disturbs, its epochs, and the snapshots that it gives away.
fn undisturbed(data: &Arc<Dataset>) -> (Bits, History, Vec<Arc<Snapshot>>) {
    let mut session = session(&model(), &limits(), RATE);
    let mut snapshots = Vec::new();
    let history = train(&mut session, data, &STEERED, &mut |event| {
        if let Event::Snapshot(snapshot) = event {
            snapshots.push(Arc::clone(snapshot));
        }
    });
    assert_eq!(session.learning_rate(), Some(RATE), "is left as it was");
    (bits(&history, &session), history, snapshots)
}

#[test]
fn training_ends_early_with_the_best_parameters() {
    let data = dataset(&mut Philox::new(121, 0));
    let ((_, parameters), history, snapshots) = undisturbed(&data);
    assert_eq!(history.epochs.len(), 4);
    let best = Monitor::ValLoss.best(&history.epochs).unwrap();
    assert!(
        best.epoch < 4,
        "the last epoch is the best: nothing to restore"
    );
    let end = format!("the end of epoch {}", best.epoch);
    let mut all = snapshots.iter();
    let after = all.find(|snapshot| snapshot.position.to_string() == end);
    let words = |tensors: &[Vec<f32>]| -> Vec<Vec<u32>> {
        let tensors = tensors.iter();
        tensors
            .map(|tensor| tensor.iter().map(|x| x.to_bits()).collect())
            .collect()
    };
    assert!(words(&after.unwrap().state.parameters) == parameters);
    let last = snapshots.last().unwrap();
    assert_eq!(last.best.as_ref().unwrap().epoch, best.epoch);
    assert!(words(&last.state.parameters) != parameters);
    // An epoch that is not over is none to be the best.
    assert_eq!(snapshots[0].best, None);
}

#[test]
fn the_last_parameters_stay_if_they_are_to() {
    let data = dataset(&mut Philox::new(121, 0));
    let (_, _, snapshots) = undisturbed(&data);
    let last = STEERED.early_stopping.map(|stopping| EarlyStopping {
        restore_best: false,
        ..stopping
    });
    let options = STEERED.early_stopping(last);
    let mut session = session(&model(), &limits(), RATE);
    train(&mut session, &data, &options, &mut |_| {});
    let last = &snapshots.last().unwrap().state.parameters;
    assert!(session.parameters().unwrap() == *last);
}

#[test]
fn any_snapshot_of_a_steered_run_leads_to_the_same_bits() {
    let data = dataset(&mut Philox::new(121, 0));
    let (expected, _, snapshots) = undisturbed(&data);
    // Every 4 of 36 steps, and at the end of each of 4 epochs.
    assert_eq!(snapshots.len(), 13);
    for snapshot in snapshots {
        let checkpoint = Checkpoint {
            model: model(),
            config: String::new(),
            snapshot,
        };
        let bytes = checkpoint.to_bytes().unwrap();
        let read = Checkpoint::from_bytes("checkpoint".as_ref(), &bytes).unwrap();
        let mut session = session(&model(), &limits(), RATE);
        let stop = AtomicBool::new(false);
        let from = &read.snapshot;
        let history = resume(&mut session, &data, &STEERED, from, &stop, &mut |_| {});
        let found = bits(&history.unwrap(), &session);
        assert!(found == expected, "from {}", from.position);
    }
}

#[test]
fn a_lost_device_changes_no_bit_of_a_steered_run() {
    if !device::is_adapter() {
        return;
    }
    let data = dataset(&mut Philox::new(121, 0));
    let (expected, ..) = undisturbed(&data);
    let mut session = session(&model(), &limits(), RATE);
    let destroy = session.device().gpu().unwrap().destroyer();
    let mut lost = false;
    let mut restarts = 0;
    let history = train(&mut session, &data, &STEERED, &mut |event| match event {
        Event::Steps { epoch: 3, done, .. } if !lost && done >= 6 => {
            lost = true;
            destroy();
        }
        Event::Restart { .. } => restarts += 1,
        _ => {}
    });
    assert_eq!(restarts, 1);
    assert!(bits(&history, &session) == expected);
}

#[test]
fn every_step_has_the_rate_of_its_schedule() {
    let data = dataset(&mut Philox::new(121, 0));
    let plateau = STEERED.schedule.decay;
    for (decay, rates) in [
        (Decay::Constant, [RATE; 2]),
        // Epochs of 9 steps, of which the first has 5 of warm-up.
        (
            Decay::Cosine { minimum: 0.01 },
            [3, 12].map(|done| {
                let fall = 0.5 * (1.0 + (std::f64::consts::PI * f64::from(done) / 13.0).cos());
                0.01 + (RATE - 0.01) * fall
            }),
        ),
        (plateau, [RATE; 2]),
    ] {
        let options = OPTIONS.schedule(Schedule {
            warmup_steps: 5,
            decay,
        });
        let mut fitted = session(&model(), &limits(), RATE);
        let history = train(&mut fitted, &data, &options, &mut |_| {});
        let found = [0, 1].map(|epoch: usize| history.epochs[epoch].learning_rate);
        assert_eq!(found, rates, "{decay:?}");

        let mut by_hand = session(&model(), &limits(), RATE);
        let mut step = 0;
        for epoch in 1..=2u32 {
            let order = Order::training(options.seed, epoch, false, SHUFFLE_BUFFER);
            for batch in Batches::new(&data.train, options.batch_size, order).unwrap() {
                let over = &history.epochs[..epoch as usize - 1];
                let schedule = &options.schedule;
                let rate = schedule.rate(RATE, step, 18, Monitor::ValLoss, over);
                by_hand.set_learning_rate(rate).unwrap();
                by_hand.train(&batch).unwrap();
                by_hand.drain().unwrap();
                step += 1;
            }
        }
        assert_eq!(step, 18);
        assert!(
            by_hand.parameters().unwrap() == fitted.parameters().unwrap(),
            "{decay:?}"
        );
    }
}
