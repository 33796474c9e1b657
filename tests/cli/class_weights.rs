//! `--class-weight`, from the option to the run folder.

use std::fs;

use crate::program::{Outcome, VOCABULARY, Workplace};

/// A table with one review in five of a rare class.
fn place() -> Workplace {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut table = "text,label,split\n".to_owned();
    for row in 0..40 {
        let (word, label) = if row % 5 == 0 {
            ("bad", "spam")
        } else {
            ("good", "ham")
        };
        let split = if row < 30 { "train" } else { "test" };
        table += &format!("{word} film {row},{label},{split}\n");
    }
    place.write("r.csv", table);
    place
}

fn train(place: &Workplace, options: &[&str]) -> Outcome {
    let common = [
        "--data",
        "r.csv",
        "--classes",
        "ham,spam",
        "--adapter",
        "cpu",
    ];
    place.run([&["train", "baseline"][..], &common, options].concat())
}

#[test]
fn balanced_weights_are_told_kept_and_gone_on_with() {
    let place = place();
    let balanced = ["--class-weight", "balanced", "--out"];
    let told = train(&place, &[&balanced[..], &["run", "--epochs", "1"]].concat());
    let told = &told.succeeds().stderr;
    // 24 and 6 of 30: 30 / (2 · 24) and 30 / (2 · 6).
    assert!(
        told.contains("of the losses: ham 0.625, spam 2.500"),
        "{told}"
    );
    assert!(told.contains("class weights balanced"), "{told}");
    let config = fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(config.contains("class_weight = \"balanced\""), "{config}");
    let resume = [
        "train",
        "--resume",
        "run",
        "--epochs",
        "2",
        "--adapter",
        "cpu",
    ];
    let more = place.run([&resume[..], &["--class-weight", "balanced"]].concat());
    assert!(
        more.succeeds().stderr.contains("spam 2.500"),
        "{}",
        more.stderr
    );
    let other = place.run([&resume[..], &["--class-weight", "spam=9"]].concat());
    other.fails(2, &["--class-weight", "balanced", "spam=9"]);

    // Two epochs in one go give the same.
    train(
        &place,
        &[&balanced[..], &["whole", "--epochs", "2"]].concat(),
    )
    .succeeds();
    train(&place, &["--out", "plain", "--epochs", "2"]).succeeds();
    let weights = |run: &str| fs::read(place.path(run).join("model.safetensors")).unwrap();
    assert_eq!(weights("whole"), weights("run"));
    assert_ne!(weights("plain"), weights("run"));

    let evaluated = place
        .run(["evaluate", "run", "--json", "--adapter", "cpu"])
        .json()
        .remove(0);
    assert_eq!(evaluated["per_class"][1]["class"], "spam");
    assert_eq!(evaluated["per_class"][1]["reviews"], 2);
    assert!(evaluated["best_threshold"].is_f64(), "{evaluated}");
    let shown = place.run(["evaluate", "run", "--adapter", "cpu"]);
    assert!(
        shown.succeeds().stdout.contains("Best threshold"),
        "{}",
        shown.stdout
    );
}

#[test]
fn weights_of_no_class_and_weights_that_are_none_are_refused() {
    let place = place();
    train(&place, &["--class-weight", "eggs=2"])
        .fails(2, &["--class-weight", "`eggs` is no class", "ham,spam"]);
    for weights in ["spam", "spam=0", "spam=-2", "spam=1,spam=2"] {
        train(&place, &["--class-weight", weights]).fails(
            2,
            &["--class-weight", "give balanced, or a weight of each class"],
        );
    }
}
