//! A limit of memory: too little of it is told, whatever a driver would do.

use assert_cmd::Command;

use crate::program::{ADAPTER, Outcome, Workplace};

/// Runs the program where `ulimit -v` is so many MiB; without any driver if it is to find none.
fn within(place: &Workplace, mebibytes: u64, has_driver: bool, arguments: &[&str]) -> Outcome {
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", mebibytes << 10);
    let program = place.command().get_program().to_owned();
    let mut shell = Command::new("bash");
    shell
        .current_dir(place.path(""))
        .env("XDG_RUNTIME_DIR", place.path(""))
        .env("GATEFOLD_HOME", place.path("home"))
        .env("WGPU_ADAPTER_NAME", &*ADAPTER)
        .args(["-c", &script])
        .arg(program)
        .args(arguments);
    if !has_driver {
        shell
            .env("VK_DRIVER_FILES", "/nonexistent")
            .env("VK_ICD_FILENAMES", "/nonexistent");
    }
    Outcome::of(&mut shell)
}

#[test]
fn too_little_memory_for_a_device_is_told() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let before = place.names();
    for (mebibytes, arguments) in [
        (100, &["devices"][..]),
        (250, &["predict", "run", "a good film"]),
        (
            350,
            &["train", "baseline", "--limit-train", "20", "--out", "new"],
        ),
        (500, &["evaluate", "run"]),
        (700, &["bench", "baseline"]),
        (850, &["compare", "--limit-train", "20", "--out", "new"]),
        (1000, &["train", "--resume", "run", "--epochs", "2"]),
    ] {
        let limit = format!("ulimit -v, is {mebibytes} MiB");
        let outcome = within(&place, mebibytes, true, arguments);
        outcome.fails(
            1,
            &["the limit of memory", &limit, "needs", "raise the limit"],
        );
        assert!(!outcome.stderr.contains("mesa"), "{}", outcome.stderr);
    }
    assert_eq!(place.names(), before);
}

#[test]
fn too_little_memory_for_the_processor_is_told() {
    let place = Workplace::new();
    let train = [
        "train",
        "baseline",
        "--out",
        "new",
        "--adapter",
        "cpu",
        "--threads",
        "2",
    ];
    let outcome = within(&place, 500, true, &train);
    outcome.fails(
        1,
        &[
            "ulimit -v, is 500 MiB",
            "needs 528 MiB",
            "--threads",
            "raise the limit",
        ],
    );
    // Room for program and threads, but not for one of a step's buffers, or for all of them.
    for (size, words) in [
        ("1000", "buffer lstm.gates for a batch of 1000"),
        ("500", "the step needs"),
    ] {
        let outcome = within(
            &place,
            700,
            true,
            &[&train[..], &["--batch-size", size]].concat(),
        );
        outcome.fails(
            1,
            &[words, "memory of this device is 188 MiB", "--batch-size"],
        );
    }
    assert!(place.names().is_empty());
}

#[test]
fn a_driver_that_is_not_found_may_have_met_the_limit() {
    let place = Workplace::new();
    let outcome = within(&place, 16 << 10, false, &["devices"]);
    outcome.fails(1, &["no adapter found", "ulimit -v, is 16384 MiB"]);
}
