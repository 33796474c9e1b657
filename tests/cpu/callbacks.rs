//! Early stopping and schedules of the learning rate, against what Keras's do.

use gatefold::train::{Decay, EarlyStopping, EpochRecord, Monitor, Plateau, Schedule};
use serde::Deserialize;

/// What `tests/peers/make_callbacks.py` found.
#[derive(Deserialize)]
struct Keras {
    early_stopping: Vec<Stopping>,
    plateau: Vec<Reductions>,
    cosine: Vec<Cosine>,
}

#[derive(Deserialize)]
struct Stopping {
    monitor: Monitor,
    values: Vec<f64>,
    patience: usize,
    min_delta: f64,
    over_after: Option<usize>,
}

#[derive(Deserialize)]
struct Reductions {
    monitor: Monitor,
    values: Vec<f64>,
    rate: f64,
    factor: f64,
    patience: usize,
    min_delta: f64,
    cooldown: usize,
    min_lr: f64,
    /// After each epoch.
    rates: Vec<f64>,
}

#[derive(Deserialize)]
struct Cosine {
    rate: f64,
    steps: u64,
    warmup_steps: u64,
    minimum: f64,
    /// Of each step, and of some beyond the last.
    rates: Vec<f64>,
}

fn keras() -> Keras {
    serde_json::from_str(include_str!("../peers/callbacks.json")).unwrap()
}

/// Epochs of which the monitored figure is known.
fn epochs(monitor: Monitor, values: &[f64]) -> Vec<EpochRecord> {
    let record = |(epoch, &value): (usize, &f64)| {
        let mut record = EpochRecord {
            epoch,
            ..EpochRecord::default()
        };
        match monitor {
            Monitor::Loss => record.loss = value,
            Monitor::Accuracy => record.accuracy = value,
            Monitor::ValLoss => record.val_loss = value,
            Monitor::ValAccuracy => record.val_accuracy = value,
        }
        record
    };
    (1..).zip(values).map(record).collect()
}

#[test]
fn training_ends_where_keras_ends_it() {
    let cases = keras().early_stopping;
    assert_eq!(cases.len(), 32);
    for case in cases {
        let epochs = epochs(case.monitor, &case.values);
        let stopping = EarlyStopping {
            patience: case.patience,
            min_delta: case.min_delta,
            restore_best: true,
        };
        let over = |count: &usize| stopping.is_over(case.monitor, &epochs[..*count]);
        let found = (0..=epochs.len()).find(over);
        assert_eq!(found, case.over_after, "{stopping:?} {:?}", case.values);
        // Once over, it stays so.
        assert!((found.unwrap_or(usize::MAX)..=epochs.len()).all(|count| over(&count)));
    }
}

#[test]
fn a_plateau_lowers_the_rate_as_keras_does() {
    let cases = keras().plateau;
    assert_eq!(cases.len(), 16);
    for case in cases {
        let epochs = epochs(case.monitor, &case.values);
        let plateau = Plateau {
            factor: case.factor,
            patience: case.patience,
            min_delta: case.min_delta,
            cooldown: case.cooldown,
            minimum: case.min_lr,
        };
        for (over, expected) in (1..).zip(case.rates) {
            let found = plateau.rate(case.rate, case.monitor, &epochs[..over]);
            // Keras keeps it with 32 bits.
            let error = (found - expected).abs() / expected;
            assert!(error < 1e-6, "{plateau:?}, {over}: {found} {expected}");
        }
        let untouched = plateau.rate(case.rate, case.monitor, &[]);
        assert_eq!(untouched, case.rate);
    }
}

#[test]
fn a_cosine_falls_as_keras_has_it() {
    for case in keras().cosine {
        let schedule = Schedule {
            warmup_steps: case.warmup_steps,
            decay: Decay::Cosine {
                minimum: case.minimum,
            },
        };
        assert_eq!(case.rates.len() as u64, case.steps + 3);
        for (step, expected) in (0..).zip(case.rates) {
            let found = schedule.rate(case.rate, step, case.steps, Monitor::ValLoss, &[]);
            let error = (found - expected).abs() / case.rate;
            assert!(error < 1e-6, "{schedule:?}, {step}: {found} {expected}");
        }
    }
}

#[test]
fn a_warm_up_comes_before_any_decay() {
    let worse = epochs(Monitor::ValLoss, &[0.5, 0.6, 0.7]);
    for (decay, after) in [
        (Decay::Constant, 1e-3),
        (Decay::Plateau(Plateau::default()), 1e-5),
    ] {
        let schedule = Schedule {
            warmup_steps: 8,
            decay,
        };
        let rate = |step| schedule.rate(1e-3, step, 40, Monitor::ValLoss, &worse);
        assert_eq!([0, 2, 7].map(rate), [0.0, 0.25e-3, 0.875e-3]);
        assert!((rate(8) - after).abs() < 1e-12);
    }
    // Longer than the run.
    let schedule = Schedule {
        warmup_steps: 100,
        decay: Decay::Cosine { minimum: 0.0 },
    };
    let rate = schedule.rate(1e-3, 100, 40, Monitor::ValLoss, &[]);
    assert_eq!(rate, 1e-3);
}

#[test]
fn the_best_epoch_is_the_first_of_the_best() {
    for (monitor, values, best) in [
        (Monitor::ValLoss, &[0.5, 0.3, 0.3, 0.4][..], Some(2)),
        (Monitor::Loss, &[0.1], Some(1)),
        (Monitor::ValAccuracy, &[0.5, 0.7, 0.6, 0.7], Some(2)),
        (Monitor::Accuracy, &[f64::NAN, 0.1, f64::NAN], Some(2)),
        (Monitor::ValLoss, &[f64::NAN, f64::NAN], Some(1)),
        (Monitor::ValLoss, &[], None),
    ] {
        let epochs = epochs(monitor, values);
        let found = monitor.best(&epochs).map(|record| record.epoch);
        assert_eq!(found, best, "{monitor} {values:?}");
    }
}
