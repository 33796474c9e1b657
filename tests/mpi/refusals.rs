//! What ranks refuse to begin, and that one of them says so for all.

use crate::launch::{alone, errors, mpirun, on_ranks, outcome};
use crate::program::{Outcome, Workplace};

/// Fails unless the job failed with this code and one error of the program, which has all of `words`; nothing was written.
#[track_caller]
fn refused(place: &Workplace, outcome: &Outcome, code: i32, words: &[&str]) {
    assert_eq!(outcome.code, code, "{outcome:#?}");
    let errors = errors(outcome);
    assert_eq!(errors.len(), 1, "{}", outcome.stderr);
    for word in words {
        assert!(errors[0].contains(word), "no `{word}` in: {}", errors[0]);
    }
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    assert!(!place.path("run").exists(), "a refused run left a folder");
}

const TRAIN: &str = "train dropout --limit-train 40 --limit-test 20 --epochs 1 --out run";

#[test]
fn shards_that_do_not_divide_are_refused_with_numbers_that_do() {
    let place = Workplace::new();
    let outcome = on_ranks(&place, 3, &format!("{TRAIN} --shards 4"));
    let words = "--shards: 4 cannot be shared evenly among 3 ranks; start 1, 2 or 4 ranks, or give a multiple of 3";
    refused(&place, &outcome, 2, &[words]);
    let outcome = on_ranks(&place, 3, &format!("{TRAIN} --batch-size 2"));
    refused(&place, &outcome, 2, &["--shards: 3 shards of a batch of 2"]);
}

#[test]
fn ranks_with_other_options_data_or_commands_are_named() {
    let place = Workplace::new();
    for (other, words) in [
        (
            format!("{TRAIN} --seed 7"),
            "training.seed is \"7\" there, and \"0\" on rank 0",
        ),
        (
            format!("{TRAIN} --shards 4"),
            "training.shards is 4 there, and 2 on rank 0",
        ),
        (
            TRAIN.replace("40", "30"),
            "data.limit_train is 30 there, and 40 on rank 0",
        ),
        (TRAIN.replace("dropout", "baseline"), "model"),
        (
            "evaluate run".to_string(),
            "the command is evaluate there, and train on rank 0",
        ),
    ] {
        let outcome = outcome(&mut mpirun(&place, &[(1, TRAIN), (1, &other)]));
        refused(
            &place,
            &outcome,
            1,
            &["rank 1 on ", "is not to do the same as rank 0", words],
        );
    }
    // Of the same name and number, but not the same reviews.
    for (name, word) in [("a", "good"), ("b", "fine")] {
        let row = |number: usize| format!("a {word} film of {number},{}\n", number % 2);
        let rows: String = (0..40).map(row).collect();
        place.write(&format!("{name}/films.csv"), format!("text,label\n{rows}"));
    }
    let line = |name: &str| {
        format!("train baseline --data {name}/films.csv --vocab a/films.vocab --epochs 1 --out run")
    };
    alone(
        &place,
        "data build-vocab --data a/films.csv --target-size 300 --output a/films.vocab",
    )
    .succeeds();
    let outcome = outcome(&mut mpirun(&place, &[(1, &line("a")), (1, &line("b"))]));
    refused(&place, &outcome, 1, &["rank 1 on ", "data.sha256 is "]);
}

#[test]
fn what_all_ranks_refuse_is_told_once() {
    let place = Workplace::new();
    let outcome = on_ranks(&place, 3, "train dropout --epochs many");
    assert_eq!(
        (outcome.code, errors(&outcome).len()),
        (2, 1),
        "{outcome:#?}"
    );
    let outcome = on_ranks(&place, 3, "train dropout --data none.csv --out run");
    refused(&place, &outcome, 1, &["none.csv"]);
    let outcome = on_ranks(&place, 2, &format!("{TRAIN} --learning-rate find"));
    refused(
        &place,
        &outcome,
        2,
        &["--learning-rate: `find` tests a model in one process"],
    );
    let outcome = on_ranks(&place, 2, "train --resume none");
    refused(&place, &outcome, 2, &["none: no run to go on with"]);
    let outcome = on_ranks(&place, 2, "--help");
    assert_eq!(outcome.succeeds().stdout.matches("Usage:").count(), 1);
}

#[test]
fn a_run_in_shards_that_do_not_divide_does_not_go_on() {
    let place = Workplace::new();
    alone(
        &place,
        &format!("{} --shards 4", TRAIN.replace("run", "begun")),
    )
    .succeeds();
    let outcome = on_ranks(&place, 3, "train --resume begun --epochs 2");
    refused(
        &place,
        &outcome,
        2,
        &["--shards: 4 cannot be shared evenly among 3 ranks"],
    );
}

#[test]
fn a_sweep_shares_its_trials_without_messages() {
    let place = Workplace::new();
    let file = "name = \"s\"\n[base]\nvariant = \"baseline\"\ndata.limit_train = 20\ndata.limit_test = 20\n\
                training.epochs = 1\n[axes]\ntraining.seed = [0, 1, 2]\n";
    place.write("s.toml", file);
    let outcome = on_ranks(&place, 2, "sweep s.toml --out run");
    assert_eq!(outcome.succeeds().stdout.matches("report.html").count(), 1);
    let results = place.files();
    for seed in 0..3 {
        let model = format!("run/seed={seed}/model.safetensors");
        assert!(results.contains_key(&model), "{:?}", place.names());
    }
}
