//! The disk: folders in use, leftovers, files that cannot be written.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::{Outcome, Workplace, files_below};

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
    place.tiny_run("baseline", &[]);
    place.write("run/.loss.png.4711.tmp", "left");
    place.write("run/.mine.tmp", "mine");
    place.run(["train", "--resume", "run"]).succeeds();
    let names = place.names();
    let hidden: Vec<&String> = names.iter().filter(|name| name.contains("/.")).collect();
    assert_eq!(hidden, ["run/.mine.tmp"]);
}

#[test]
fn a_history_that_could_not_be_written_is_written_later() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let expected = files_below(&place.path("run"));
    let options = ["--limit-train", "20", "--limit-test", "20", "--epochs", "1"];
    let command = [&["train", "baseline", "--out", "other"][..], &options].concat();
    let mut program = place.start(&command);
    while program.is_running() && !place.path("other/config.toml").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    // A folder cannot be replaced by a file.
    std::fs::create_dir(place.path("other/accuracy.svg")).unwrap();
    let output = program.output();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("other/accuracy.svg: cannot be written"),
        "{told}"
    );
    assert!(
        told.contains("of the end of epoch 1, stands in other"),
        "{told}"
    );
    // Its epoch is not among those that are kept.
    assert!(!told.contains("Kept the history"), "{told}");
    std::fs::remove_dir(place.path("other/accuracy.svg")).unwrap();
    place.run(["train", "--resume", "other"]).succeeds();
    assert!(files_below(&place.path("other")) == expected);
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
    place.tiny_run("baseline", &[]);
    let before = place.files();
    // 512 KiB: less than a checkpoint has, more than the rest. Were its signal not blocked, it would end the program
    // without a word.
    let script = "ulimit -f 512; exec \"$0\" \"$@\"";
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

    /// Takes no more writes from now on, or takes them again.
    fn set_read_only(&self, read_only: bool) {
        let options = ["remount,rw", "remount,ro"][usize::from(read_only)];
        let mut command = std::process::Command::new("mount");
        let status = command.args(["-o", options]).arg(&self.0).status();
        assert!(status.unwrap().success(), "{options}");
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
    place.tiny_run("baseline", &[]);
    // Of the 6,000 KiB, a run takes 1,370 for each checkpoint, 340 for each of two files of parameters and 90 for
    // the rest.
    place.write("run/.mine.tmp", vec![1; 3300 << 10]);
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

#[test]
#[cfg(target_os = "linux")]
fn a_read_only_folder_is_refused_before_any_work() {
    let place = Workplace::new();
    let Some(disk) = SmallDisk::mount(&place.path("run"), 6000) else {
        return;
    };
    place.tiny_run("baseline", &[]);
    let before = place.files();
    disk.set_read_only(true);
    for arguments in [
        &["train", "--resume", "run", "--epochs", "3"][..],
        &["train", "baseline", "--out", "run", "--overwrite"],
        &["compare", "--out", "run/new"],
        &["plot", "run"],
    ] {
        let outcome = place.run(arguments.iter().copied());
        outcome.fails(1, &["run", "Read-only file system"]);
        assert!(!outcome.stderr.contains("Epoch"), "{}", outcome.stderr);
        assert!(place.files() == before, "{arguments:?} left something");
    }
    disk.set_read_only(false);
    place
        .run(["train", "--resume", "run", "--epochs", "3"])
        .succeeds();
}
