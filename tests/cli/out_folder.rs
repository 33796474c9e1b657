//! Where a run may be written: found before any work.

use crate::program::Workplace;

#[test]
fn a_folder_that_holds_a_run_is_refused_before_any_work() {
    let place = Workplace::new();
    place.write("runs/baseline-demo/history.csv", "old");
    place.write("runs/compare-demo/notes.txt", "mine");
    let before = place.files();
    // Without a driver, so that opening a device would show as another error.
    for (command, folder) in [
        (&["train", "baseline"][..], "runs/baseline-demo"),
        (&["compare"], "runs/compare-demo"),
    ] {
        let mut program = place.command();
        program
            .env("VK_DRIVER_FILES", "/nonexistent")
            .env("WGPU_BACKEND", "vulkan")
            .args(command);
        let outcome = crate::program::Outcome::of(&mut program);
        outcome.fails(2, &[folder, "--out", "--overwrite"]);
    }
    assert_eq!(place.files(), before);
}

#[test]
fn overwriting_replaces_the_run_and_nothing_else() {
    let place = Workplace::new();
    place.write("run/history.csv", "old");
    place.write("run/model.safetensors", "old");
    place.write("run/vocabulary.subwords", "old");
    place.write("run/notes.txt", "mine");
    place
        .tiny(&["train", "baseline"], &["--out", "run", "--overwrite"])
        .succeeds();
    let files = place.files();
    assert_eq!(files["run/notes.txt"], b"mine");
    assert!(files["run/vocabulary.subwords"].starts_with(b"### Sub"));
    assert!(files["run/history.csv"].starts_with(b"epoch,"));
    assert!(files["run/model.safetensors"].len() > 100_000);
}

#[test]
fn an_empty_folder_is_taken() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("run")).unwrap();
    place.tiny_run("baseline", &[]);
}

#[test]
fn a_file_is_no_folder() {
    let place = Workplace::new();
    place.write("file", "mine");
    for out in ["file", "file/run"] {
        place
            .tiny(&["train", "baseline"], &["--out", out])
            .fails(2, &["--out", "file", "no folder"]);
    }
    assert_eq!(place.files()["file"], b"mine");
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_is_found_before_training() {
    use std::os::unix::fs::PermissionsExt;

    let place = Workplace::new();
    let locked = place.path("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, PermissionsExt::from_mode(0o555)).unwrap();
    // Root may write anywhere, but not where the system itself keeps files.
    let out = if std::fs::write(locked.join("probe"), "").is_ok() {
        "/proc/gatefold"
    } else {
        "locked/run"
    };
    let outcome = place.tiny(&["train", "baseline"], &["--out", out]);
    outcome.fails(1, &[out, "cannot be written", "--out"]);
    assert!(
        !outcome.stderr.contains("Adapter"),
        "opened a device first: {}",
        outcome.stderr
    );
}
