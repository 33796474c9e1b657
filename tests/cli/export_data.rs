//! `gatefold data export`.

use crate::program::{VOCABULARY, Workplace};

fn place() -> Workplace {
    let place = Workplace::new();
    place.write_imdb("reviews");
    place.write("v", VOCABULARY);
    place
}

/// What `data inspect` says of the data, its name left out.
fn inspected(place: &Workplace, options: &[&str]) -> String {
    let outcome = place.run([&["data", "inspect"], options].concat());
    let text = outcome.succeeds().stdout.clone();
    text.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn every_form_is_read_again_as_the_same_data() {
    let place = place();
    let expected = inspected(&place, &["--data", "reviews"]);
    for (format, output, options) in [
        ("tfds", "data", &[][..]),
        ("jsonl", "r.jsonl", &["--vocab", "v"]),
        ("csv", "r.csv", &["--vocab", "v"]),
    ] {
        let export = [
            "data", "export", "--data", "reviews", "--format", format, "--output", output,
        ];
        let outcome = place.run(export);
        let told = &outcome.succeeds().stdout;
        assert!(
            told.starts_with("Wrote     ") && told.contains(output),
            "{told}"
        );
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            told.ends_with(": 8 reviews to train on, 8 reviews to test with"),
            "{told}"
        );
        assert_eq!(
            inspected(&place, &[&["--data", output], options].concat()),
            expected
        );
    }
    let names = place.names();
    let version = "data/imdb_reviews/subwords8k/1.0.0";
    for file in [
        "dataset_info.json",
        "features.json",
        "imdb_reviews-test.tfrecord-00000-of-00001",
        "imdb_reviews-train.tfrecord-00000-of-00001",
        "label.labels.txt",
        "text.text.subwords",
    ] {
        assert!(names.contains(&format!("{version}/{file}")), "{names:?}");
    }
}

#[test]
fn ids_are_written_where_they_are_asked_for() {
    let place = place();
    let export = [
        "data",
        "export",
        "--data",
        "reviews",
        "--format",
        "jsonl",
        "--ids",
        "--output",
        "ids.jsonl",
    ];
    place.run(export).succeeds();
    let lines = place.files()["ids.jsonl"].clone();
    let first = String::from_utf8(lines)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert!(
        first.starts_with("{\"ids\":[") && first.contains("\"label\":"),
        "{first}"
    );
    let options = ["--data", "ids.jsonl", "--vocab", "v"];
    assert_eq!(
        inspected(&place, &options),
        inspected(&place, &["--data", "reviews"])
    );
}

#[test]
fn what_cannot_be_is_refused_before_the_data_is_read() {
    let place = place();
    let before = place.files();
    let export =
        |options: &[&str]| place.run([&["data", "export", "--data", "nowhere"], options].concat());
    export(&["--format", "csv", "--output", "v"]).fails(2, &["--output", "v is there already"]);
    export(&["--format", "tfds", "--output", "reviews"]).fails(2, &["reviews is there already"]);
    export(&["--format", "tfds", "--ids", "--output", "x"]).fails(2, &["--ids", "leave this out"]);
    export(&["--format", "csv", "--output", "x"]).fails(1, &["nowhere: no such file or folder"]);
    assert_eq!(export(&["--format", "parquet", "--output", "x"]).code, 2);
    let options = [
        "--data",
        "reviews",
        "--format",
        "csv",
        "--output",
        "no/folder/x",
    ];
    place
        .run([&["data", "export"][..], &options].concat())
        .fails(1, &["no/folder/x: cannot be written"]);
    assert_eq!(place.files(), before);
}

#[test]
fn an_exported_demo_corpus_is_still_called_synthetic() {
    let place = Workplace::new();
    place
        .run(["data", "export", "--format", "tfds", "--output", "demo"])
        .succeeds();
    let outcome = place.run(["data", "inspect", "--data", "demo"]);
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("the demo corpus is synthetic"),
        "{}",
        outcome.stdout
    );
}
