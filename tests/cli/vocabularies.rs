//! Vocabularies of every kind, from a table to predictions; and tables without any.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::{Outcome, Workplace};

fn place() -> Workplace {
    let place = Workplace::new();
    let mut table = "text,label\n".to_owned();
    for row in 0..60 {
        let word = ["나쁜", "좋은"][row % 2];
        table += &format!("{word} Film {row},{}\n", row % 2);
    }
    place.write("reviews.csv", table);
    place
}

fn train(place: &Workplace, options: &[&str]) -> Outcome {
    let common = ["--data", "reviews.csv", "--epochs", "1"];
    place.run([&["train", "baseline"][..], &common, options].concat())
}

/// Trains the run in this folder for a second epoch.
fn go_on(place: &Workplace, run: &str) -> Outcome {
    place.run(["train", "--resume", run, "--epochs", "2"])
}

fn build(place: &Workplace, options: &[&str]) -> Outcome {
    place.run([&["data", "build-vocab", "--data", "reviews.csv"], options].concat())
}

fn answers(place: &Workplace, run: &Path) -> Vec<Value> {
    let run = run.to_str().unwrap();
    let commands = [
        &["predict", run, "--json", "좋은 film"][..],
        &["explain", run, "--json", "좋은 film"],
        &["evaluate", run, "--json"],
    ];
    let answer = |words: &&[&str]| {
        let mut answer = place.run(words.iter().copied()).json().remove(0);
        answer.as_object_mut().unwrap().remove("run");
        answer
    };
    commands.iter().map(answer).collect()
}

#[test]
fn a_table_alone_is_enough_to_train() {
    let place = place();
    // No model is named either.
    let words = "train --data reviews.csv --epochs 1 --out run";
    let told = place.run(words.split(' '));
    let told = told.succeeds().stderr.split_whitespace();
    let told = told.collect::<Vec<_>>().join(" ");
    let note = "no vocabulary was named, and none is beside the data: one of 44 subwords was built from the 51 training \
                reviews";
    assert!(told.contains(note), "{told}");
    assert!(place.path("run/vocabulary.subwords").is_file());
    assert!(place.path("run/report.html").is_file());
    assert!(told.contains("Model: \"bidirectional\""), "{told}");
    let config = fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(!config.contains("vocabulary = \""), "{config}");
    let here = answers(&place, &place.path("run"));
    assert_eq!(here[1]["words"][0]["text"], "좋은");
    // It is not built anew of other reviews where a run goes on.
    let more = go_on(&place, "run");
    assert!(
        !more.succeeds().stderr.contains("no vocabulary"),
        "{}",
        more.stderr
    );
}

#[test]
fn runs_of_words_and_characters_are_used_from_their_folder() {
    let place = place();
    for (kind, file, shown) in [
        ("words", "vocabulary.words.json", &["좋은", "film"][..]),
        ("characters", "vocabulary.characters.json", &["좋", "은"]),
    ] {
        let size = if kind == "words" { "3" } else { "40" };
        let options = ["--kind", kind, "--target-size", size, "--output", "v.json"];
        build(&place, &options).succeeds();
        let run = format!("run-{kind}");
        train(&place, &["--vocab", "v.json", "--out", &run]).succeeds();
        let kept = place.path(&run).join(file);
        assert_eq!(
            fs::read(&kept).unwrap(),
            fs::read(place.path("v.json")).unwrap()
        );
        let here = answers(&place, &place.path(&run));
        let words: Vec<&str> = here[1]["words"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word["text"].as_str().unwrap())
            .collect();
        assert_eq!(&words[..2], shown);
        // The folder alone has all of it.
        fs::remove_file(place.path("v.json")).unwrap();
        let copy = place.path(&format!("copy-{kind}"));
        fs::rename(place.path(&run), &copy).unwrap();
        assert_eq!(answers(&place, &copy), here);
        go_on(&place, copy.to_str().unwrap()).succeeds();
        assert!(copy.join(file).is_file());
    }
}

#[test]
fn build_vocab_says_what_it_built() {
    let place = place();
    let words = "--kind words --standardize lower --output w.json";
    let told = build(&place, &words.split(' ').collect::<Vec<_>>());
    let told = &told.succeeds().stdout;
    assert!(told.contains("padding, [UNK], 54 words"), "{told}");
    let json = ["--kind", "characters", "--output", "c.json", "--json"];
    let told = build(&place, &json).json().remove(0);
    assert_eq!(told["kind"], "characters");
    assert!(
        told["terms"].is_u64() && told.get("subwords").is_none(),
        "{told}"
    );
    // Nothing is stripped of characters unless that is asked for.
    assert!(
        fs::read_to_string(place.path("c.json"))
            .unwrap()
            .contains("\"F\"")
    );
    let refused = ["--standardize", "lower", "--output", "s.subwords"];
    build(&place, &refused).fails(2, &["--standardize", "--kind"]);
}

/// The texts of the words, or of the terms, of a JSON object that explains.
fn texts(answer: &Value, words: &str) -> Vec<String> {
    let words = answer[words].as_array().unwrap().iter();
    words
        .map(|word| word["text"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn pairs_of_words_are_trained_on_and_explained() {
    let place = place();
    let pairs = "--kind words --ngrams 2 --min-count 2 --output v.json";
    let built = build(&place, &pairs.split(' ').collect::<Vec<_>>());
    let told = built.succeeds().stdout.split_whitespace();
    let told = told.collect::<Vec<_>>().join(" ");
    // Two adjectives, film, and two pairs with it; each number occurs once.
    assert!(
        told.contains("7 ids (padding, [UNK], 5 terms of 1 or 2 words)"),
        "{told}"
    );
    train(&place, &["--vocab", "v.json", "--out", "run"]).succeeds();
    let here = answers(&place, &place.path("run"));
    assert_eq!(texts(&here[1], "words"), ["좋은", "film"]);
    assert_eq!(texts(&here[1], "terms"), ["좋은", "film", "좋은 film"]);
    let sum = |words: &str| -> f64 {
        let words = here[1][words].as_array().unwrap().iter();
        words
            .map(|word| word["contribution"].as_f64().unwrap())
            .sum()
    };
    assert!((sum("words") - sum("terms")).abs() < 1e-9, "{}", here[1]);
    let page = ["explain", "run", "좋은 film", "--html", "page.html"];
    place.run(page).succeeds();
    let page = fs::read_to_string(place.path("page.html")).unwrap();
    assert!(
        page.contains("divided equally") && page.contains("<td>좋은 film</td>"),
        "{page}"
    );
    // A table of texts cannot be made of them, and says how one of ids can.
    let export = "data export --data reviews.csv --vocab v.json --output o.csv --format csv";
    place
        .run(export.split(' '))
        .fails(1, &["ids of n-grams", "--ids"]);
}

#[test]
fn ngrams_and_counts_that_are_none_are_refused() {
    let place = place();
    for (options, code, words) in [
        (&["--ngrams", "2"][..], 2, &["--ngrams", "--kind words"][..]),
        (&["--min-count", "2"], 2, &["--min-count", "--kind words"]),
        (
            &["--kind", "words", "--ngrams", "0"],
            2,
            &["--ngrams", "from 1 to 8"],
        ),
        (
            &["--kind", "words", "--ngrams", "-1"],
            2,
            &["--ngrams", "from 1 to 8"],
        ),
        (
            &["--kind", "words", "--ngrams", "9"],
            2,
            &["--ngrams", "from 1 to 8"],
        ),
        (
            &["--kind", "words", "--min-count", "0"],
            2,
            &["--min-count", "1.."],
        ),
        (
            &["--kind", "words", "--min-count", "900"],
            2,
            &["--min-count", "900", "or less"],
        ),
        (
            &["--kind", "words", "--ngrams", "8,"],
            1,
            &["--ngrams", "shorter"],
        ),
    ] {
        build(&place, &[&["--output", "v.json"], options].concat()).fails(code, words);
        assert!(!place.path("v.json").exists(), "{options:?}");
    }
}

#[cfg(feature = "tokenizers")]
#[test]
fn a_run_of_a_tokenizer_is_used_from_its_folder() {
    let place = place();
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/vocabularies/wordpiece.json"
    );
    fs::copy(file, place.path("t.json")).unwrap();
    train(&place, &["--vocab", "t.json", "--out", "run"]).succeeds();
    fs::remove_file(place.path("t.json")).unwrap();
    assert!(place.path("run/tokenizer.json").is_file());
    let answers = answers(&place, &place.path("run"));
    assert_eq!(answers[1]["words"][0]["text"], "[CLS]");
}
