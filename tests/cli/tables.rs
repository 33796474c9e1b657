//! Tables as people have them: encodings, byte order marks, quotes, labels; and nothing of them as a command to the
//! terminal.

use crate::program::{Outcome, VOCABULARY, Workplace};

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    place
}

/// A table with a column `split`, of these texts in turn and two labels.
fn table(texts: &[&str], labels: [&str; 2]) -> String {
    let rows = (0..8).map(|row| {
        let split = if row < 4 { "train" } else { "test" };
        let (text, label) = (texts[row % texts.len()], labels[row % 2]);
        format!("{text} {row},{label},{split}\n")
    });
    format!("text,label,split\n{}", rows.collect::<String>())
}

fn inspect(place: &Workplace, options: &[&str]) -> Outcome {
    place.run([&["data", "inspect"][..], options].concat())
}

/// Fails if a terminal would take any of this for a command.
#[track_caller]
fn assert_no_commands(outcome: &Outcome) {
    let told = [&outcome.stdout, &outcome.stderr];
    let control = |c: char| c.is_control() && c != '\n';
    assert!(!told.iter().any(|text| text.contains(control)), "{told:?}");
}

#[test]
fn an_encoding_that_is_named_is_read_and_one_that_is_not_refused_with_its_name() {
    let place = place();
    let text = b"\xBF\xB5\xC8\xAD\xB0\xA1 \xC1\xA4\xB8\xBB \xC0\xE7\xB9\xCC\xC0\xD6\xB4\xD9";
    let plain = table(&["KOREAN"], ["0", "1"]);
    let lines = plain.lines().map(|line| match line.strip_prefix("KOREAN") {
        Some(rest) => [&text[..], rest.as_bytes(), b"\n"].concat(),
        None => format!("{line}\n").into_bytes(),
    });
    place.write("r.csv", lines.collect::<Vec<_>>().concat());
    let refused = inspect(&place, &["--data", "r.csv"]);
    let words = "r.csv: line 2: 8 of 9 lines are not UTF-8, this is the first; they look like euc-kr: if they are, give \
                 that as --encoding";
    refused.fails(1, &[words]);
    for name in ["euc-kr", "cp949"] {
        let told = inspect(&place, &["--data", "r.csv", "--encoding", name]);
        let told = &told.succeeds().stdout;
        assert!(
            told.contains("영화가 정말 재미있다") && !told.contains("UTF-8"),
            "{told}"
        );
    }
    inspect(&place, &["--data", "r.csv", "--encoding", "utf-9"]).fails(
        2,
        &["--encoding: no encoding is called utf-9; give one such as utf-8"],
    );
    inspect(&place, &["--encoding", "cp949"]).fails(2, &["--encoding", "--data"]);
}

#[test]
fn labels_of_minus_one_and_one_are_classes() {
    let place = place();
    place.write("r.csv", table(&["a film"], ["-1", "1"]));
    for classes in [&["--classes", "-1,1"][..], &["--classes=-1,1"]] {
        let told = inspect(&place, &[&["--data", "r.csv"], classes].concat());
        assert!(
            told.succeeds().stdout.contains("4 reviews: 2 -1, 2 1"),
            "{}",
            told.stdout
        );
    }
}

#[test]
fn a_byte_order_mark_is_never_text() {
    let place = place();
    let marked = |text: &str| format!("\u{FEFF}{text}");
    let ids = |mark: &dyn Fn(&str) -> String| {
        place.write("v", mark(VOCABULARY));
        place.write("in.jsonl", mark("{\"text\": \"a good film\"}\n"));
        place.run(["data", "encode", "--vocab", "v", "--input", "in.jsonl"])
    };
    let expected = ids(&str::to_owned).succeeds().stdout.clone();
    assert_eq!(ids(&marked).succeeds().stdout, expected);
    place.write("ids.jsonl", marked(&expected));
    let decode = ["data", "decode", "--vocab", "v", "--input", "ids.jsonl"];
    assert_eq!(
        place.run(decode).succeeds().stdout,
        "{\"text\":\"a good film\"}\n"
    );
    place.write("wide.jsonl", b"\xFF\xFE{\0");
    place
        .run(["data", "encode", "--vocab", "v", "--input", "wide.jsonl"])
        .fails(
            1,
            &["wide.jsonl: line 1: UTF-16, as its byte order mark says; save it as UTF-8"],
        );
    place.write("wide", b"\xFF\xFE#\0");
    place
        .run(["data", "encode", "--vocab", "wide", "--input", "in.jsonl"])
        .fails(1, &["wide: line 1: UTF-16"]);

    let model = "name = \"tiny\"\n[[layer]]\ntype = \"embedding\"\nwidth = 8\n[[layer]]\ntype = \"bidirectional\"\n\
                 units = 8\n[[layer]]\ntype = \"dense\"\nunits = 1\nactivation = \"sigmoid\"\n";
    place.write("plain.toml", model);
    place.write("marked.toml", marked(model));
    let summary = |file: &str| {
        place
            .run(["summary", "--config", file])
            .succeeds()
            .stdout
            .clone()
    };
    assert_eq!(summary("marked.toml"), summary("plain.toml"));

    let csv = table(&["a film"], ["0", "1"]);
    place.write("plain.csv", &csv);
    place.write("marked.csv", marked(&csv));
    let utf_16 = marked(&csv)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<_>>();
    place.write("wide.csv", utf_16);
    let batch = |file: &str| {
        let told = inspect(&place, &["--data", file, "--json"]).json();
        told[0]["batch"].clone()
    };
    assert_eq!(batch("marked.csv"), batch("plain.csv"));
    assert_eq!(batch("wide.csv"), batch("plain.csv"));

    place.tiny_run("baseline", &[]);
    place.write("texts", marked("a good film\nfilm\n"));
    let answers = place
        .run(["predict", "run", "--json", "--file", "texts"])
        .json();
    assert_eq!(answers[0]["text"], "a good film");
    assert_eq!(answers[1]["text"], "film");
    place.write("wide", b"\xFF\xFEa\0\n\0");
    let wide = place
        .run(["predict", "run", "--json", "--file", "wide"])
        .json();
    assert_eq!(wide[0]["text"], "a");
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_a_command() {
    let place = place();
    const CLEAR: &str = "\u{1b}[2J\u{9b}1m\u{7}";
    let clear = |text: &str| text.replace("CLEAR", CLEAR);
    place.write("text.csv", clear(&table(&["a CLEAR film"], ["0", "1"])));
    let outcome = inspect(&place, &["--data", "text.csv"]);
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("a \\u{1b}[2J\\u{9b}1m\\u{7} film")
    );
    assert_no_commands(&outcome);
    for (name, content) in [
        ("label.csv", table(&["a film"], ["CLEAR", "1"])),
        (
            "header.csv",
            table(&["a film"], ["0", "1"]).replace("text,", "teCLEARxt,"),
        ),
        (
            "split.csv",
            table(&["a film"], ["0", "1"]).replace("train", "CLEAR"),
        ),
        ("json.jsonl", "CLEAR".to_owned()),
        ("key.jsonl", "{\"teCLEARxt\": 1}".to_owned()),
    ] {
        place.write(name, clear(&content));
        let outcome = inspect(&place, &["--data", name]);
        outcome.fails(1, &[name]);
        assert_no_commands(&outcome);
    }
    // Nor anything in a file's name or among the names of classes.
    let name = clear("CLEAR.csv");
    place.write(&name, clear(&table(&["a film"], ["CLEAR", "1"])));
    let classes = clear("CLEAR,1");
    let outcome = inspect(&place, &["--data", &name, "--classes", &classes]);
    assert!(
        outcome.succeeds().stdout.contains("\\u{1b}"),
        "{}",
        outcome.stdout
    );
    assert_no_commands(&outcome);
    let outcome = inspect(&place, &["--data", &name]);
    outcome.fails(1, &["line 2: label `\\u{1b}[2J"]);
    assert_no_commands(&outcome);
}

#[test]
fn training_is_validated_with_one_part_and_evaluate_takes_another() {
    let place = place();
    let rows = |count: usize, word: &str| -> String {
        let row = |row: usize| format!("{row},{word} film {row},{}\n", ["ham", "spam"][row % 2]);
        format!(
            "id,review,category\n{}",
            (0..count).map(row).collect::<String>()
        )
    };
    place.write("r.csv", rows(20, "good"));
    place.write("v.csv", rows(6, "fair"));
    place.write("t.csv", rows(4, "bad"));
    let data = [
        "--data",
        "r.csv",
        "--validation-data",
        "v.csv",
        "--test-data",
        "t.csv",
        "--out",
        "run",
    ];
    let told = place.tiny(&["train", "baseline"], &data);
    let told = told.succeeds().stderr.replace("\n          ", " ");
    for words in [
        "6 to validate with, 4 to test with",
        "columns found by their usual names: texts in column review, labels in column category",
        "2 classes, found among the labels, in alphabetical order: ham, spam",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let config = String::from_utf8(place.files()["run/config.toml"].clone()).unwrap();
    assert!(config.contains("classes = [\"ham\", \"spam\"]"), "{config}");
    assert!(config.contains("validation_source = "), "{config}");
    assert!(config.contains("test_reviews = 6"), "{config}");
    let evaluated = &place.run(["evaluate", "run", "--json"]).json()[0];
    assert_eq!(evaluated["reviews"], 4);
    assert_eq!(evaluated["as_trained"], true);
    let others = ["evaluate", "run", "--json", "--data", "v.csv"];
    assert_eq!(place.run(others).json()[0]["reviews"], 6);
    place
        .run(["evaluate", "run", "--validation-data", "v.csv"])
        .fails(2, &["--validation-data", "--test-data"]);
    let more = ["train", "--resume", "run", "--epochs", "2"];
    place.run(more).succeeds();
    // An export has all three parts again.
    let parts = &data[..6];
    let export = [
        &["data", "export", "--format", "csv", "--output", "all.csv"],
        parts,
    ]
    .concat();
    place.run(export).succeeds();
    let told = inspect(&place, &["--data", "all.csv", "--json"]).json();
    let counts = ["train", "test", "held_out"].map(|part| told[0][part]["reviews"].clone());
    assert_eq!(counts, [20, 6, 4]);
    assert_eq!(told[0]["classes"], serde_json::json!(["ham", "spam"]));
}

#[test]
fn other_reviews_have_the_classes_of_the_run() {
    let place = place();
    let rows = |labels: [&str; 2]| table(&["a film"], labels);
    place.write("r.csv", rows(["0", "4"]));
    place.write("words.csv", rows(["neg", "pos"]));
    place.write("more.csv", rows(["0", "3"]));
    let train = ["--data", "r.csv", "--out", "run"];
    place.tiny(&["train", "baseline"], &train).succeeds();
    let evaluate = |data: &str| place.run(["evaluate", "run", "--json", "--data", data]);
    assert_eq!(
        evaluate("words.csv").json()[0]["loss"],
        evaluate("r.csv").json()[0]["loss"]
    );
    evaluate("more.csv").fails(1, &["more.csv: line 3: label `3`; expected 0, neg"]);
}
