//! `--tensorboard`: event files beside a run.

use crate::program::Workplace;

#[test]
fn event_files_grow_with_the_run_and_go_with_it() {
    let place = Workplace::new();
    let run = |options: &[&str]| {
        let all = [&["--epochs", "2", "--out", "run"], options].concat();
        place.tiny(&["train", "baseline"], &all)
    };
    let events = || -> Vec<String> {
        let names = place.names().into_iter();
        names.filter(|name| name.contains("tfevents")).collect()
    };
    let outcome = run(&["--tensorboard"]);
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("Events    tensorboard --logdir run\n")
    );
    let expected = ["train", "validation"]
        .map(|part| format!("run/tensorboard/{part}/events.out.tfevents.gatefold"));
    assert_eq!(events(), expected);
    let before = place.files();
    place
        .run(["train", "--resume", "run", "--epochs", "3"])
        .succeeds();
    let after = place.files();
    for name in &expected {
        let (before, after) = (&before[name], &after[name]);
        assert!(after.len() > before.len() && after.starts_with(before));
    }
    // Those of a run that is replaced go, but not what is not its own.
    place.write("run/tensorboard/train/mine", "mine");
    run(&["--overwrite"]).succeeds();
    assert!(events().is_empty(), "{:?}", place.names());
    assert!(place.path("run/tensorboard/train/mine").exists());
    assert!(!place.path("run/tensorboard/validation").exists());
    // A run that was begun without them may have them from its first epoch on.
    place
        .run(["train", "--resume", "run", "--epochs", "3", "--tensorboard"])
        .succeeds();
    let late = place.files();
    for name in &expected {
        assert!(late[name] == after[name]);
    }
}

#[test]
fn a_run_of_which_nothing_is_kept_leaves_no_event_file() {
    let place = Workplace::on_adapter();
    let options = ["--learning-rate", "1e30", "--tensorboard"];
    place
        .tiny(&["train", "baseline"], &options)
        .fails(1, &["not a finite number"]);
    assert!(!place.path("runs").exists(), "{:?}", place.names());
}
