//! Tables to predict: their columns stay, and what stands in no text is part of none.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::trained;
use crate::program::{Outcome, Workplace};

const TEXTS: [&str; 3] = ["A film, and \"good\".", "It is\nvery dull.", "  awful "];

const CSV: &str =
    "id,text,label\n7,\"A film, and \"\"good\"\".\",1\n08,\"It is\nvery dull.\",0\n9,  awful ,0\n";

/// What the run says of the texts alone: the class, its probability, and those of both classes.
fn alone(place: &Workplace) -> Vec<[String; 4]> {
    let lines = place
        .run([&["predict", "run", "--json"], &TEXTS[..]].concat())
        .json();
    let number = |value: &Value| (value.as_f64().unwrap() as f32).to_string();
    let answer = |line: &Value| {
        [
            line["label"].as_str().unwrap().to_string(),
            number(&line["probability"]),
            number(&line["probabilities"]["negative"]),
            number(&line["probabilities"]["positive"]),
        ]
    };
    lines.iter().map(answer).collect()
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| row.iter().map(str::to_string).collect())
        .collect()
}

const ADDED: [&str; 4] = [
    "prediction",
    "probability",
    "probability_negative",
    "probability_positive",
];

fn piped(place: &Workplace, arguments: &[&str], text: impl Into<Vec<u8>>) -> Outcome {
    Outcome::of(place.command().args(arguments).write_stdin(text))
}

#[test]
fn a_table_is_answered_with_its_columns_and_what_is_said_of_its_texts() {
    let place = trained("baseline", &[]);
    let answers = alone(&place);
    let expected = |columns: &[&str], cells: [&[&str]; 3]| -> Vec<Vec<String>> {
        let names = columns
            .iter()
            .chain(&ADDED)
            .map(|name| name.to_string())
            .collect();
        let cells = cells.into_iter().zip(&answers);
        let rows = cells.map(|(cells, said)| {
            let own = cells.iter().map(|cell| cell.to_string());
            own.chain(said.iter().cloned()).collect()
        });
        [names].into_iter().chain(rows).collect()
    };
    let of_csv = expected(
        &["id", "text", "label"],
        [
            &["7", TEXTS[0], "1"],
            &["08", TEXTS[1], "0"],
            &["9", TEXTS[2], "0"],
        ],
    );
    place.write("t.csv", CSV);
    place.write(
        "t.dat",
        format!(
            "\u{FEFF}{}",
            CSV.replace("label\n", "label\r\n")
                .replace(",0\n", ",0\r\n")
        ),
    );
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(CSV.as_bytes()).unwrap();
    place.write("t.csv.gz", packed.finish().unwrap());
    for file in ["t.csv", "t.csv.gz"] {
        let told = place.run(["predict", "run", "--file", file]);
        assert_eq!(rows(&told.succeeds().stdout), of_csv, "{file}");
        assert!(told.stderr.contains("3 reviews in "), "{}", told.stderr);
    }
    // By how it begins, and as a stream.
    let told = place.run(["predict", "run", "--file", "t.dat"]);
    assert_eq!(rows(&told.succeeds().stdout), of_csv);
    assert!(
        told.stderr.contains("t.dat is read as a table, CSV"),
        "{}",
        told.stderr
    );
    for arguments in [
        &["predict", "run"][..],
        &["predict", "run", "-"],
        &["predict", "run", "--file", "-"],
    ] {
        let told = piped(&place, arguments, CSV);
        assert_eq!(rows(&told.succeeds().stdout), of_csv);
        assert!(
            told.stderr.contains("standard input is read as a table"),
            "{}",
            told.stderr
        );
    }

    // Plain quotes of a table with tabs.
    place.write(
        "t.tsv",
        "text\tid\nA film, and \"good\".\t7\n\"It is\t8\nawful\t9\n",
    );
    let told = place.run(["predict", "run", "--file", "t.tsv"]);
    let found = rows(&told.succeeds().stdout);
    assert_eq!(
        found[1],
        [
            &["A film, and \"good\".".to_string(), "7".to_string()][..],
            &answers[0]
        ]
        .concat()
    );
    assert_eq!(found[2][..2], ["\"It is", "8"]);

    // JSON: keys stay in their order, values as they are written.
    let json = "{\"z\": 1.50, \"text\": \"A film, and \\\"good\\\".\"}\n\n{\"text\": \"It is\\nvery dull.\", \"a\": [1]}\n{\"text\": \"awful\"}\n";
    place.write("t.jsonl", json);
    let told = place.run(["predict", "run", "--file", "t.jsonl"]);
    let lines: Vec<&str> = told.succeeds().stdout.lines().collect();
    assert!(
        lines[0]
            .starts_with("{\"z\": 1.50, \"text\": \"A film, and \\\"good\\\".\",\"prediction\":"),
        "{}",
        lines[0]
    );
    for (line, said) in told.json().iter().zip(&answers) {
        assert_eq!(line["prediction"], said[0]);
        let found = line["probabilities"]["positive"].as_f64().unwrap() as f32;
        assert_eq!(found.to_string(), said[3]);
    }
    let told = place.run(["predict", "run", "--file", "t.jsonl", "--format", "csv"]);
    let of_json = expected(
        &["z", "text", "a"],
        [
            &["1.50", TEXTS[0], ""],
            &["", TEXTS[1], "[1]"],
            &["", "awful", ""],
        ],
    );
    let found = rows(&told.succeeds().stdout);
    assert_eq!(found[1][1..], of_json[1][1..]);
    assert_eq!(found[1][0].parse(), Ok(1.5));
    assert_eq!((&found[0], &found[2..]), (&of_json[0], &of_json[2..]));

    // And the other ways.
    for option in [&["--format", "jsonl"][..], &["--json"]] {
        let told = place.run([&["predict", "run", "--file", "t.csv"], option].concat());
        let lines = told.json();
        assert_eq!(lines[1]["id"], "08");
        assert_eq!(lines[1]["text"], TEXTS[1]);
        assert_eq!(lines[1]["label"], "0");
        assert_eq!(lines[1]["prediction"], answers[1][0]);
    }
    let told = place.run(["predict", "run", "--file", "t.csv", "--format", "text"]);
    let lines: Vec<&str> = told.succeeds().stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", told.stdout);
    assert!(
        lines[1].ends_with("  It is\\nvery dull.") && lines[0].ends_with(TEXTS[0]),
        "{lines:?}"
    );
    let told = place.run([&["predict", "run", "--format", "csv"], &TEXTS[..]].concat());
    let found = rows(&told.succeeds().stdout);
    assert_eq!(found[0][..2], ["text", "prediction"]);
    assert_eq!(
        found[2],
        [&[TEXTS[1].to_string()][..], &answers[1]].concat()
    );
}

#[test]
fn a_column_of_the_table_s_own_is_not_replaced() {
    let place = trained("baseline", &[]);
    place.write("t.csv", "text,prediction,probability\nA film.,old,\n");
    let told = place.run(["predict", "run", "--file", "t.csv"]);
    let found = rows(&told.succeeds().stdout);
    assert_eq!(
        found[0][..5],
        [
            "text",
            "prediction",
            "probability",
            "prediction_",
            "probability_"
        ]
    );
    assert_eq!(found[1][1], "old");
    assert!(told.stderr.contains("`prediction_`"), "{}", told.stderr);
    // What was answered can be asked about again.
    place.write("again.csv", &told.stdout);
    place
        .run(["predict", "run", "--file", "again.csv"])
        .succeeds();
}

/// Runs `arguments` with the option of a remedy that the program gave.
fn followed(place: &Workplace, arguments: &[&str], told: &Outcome, remedy: &[&str]) -> Outcome {
    assert!(
        told.stderr.contains(remedy[0]),
        "no `{}` in {}",
        remedy[0],
        told.stderr
    );
    let again = place.run([arguments, remedy].concat());
    again.succeeds();
    again
}

#[test]
fn a_column_with_a_usual_name_has_the_texts() {
    let place = trained("baseline", &[]);
    place.write("t.csv", "id,Document\n7,A film.\n");
    let found = place.run(["predict", "run", "--file", "t.csv"]);
    assert!(
        found.succeeds().stderr.contains("texts in column Document"),
        "{}",
        found.stderr
    );
    let named = ["predict", "run", "--file", "t.csv", "--text-column", "id"];
    assert_ne!(found.stdout, place.run(named).succeeds().stdout);
    place.write("t.jsonl", "{\"document\": \"A film.\"}\n");
    place
        .run(["predict", "run", "--file", "t.jsonl"])
        .succeeds();
    place.write("two.csv", "review,comment\nA film.,Dull.\n");
    place
        .run(["predict", "run", "--file", "two.csv"])
        .fails(1, &["review, comment may all be meant", "--text-column"]);
}

#[test]
fn a_table_without_a_column_of_texts_is_refused_with_what_helps() {
    let place = trained("baseline", &[]);
    place.write("t.csv", "id,remark\n7,A film.\n8,Dull.\n");
    place.write("t.txt", "id,remark\n7,A film.\n8,Dull.\n");
    place.write("t.jsonl", "{\"remark\": \"A film.\"}\n");
    for file in ["t.csv", "t.txt", "t.jsonl"] {
        let predict = ["predict", "run", "--file", file];
        let told = place.run(predict);
        told.fails(
            1,
            &[
                file,
                "no column `text`",
                "remark",
                "--text-column",
                "--input-format lines",
            ],
        );
        assert_eq!(told.stdout, "");
        let again = followed(&place, &predict, &told, &["--text-column", "remark"]);
        assert!(again.stdout.contains("prediction"), "{}", again.stdout);
        followed(&place, &predict, &told, &["--input-format", "lines"]);
    }
    let told = piped(&place, &["predict", "run"], "id|text\n7|A film.\n");
    told.fails(
        1,
        &["standard input", "divided by `|`", "--input-format lines"],
    );
    for document in ["[\n{\"text\": \"A film.\"}\n]", "[{\"text\": \"A film.\"}]"] {
        piped(&place, &["predict", "run"], document).fails(1, &["one object a line"]);
    }
    // A row that is wrong shows before anything is answered.
    place.write("wide.csv", "id,text\n7,A film.\n8,Dull, and long.\n");
    let told = place.run(["predict", "run", "--file", "wide.csv"]);
    told.fails(1, &["wide.csv", "line 3", "3 here, 2 in the first line"]);
    assert_eq!(told.stdout, "");
    place.write("null.jsonl", "{\"text\": null}\n{\"text\": 5}\n");
    let told = place.run(["predict", "run", "--file", "null.jsonl"]);
    told.fails(1, &["null.jsonl", "line 2", "`text` is 5"]);
    place.write("null.jsonl", "{\"text\": null}\n");
    let told = place.run(["predict", "run", "--file", "null.jsonl"]);
    assert!(
        told.succeeds().stderr.contains("1 review empty"),
        "{}",
        told.stderr
    );
    // Options of tables where there is none.
    place.write("lines", "A film.\n");
    let told = place.run(["predict", "run", "--file", "lines", "--text-column", "x"]);
    told.fails(2, &["--text-column", "--input-format FORM"]);
    place
        .run(["predict", "run", "a film", "--text-column", "x"])
        .fails(2, &["--text-column", "--file FILE"]);
    // A file that is taken for its name.
    let told = place.run(["predict", "run", "t.csv"]);
    told.fails(2, &["TEXT", "--file t.csv"]);
    let command = ["predict", "run", "--json", "--format", "csv", "x"];
    place.run(command).fails(2, &["--format"]);
}

#[test]
fn the_text_is_looked_for_where_the_run_s_own_table_had_it() {
    let place = Workplace::new();
    let train =
        "review,label,split\ngood,1,train\nbad,0,train\ngood film,1,test\nbad film,0,test\n";
    place.write("train.csv", train);
    place.write("v.subwords", crate::program::VOCABULARY);
    let options = [
        "--data",
        "train.csv",
        "--text-column",
        "review",
        "--vocab",
        "v.subwords",
        "--epochs",
        "1",
        "--out",
        "run",
    ];
    place
        .run([&["train", "baseline"], &options[..]].concat())
        .succeeds();
    place.write("t.csv", "id,review,text\n7,good,x\n");
    place.write("other.csv", "id,text\n7,good\n");
    let said = |file: &str| {
        let told = place.run(["predict", "run", "--json", "--file", file]);
        told.json()[0]["probability"].as_f64().unwrap()
    };
    let alone = place.run(["predict", "run", "--json", "good"]).json();
    let expected = alone[0]["probability"].as_f64().unwrap();
    assert_eq!([said("t.csv"), said("other.csv")], [expected; 2]);
}

#[test]
fn texts_that_go_elsewhere_than_to_a_terminal_are_whole() {
    let place = trained("baseline", &[]);
    let long = format!("{}the end", "a long, long film ".repeat(20));
    let told = place.run(["predict", "run", &long]);
    assert!(
        told.succeeds().stdout.trim_end().ends_with(&long),
        "{}",
        told.stdout
    );
}

#[test]
fn lines_in_another_encoding_are_refused_or_read() {
    let place = trained("baseline", &[]);
    // 좋은 영화 in EUC-KR, and a line that begins with its length in UTF-16.
    let korean = b"\xC1\xC1\xC0\xBA \xBF\xB5\xC8\xAD\n".repeat(5);
    place.write("lines", &korean);
    let predict = ["predict", "run", "--file", "lines"];
    let told = place.run(predict);
    told.fails(
        1,
        &["lines", "line 1", "5 of 5 lines", "euc-kr", "--encoding"],
    );
    let again = followed(&place, &predict, &told, &["--encoding", "euc-kr"]);
    assert!(
        again.stdout.lines().all(|line| line.ends_with("좋은 영화")),
        "{}",
        again.stdout
    );
    let utf_16: Vec<u8> = "\u{FEFF}좋은 영화\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    place.write("lines", &utf_16);
    let told = place.run(predict);
    assert!(
        told.succeeds().stdout.ends_with("  좋은 영화\n"),
        "{}",
        told.stdout
    );
    // What is no text at all.
    place.write("lines", b"PK\x03\x04 and so on\n");
    place.run(predict).fails(1, &["lines", "zip archive"]);
}
