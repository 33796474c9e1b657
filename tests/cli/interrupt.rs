//! Ctrl-C and being told to terminate, on systems that have signals.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use gatefold::report::read_history;

use crate::program::{Running, Workplace, files_below};

/// Sends a signal to the program.
pub fn send(program: &Running, signal: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{signal}"), &program.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Waits until the program has written `file`.
fn wait_for(program: &mut Running, file: &Path) {
    let start = Instant::now();
    while !file.exists() {
        assert!(
            program.is_running() && start.elapsed() < Duration::from_secs(120),
            "no {}",
            file.display()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts the program, waits for `file`, sends `signal` and waits for the end.
fn interrupted(place: &Workplace, arguments: &[&str], file: &str, signal: &str) -> Output {
    let mut program = place.start(arguments);
    wait_for(&mut program, &place.path(file));
    send(&program, signal);
    program.output()
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
        "run/accuracy.svg",
        "INT",
    );
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert_eq!(output.stdout, b"", "an interrupted run has no result");
    let epochs = read_history(&place.path("run")).unwrap().epochs.len();
    assert!(epochs >= 1);
    for words in [
        "Stopping after this step",
        &format!("Kept the history and plots of {epochs} of 100,000 epochs in run."),
        "The last checkpoint, of ",
        "Go on with: gatefold train --resume run\n",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    assert!(told.ends_with("error: interrupted\n"), "{told}");
    let names = place.names();
    for name in [
        "run/loss.png",
        "run/config.toml",
        "run/checkpoint.safetensors",
    ] {
        assert!(names.contains(&name.to_string()), "no {name}");
    }
    assert!(
        !names
            .iter()
            .any(|name| name.contains("model.") || name.contains("tmp") || name.contains("lock")),
        "{names:?}"
    );
}

#[test]
fn stops_within_an_epoch_and_goes_on() {
    let place = Workplace::new();
    let options = [
        "--limit-train",
        "200",
        "--limit-test",
        "20",
        "--epochs",
        "2",
    ];
    let train = |out| [&["train", "dropout"][..], &options, &["--out", out]].concat();
    place.run(train("whole")).succeeds();
    for (signal, out) in [("TERM", "some/run"), ("HUP", "other")] {
        let config = format!("{out}/config.toml");
        let output = interrupted(&place, &train(out), &config, signal);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{signal}: {told}");
        // The signal may have come before the first step.
        let resume = ["train", "--resume", out];
        if place.path(out).exists() {
            let line = format!("Go on with: gatefold {}\n", resume.join(" "));
            assert!(told.contains(&line), "{told}");
            place.run(resume).succeeds();
        } else {
            assert!(told.contains("Nothing was kept"), "{told}");
            place.run(train(out)).succeeds();
        }
        assert!(
            files_below(&place.path(out)) == files_below(&place.path("whole")),
            "{signal}"
        );
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = Workplace::new();
    let mut program = place.start(&["train", "dropout", "--out", "run"]);
    wait_for(&mut program, &place.path("run/config.toml"));
    send(&program, "INT");
    send(&program, "INT");
    let output = program.output();
    // Two signals that come together may count as one.
    assert_eq!(output.status.code(), Some(130));
}
