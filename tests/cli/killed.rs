//! A run that was cut short, by a kill or damage, ends as one that never was.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use gatefold::random::Philox;

use crate::program::{Workplace, files_below};

/// 6 steps an epoch, 2 epochs, a checkpoint every 2 steps.
const SHORT: [&str; 8] = [
    "--limit-train",
    "60",
    "--limit-test",
    "20",
    "--epochs",
    "2",
    "--checkpoint-steps",
    "2",
];

/// A command that trains with [`SHORT`] into `out`.
fn begin<'a>(command: &[&'a str], out: &'a str) -> Vec<&'a str> {
    [command, &SHORT, &["--out", out]].concat()
}

/// The files in the folder of a run that do not depend on how long it took.
fn lasting(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(folder);
    files.remove("comparison.md");
    files
}

/// The files of a run that is not interrupted, and how long it took.
fn unbroken(place: &Workplace, command: &[&str]) -> (BTreeMap<String, Vec<u8>>, Duration) {
    let start = Instant::now();
    place.run(begin(command, "unbroken")).succeeds();
    (lasting(&place.path("unbroken")), start.elapsed())
}

#[track_caller]
fn same(place: &Workplace, out: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let found = lasting(&place.path(out));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected));
    for (name, content) in expected {
        assert!(found[name] == *content, "{name} differs");
    }
}

/// What a user would type next: `--resume`, or the first command again if it had not come to a run.
fn next<'a>(place: &Workplace, command: &[&'a str], out: &'a str) -> Vec<&'a str> {
    if ["config.toml", "checkpoint.safetensors"]
        .iter()
        .any(|name| place.path(out).join(name).exists())
    {
        vec![command[0], "--resume", out]
    } else {
        begin(command, out)
    }
}

/// Kills the program `kills` times at random moments of a run, going on each time, then lets it end.
fn killed_at_random(command: &[&str], kills: usize, stream: u64) {
    let place = Workplace::new();
    let (expected, duration) = unbroken(&place, command);
    let mut random = Philox::new(17, stream);
    let mut run = 0;
    for _ in 0..kills {
        let out = format!("run{run}");
        let mut program = place.start(&next(&place, command, &out));
        std::thread::sleep(duration.mul_f64(random.unit_f64()));
        if program.is_running() {
            program.kill();
        } else {
            let output = program.output();
            assert!(output.status.success(), "{output:?}");
            same(&place, &out, &expected);
            run += 1;
        }
    }
    let out = format!("run{run}");
    place.run(next(&place, command, &out)).succeeds();
    same(&place, &out, &expected);
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_as_one_that_is_not() {
    killed_at_random(&["train", "dropout"], 13, 0);
}

#[test]
fn a_steered_run_that_is_killed_at_any_moment_ends_as_one_that_is_not() {
    let steered = "train dropout --early-stopping 1 --min-delta 0.001 --schedule plateau --warmup-steps 3 \
                   --learning-rate 0.01 --gradient-norms --layer-gradient-norms --tensorboard";
    let command: Vec<&str> = steered.split_whitespace().collect();
    killed_at_random(&command, 7, 2);
}

#[test]
fn a_comparison_that_is_killed_at_any_moment_ends_as_one_that_is_not() {
    let command = ["compare", "--variants", "baseline,bidirectional"];
    killed_at_random(&command, 7, 1);
}

/// A temporary file of a checkpoint, in the folder of a run under way.
fn half_written(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    names
        .map(|name| name.to_string_lossy().into_owned())
        .any(|name| name.starts_with(".checkpoint") && name.ends_with(".tmp"))
}

#[test]
fn a_kill_within_a_write_loses_nothing() {
    let place = Workplace::new();
    // A wide embedding makes the file large, and its writing long.
    let model = crate::train::SMALL_MODEL.replace("width = 8", "width = 1024");
    place.write("wide.toml", model);
    let command = ["train", "--config", "wide.toml"];
    let (expected, _) = unbroken(&place, &command);
    let mut caught = 0;
    for attempt in 0..20 {
        let out = format!("run{attempt}");
        let mut program = place.start(&begin(&command, &out));
        while program.is_running() && !half_written(&place.path(&out)) {
            std::hint::spin_loop();
        }
        program.kill();
        let is_left = half_written(&place.path(&out));
        caught += usize::from(is_left);
        if is_left {
            place.run(next(&place, &command, &out)).succeeds();
            same(&place, &out, &expected);
        }
        if caught == 2 {
            return;
        }
    }
    assert!(caught > 0, "never killed while a checkpoint was written");
}

#[test]
fn more_epochs_may_be_trained() {
    let place = Workplace::new();
    let (expected, _) = unbroken(&place, &["train", "baseline"]);
    let arguments = ["--epochs", "1", "--out", "run"];
    let one = ["train", "baseline"].iter().chain(&SHORT[..4]);
    let one: Vec<&str> = one.chain(&SHORT[6..]).chain(&arguments).copied().collect();
    place.run(one).succeeds();
    let outcome = place.run(["train", "--resume", "run", "--epochs", "2"]);
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("Resuming  the end of epoch 1, from run/"),
        "{told}"
    );
    same(&place, "run", &expected);
    // A run that is done is left as it is.
    place.run(["train", "--resume", "run"]).succeeds();
    same(&place, "run", &expected);
}

#[test]
fn a_damaged_checkpoint_gives_way_to_the_one_before() {
    let place = Workplace::new();
    let (expected, _) = unbroken(&place, &["train", "dropout"]);
    // A run that is done has one checkpoint; this one has the two of a run under way.
    let endless = begin(&["train", "dropout"], "run");
    let mut program = place.start(&endless);
    let previous = place.path("run/checkpoint.previous.safetensors");
    while program.is_running() && !previous.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    program.kill();
    assert!(previous.exists(), "the run was over too soon");
    let newest = place.path("run/checkpoint.safetensors");
    let whole = std::fs::read(if newest.exists() { &newest } else { &previous }).unwrap();
    let mut edited = whole.clone();
    edited[whole.len() / 2] ^= 1;
    for damaged in [&whole[..whole.len() / 3], &edited, b""] {
        let copy = tempfile::tempdir_in(place.path("")).unwrap();
        let out = copy.path().file_name().unwrap().to_str().unwrap();
        for (name, content) in files_below(&place.path("run")) {
            place.write(&format!("{out}/{name}"), content);
        }
        place.write(&format!("{out}/checkpoint.safetensors"), damaged);
        let outcome = place.run(["train", "--resume", out]);
        let told = outcome.succeeds().stderr.replace("\n          ", " ");
        let words = format!("{out}/checkpoint.safetensors is damaged; the checkpoint before it");
        assert!(told.contains(&words), "{told}");
        same(&place, out, &expected);
    }
    place.write("run/checkpoint.safetensors", b"");
    place.write("run/checkpoint.previous.safetensors", b"");
    std::fs::remove_file(place.path("run/.lock")).unwrap();
    let before = lasting(&place.path("run"));
    let outcome = place.run(["train", "--resume", "run"]);
    outcome.fails(1, &["run/checkpoint.safetensors", "SHA-256", "--overwrite"]);
    same(&place, "run", &before);
}
