//! Processes that a launcher starts several times, in a build without MPI.

use crate::program::{Outcome, Workplace};

/// The program as the process of this number of three that `mpirun` starts.
fn started(place: &Workplace, rank: &str, line: &str) -> Outcome {
    let mut command = place.command();
    command
        .args(line.split_whitespace())
        .env("OMPI_COMM_WORLD_SIZE", "3")
        .env("OMPI_COMM_WORLD_RANK", rank);
    Outcome::of(&mut command)
}

#[cfg(not(feature = "mpi"))]
#[test]
fn without_mpi_the_same_is_not_trained_three_times() {
    let place = Workplace::new();
    for line in [
        "train dropout --out run",
        "compare --out run",
        "evaluate run",
    ] {
        let words = [
            "mpirun started 3 processes",
            "without the feature `mpi`",
            "--features mpi",
        ];
        started(&place, "0", line).fails(1, &words);
        // The first one tells it for all.
        let second = started(&place, "1", line);
        assert_eq!(
            (second.succeeds().stderr.as_str(), second.stdout.as_str()),
            ("", "")
        );
    }
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[test]
fn a_sweep_shares_its_trials_and_the_first_process_tells() {
    let place = Workplace::new();
    let file = "name = \"s\"\n[base]\nvariant = \"baseline\"\ndata.limit_train = 20\ndata.limit_test = 20\n\
                training.epochs = 1\n[axes]\ntraining.seed = [0, 1]\n";
    place.write("s.toml", file);
    let second = started(&place, "1", "sweep s.toml --out s");
    assert_eq!(
        (second.succeeds().stderr.as_str(), second.stdout.as_str()),
        ("", "")
    );
    let first = started(&place, "0", "sweep s.toml --out s");
    assert!(
        first.succeeds().stdout.contains("report.html"),
        "{}",
        first.stdout
    );
}

#[test]
fn other_commands_do_what_they_do_in_one_process() {
    let place = Workplace::new();
    let alone = place.run(["summary", "baseline"]);
    let second = started(&place, "1", "summary baseline");
    assert_eq!(second.succeeds().stdout, alone.succeeds().stdout);
}
