//! Watching a run: what it tells, what is made of that, and how it is shown.

use std::fs;
use std::path::Path;

use gatefold::data::Source;
use gatefold::report::write_history;
use gatefold::run::{
    ComparisonSpec, HeldFolder, Pace, ProgressEvent, ProgressLine, Recorder, RunFolder, RunSpec,
    TrainingTime, read_progress,
};
use gatefold::train::{EpochRecord, Event, History, Position};
use gatefold::watch::{RunState, Status, look};

mod dead;
mod list;
#[cfg(feature = "serve")]
mod page;
#[cfg(feature = "serve")]
pub mod page_in_browser;
#[cfg(feature = "watch")]
mod terminal;
mod timings;

fn record(epoch: usize, val_accuracy: f64) -> EpochRecord {
    EpochRecord {
        epoch,
        loss: 0.5,
        accuracy: 0.75,
        val_loss: 0.625,
        val_accuracy,
        learning_rate: 1e-3,
        seconds: 0.0,
        gradient_norm: None,
        gradient_norm_max: None,
        layer_gradient_norms: Vec::new(),
    }
}

fn begin(time: f64, epoch: usize, done: usize) -> ProgressLine {
    let event = ProgressEvent::Begin {
        variant: "dropout".into(),
        epochs: 3,
        steps: 40,
        epoch,
        done,
    };
    ProgressLine { time, event }
}

fn steps(time: f64, epoch: usize, done: usize, loss: f64) -> ProgressLine {
    let event = ProgressEvent::Steps {
        epoch,
        done,
        loss: Some(loss),
        accuracy: Some(1.0 - loss),
        rate: Some(8.0),
        left: Some(95.0),
    };
    ProgressLine { time, event }
}

fn end(time: f64, error: Option<&str>) -> ProgressLine {
    let error = error.map(str::to_string);
    ProgressLine {
        time,
        event: ProgressEvent::End { error },
    }
}

fn state(lines: &[ProgressLine], history: &[EpochRecord]) -> RunState {
    RunState::new("folder", lines, history, false, 200.0)
}

/// Writes what a run tells as it does.
fn write_progress(folder: &Path, lines: &[ProgressLine]) {
    let lines = lines
        .iter()
        .map(|line| serde_json::to_string(line).unwrap() + "\n");
    fs::write(folder.join("progress.jsonl"), lines.collect::<String>()).unwrap();
}

/// Keeps a folder as a process does that trains in it.
fn held(folder: &Path) -> HeldFolder {
    RunFolder::claim(folder).unwrap().unwrap().hold()
}

#[test]
fn the_pace_leaves_out_what_is_no_step() {
    let mut pace = Pace::new(3, 100);
    pace.go_on_from(1, 40);
    // Kernels are compiled: the time until the first steps come back says nothing.
    pace.steps(60.0, 1, 50);
    assert_eq!((pace.rate(), pace.left()), (None, None));
    pace.steps(65.0, 1, 100);
    assert_eq!(pace.rate(), Some(10.0));
    assert_eq!(pace.left(), Some(20.0));
    // 4 s of validation, which comes twice more.
    pace.epoch(69.0);
    assert_eq!(pace.left(), Some(28.0));
    pace.steps(70.0, 2, 10);
    assert_eq!(pace.rate(), Some(10.0));
    assert_eq!(pace.left(), Some(27.0));
    // Twice as slow: the rate follows, though not at once.
    pace.steps(80.0, 2, 60);
    let rate = pace.rate().unwrap();
    assert!(5.0 < rate && rate < 8.0, "{rate}");
    // The device failed.
    pace.go_on_from(2, 0);
    assert_eq!(pace.rate(), Some(rate));
    pace.steps(300.0, 2, 1);
    assert_eq!(pace.rate(), Some(rate));
}

#[test]
fn a_clock_that_was_set_back_takes_no_time_away() {
    let lines = [
        begin(100.0, 1, 0),
        steps(110.0, 1, 10, 0.5),
        steps(50.0, 1, 20, 0.5),
        steps(53.0, 1, 30, 0.5),
    ];
    let run = state(&lines, &[]);
    assert_eq!(run.seconds, Some(13.0));
    let early = RunState::new("folder", &lines, &[], false, 40.0);
    assert_eq!(early.silent, Some(0.0));
}

#[test]
fn a_recorder_goes_on_behind_the_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("progress.jsonl");
    for error in [Some("interrupted".to_string()), None] {
        let mut recorder = Recorder::new(folder.path());
        recorder.begin("dropout", 3, 40, &Position::default());
        recorder.end(error);
        // The process was killed while it wrote.
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"{\"time\":1.5,\"event\":\"st");
        fs::write(&path, bytes).unwrap();
    }
    let lines = read_progress(folder.path()).unwrap();
    let events: Vec<&ProgressEvent> = lines.iter().map(|line| &line.event).collect();
    let begin = begin(0.0, 1, 0).event;
    let [stopped, finished] = [end(0.0, Some("interrupted")).event, end(0.0, None).event];
    assert_eq!(events, [&begin, &stopped, &begin, &finished]);
    assert!(lines.is_sorted_by(|a, b| a.time <= b.time));
}

#[test]
fn half_a_line_is_not_read_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read_progress(folder.path()).unwrap(), []);
    let lines = [begin(1.0, 1, 0), steps(2.0, 1, 4, 0.5), end(3.0, None)];
    write_progress(folder.path(), &lines);
    assert_eq!(read_progress(folder.path()).unwrap(), lines);
    let path = folder.path().join("progress.jsonl");
    let bytes = fs::read(&path).unwrap();
    for cut in 0..bytes.len() {
        fs::write(&path, &bytes[..cut]).unwrap();
        let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read_progress(folder.path()).unwrap(), lines[..whole]);
    }
    fs::write(
        &path,
        [&bytes[..], b"{\"time\":4,\"event\":\"dance\"}\n"].concat(),
    )
    .unwrap();
    let error = read_progress(folder.path()).unwrap_err().to_string();
    for words in ["progress.jsonl", "line 4", "dance"] {
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_run_is_followed_from_its_beginning_to_its_end() {
    let mut lines = vec![begin(100.0, 1, 0)];
    let run = state(&lines, &[]);
    assert_eq!(run.status, Status::Training);
    assert!(run.is_compiling);
    assert_eq!(run.words()[0], "epoch 1/3");
    // The run's own name, not the folder's.
    assert_eq!(run.name, "dropout");

    lines.push(steps(110.0, 1, 12, 0.5));
    let run = state(&lines, &[]);
    let words = [
        "epoch 1/3",
        "silent for 1:30",
        "step 12/40",
        "1:35 left",
        "8.00 steps/s",
    ];
    assert_eq!(run.words(), words);
    assert_eq!((run.loss, run.accuracy), (Some(0.5), Some(0.5)));

    lines.push(steps(199.0, 1, 40, 0.5));
    let run = state(&lines, &[]);
    assert_eq!(run.words()[..2], ["epoch 1/3", "validating"]);

    // The history is written before the next steps are told.
    let history = [record(1, 0.8), record(2, 0.9), record(3, 0.85)];
    let run = state(&lines, &history[..1]);
    assert_eq!((run.epoch, run.done, run.epochs_over), (2, 0, 1));
    assert_eq!(run.loss, None);
    assert_eq!(run.words()[1], "step 0/40");

    lines.push(end(200.0, Some("device: lost")));
    let run = state(&lines, &history[..1]);
    assert_eq!(run.words(), ["stopped", "epoch 1/3", "device: lost"]);
    assert_eq!(run.seconds, Some(100.0));

    // The break does not count.
    lines.extend([begin(900.0, 2, 0), end(990.0, None)]);
    let run = state(&lines, &history);
    assert_eq!(run.status, Status::Finished);
    assert_eq!(run.words(), ["finished 3 epochs", "in 3:10"]);
    assert_eq!(run.best, Some(history[1].clone()));
    assert_eq!(run.last, Some(history[2].clone()));
}

#[test]
fn the_time_of_an_epoch_is_that_of_all_processes_that_trained_it() {
    let over = |time: f64, epoch: usize| -> ProgressLine {
        let line = format!(
            r#"{{"time": {time}, "event": "epoch", "epoch": {epoch}, "steps": 40, "training": 9.0, "validation": 3.0}}"#
        );
        serde_json::from_str(&line).unwrap()
    };
    let lines = [
        begin(100.0, 1, 0),
        steps(110.0, 1, 40, 0.5),
        over(112.0, 1),
        steps(117.0, 2, 20, 0.5),
        end(119.0, Some("interrupted")),
        begin(1000.0, 2, 20),
    ];
    let time = TrainingTime::of(&lines);
    assert_eq!((time.of_epoch(1), time.of_epoch(2)), (Some(12.0), None));
    assert_eq!(time.under_way(), 7.0);
    // Killed before the checkpoint that ends an epoch: it is trained again, and its time is not lost.
    let again = [
        &lines[..3],
        &[begin(500.0, 1, 20), steps(503.0, 1, 30, 0.5)],
    ]
    .concat();
    let time = TrainingTime::of(&again);
    assert_eq!((time.of_epoch(1), time.under_way()), (None, 15.0));

    // What a recorder tells of the epoch that a second process ends.
    let folder = tempfile::tempdir().unwrap();
    write_progress(folder.path(), &lines);
    let mut recorder = Recorder::new(folder.path());
    let mut position = Position::default();
    position.epochs.push(record(1, 0.5));
    recorder.begin("dropout", 3, 40, &position);
    let mut second = record(2, 0.5);
    second.seconds = 30.0;
    recorder.observe(&Event::Epoch(second.clone()));
    assert_eq!(recorder.seconds_of(1), Some(12.0));
    let Event::Epoch(timed) = recorder.timed(Event::Epoch(second)) else {
        panic!("an epoch is an epoch");
    };
    assert_eq!(timed.seconds, 37.0);
    let told = read_progress(folder.path()).unwrap();
    let last = &told.last().unwrap().event;
    assert!(
        matches!(last, ProgressEvent::Epoch { epoch: 2, .. }),
        "{last:?}"
    );
}

#[test]
fn a_run_that_tells_nothing_is_known_by_its_files() {
    let history = [record(1, 0.8)];
    assert_eq!(state(&[], &[]).status, Status::Waiting);
    let stopped = Status::Stopped { reason: None };
    assert_eq!(state(&[], &history).status, stopped);
    let run = RunState::new("old", &[], &history, true, 0.0);
    assert_eq!(run.status, Status::Finished);
    assert_eq!(run.words(), ["finished 1 epoch"]);
    // Its epochs' means are its training curve.
    assert_eq!(run.training.len(), 1);
    assert_eq!((run.training[0].at, run.training[0].loss), (1.0, 0.5));
}

#[test]
fn a_point_of_the_training_curve_is_the_mean_of_its_steps_alone() {
    // 2 steps a point. Loss 0.8 in steps 1 to 10, 0.2 in steps 11 to 20.
    let lines = [
        begin(0.0, 1, 0),
        steps(1.0, 1, 10, 0.8),
        steps(2.0, 1, 11, 0.75),
        steps(3.0, 1, 20, 0.5),
        steps(4.0, 2, 4, 0.25),
    ];
    let points = |lines: &[ProgressLine]| -> Vec<(f64, f64)> {
        let run = state(lines, &[]);
        run.training
            .iter()
            .map(|point| (point.at, point.loss))
            .collect()
    };
    let near = |found: Vec<(f64, f64)>, expected: &[(f64, f64)]| {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found.0 - expected.0).abs() < 1e-9,
                "{found:?} {expected:?}"
            );
            assert!(
                (found.1 - expected.1).abs() < 1e-9,
                "{found:?} {expected:?}"
            );
        }
    };
    let told = [(0.125, 0.8), (0.375, 0.2), (1.05, 0.25)];
    near(points(&lines), &told);
    // A single step at the epoch's end is no point of its own: 0.2 in steps 11 to 39, 0.9 in step 40.
    let ending = [
        &lines[..2],
        &[steps(2.0, 1, 39, 0.8 - 0.6 * 29.0 / 39.0)],
        &[steps(3.0, 1, 40, (0.8 * 10.0 + 0.2 * 29.0 + 0.9) / 40.0)],
    ]
    .concat();
    near(points(&ending), &[told[0], (0.625, 6.7 / 30.0)]);
    // A resumed run trains some steps again; what was told of them is forgotten.
    let again = [&lines[..], &[begin(9.0, 1, 10), steps(10.0, 1, 20, 0.6)]].concat();
    near(points(&again), &[told[0], (0.375, 0.4)]);
}

#[test]
fn long_runs_have_few_points() {
    let history: Vec<EpochRecord> = (1..=12_345).map(|epoch| record(epoch, 0.5)).collect();
    let run = state(&[], &history);
    for curve in [&run.training, &run.validation] {
        assert!((500..=1000).contains(&curve.len()), "{}", curve.len());
        assert_eq!(curve.last().unwrap().at, 12_345.0);
    }
}

/// `config.toml` of a comparison of these variants, of the demo corpus called `reviews`.
fn write_comparison(folder: &Path, variants: &[&str]) {
    let mut spec = RunSpec::new(&Source::Demo);
    spec.data.name = "reviews".to_string();
    spec.comparison = Some(ComparisonSpec {
        variants: variants.iter().map(|name| name.to_string()).collect(),
        models: Vec::new(),
    });
    fs::write(folder.join("config.toml"), spec.to_toml().unwrap()).unwrap();
}

#[test]
fn a_comparison_shows_the_runs_that_are_still_to_come() {
    let folder = tempfile::tempdir().unwrap();
    write_comparison(folder.path(), &["one", "two", "three"]);
    for (name, epochs) in [("one", 3), ("two", 1)] {
        let run = folder.path().join(name);
        fs::create_dir(&run).unwrap();
        let mut history = History::new(name, 7);
        history.epochs = (1..=epochs).map(|epoch| record(epoch, 0.5)).collect();
        write_history(&run, &history).unwrap();
    }
    write_progress(
        &folder.path().join("one"),
        &[begin(1.0, 1, 0), end(2.0, None)],
    );
    write_progress(
        &folder.path().join("two"),
        &[begin(3.0, 1, 0), steps(4.0, 2, 5, 0.5)],
    );
    let _held = held(folder.path());
    let watched = look(folder.path()).unwrap();
    assert_eq!(watched.data.as_deref(), Some("reviews"));
    let states: Vec<&Status> = watched.runs.iter().map(|run| &run.status).collect();
    assert_eq!(
        states,
        [&Status::Finished, &Status::Training, &Status::Waiting]
    );
    assert_eq!(watched.runs[2].name, "three");
    assert!(!watched.is_over());

    // No run after one that was stopped.
    write_progress(
        &folder.path().join("two"),
        &[begin(3.0, 1, 0), end(4.0, Some("interrupted"))],
    );
    assert!(look(folder.path()).unwrap().is_over());

    for outside in ["../elsewhere", "/etc", "a/b", "..", ""] {
        write_comparison(folder.path(), &[outside]);
        let error = look(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no name of a folder"), "{outside}: {error}");
    }
    fs::write(folder.path().join("config.toml"), "[data]\nname = [").unwrap();
    let error = look(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("config.toml") && error.contains("line 2"),
        "{error}"
    );
}
