//! The remedies of the readers' refusals: each is followed, and the command succeeds.

use std::io::Write;

use crate::program::{VOCABULARY, Workplace, gzip};

/// A refusal and what it says to do.
struct Case {
    /// The files, by name and content.
    files: Vec<(&'static str, Vec<u8>)>,
    /// What the command has behind `data inspect`.
    refused: &'static str,
    says: &'static [&'static str],
    /// What is written as the remedy says.
    mended: Vec<(&'static str, Vec<u8>)>,
    /// The command then.
    then: &'static str,
}

/// A table of twenty rows with these two names of columns, labels and a delimiter.
fn table(names: [&str; 2], labels: &[&str], delimiter: char) -> Vec<u8> {
    let mut table = format!("{}{delimiter}{}\n", names[0], names[1]);
    table += &rows(labels, delimiter);
    table.into_bytes()
}

fn rows(labels: &[&str], delimiter: char) -> String {
    let row = |row: usize| {
        let label = labels[row % labels.len()];
        format!("a film {row}{delimiter}{label}\n")
    };
    (0..20).map(row).collect()
}

fn usual() -> Vec<u8> {
    table(["text", "label"], &["0", "1"], ',')
}

fn case(
    (name, content): (&'static str, impl Into<Vec<u8>>),
    refused: &'static str,
    says: &'static [&'static str],
    mended: Option<(&'static str, Vec<u8>)>,
    then: &'static str,
) -> Case {
    Case {
        files: vec![(name, content.into())],
        refused,
        says,
        mended: mended.into_iter().collect(),
        then,
    }
}

fn cases() -> Vec<Case> {
    let latin = |text: &[u8]| {
        let mut table = b"text,label\n".to_vec();
        for row in 0..20 {
            table.extend(text);
            table.extend(format!(" {row},{}\n", row % 2).into_bytes());
        }
        table
    };
    let utf_16: Vec<u8> = String::from_utf8(usual())
        .unwrap()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let with_split = |split: &str| {
        let mut table = "text,label,split\n".to_owned();
        (0..20).for_each(|row| table += &format!("a film {row},{},{split}\n", row % 2));
        table.into_bytes()
    };
    vec![
        case(("r.csv", ""), "--data r.csv", &["line 1", "empty", "write it again"], Some(("r.csv", usual())), "--data r.csv"),
        case(
            ("r.csv", latin(b"caf\xE9 d\xE9j\xE0")),
            "--data r.csv",
            &["line 2", "20 of 21 lines", "windows-1252", "--encoding"],
            None,
            "--data r.csv --encoding windows-1252",
        ),
        case(
            ("r.csv", latin(b"\xBF\xB5\xC8\xAD \xC1\xC1\xB4\xD9 \xC0\xE7\xB9\xCC")),
            "--data r.csv",
            &["look like euc-kr", "--encoding"],
            None,
            "--data r.csv --encoding euc-kr",
        ),
        case(("r.csv", utf_16), "--data r.csv", &["UTF-16", "utf-16le", "--encoding"], None, "--data r.csv --encoding utf-16le"),
        case(
            ("r.csv", usual()),
            "--data r.csv --encoding klingon",
            &["--encoding", "windows-1252"],
            None,
            "--data r.csv --encoding windows-1252",
        ),
        case(("r.csv", gzip(&usual())), "--data r.csv", &["a gzip file", ".gz"], Some(("r.csv.gz", gzip(&usual()))), "--data r.csv.gz"),
        case(
            ("r.csv", rows(&["0", "1"], ',')),
            "--data r.csv",
            &["line 1: no column `text`", "--no-header"],
            None,
            "--data r.csv --no-header --text-column 1 --label-column 2",
        ),
        case(
            ("r.csv", table(["words", "label"], &["0", "1"], ',')),
            "--data r.csv",
            &["no column `text`", "words, label", "--text-column NAME"],
            None,
            "--data r.csv --text-column words",
        ),
        case(
            ("r.csv", table(["text", "verdict"], &["0", "1"], ',')),
            "--data r.csv",
            &["no column `label`", "--label-column NAME"],
            None,
            "--data r.csv --label-column verdict",
        ),
        case(
            ("r.csv", table(["review,comment", "label"], &["note,0", "note,1"], ',')),
            "--data r.csv",
            &["review, comment may all be meant", "--text-column NAME"],
            None,
            "--data r.csv --text-column review",
        ),
        case(
            ("r.csv", table(["text", "label"], &["1", "2", "3", "x"], ',')),
            "--data r.csv",
            &["some labels are numbers", "--classes"],
            None,
            "--data r.csv --classes 1,2,3,x",
        ),
        case(
            ("r.csv", table(["text", "label"], &["0", "1", "unsure"], ',')),
            "--data r.csv",
            &["line 4: label `unsure`", "--classes"],
            None,
            "--data r.csv --classes 0,1,unsure",
        ),
        case(
            ("r.csv", String::from_utf8(usual()).unwrap() + "a, b, c,1\n"),
            "--data r.csv",
            &["line 22: fields: 4 here, 2 in the first line", "close the quotes around fields"],
            Some(("r.csv", [usual(), b"\"a, b, c\",1\n".to_vec()].concat())),
            "--data r.csv",
        ),
        case(
            ("r.json", r#"[{"text": "a", "label": 1},"#),
            "--data r.json",
            &["the array ends without a bracket", "write the file again"],
            Some(("r.json", br#"[{"text": "a", "label": 1}, {"text": "b", "label": 0}, {"text": "c", "label": 0}]"#.to_vec())),
            "--data r.json",
        ),
        case(
            ("r.jsonl", "{\"text\": \"a\",\n\"label\": 1}\n"),
            "--data r.jsonl",
            &["line 1", "put each object on a line of its own"],
            Some(("r.jsonl", b"{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 0}\n{\"text\": \"c\", \"label\": 0}\n".to_vec())),
            "--data r.jsonl",
        ),
        case(
            ("r.csv", with_split("train")),
            "--data r.csv",
            &["no reviews in the test part", "--test-data", "column `split`"],
            Some(("r.csv", usual())),
            "--data r.csv",
        ),
        case(
            ("r.csv", with_split("later")),
            "--data r.csv",
            &["line 2: split `later`", "train, validation and test"],
            Some(("r.csv", [with_split("train"), b"a film,1,test\n".to_vec()].concat())),
            "--data r.csv",
        ),
        case(
            ("r.csv", table(["text", "label"], &["", ""], ',')),
            "--data r.csv",
            &["no reviews; rows without a text: 0, without a label: 20", "--label-column"],
            Some(("r.csv", usual())),
            "--data r.csv",
        ),
        case(("r.parquet", "PAR1xxxx"), "--data r.parquet", &["r.parquet", "write it again"], Some(("r.csv", usual())), "--data r.csv"),
        case(
            ("r.csv", usual()),
            "--text-column text",
            &["--text-column", "--data"],
            None,
            "--data r.csv --text-column text",
        ),
        case(("r.csv", usual()), "--data s.csv", &["s.csv", "no such file", "--data"], None, "--data r.csv"),
        case(
            ("r.csv", usual()),
            "--data r.csv --limit-train 1",
            &["--limit-train", "raise it"],
            None,
            "--data r.csv --limit-train 4",
        ),
    ]
}

#[test]
fn what_a_refusal_says_to_do_does_it() {
    for case in cases() {
        let place = Workplace::new();
        place.write("imdb_reviews.subwords", VOCABULARY);
        for (name, content) in &case.files {
            place.write(name, content);
        }
        let run = |options: &str| {
            place.run(
                [
                    &["data", "inspect"][..],
                    &options.split(' ').collect::<Vec<_>>(),
                ]
                .concat(),
            )
        };
        let refused = run(case.refused);
        assert_ne!(refused.code, 0, "{}: {:?}", case.refused, case.says);
        let told: String = refused
            .stderr
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for word in case.says {
            assert!(told.contains(word), "no `{word}` in {told}");
        }
        for (name, content) in &case.mended {
            place.write(name, content);
        }
        let then = run(case.then);
        assert_eq!(then.code, 0, "{}: {}", case.then, then.stderr);
    }
}

/// Names of classes with commas: found, shown, typed, and in the command that repeats the run.
#[test]
fn names_of_classes_may_have_commas() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    place.write(
        "r.csv",
        table(["text", "label"], &["\"fine, or so\"", "bad"], ','),
    );
    let train = [
        "train",
        "baseline",
        "--data",
        "r.csv",
        "--adapter",
        "cpu",
        "--epochs",
        "1",
        "--out",
    ];
    let given = [
        "--classes",
        "\"fine, or so\",bad",
        "--class-weight",
        "\"fine, or so=2\"",
    ];
    let told = place.run([&train[..], &["run"], &given].concat());
    let told = &told.succeeds().stderr;
    assert!(told.contains("fine, or so 2.000, bad 1.000"), "{told}");
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    assert!(
        config.contains("classes = [\"fine, or so\", \"bad\"]"),
        "{config}"
    );
    let again = [
        "train",
        "--resume",
        "run",
        "--adapter",
        "cpu",
        "--epochs",
        "2",
    ];
    place.run([&again[..], &given].concat()).succeeds();
    let other = place.run([&again[..], &["--classes", "bad,\"fine, or so\""]].concat());
    other.fails(
        2,
        &["bad,\"fine, or so\" was given", "with \"fine, or so\",bad"],
    );
    place
        .run(["evaluate", "run", "--data", "r.csv", "--adapter", "cpu"])
        .succeeds();
    let report = std::fs::read_to_string(place.path("run/report.html")).unwrap();
    assert!(report.contains("fine, or so"), "{report}");
}

#[test]
fn predict_reads_packed_tables() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    place.write("r.csv", usual());
    let train = [
        "train",
        "baseline",
        "--data",
        "r.csv",
        "--adapter",
        "cpu",
        "--epochs",
        "1",
        "--out",
        "run",
    ];
    place.run(train).succeeds();
    let asked = |file: &str| place.run(["predict", "run", "--adapter", "cpu", "--file", file]);
    let plain = asked("r.csv").succeeds().stdout.clone();
    assert_eq!(plain.lines().count(), 21);
    let mut xz =
        lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    xz.write_all(&usual()).unwrap();
    place.write("p.csv.xz", xz.finish().unwrap());
    place.write("p.csv.gz", gzip(&usual()));
    for name in ["p.csv.xz", "p.csv.gz"] {
        assert_eq!(asked(name).succeeds().stdout, plain, "{name}");
    }
    // Columns divided by semicolons are told by the first row; the answer has commas.
    place.write("s.csv", table(["text", "label"], &["0", "1"], ';'));
    assert_eq!(asked("s.csv").succeeds().stdout, plain);
    place.write("p.csv.xz", &usual()[..40]);
    asked("p.csv.xz").fails(1, &["p.csv.xz", "corrupt"]);
}
