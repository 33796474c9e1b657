//! How long the epochs of a run took, from what it told.

use gatefold::run::{ProgressEvent, ProgressLine, Recorder, read_progress, read_timings};
use gatefold::train::{Event, Metrics, Position};

use super::{begin, record, steps, write_progress};

fn epoch(time: f64, epoch: usize, steps: usize, training: f64) -> ProgressLine {
    let event = ProgressEvent::Epoch {
        epoch,
        steps,
        training,
        validation: 1.0,
        device: Some(64),
        resident: None,
    };
    ProgressLine { time, event }
}

#[test]
fn a_break_is_left_out_and_an_epoch_trained_again_counts_wholly() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        begin(100.0, 1, 0),
        steps(106.0, 1, 60, 0.5),
        epoch(111.0, 1, 100, 10.0),
        steps(115.0, 2, 40, 0.5),
        // Killed; it goes on with step 40 of epoch 2 an hour later.
        begin(3715.0, 2, 40),
        epoch(3722.0, 2, 60, 6.0),
        epoch(3730.0, 3, 100, 7.0),
        // Begun anew from the end of epoch 2.
        begin(9000.0, 3, 0),
        epoch(9012.0, 3, 100, 10.0),
        epoch(9020.0, 4, 100, 7.0),
        // And from the end of epoch 3, of which nothing more is told: there is no epoch 4 any more.
        begin(9900.0, 4, 0),
    ];
    write_progress(folder.path(), &lines);
    let found = read_timings(folder.path()).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|timing| (timing.epoch, timing.seconds, timing.rate, timing.device))
        .collect();
    let expected = [(1, 11.0), (2, 11.0), (3, 20.0)];
    let expected = expected.map(|(epoch, seconds)| (epoch, seconds, Some(10.0), Some(64)));
    assert_eq!(told, expected);
}

#[test]
fn a_run_of_an_older_version_has_no_times() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        begin(0.0, 1, 0),
        steps(5.0, 1, 40, 0.5),
        steps(9.0, 2, 40, 0.5),
    ];
    write_progress(folder.path(), &lines);
    assert_eq!(read_timings(folder.path()).unwrap(), []);
}

#[test]
fn the_recorder_tells_what_an_epoch_took() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::new(folder.path());
    recorder.note_device_memory(4096);
    let from = Position {
        done: 30,
        ..Position::default()
    };
    recorder.begin("mine", 2, 40, &from);
    let metrics = Metrics::default();
    for done in [35, 40] {
        recorder.observe(&Event::Steps {
            epoch: 1,
            done,
            of: 40,
            metrics,
        });
    }
    recorder.observe(&Event::Epoch(record(1, 0.5)));
    recorder.end(None);
    let lines = read_progress(folder.path()).unwrap();
    let told = lines.iter().find_map(|line| match line.event {
        ProgressEvent::Epoch {
            epoch,
            steps,
            device,
            resident,
            ..
        } => Some((epoch, steps, device, resident)),
        _ => None,
    });
    let (epoch, steps, device, resident) = told.unwrap();
    // This process trained the last ten steps of the epoch.
    assert_eq!((epoch, steps, device), (1, 10, Some(4096)));
    if cfg!(unix) {
        assert!(resident.unwrap() > 1 << 20);
    }
}
