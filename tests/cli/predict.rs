//! `gatefold predict`.

use serde_json::Value;

use crate::program::{Outcome, Workplace, assert_80_columns};

mod tables;

fn trained(variant: &str, more: &[&str]) -> Workplace {
    trained_in(Workplace::new(), variant, more)
}

fn trained_in(place: Workplace, variant: &str, more: &[&str]) -> Workplace {
    place.tiny_run(variant, more);
    place
}

fn probabilities(lines: &[Value]) -> Vec<f64> {
    let of = |line: &Value| line["probability"].as_f64().unwrap();
    lines.iter().map(of).collect()
}

const TEXTS: [&str; 5] = [
    "the film is wonderful",
    "dull",
    "I did not like the plot, and the end is worse than the beginning was",
    "the cast is awful",
    "dull",
];

#[test]
fn every_text_has_a_line_in_order_whatever_stands_beside_it() {
    for (place, more) in [
        (Workplace::on_adapter(), &[][..]),
        (Workplace::new(), &["--mask-padding"]),
    ] {
        let place = trained_in(place, "bidirectional", more);
        let together = place
            .run([&["predict", "run", "--json"], &TEXTS[..]].concat())
            .json();
        let texts: Vec<&str> = together
            .iter()
            .map(|line| line["text"].as_str().unwrap())
            .collect();
        assert_eq!(texts, TEXTS);
        let expected = probabilities(&together);
        for (text, expected) in TEXTS.iter().zip(&expected) {
            let alone = place.run(["predict", "run", "--json", text]).json();
            assert_eq!(probabilities(&alone), [*expected], "{text}");
        }
        let distinct: std::collections::HashSet<u64> =
            expected.iter().map(|p| p.to_bits()).collect();
        assert_eq!(distinct.len(), 4, "{expected:?}");

        // The same from a file and from standard input, in other batches.
        place.write("texts", TEXTS.join("\n"));
        let file = place.run([
            "predict",
            "run",
            "--json",
            "--file",
            "texts",
            "--batch-size",
            "1",
        ]);
        assert_eq!(probabilities(&file.json()), expected);
        let mut command = place.command();
        command
            .args(["predict", "run", "--json"])
            .write_stdin(TEXTS.join("\r\n") + "\r\n");
        let piped = Outcome::of(&mut command);
        let answers = piped.json();
        assert_eq!(probabilities(&answers), expected);
        // The end of a line is no part of the text, whatever it is made of.
        let texts = answers.iter().map(|line| line["text"].as_str().unwrap());
        assert!(texts.eq(TEXTS), "{answers:?}");
        assert!(piped.stderr.contains("5 reviews in "), "{}", piped.stderr);
    }
}

#[test]
fn one_review_is_what_evaluation_makes_of_it_alone() {
    let place = trained("dropout", &["--max-length", "12", "--truncate", "before"]);
    let long = format!("{} the end", "nothing new ".repeat(30));
    let found = place.run(["predict", "run", "--json", &long]).json();
    assert_eq!(found[0]["tokens"], 12);
    let cut = place.run(["predict", "run", "--json", &long[60..]]).json();
    assert_eq!(probabilities(&found), probabilities(&cut));
    // The vertical tab is white space of training's as well.
    for spaced in [format!("  {long}\t "), format!("\u{B}{long} \u{B}")] {
        let stripped = place.run(["predict", "run", "--json", &spaced]).json();
        assert_eq!(probabilities(&found), probabilities(&stripped));
        let explain = |text: &str| place.run(["explain", "run", "--json", text]).json();
        assert_eq!(explain(&spaced), explain(&long));
    }
}

#[test]
fn odd_lines_are_answered_and_told() {
    let place = trained("baseline", &[]);
    place.write("texts", b"good\n\n\xff\x1b[2J bad\nlast".as_slice());
    let shown = place.run(["predict", "run", "--file", "texts"]);
    shown.succeeds();
    assert_80_columns(&shown.stdout);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", shown.stdout);
    assert!(lines[0].ends_with("  good") && lines[3].ends_with("  last"));
    assert!(lines[2].contains("\\u{1b}[2J bad"), "{}", lines[2]);
    for line in &lines {
        // Of the class beside it, which is the likelier one.
        let probability: f64 = line[..6].parse().unwrap();
        assert!(probability >= 0.5, "{line}");
        let mut labels = ["positive", "negative"].into_iter();
        assert!(labels.any(|label| line[8..].starts_with(label)), "{line}");
    }
    for words in ["1 review empty", "1 review not UTF-8", "4 reviews in "] {
        assert!(
            shown.stderr.contains(words),
            "no `{words}` in {}",
            shown.stderr
        );
    }
    place.write("nothing", "");
    place
        .run(["predict", "run", "--file", "nothing"])
        .fails(1, &["nothing: no reviews"]);
    place
        .run(["predict", "run", "--file", "absent"])
        .fails(1, &["absent"]);
    place
        .run(["predict", "run", "--batch-size", "0", "x"])
        .fails(2, &["--batch-size"]);
    place
        .run(["predict", "run", "x", "--file", "texts"])
        .fails(2, &["--file"]);
}

#[test]
fn the_vocabulary_must_be_the_run_s() {
    let place = trained("baseline", &[]);
    let other = place.write("other.subwords", crate::program::VOCABULARY);
    let other = other.to_str().unwrap();
    let refused = place.run(["predict", "run", "--vocab", other, "x"]);
    refused.fails(
        1,
        &["run/model.safetensors", "262 ids", "sha256", "--vocab"],
    );
    place
        .run(["predict", "run", "--vocab", "absent", "x"])
        .fails(1, &["absent", "--vocab"]);

    // A run on files keeps its vocabulary; without that, it is found where it was.
    place.write_imdb("reviews");
    let options = ["--data", "reviews", "--epochs", "1", "--out", "files"];
    place
        .run([&["train", "baseline"], &options[..]].concat())
        .succeeds();
    place.run(["predict", "files", "a good film"]).succeeds();
    let predicts = || place.run(["predict", "files", "a good film"]);
    std::fs::remove_file(place.path("files/vocabulary.subwords")).unwrap();
    predicts().succeeds();
    std::fs::remove_file(place.path("reviews/imdb_reviews.subwords")).unwrap();
    predicts().fails(1, &["reviews", "vocabulary", "--vocab"]);
}

#[test]
fn weights_that_are_no_numbers_are_named() {
    let place = trained("baseline", &[]);
    let path = place.path("run/model.safetensors");
    let mut weights = gatefold::train::Weights::load(&path).unwrap();
    weights.parameters[3][0] = f32::NAN;
    let name = weights.model.parameters()[3].name.clone();
    std::fs::write(&path, weights.to_bytes().unwrap()).unwrap();
    place
        .run(["predict", "run", "x"])
        .fails(1, &["run/model.safetensors", &name, "NaN at [0]"]);
}
