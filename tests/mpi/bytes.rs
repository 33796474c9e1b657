//! Whatever the number of ranks, a run leaves the same files.

use std::collections::BTreeMap;

use crate::launch::{alone, mpirun, on_ranks, process_of};
use crate::program::{Workplace, files_below};

/// The files of a run that do not depend on how long it took.
pub fn lasting(place: &Workplace, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(&place.path(folder));
    files.remove("comparison.md");
    files
}

/// Fails unless the folder holds these files.
#[track_caller]
pub fn same(place: &Workplace, folder: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let found = lasting(place, folder);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected), "{folder}");
    for (name, content) in expected {
        assert!(found[name] == *content, "{name} in {folder} differs");
    }
}

const SMALL: &str = "--limit-train 60 --limit-test 30 --epochs 2 --checkpoint-steps 4";

#[test]
fn all_variants_are_trained_to_the_same_files() {
    let place = Workplace::new();
    let line = format!("compare {SMALL} --shards 4 --quiet --out");
    alone(&place, &format!("{line} alone")).succeeds();
    let expected = lasting(&place, "alone");
    for name in ["model.safetensors", "checkpoint.safetensors", "history.csv"] {
        assert!(
            expected.contains_key(&format!("bidirectional/{name}")),
            "{name}"
        );
    }
    for ranks in [1, 2, 4] {
        let folder = format!("of{ranks}");
        on_ranks(&place, ranks, &format!("{line} {folder}")).succeeds();
        same(&place, &folder, &expected);
    }
}

/// An uneven last batch of two reviews, of which two shards have none; dropout, a mask, buckets, clipping, weights, stopping.
#[test]
fn a_steered_run_is_the_same() {
    let place = Workplace::new();
    let line = "train dropout --limit-train 58 --limit-test 31 --epochs 4 --batch-size 7 --shards 4 --mask-padding --bucket \
                --clip-norm 0.05 --class-weight negative=2 --early-stopping 1 --min-delta 0.01 --gradient-norms \
                --layer-gradient-norms --validation all --quiet --out";
    alone(&place, &format!("{line} alone")).succeeds();
    let expected = lasting(&place, "alone");
    for ranks in [2, 4] {
        let folder = format!("of{ranks}");
        on_ranks(&place, ranks, &format!("{line} {folder}")).succeeds();
        same(&place, &folder, &expected);
    }
}

#[test]
fn without_shards_every_rank_has_one() {
    let place = Workplace::new();
    let outcome = on_ranks(&place, 3, &format!("train baseline {SMALL} --out run"));
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("Ranks     3, each with 1 of 3 shards of a batch"),
        "{told}"
    );
    // The first alone tells.
    assert_eq!(told.matches("Data ").count(), 1, "{told}");
    assert_eq!(
        outcome.stdout.matches("baseline").count(),
        1,
        "{}",
        outcome.stdout
    );
    let config = String::from_utf8(lasting(&place, "run")["config.toml"].clone()).unwrap();
    assert!(config.contains("\nshards = 3\n"), "{config}");
}

#[test]
fn a_run_whose_rank_is_killed_goes_on_with_another_number_of_ranks() {
    let place = Workplace::new();
    let options = "train dropout --limit-train 400 --limit-test 20 --epochs 3 --checkpoint-steps 3 --shards 4 --quiet --out";
    alone(&place, &format!("{options} alone")).succeeds();
    let expected = lasting(&place, "alone");
    let mut killed = 0;
    for (attempt, ranks) in [4, 1, 2].into_iter().enumerate() {
        let folder = format!("run{attempt}");
        let mut job = mpirun(&place, &[(2, &format!("{options} {folder}"))])
            .spawn()
            .unwrap();
        let checkpoint = place.path(&format!("{folder}/checkpoint.safetensors"));
        while !checkpoint.exists() && job.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let rank = attempt % 2;
        if let Some(process) = process_of(job.id(), rank) {
            let process = nix::unistd::Pid::from_raw(process);
            nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).unwrap();
        }
        let output = job.wait_with_output().unwrap();
        if !output.status.success() {
            killed += 1;
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(told.contains(&format!("rank {rank}")), "{told}");
        }
        on_ranks(&place, ranks, &format!("train --resume {folder} --quiet")).succeeds();
        same(&place, &folder, &expected);
    }
    assert!(killed > 0, "every run was over before a rank was killed");
}

#[test]
fn an_evaluation_says_the_same() {
    let place = Workplace::new();
    alone(
        &place,
        &format!("train bidirectional {SMALL} --quiet --out run"),
    )
    .succeeds();
    let expected = alone(
        &place,
        "evaluate run --json --batch-size 4 --limit-test 30 --figures alone",
    );
    for ranks in [2, 3] {
        let line =
            format!("evaluate run --json --batch-size 4 --limit-test 30 --figures of{ranks}");
        let found = on_ranks(&place, ranks, &line);
        let named = expected
            .succeeds()
            .stdout
            .replace("alone/", &format!("of{ranks}/"));
        assert_eq!(found.succeeds().stdout, named);
        same(&place, &format!("of{ranks}"), &lasting(&place, "alone"));
    }
}
