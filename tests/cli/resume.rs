//! `--resume`: a run that was cut short ends as one that never was.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use gatefold::random::Philox;
use sha2::{Digest, Sha256};

use crate::program::{Outcome, Workplace, files_below};

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

/// A run of one epoch, of two steps.
fn tiny_run(place: &Workplace) {
    place
        .tiny(&["train", "baseline"], &["--out", "run"])
        .succeeds();
}

#[test]
fn options_that_contradict_are_refused_with_both_values() {
    let place = Workplace::new();
    tiny_run(&place);
    let before = place.files();
    for (option, value, begun) in [
        ("--batch-size", "7", "10"),
        ("--learning-rate", "0.5", "0.001"),
        ("--seed", "9", "0"),
        ("--validation-steps", "3", "30"),
        ("--limit-train", "30", "20"),
        ("--limit-test", "10", "20"),
    ] {
        let outcome = place.run(["train", "--resume", "run", option, value]);
        outcome.fails(2, &[option, value, begun, "leave it out"]);
        assert!(!outcome.stderr.contains("Adapter"), "opened a device first");
    }
    let fewer = ["train", "--resume", "run", "--epochs", "0"];
    place.run(fewer).fails(2, &["--epochs", "give more"]);
    let masked = ["train", "--resume", "run", "--mask-padding"];
    place.run(masked).fails(2, &["--mask-padding", "no mask"]);
    for more in [
        &["--out", "other"][..],
        &["--overwrite"],
        &["dropout"],
        &["--config", "model.toml"],
    ] {
        let outcome = place.run([&["train", "--resume", "run"], more].concat());
        outcome.fails(2, &["cannot be used with"]);
    }
    assert_eq!(place.files(), before);
    // What it was begun with may be said again.
    let again = ["--resume", "run", "--seed", "0", "--limit-train", "20"];
    place.run([&["train"][..], &again].concat()).succeeds();
}

#[test]
fn variants_that_contradict_are_refused() {
    let place = Workplace::new();
    let two = ["--variants", "baseline,dropout", "--out", "both"];
    place.tiny(&["compare"], &two).succeeds();
    let other = ["--resume", "both", "--variants", "dropout"];
    let outcome = place.run([&["compare"][..], &other].concat());
    outcome.fails(2, &["--variants", "dropout was given", "baseline,dropout"]);
    let outcome = place.run(["train", "--resume", "both"]);
    outcome.fails(2, &["gatefold compare --resume both"]);
    let outcome = place.run(["compare", "--resume", "both/dropout"]);
    outcome.fails(2, &["gatefold train --resume both/dropout"]);
}

#[test]
fn a_folder_without_a_run() {
    let place = Workplace::new();
    place.write("notes/mine.txt", "mine");
    for folder in ["notes", "nowhere"] {
        let outcome = place.run(["train", "--resume", folder]);
        outcome.fails(2, &[folder, "no run to go on with"]);
    }
    assert_eq!(place.names(), ["notes/mine.txt"]);
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

/// Replaces text in a checkpoint, and makes its checksum right again.
fn forge(place: &Workplace, name: &str, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the header's length must stay");
    let mut bytes = std::fs::read(place.path(name)).unwrap();
    let mut windows = bytes.windows(from.len());
    let start = windows.position(|part| part == from.as_bytes()).unwrap();
    bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
    let content = bytes.len() - 32;
    let checksum = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&checksum);
    place.write(name, bytes);
}

#[test]
fn checkpoints_of_other_versions_and_runs_are_refused() {
    let place = Workplace::new();
    tiny_run(&place);
    let name = "run/checkpoint.safetensors";
    let whole = place.files()[name].clone();
    let refused = |words: &[&str]| {
        let outcome = place.run(["train", "--resume", "run"]);
        outcome.fails(1, words);
        place.write(name, &whole);
    };
    forge(&place, name, "\\\"format\\\":1", "\\\"format\\\":9");
    refused(&[name, "format 9", "format 1", "newer gatefold"]);
    forge(&place, name, "batch_size = 10", "batch_size = 17");
    refused(&[name, "training.batch_size", "17 there", "10 now"]);
    forge(&place, name, "batch_size = 10", "bench_size = 10");
    refused(&[name, "line ", "bench_size"]);
    forge(&place, name, "sha256 = \\\\\\\"", "sha256 = \\\\\\\"");
    place
        .tiny(&["train", "dropout"], &["--out", "other"])
        .succeeds();
    place.write(name, &place.files()["other/checkpoint.safetensors"]);
    refused(&[name, "model.", "there", "now"]);
    let config = "run/config.toml";
    let text = String::from_utf8(place.files()[config].clone()).unwrap();
    place.write(
        config,
        text.replace("gatefold = \"", "novelty = 1\ngatefold = \"9."),
    );
    let words = [config, "line 1", "novelty", "gatefold 9.", "wrote it"];
    refused(&words);
}

#[test]
fn other_reviews_and_another_vocabulary_are_refused_with_their_hashes() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let options = ["--data", "reviews", "--epochs", "1", "--out", "run"];
    place
        .run([&["train", "baseline"][..], &options].concat())
        .succeeds();
    // The same reviews may lie elsewhere.
    std::fs::rename(place.path("reviews"), place.path("moved")).unwrap();
    let moved = ["train", "--resume", "run", "--data", "moved"];
    place.run(moved).succeeds();
    place.write("moved/train/pos/0_9.txt", "another film");
    let outcome = place.run(moved);
    outcome.fails(
        1,
        &[
            "run/config.toml",
            "other reviews",
            "SHA-256",
            "8 to train on",
        ],
    );
    let vocabulary = crate::program::VOCABULARY.replace("'long_'", "'lengthy_'\n'long_'");
    place.write("moved/imdb_reviews.subwords", vocabulary);
    let outcome = place.run(moved);
    outcome.fails(1, &["another vocabulary", "262 ids", "263 ids", "SHA-256"]);
}

#[test]
fn another_form_of_the_kernels_is_told() {
    let place = Workplace::new();
    let one = ["--epochs", "1", "--out", "run", "--kernels", "portable"];
    place.tiny(&["train", "baseline"], &one).succeeds();
    // Without the option, the form is the one that the run was begun with.
    let outcome = place.run(["train", "--resume", "run"]);
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("kernels: portable") && !told.contains("begun on"),
        "{told}"
    );
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    let mut config: toml::Table = config.parse().unwrap();
    config["adapter"]["name"] = "other".into();
    place.write("run/config.toml", config.to_string());
    let outcome = place.run(["train", "--resume", "run"]);
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    assert!(
        told.contains("begun on other (") && told.contains("to rounding only"),
        "{told}"
    );
}

#[test]
fn a_folder_in_use_is_refused() {
    let place = Workplace::new();
    let endless = [
        "--limit-train",
        "20",
        "--limit-test",
        "20",
        "--epochs",
        "100000",
    ];
    let command = ["compare", "--variants", "baseline", "--out", "run"];
    let program = place.start(&[&command[..], &endless].concat());
    let start = Instant::now();
    while !place.path("run/baseline/accuracy.svg").exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no epoch");
        std::thread::sleep(Duration::from_millis(5));
    }
    for arguments in [
        &["compare", "--resume", "run"][..],
        &["train", "--resume", "run/baseline"],
        &["train", "baseline", "--out", "run/baseline", "--overwrite"],
        &["compare", "--out", "run", "--overwrite"],
    ] {
        let outcome = place.run(arguments.iter().copied());
        outcome.fails(1, &["run", "in use by another gatefold"]);
    }
    program.kill();
    // The lock went with the process.
    let more = ["train", "baseline", "--out", "run/baseline", "--overwrite"];
    place.tiny(&more, &[]).succeeds();
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let place = Workplace::new();
    for name in [".history.csv.4711.tmp", ".lock"] {
        place.write(&format!("run/{name}"), "left");
    }
    // Nothing but leftovers is an empty folder.
    tiny_run(&place);
    place.write("run/.loss.png.4711.tmp", "left");
    place.write("run/.mine.tmp", "mine");
    place.run(["train", "--resume", "run"]).succeeds();
    let names = place.names();
    let hidden: Vec<&String> = names.iter().filter(|name| name.contains("/.")).collect();
    assert_eq!(hidden, ["run/.mine.tmp"]);
}

/// Fails unless `outcome` is of a resumed run that could not write, and left what was there.
fn refused_writing(outcome: &Outcome, place: &Workplace, before: &BTreeMap<String, Vec<u8>>) {
    outcome.fails(1, &["run/", "cannot be written"]);
    let after = place.files();
    for name in ["run/checkpoint.safetensors", "run/history.csv"] {
        assert!(after.contains_key(name), "{name} is lost");
    }
    for name in ["run/checkpoint.safetensors", "run/model.safetensors"] {
        assert!(after[name] == before[name], "{name} changed");
    }
    let left = |name: &String| name.contains("/.") && !before.contains_key(name);
    assert!(!after.keys().any(left), "{:?}", after.keys());
}

#[test]
#[cfg(unix)]
fn a_write_past_the_limit_of_a_files_size_loses_nothing() {
    let place = Workplace::new();
    tiny_run(&place);
    let before = place.files();
    // 512 KiB: less than a checkpoint has, more than the rest. The signal would end the program.
    let script = "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\"";
    let command = place.command();
    let program = command.get_program().to_owned();
    let mut shell = assert_cmd::Command::new("bash");
    shell
        .current_dir(place.path(""))
        .args(["-c", script])
        .arg(program)
        .args(["train", "--resume", "run", "--epochs", "3"]);
    refused_writing(&Outcome::of(&mut shell), &place, &before);
    place
        .run(["train", "--resume", "run", "--epochs", "3"])
        .succeeds();
}

/// A small file system of its own, which goes with the value.
#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// `None`, said loudly, where this process may not mount one.
    fn mount(at: &Path, kib: usize) -> Option<SmallDisk> {
        std::fs::create_dir(at).unwrap();
        let size = format!("size={kib}k");
        let mut command = std::process::Command::new("mount");
        let mounted = command
            .args(["-t", "tmpfs", "-o", &size, "none"])
            .arg(at)
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(at.to_path_buf()));
        }
        crate::support::skipped("may not mount a file system");
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_loses_nothing() {
    let place = Workplace::new();
    let Some(_disk) = SmallDisk::mount(&place.path("run"), 6000) else {
        return;
    };
    tiny_run(&place);
    // Of the 6,000 KiB, a run takes 1,030 for each checkpoint, 340 for parameters and 90 for the rest.
    place.write("run/.mine.tmp", vec![1; 4000 << 10]);
    let before = place.files();
    let outcome = place.run(["train", "--resume", "run", "--epochs", "3"]);
    refused_writing(&outcome, &place, &before);
    let told = &outcome.stderr;
    for words in ["No space left", "of the end of epoch 1, stands in run"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    std::fs::remove_file(place.path("run/.mine.tmp")).unwrap();
    place.run(["train", "--resume", "run"]).succeeds();
}
