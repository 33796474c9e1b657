//! A run whose process is gone without a word.

use std::fs;
use std::path::Path;

use gatefold::data::Source;
use gatefold::run::RunSpec;
use gatefold::sweep::Listing;
use gatefold::watch::{Status, WatchedFolder, look};

use super::{begin, end, held, steps, write_comparison, write_progress};

/// A run that has begun.
fn write_run(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let spec = RunSpec::new(&Source::Demo);
    fs::write(folder.join("config.toml"), spec.to_toml().unwrap()).unwrap();
    write_progress(folder, &[begin(1.0, 1, 0), steps(2.0, 1, 12, 0.5)]);
}

fn statuses(watched: &WatchedFolder) -> Vec<Status> {
    watched.runs.iter().map(|run| run.status.clone()).collect()
}

#[test]
fn a_run_that_no_process_holds_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("my run");
    write_run(&run);
    let lock = held(&run);
    let watched = look(&run).unwrap();
    assert_eq!(statuses(&watched), [Status::Training]);
    assert!(!watched.is_dead && !watched.is_over() && watched.resume.is_none());

    // A process that is killed leaves the file of its lock.
    drop(lock);
    for leaves in [true, false] {
        if leaves {
            fs::write(run.join(".lock"), "").unwrap();
        } else {
            fs::remove_file(run.join(".lock")).unwrap();
        }
        let watched = look(&run).unwrap();
        assert_eq!(statuses(&watched), [Status::Dead]);
        assert!(watched.is_dead && watched.is_over() && !watched.is_finished());
        let words = watched.runs[0].words();
        assert_eq!(words, ["dead", "epoch 1/3", "step 12/40"]);
        let resume = format!("gatefold train --resume '{}'", run.display());
        assert_eq!(watched.resume, Some(resume));
    }

    // One that told why it ended is not.
    let told = [begin(1.0, 1, 0), end(3.0, Some("interrupted"))];
    write_progress(&run, &told);
    let watched = look(&run).unwrap();
    assert!(!watched.is_dead && watched.is_over() && !watched.is_finished());
    assert!(watched.resume.unwrap().contains("--resume"));
    write_progress(&run, &[begin(1.0, 1, 0), end(3.0, Some("a NaN"))]);
    assert_eq!(look(&run).unwrap().resume, None);
    write_progress(&run, &[begin(1.0, 1, 0), end(3.0, None)]);
    let watched = look(&run).unwrap();
    assert!(watched.is_finished() && watched.resume.is_none());
}

#[test]
fn who_looks_does_not_keep_the_folder_from_who_trains() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path());
    fs::write(folder.path().join(".lock"), "").unwrap();
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            for _ in 0..500 {
                look(folder.path()).unwrap();
            }
        });
        while !looks.is_finished() {
            drop(held(folder.path()));
        }
    });
}

#[test]
fn a_library_that_takes_no_folder_is_not_called_dead() {
    let folder = tempfile::tempdir().unwrap();
    write_progress(folder.path(), &[begin(1.0, 1, 0)]);
    assert_eq!(statuses(&look(folder.path()).unwrap()), [Status::Training]);
}

#[test]
fn a_comparison_is_dead_between_two_models_too() {
    let folder = tempfile::tempdir().unwrap();
    write_comparison(folder.path(), &["one", "two"]);
    let one = folder.path().join("one");
    write_run(&one);
    write_progress(&one, &[begin(1.0, 1, 0), end(3.0, None)]);
    let lock = held(folder.path());
    let watched = look(folder.path()).unwrap();
    assert_eq!(statuses(&watched), [Status::Finished, Status::Waiting]);
    assert!(!watched.is_dead && !watched.is_over());
    drop(lock);
    let watched = look(folder.path()).unwrap();
    assert!(watched.is_dead && watched.is_over());
    assert!(
        watched
            .resume
            .unwrap()
            .starts_with("gatefold compare --resume ")
    );
}

#[test]
fn a_sweep_is_dead_where_a_trial_is_left_and_none_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let listing: Listing = serde_json::from_str(
        r#"{"name": "rates", "base": {}, "axes": [], "search": {"method": "grid"}, "trials": ["a", "b"]}"#,
    )
    .unwrap();
    fs::write(
        folder.path().join("trials.json"),
        serde_json::to_vec(&listing).unwrap(),
    )
    .unwrap();
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    write_run(&a);
    assert!(look(folder.path()).unwrap().is_dead);
    // Another process may take it.
    write_run(&b);
    let lock = held(&b);
    assert!(!look(folder.path()).unwrap().is_dead);
    drop(lock);
    // Told to stop: left, but not dead.
    for trial in [&a, &b] {
        write_progress(trial, &[begin(1.0, 1, 0), end(2.0, Some("interrupted"))]);
    }
    let watched = look(folder.path()).unwrap();
    assert!(watched.is_over() && !watched.is_dead && watched.resume.is_some());
    // Both failed: no one need go on with them.
    for trial in [&a, &b] {
        write_progress(trial, &[begin(1.0, 1, 0), end(2.0, Some("why"))]);
        fs::write(
            trial.join("trial.json"),
            r#"{"epochs": 3, "failed": "why"}"#,
        )
        .unwrap();
    }
    let watched = look(folder.path()).unwrap();
    assert!(!watched.is_dead && watched.resume.is_none());
}
