//! What spares time: a run that only tries everything, one on few batches, one with a limit of time, a rate that is found.

use crate::program::{Workplace, files_below};
use crate::train::{RUN_FILES, SMALL_MODEL};

const SMALL: [&str; 3] = ["train", "--config", "small.toml"];

fn workplace() -> Workplace {
    let place = Workplace::new();
    place.write("small.toml", SMALL_MODEL);
    place
}

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SMALL, more].concat()
}

#[test]
fn a_fast_run_tries_two_batches_of_everything() {
    let place = workplace();
    let line = train(&["--fast-dev-run", "--batch-size", "4", "--json"]);
    let lines = place.run(line.clone()).json();
    let data = lines.iter().find(|line| line["event"] == "data").unwrap();
    assert_eq!(
        (&data["train_reviews"], &data["test_reviews"]),
        (&8.into(), &8.into())
    );
    assert_eq!(
        lines.iter().filter(|line| line["event"] == "epoch").count(),
        1
    );
    let files: Vec<String> = files_below(&place.path("runs/small-demo-fast"))
        .into_keys()
        .collect();
    assert_eq!(files, RUN_FILES);
    // The next one takes its place; a named folder is kept.
    place.run(line).succeeds();
    place
        .run(train(&["--fast-dev-run", "--out", "mine"]))
        .succeeds();
    place
        .run(train(&["--fast-dev-run", "--out", "mine"]))
        .fails(2, &["mine is there already"]);
    place
        .run(train(&["--fast-dev-run", "--epochs", "3"]))
        .fails(2, &["--epochs"]);
}

#[test]
fn few_batches_are_trained_on_and_validated_with() {
    let place = workplace();
    let options = [
        "--overfit-batches",
        "2",
        "--batch-size",
        "4",
        "--epochs",
        "2",
        "--out",
        "run",
    ];
    let outcome = place.run(train(&options));
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    assert!(told.contains("2 epochs of 2 steps of 4 reviews"), "{told}");
    assert!(told.contains("on the first 2 batches alone"), "{told}");
    assert!(told.contains("with all 8 test reviews"), "{told}");
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(config.contains("overfit_batches = 2"), "{config}");
    let before = files_below(&place.path("run"));
    place.run(["train", "--resume", "run"]).succeeds();
    assert!(files_below(&place.path("run")) == before);
    place
        .run(train(&["--overfit-batches", "9999"]))
        .fails(2, &["--overfit-batches", "give fewer"]);
    place
        .run(train(&["--overfit-batches", "0"]))
        .fails(2, &["--overfit-batches", "1 batch or more"]);
}

#[test]
fn a_run_whose_time_is_over_goes_on_to_the_same_end() {
    let place = workplace();
    let short = ["--limit-train", "60", "--limit-test", "20", "--epochs", "2"];
    place
        .run(train(&[&short[..], &["--out", "unbroken"]].concat()))
        .succeeds();
    let outcome = place.run(train(
        &[&short[..], &["--out", "run", "--max-time", "1ms"]].concat(),
    ));
    assert_eq!(outcome.code, 124, "{outcome:?}");
    assert!(
        outcome.stderr.contains("--max-time: 1ms are over"),
        "{}",
        outcome.stderr
    );
    let resumes = place.path("run").exists();
    let next = match resumes {
        true => vec!["train", "--resume", "run"],
        // It was over before the first step.
        false => train(&[&short[..], &["--out", "run"]].concat()),
    };
    place.run(next).succeeds();
    assert!(files_below(&place.path("run")) == files_below(&place.path("unbroken")));
    place
        .run(train(&["--max-time", "soon"]))
        .fails(2, &["--max-time", "30m"]);
    place
        .run(train(&["--max-time", "0s"]))
        .fails(2, &["no time to train in"]);
}

#[test]
fn a_learning_rate_is_suggested_and_nothing_trained() {
    let place = workplace();
    let outcome = place.run(train(&["--learning-rate", "find", "--limit-train", "200"]));
    let told = &outcome.succeeds().stdout;
    assert!(
        told.contains("give --learning-rate ") || told.contains("none: "),
        "{told}"
    );
    let what = "Testing   learning rates from 1e-6 to 10, a step each, 20 in each power";
    assert!(outcome.stderr.contains(what), "{outcome:#?}");
    assert!(!outcome.stderr.contains("Training "), "{outcome:#?}");
    let files: Vec<String> = files_below(&place.path("runs/small-demo-rates"))
        .into_keys()
        .collect();
    assert_eq!(
        files,
        [
            "learning_rates.csv",
            "learning_rates.png",
            "learning_rates.svg"
        ]
    );
    let csv =
        std::fs::read_to_string(place.path("runs/small-demo-rates/learning_rates.csv")).unwrap();
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("step,learning_rate,loss,smoothed_loss"));
    assert!(lines.next().unwrap().starts_with("1,1e-6,0.69"), "{csv}");
    place
        .run(["compare", "--learning-rate", "find"])
        .fails(2, &["one model"]);
    place
        .run(train(&["--learning-rate", "fast"]))
        .fails(2, &["`find`"]);
}

#[test]
fn shards_are_kept_in_the_run_and_refused_where_there_are_too_many() {
    let place = workplace();
    let short = [
        "--limit-train",
        "20",
        "--limit-test",
        "20",
        "--epochs",
        "1",
        "--batch-size",
        "8",
    ];
    place
        .run(train(
            &[&short[..], &["--shards", "3", "--out", "run"]].concat(),
        ))
        .succeeds();
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(config.contains("shards = 3"), "{config}");
    place
        .run(train(&[&short[..], &["--out", "plain"]].concat()))
        .succeeds();
    let plain = std::fs::read_to_string(place.path("plain/config.toml")).unwrap();
    assert!(!plain.contains("shards"), "{plain}");
    place
        .run(train(&["--batch-size", "4", "--shards", "5"]))
        .fails(2, &["--shards", "at most 4"]);
    place
        .run(train(&["--shards", "0"]))
        .fails(2, &["--shards", "1 or more"]);
}

#[test]
fn halves_are_refused_where_there_are_none() {
    let place = workplace();
    place
        .run(train(&["--storage", "f16"]))
        .fails(2, &["--storage", "--adapter"]);
    place
        .run(train(&["--storage", "f8"]))
        .fails(2, &["f8", "f32, f16"]);
    place
        .run(train(&[
            "--fast-dev-run",
            "--batch-size",
            "4",
            "--out",
            "run",
        ]))
        .succeeds();
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(config.contains("storage = \"f32\""), "{config}");
    place
        .run(["train", "--resume", "run", "--storage", "f16"])
        .fails(2, &["--storage", "begun with f32"]);
}
