//! `gatefold compare`.

use crate::program::{Workplace, assert_80_columns};
use crate::report::commands;
use crate::train::{RUN_FILES, SMALL_MODEL};

const OVERVIEW: [&str; 8] = [
    "comparison.md",
    "config.toml",
    "report.html",
    "validation_accuracy.png",
    "validation_accuracy.svg",
    "validation_loss.png",
    "validation_loss.svg",
    "vocabulary.subwords",
];

fn expected(folder: &str, variants: &[&str]) -> Vec<String> {
    let runs = variants
        .iter()
        .flat_map(|variant| RUN_FILES.map(|name| format!("{folder}/{variant}/{name}")));
    let mut names: Vec<String> = runs
        .chain(OVERVIEW.map(|name| format!("{folder}/{name}")))
        .collect();
    names.sort();
    names
}

#[test]
fn compares_the_three_variants() {
    let place = Workplace::on_adapter();
    let outcome = place.tiny(&["compare"], &[]);
    assert_80_columns(&outcome.succeeds().stdout);
    assert_80_columns(&outcome.stderr);
    let variants = ["baseline", "dropout", "bidirectional"];
    assert_eq!(place.names(), expected("runs/compare-demo", &variants));
    // The closing table has a row for each, in order.
    let places: Vec<usize> = variants
        .iter()
        .map(|name| outcome.stdout.find(&format!("\n{name} ")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("the demo corpus is synthetic"));
    assert!(
        outcome
            .stdout
            .contains("runs/compare-demo/{baseline,dropout,bidirectional}"),
        "{}",
        outcome.stdout
    );
    for variant in variants {
        assert!(outcome.stderr.contains(&format!("Model: \"{variant}\"")));
    }
    assert_eq!(outcome.stderr.matches("\nEpoch 1/1").count(), 3);
    assert_eq!(
        outcome.stderr.matches("Note ").count(),
        1,
        "notes are told once"
    );
    let markdown = std::fs::read_to_string(place.path("runs/compare-demo/comparison.md")).unwrap();
    assert!(markdown.contains("demo (synthetic)"), "{markdown}");
}

#[test]
fn a_variant_is_trained_as_it_is_alone() {
    let place = Workplace::new();
    place
        .tiny(
            &["compare"],
            &["--variants", "dropout,baseline", "--out", "both"],
        )
        .succeeds();
    assert_eq!(place.names(), expected("both", &["baseline", "dropout"]));
    place
        .tiny(&["train", "baseline"], &["--out", "alone"])
        .succeeds();
    let files = place.files();
    for name in RUN_FILES {
        assert!(
            files[&format!("both/baseline/{name}")] == files[&format!("alone/{name}")],
            "{name} differs"
        );
    }
}

#[test]
fn models_of_ones_own_are_compared_alone_or_behind_variants() {
    let place = Workplace::new();
    place.write("small.toml", SMALL_MODEL);
    place.write(
        "gru.toml",
        SMALL_MODEL.replace("small", "gru").replace("lstm", "gru"),
    );
    let files = ["--config", "small.toml", "--config", "gru.toml"];
    let outcome = place.tiny(&["compare"], &[&files[..], &["--out", "own"]].concat());
    outcome.succeeds();
    let written = |folder: &str, runs: &[&str]| {
        let names = place.names().into_iter();
        let below: Vec<String> = names.filter(|name| name.starts_with(folder)).collect();
        assert_eq!(below, expected(folder, runs));
    };
    written("own", &["small", "gru"]);
    let rows = ["\nsmall ", "\ngru "].map(|name| outcome.stdout.find(name).unwrap());
    assert!(rows.is_sorted(), "{}", outcome.stdout);
    let page = std::fs::read_to_string(place.path("own/report.html")).unwrap();
    let command = &commands(&page)[0];
    assert!(command.starts_with("gatefold compare --config small.toml --config gru.toml"));

    let both = [
        "--variants",
        "baseline",
        "--config",
        "small.toml",
        "--out",
        "both",
    ];
    place.tiny(&["compare"], &both).succeeds();
    written("both", &["baseline", "small"]);
    place
        .tiny(&["train", "--config", "small.toml"], &["--out", "alone"])
        .succeeds();
    let files = place.files();
    for name in RUN_FILES {
        let alone = &files[&format!("alone/{name}")];
        assert!(
            files[&format!("both/small/{name}")] == *alone,
            "{name} differs"
        );
    }

    // The comparison knows its models, wherever their files are by now.
    std::fs::remove_file(place.path("small.toml")).unwrap();
    std::fs::remove_dir_all(place.path("both/small")).unwrap();
    place.run(["compare", "--resume", "both"]).succeeds();
    let again = place.files();
    for name in RUN_FILES {
        let path = format!("both/small/{name}");
        assert!(again[&path] == files[&path], "{name} differs");
    }
    // Another comparison in its place leaves none of its runs.
    let other = ["--variants", "baseline", "--out", "both", "--overwrite"];
    place.tiny(&["compare"], &other).succeeds();
    written("both", &["baseline"]);
}

#[test]
fn models_that_cannot_be_compared_are_refused_before_any_training() {
    let place = Workplace::new();
    place.write("small.toml", SMALL_MODEL);
    place.write("same.toml", SMALL_MODEL.replace("small", "Small"));
    place.write("taken.toml", SMALL_MODEL.replace("small", "baseline"));
    place.write("page.toml", SMALL_MODEL.replace("small", "report.html"));
    place.write("wrong.toml", SMALL_MODEL.replace("lstm", "lsd"));
    let before = place.names();
    for (files, code, words) in [
        (
            &["small.toml", "same.toml"][..],
            1,
            &["same.toml", "Small"][..],
        ),
        (
            &["small.toml", "small.toml"],
            1,
            &["small.toml", "called `small` too"],
        ),
        (
            &["taken.toml"],
            1,
            &["taken.toml", "--variants", "otherwise"],
        ),
        (
            &["page.toml"],
            1,
            &["page.toml", "`report.html`", "otherwise"],
        ),
        (
            &["small.toml", "wrong.toml"],
            1,
            &["wrong.toml", "line 8", "`type` must be"],
        ),
        (&["nowhere.toml"], 1, &["nowhere.toml"]),
    ] {
        let options = files.iter().flat_map(|file| ["--config", *file]);
        let words_typed: Vec<&str> = ["compare"].into_iter().chain(options).collect();
        let outcome = place.run(words_typed);
        outcome.fails(code, words);
        assert!(!outcome.stderr.contains("Adapter"), "opened a device first");
    }
    let resumed = ["compare", "--resume", "x", "--config", "small.toml"];
    place.run(resumed).fails(2, &["cannot be used with"]);
    assert_eq!(place.names(), before);
}

#[test]
fn prints_json_lines() {
    let place = Workplace::new();
    let lines = place
        .tiny(
            &["compare"],
            &["--variants", "baseline,bidirectional", "--json"],
        )
        .json();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    let expected = [
        "adapter",
        "data",
        "model",
        "epoch",
        "run",
        "model",
        "epoch",
        "run",
        "comparison",
    ];
    assert_eq!(events, expected);
    assert_eq!(lines[3]["variant"], "baseline");
    assert_eq!(lines[6]["variant"], "bidirectional");
    assert_eq!(lines[8]["folder"], "runs/compare-demo");
    assert_eq!(lines[8]["synthetic"], true);
}

#[test]
fn overwriting_leaves_no_run_of_the_earlier_comparison() {
    let place = Workplace::new();
    place
        .tiny(
            &["compare"],
            &["--variants", "baseline,bidirectional", "--out", "runs"],
        )
        .succeeds();
    place.write("runs/notes.txt", "mine");
    place
        .tiny(
            &["compare"],
            &["--variants", "baseline", "--out", "runs", "--overwrite"],
        )
        .succeeds();
    let mut names = expected("runs", &["baseline"]);
    names.push("runs/notes.txt".to_string());
    names.sort();
    assert_eq!(place.names(), names);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_error() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let place = Workplace::new();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gatefold"))
        .args(["data", "encode", "--vocab"])
        .arg(place.write("v", crate::program::VOCABULARY))
        .arg("--input")
        .arg(place.write("in", "{\"text\": \"a good film\"}\n".repeat(100_000)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // The reader takes a line and is dropped, like `head -1`.
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("{\"ids\":["), "{line}");
    let output = program.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
