//! Ctrl-C, on systems that have SIGINT.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gatefold::report::read_history;

use crate::program::Workplace;

/// Starts the program, waits for `file` and interrupts it.
fn interrupted(place: &Workplace, arguments: &[&str], file: &Path) -> Output {
    let runtime = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gatefold"))
        .args(arguments)
        .current_dir(place.path(""))
        .env("XDG_RUNTIME_DIR", runtime.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&mut program, file);
    let sent = Command::new("kill")
        .args(["-INT", &program.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    program.wait_with_output().unwrap()
}

fn wait_for(program: &mut Child, file: &Path) {
    let start = Instant::now();
    while !file.exists() {
        let ended = program.try_wait().unwrap();
        assert!(
            ended.is_none() && start.elapsed() < Duration::from_secs(120),
            "no {}: {ended:?}",
            file.display()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn keeps_the_finished_epochs() {
    let place = Workplace::new();
    let options = [
        "--limit-train",
        "20",
        "--limit-test",
        "20",
        "--epochs",
        "100000",
        "--out",
        "run",
    ];
    // The last file that is written after an epoch.
    let output = interrupted(
        &place,
        &[&["train", "baseline"][..], &options].concat(),
        &place.path("run/accuracy.svg"),
    );
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert_eq!(output.stdout, b"", "an interrupted run has no result");
    let epochs = read_history(&place.path("run")).unwrap().epochs.len();
    assert!(epochs >= 1);
    assert!(told.contains("Stopping after this step"), "{told}");
    assert!(
        told.contains(&format!(
            "Kept the history and plots of {epochs} of 100,000 epochs in run."
        )),
        "{told}"
    );
    assert!(told.ends_with("error: interrupted\n"), "{told}");
    let names = place.names();
    assert!(
        names.contains(&"run/loss.png".to_string())
            && names.contains(&"run/config.toml".to_string())
    );
    assert!(
        !names
            .iter()
            .any(|name| name.contains("safetensors") || name.contains("tmp")),
        "{names:?}"
    );
}

#[test]
fn leaves_nothing_of_a_run_without_an_epoch() {
    let place = Workplace::new();
    let arguments = ["train", "dropout", "--out", "some/run"];
    let output = interrupted(&place, &arguments, &place.path("some/run/config.toml"));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("Nothing was kept"), "{told}");
    assert!(!place.path("some").exists());
}
