//! `gatefold evaluate`.

use std::fs;

use serde_json::Value;

use crate::program::{Workplace, assert_80_columns};

/// Reviews to validate with, three batches of which the last is not full.
const TEST: [&str; 4] = ["--limit-test", "24", "--validation-steps", "3"];

fn trained(place: &Workplace, more: &[&str]) {
    let options = [
        &["--out", "run", "--limit-train", "30", "--epochs", "1"],
        &TEST[..],
        more,
    ]
    .concat();
    place
        .run([&["train", "bidirectional"], &options[..]].concat())
        .succeeds();
}

fn last_epoch(place: &Workplace) -> Value {
    let history: Value =
        serde_json::from_slice(&fs::read(place.path("run/history.json")).unwrap()).unwrap();
    let of = |key: &str| {
        let values = history["history"][key].as_array();
        values.and_then(|values| values.last()).cloned().unwrap()
    };
    serde_json::json!({"loss": of("val_loss"), "accuracy": of("val_accuracy")})
}

#[test]
fn loss_and_accuracy_are_validation_s() {
    for more in [
        &[][..],
        // Padding before the text and after it, and with other reviews beside it, gives this model other figures.
        &["--pad", "before"],
        &["--batch-size", "8"],
        &[
            "--max-length",
            "20",
            "--truncate",
            "before",
            "--pad",
            "before",
        ],
    ] {
        let place = match more.is_empty() {
            true => Workplace::on_adapter(),
            false => Workplace::new(),
        };
        trained(&place, more);
        let expected = last_epoch(&place);
        let found = place
            .run(["evaluate", "run", "--limit-test", "24", "--json"])
            .json();
        let [found] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(found["loss"], expected["loss"], "{more:?}");
        assert_eq!(found["accuracy"], expected["accuracy"], "{more:?}");
        assert_eq!(found["reviews"], 24);
        assert_eq!(found["synthetic"], true);
        let counts = found["confusion"].as_object().unwrap().values();
        assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), 24);
    }
}

/// Formats, size and resolution are those of `plot`; where nothing is drawn they are refused.
#[test]
fn figures_have_the_size_and_the_formats_that_are_asked_for() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let asked = "evaluate run --figures f --format pdf,png,pdf --size 6x4 --dpi 100";
    place.run(asked.split(' ')).succeeds();
    let mut names = place.names();
    names.retain(|name| name.starts_with("f/"));
    let stems = ["calibration", "confusion", "roc"];
    let expected = stems.map(|stem| [format!("f/{stem}.pdf"), format!("f/{stem}.png")]);
    assert_eq!(names, expected.concat());
    let png = std::fs::read(place.path("f/roc.png")).unwrap();
    // Width and height of a PNG file stand at its 16th byte.
    assert_eq!(png[16..24], [0, 0, 2, 88, 0, 0, 1, 144]);
    for option in [["--format", "pdf"], ["--size", "6x4"], ["--dpi", "100"]] {
        let words = [&["evaluate", "run"], &option[..]].concat();
        place.run(words).fails(2, &[option[0], "--figures"]);
    }
    place
        .run("evaluate run --figures g --format svg --dpi 100".split(' '))
        .fails(2, &["--dpi", "png"]);
    place
        .run("evaluate run --figures g --size 60x4".split(' '))
        .fails(2, &["--size", "from 2 to 30"]);
}

#[test]
fn the_table_and_the_figures_are_for_people() {
    let place = Workplace::new();
    trained(&place, &[]);
    let before = place.files();
    let shown = place.run(["evaluate", "run", "--figures", "figures"]);
    shown.succeeds();
    assert_80_columns(&shown.stdout);
    for words in [
        "bidirectional on 500 reviews of demo (synthetic)",
        "ROC AUC",
        "Calibration error",
        "0.9 to 1.0",
        "synthetic",
    ] {
        assert!(
            shown.stdout.contains(words),
            "no `{words}` in {}",
            shown.stdout
        );
    }
    let mut names = place.names();
    names.retain(|name| !before.contains_key(name));
    assert_eq!(
        names,
        [
            "figures/calibration.png",
            "figures/calibration.svg",
            "figures/confusion.png",
            "figures/confusion.svg",
            "figures/roc.png",
            "figures/roc.svg"
        ]
    );
    // Another batch size pads otherwise, which this model sees.
    let loss = |arguments: &[&str]| {
        let options = [
            &["evaluate", "run", "--limit-test", "40", "--json"],
            arguments,
        ]
        .concat();
        place.run(options).json()[0]["loss"].as_f64().unwrap()
    };
    assert_ne!(loss(&[]), loss(&["--batch-size", "1"]));
}

#[test]
fn other_data_are_taken_with_the_run_s_vocabulary_only() {
    let place = Workplace::new();
    place.train_on_imdb();
    let evaluated = place.run(["evaluate", "run", "--json"]).json();
    assert_eq!(evaluated[0]["reviews"], 8);
    assert_eq!(evaluated[0]["data"], "reviews");

    // The same vocabulary beside other reviews.
    place.write_imdb("others");
    let others = place.run(["evaluate", "run", "--data", "others", "--json"]);
    assert_eq!(others.json()[0]["data"], "others");
    // Another vocabulary of the same size.
    let vocabulary = crate::program::VOCABULARY.replace("'good_'\n'bad_'", "'bad_'\n'good_'");
    place.write("others/imdb_reviews.subwords", vocabulary);
    let others = place.run(["evaluate", "run", "--data", "others", "--json"]);
    assert_eq!(others.json()[0]["data"], "others");
    let named = ["--vocab", "others/imdb_reviews.subwords"];
    let refused = place.run([&["evaluate", "run", "--data", "others"], &named[..]].concat());
    refused.fails(
        1,
        &[
            "run/model.safetensors",
            "vocabulary",
            "262 ids",
            "sha256",
            "--vocab",
        ],
    );
    let given = [
        "--data",
        "others",
        "--vocab",
        "reviews/imdb_reviews.subwords",
        "--json",
    ];
    place
        .run([&["evaluate", "run"], &given[..]].concat())
        .succeeds();
}

/// A row a review, of classes that take turns; every fifth says that it is for testing.
fn table(rows: usize, split: bool) -> String {
    let mut table = ["text,label\n", "text,label,split\n"][usize::from(split)].to_owned();
    for row in 0..rows {
        let (word, label) = [("bad", 0), ("good", 1)][row % 2];
        let part = match (split, row % 5) {
            (false, _) => "",
            (true, 0) => ",test",
            (true, _) => ",train",
        };
        table += &format!("a {word} film {row},{label}{part}\n");
    }
    table
}

#[test]
fn a_table_that_does_not_say_its_test_part_is_evaluated_whole() {
    let place = Workplace::new();
    place.write("reviews.csv", table(60, false));
    place.write("imdb_reviews.subwords", crate::program::VOCABULARY);
    let options = ["--data", "reviews.csv", "--out", "run"];
    place.tiny(&["train", "baseline"], &options).succeeds();
    // No vocabulary is beside these.
    place.write("others/whole.csv", table(40, false));
    place.write("others/parted.csv", table(40, true));
    let positive = "text,label\ngood film,1\na good film,1\nlong,1\n";
    place.write("others/positive.csv", positive);
    let train = "text,label,split\ngood film,1,train\nbad film,0,train\n";
    place.write("others/train.csv", train);
    let evaluated = |more: &[&str]| {
        let outcome = place.run([&["evaluate", "run", "--json"], more].concat());
        outcome.json().remove(0)
    };
    let whole = evaluated(&["--data", "others/whole.csv"]);
    assert_eq!(
        (&whole["reviews"], &whole["as_trained"]),
        (&40.into(), &Value::Null)
    );
    let alone = evaluated(&["--test-data", "others/whole.csv"]);
    assert_eq!(alone, whole);
    assert_eq!(
        evaluated(&["--data", "others/parted.csv"])["reviews"],
        8,
        "the column `split` says"
    );
    let both = ["--data", "others/parted.csv"];
    let both = [&both[..], &["--test-data", "others/whole.csv"]].concat();
    assert_eq!(evaluated(&both), whole);
    place
        .run(["evaluate", "run", "--data", "others/train.csv"])
        .fails(1, &["train.csv", "no reviews in the test part"]);

    // One class alone has no ROC curve.
    let one = evaluated(&["--test-data", "others/positive.csv"]);
    assert_eq!(
        (&one["reviews"], &one["roc_auc"]),
        (&3.into(), &Value::Null)
    );
    // Of one class the balanced accuracy is that class's recall.
    assert!(one["accuracy"].is_number());
    assert_eq!(one["balanced_accuracy"], one["accuracy"]);
    assert_eq!(one["recall"], one["accuracy"]);
    let figures = ["--figures", "figures", "--data", "others/positive.csv"];
    let shown = place.run([&["evaluate", "run"], &figures[..]].concat());
    assert_80_columns(&shown.succeeds().stdout);

    // The run's own table keeps its parts, and it is told how it came to them.
    let outcome = place.run(["evaluate", "run", "--data", "./reviews.csv", "--json"]);
    assert!(
        outcome.stderr.contains("no column `split`: a hash"),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.json()[0]["loss"], evaluated(&[])["loss"]);

    let page = ["--examples", "1", "--test-data", "others/whole.csv"];
    place
        .run([&["report", "run"], &page[..]].concat())
        .succeeds();
    let page = fs::read_to_string(place.path("run/report.html")).unwrap();
    assert!(page.contains("On 40 test reviews of whole.csv"));
}

#[test]
fn it_tells_that_the_reviews_are_no_longer_the_run_s() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let options = ["--data", "reviews", "--epochs", "1", "--out", "run"];
    let limits = ["--limit-train", "5", "--limit-test", "6"];
    place
        .run([&["train", "baseline"], &options[..], &limits].concat())
        .succeeds();
    let evaluate = |more: &[&str]| place.run([&["evaluate", "run", "--json"], more].concat());
    let cut = ["--limit-test", "2"];
    for (more, reviews) in [(&[][..], 8), (&cut, 2)] {
        let outcome = evaluate(more);
        let found = &outcome.json()[0];
        assert_eq!(
            (&found["as_trained"], &found["reviews"]),
            (&true.into(), &reviews.into())
        );
        assert!(!outcome.stderr.contains("SHA-256"), "{}", outcome.stderr);
    }
    for number in 0..4 {
        let name = format!("reviews/test/pos/{number}_9.txt");
        place.write(&name, "a bad film");
    }
    for more in [&[][..], &cut] {
        let outcome = evaluate(more);
        assert_eq!(outcome.json()[0]["as_trained"], false);
        let told = outcome.stderr.split_whitespace().collect::<Vec<_>>();
        let told = told.join(" ");
        assert!(
            told.contains("Note other reviews are in reviews than run was trained"),
            "{told}"
        );
    }
}

#[test]
fn a_run_finds_its_reviews_again_whatever_their_form() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    place.write("imdb_reviews.subwords", crate::program::VOCABULARY);
    let export = |format: &str, output: &str| {
        let options = ["--data", "reviews", "--format", format, "--output", output];
        place
            .run([&["data", "export"], &options[..]].concat())
            .succeeds();
    };
    export("tfds", "tfds");
    export("csv", "parted.csv");
    // Both parts in files of their own, under other names.
    let parted = String::from_utf8(place.files()["parted.csv"].clone()).unwrap();
    let part = |split: &str| {
        let rows = parted.lines().filter_map(|line| line.strip_suffix(split));
        let rows: Vec<&str> = rows.collect();
        format!("opinion,verdict\n{}\n", rows.join("\n"))
    };
    place.write("train.csv", part(",train"));
    place.write("test.csv", part(",test"));
    let columns = [
        "--test-data",
        "test.csv",
        "--text-column",
        "opinion",
        "--label-column",
        "verdict",
    ];
    let mut losses = Vec::new();
    for (data, more) in [
        ("reviews", &[][..]),
        ("tfds", &[]),
        ("parted.csv", &[]),
        ("train.csv", &columns),
    ] {
        let out = format!("run-{data}");
        let options = ["--data", data, "--epochs", "1", "--out", &out];
        place
            .run([&["train", "baseline"], &options[..], more].concat())
            .succeeds();
        let own = place.run(["evaluate", &out, "--json"]).json();
        assert_eq!(own[0]["reviews"], 8, "{data}");
        let options = ["evaluate", "run-reviews", "--json", "--data", data];
        let other = place.run([&options[..], more].concat()).json();
        assert_eq!(other[0]["loss"], own[0]["loss"], "{data}");
        let predicted = place.run(["predict", &out, "--json", "a good film"]).json();
        losses.push((own[0]["loss"].clone(), predicted[0]["probability"].clone()));
    }
    assert!(losses.iter().all(|found| *found == losses[0]), "{losses:?}");
    place
        .run(["evaluate", "run-reviews", "--label-column", "verdict"])
        .fails(2, &["--label-column", "--data"]);
}

#[test]
fn what_is_no_run_is_refused_with_the_remedy() {
    let place = Workplace::new();
    place
        .run(["evaluate", "nowhere"])
        .fails(2, &["nowhere", "no such folder"]);
    place.write("empty/notes.txt", "");
    place
        .run(["evaluate", "empty"])
        .fails(2, &["model.safetensors", "that a training wrote"]);
    trained(&place, &[]);
    fs::create_dir(place.path("all")).unwrap();
    fs::rename(place.path("run"), place.path("all/run")).unwrap();
    place
        .run(["evaluate", "all"])
        .fails(2, &["several runs", "all/run"]);
    place
        .run(["evaluate", "all/run", "--batch-size", "0"])
        .fails(2, &["--batch-size"]);
    place
        .run(["evaluate", "all/run", "--limit-test", "0"])
        .fails(2, &["--limit-test"]);
    fs::remove_file(place.path("all/run/config.toml")).unwrap();
    place
        .run(["evaluate", "all/run"])
        .fails(2, &["config.toml"]);
}
