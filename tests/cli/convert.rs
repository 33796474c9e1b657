//! `gatefold data encode` and `gatefold data decode`.

use std::fs;

use crate::program::{Outcome, VOCABULARY, Workplace};

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("v", VOCABULARY);
    place
}

fn convert(place: &Workplace, command: &str, input: &str) -> Outcome {
    Outcome::of(
        place
            .command()
            .args(["data", command, "--vocab", "v"])
            .write_stdin(input),
    )
}

#[test]
fn answers_line_by_line_and_strips_nothing() {
    let place = place();
    let lines = concat!(
        "{\"text\": \"a good film\"}\n",
        "{\"text\": \"\"}\n",
        "{\"text\": \" film\\n\", \"label\": 1}\n",
        "{\"text\": \"café 映画\"}",
    );
    let encoded = convert(&place, "encode", lines);
    let ids: Vec<&str> = encoded.succeeds().stdout.lines().collect();
    assert_eq!(encoded.stderr, "");
    // Padding 0, five subwords, then byte b as 6 + b.
    assert_eq!(ids[0], r#"{"ids":[4,2,1]}"#);
    assert_eq!(ids[1], r#"{"ids":[]}"#);
    assert_eq!(ids[2], format!(r#"{{"ids":[{},1,{}]}}"#, 6 + 32, 6 + 10));
    assert_eq!(ids.len(), 4);
    let decoded = convert(&place, "decode", &encoded.stdout);
    let texts: Vec<serde_json::Value> = decoded.json();
    let texts: Vec<&str> = texts
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["a good film", "", " film\n", "café 映画"]);
}

#[test]
fn a_dash_is_standard_input() {
    let place = place();
    let words = ["data", "encode", "--vocab", "v", "--input", "-"];
    let mut command = place.command();
    let outcome = Outcome::of(
        command
            .args(words)
            .write_stdin("{\"text\": \"a good film\"}\n"),
    );
    assert_eq!(outcome.succeeds().stdout, "{\"ids\":[4,2,1]}\n");
}

#[test]
fn reads_and_writes_files() {
    let place = place();
    place.write("in.jsonl", "{\"text\": \"a good film\"}\n");
    let options = [
        "--vocab",
        "v",
        "--input",
        "in.jsonl",
        "--output",
        "out.jsonl",
    ];
    let outcome = place.run([&["data", "encode"][..], &options].concat());
    assert_eq!(
        (outcome.succeeds().stdout.as_str(), outcome.stderr.as_str()),
        ("", "")
    );
    assert_eq!(place.files()["out.jsonl"], b"{\"ids\":[4,2,1]}\n");
}

#[test]
fn errors_name_source_line_and_column() {
    let place = place();
    let outcome = convert(&place, "encode", "{\"text\": \"a\"}\n{\"txt\": \"b\"}\n");
    assert_eq!(outcome.code, 1);
    // The lines before the wrong one are answered.
    assert_eq!(outcome.stdout.lines().count(), 1);
    for words in ["error: standard input: line 2", "{\"text\": \"…\"}", "text"] {
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }

    place.write("ids.jsonl", "{\"ids\": [1, 2]}\n{\"ids\": [1, 999]}\n");
    let options = ["--vocab", "v", "--input", "ids.jsonl", "--output", "out"];
    let outcome = place.run([&["data", "decode"][..], &options].concat());
    outcome.fails(1, &["ids.jsonl", "line 2", "999", "262 ids"]);
    assert_eq!(
        place.names(),
        ["ids.jsonl", "v"],
        "a part of the output is left"
    );
}

#[test]
fn missing_files_are_named() {
    let place = place();
    place
        .run(["data", "encode", "--vocab", "none"])
        .fails(1, &["none"]);
    place
        .run(["data", "encode", "--vocab", "v", "--input", "none.jsonl"])
        .fails(1, &["none.jsonl"]);
    place.write("in", "{\"text\": \"a\"}\n");
    let options = ["--vocab", "v", "--input", "in", "--output", "no/folder/out"];
    place
        .run([&["data", "encode"][..], &options].concat())
        .fails(1, &["no/folder/out", "cannot be written"]);
}

#[test]
fn the_subword_cases_of_the_original() {
    let Some(folder) = crate::support::data_dir() else {
        return;
    };
    let cases = fs::read_to_string(folder.join("subword_cases.jsonl")).unwrap();
    let place = Workplace::new();
    let vocabulary = folder.join("imdb_reviews.subwords");
    let run = |command: &str, input: &str| {
        let mut program = place.command();
        program
            .args(["data", command, "--vocab"])
            .arg(&vocabulary)
            .write_stdin(input);
        Outcome::of(&mut program).json()
    };
    let expected: Vec<serde_json::Value> = cases
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let encoded = run("encode", &cases);
    assert_eq!(encoded.len(), expected.len());
    assert!(!expected.is_empty());
    for (answer, case) in encoded.iter().zip(&expected) {
        assert_eq!(answer["ids"], case["ids"], "{}", case["text"]);
    }
    let decoded = run("decode", &cases);
    for (answer, case) in decoded.iter().zip(&expected) {
        assert_eq!(answer["text"], case["decoded"], "{}", case["ids"]);
    }
}
