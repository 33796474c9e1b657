//! All runs below a folder.

use std::fs;
use std::path::Path;

use gatefold::report::write_history;
use gatefold::train::History;
use gatefold::watch::{RunList, Status, is_listed};

use super::{begin, end, held, record, steps, write_comparison, write_progress};

/// A run of three epochs that began at `began`.
fn write_finished(folder: &Path, began: f64) {
    fs::create_dir_all(folder).unwrap();
    let mut history = History::new("dropout", 7);
    history.epochs = [0.75, 0.875, 0.8]
        .into_iter()
        .enumerate()
        .map(|(index, value)| record(index + 1, value))
        .collect();
    write_history(folder, &history).unwrap();
    write_progress(folder, &[begin(began, 1, 0), end(began + 72.0, None)]);
}

#[test]
fn runs_of_any_depth_are_listed_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(is_listed(root).unwrap());
    assert_eq!(RunList::new(root).look().unwrap(), []);
    write_finished(&root.join("old"), 100.0);
    write_finished(&root.join("both/baseline"), 200.0);
    write_comparison(&root.join("both"), &["baseline"]);
    write_finished(&root.join("sweeps/rates/units=64,seed=1"), 300.0);
    let live = root.join("live");
    fs::create_dir(&live).unwrap();
    write_progress(&live, &[begin(400.0, 1, 0), steps(401.0, 1, 12, 0.5)]);
    let _held = held(&live);
    // None of these is a run.
    fs::create_dir_all(root.join(".hidden/run")).unwrap();
    write_progress(&root.join(".hidden/run"), &[begin(500.0, 1, 0)]);
    fs::create_dir_all(root.join("old/tensorboard/train")).unwrap();
    fs::write(root.join("notes.txt"), "mine").unwrap();

    let mut list = RunList::new(root);
    let runs = list.look().unwrap();
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "live",
            "sweeps/rates/units=64,seed=1",
            "both/baseline",
            "old"
        ]
    );
    let words = runs[3].words();
    assert_eq!(
        words,
        [
            "finished 3 epochs",
            "val_accuracy 0.800",
            "best 0.875 (2)",
            "in 1:12"
        ]
    );
    assert_eq!(runs[0].words()[0], "epoch 1/3");
    assert_eq!(list.look().unwrap()[1..], runs[1..]);

    // One that is gone on with becomes the newest, one that is damaged hides no other.
    let again = [begin(100.0, 1, 0), end(172.0, None), begin(900.0, 3, 0)];
    write_progress(&root.join("old"), &again);
    fs::write(root.join("both/baseline/progress.jsonl"), "nonsense\n").unwrap();
    let runs = list.look().unwrap();
    let old = runs.iter().position(|run| run.name == "old").unwrap();
    let live = runs.iter().position(|run| run.name == "live").unwrap();
    assert!(old < live);
    let damaged = runs.iter().find(|run| run.name == "both/baseline").unwrap();
    assert!(
        damaged.words()[0].contains("line 1"),
        "{:?}",
        damaged.words()
    );
    assert_eq!(runs.len(), 4);

    for one in ["old", "both"] {
        assert!(!is_listed(&root.join(one)).unwrap(), "{one}");
    }
    assert!(is_listed(&root.join("sweeps")).unwrap());
    assert!(!is_listed(&root.join("nowhere")).unwrap());
}

#[test]
fn a_run_that_dies_is_told_though_its_files_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    let spec = gatefold::run::RunSpec::new(&gatefold::data::Source::Demo);
    fs::write(run.join("config.toml"), spec.to_toml().unwrap()).unwrap();
    write_progress(&run, &[begin(1.0, 1, 0)]);
    let lock = held(&run);
    let mut list = RunList::new(folder.path());
    let status = |list: &mut RunList| list.look().unwrap()[0].state.clone().unwrap().status;
    assert_eq!(status(&mut list), Status::Training);
    drop(lock);
    assert_eq!(status(&mut list), Status::Dead);
}
