//! Reviews a row: CSV, TSV and JSON Lines.

use std::fs;
use std::path::Path;

use gatefold::data::{Dataset, Encoder, Review, ReviewLimits, Source, Table, load};
use tempfile::TempDir;

use crate::imdb::gzip;

mod classes;
mod columns;
pub mod containers;
mod encodings;
mod folders;
mod given_vocabulary;
mod odd;
#[cfg(feature = "parquet")]
mod parquet;
mod peers;
mod quotes;
mod refusals;
mod shares;

const VOCABULARY: &str = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";

/// A folder with the vocabulary, for tables to be put into.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("imdb_reviews.subwords"), VOCABULARY).unwrap();
    place
}

/// Loads a table of that name and content.
fn load_file(name: &str, content: impl AsRef<[u8]>) -> gatefold::Result<Dataset> {
    let place = place();
    let path = place.path().join(name);
    fs::write(&path, content).unwrap();
    load(&Source::Path(path), None, ReviewLimits::default())
}

/// Loads a table with what `change` makes of its description; files by name and content.
fn load_table(
    files: &[(&str, &str)],
    change: impl FnOnce(&mut Table, &Path),
) -> gatefold::Result<Dataset> {
    let place = place();
    for (name, content) in files {
        fs::write(place.path().join(name), content).unwrap();
    }
    let mut table = Table {
        path: place.path().join(files[0].0),
        ..Table::default()
    };
    change(&mut table, place.path());
    load(&Source::Table(table), None, ReviewLimits::default())
}

fn message(result: gatefold::Result<Dataset>) -> String {
    result.map(|dataset| dataset.name).unwrap_err().to_string()
}

/// Text and label of each review.
fn rows(reviews: &[Review], dataset: &Dataset) -> Vec<(String, u8)> {
    let encoder = Encoder::new(&dataset.vocabulary);
    let rows = reviews
        .iter()
        .map(|review| (encoder.decode(&review.ids), review.label));
    rows.collect()
}

fn parts(dataset: &Dataset) -> [Vec<(String, u8)>; 2] {
    [&dataset.train, &dataset.test].map(|reviews| rows(reviews, dataset))
}

fn owned(rows: &[(&str, u8)]) -> Vec<(String, u8)> {
    rows.iter()
        .map(|&(text, label)| (text.to_owned(), label))
        .collect()
}

const TEXTS: [(&str, u8); 4] = [
    ("good film", 1),
    ("say \"no\", twice", 0),
    ("two\nlines", 0),
    ("", 1),
];

fn table(header: &str, delimiter: char) -> String {
    let mut text = header.replace(',', &delimiter.to_string()) + "\n";
    for split in ["train", "test"] {
        for (review, label) in TEXTS {
            let review = review.replace('"', "\"\"");
            text += &format!("{split}{delimiter}\"{review}\"{delimiter}{label}\n");
        }
    }
    text
}

fn json_lines() -> String {
    let mut text = String::new();
    for split in ["train", "test"] {
        for (review, label) in TEXTS {
            text += &format!(
                "{}\n",
                serde_json::json!({"text": review, "label": label, "split": split})
            );
        }
    }
    text
}

#[test]
fn every_notation_gives_the_same_reviews_in_the_order_of_the_file() {
    let comma = table("split,text,label", ',');
    let tab = table("split,text,label", '\t');
    let crlf = comma
        .replace("\n\"", "\r\n\"")
        .replace("\ntr", "\r\ntr")
        .replace("\nte", "\r\nte");
    // The last row has no text.
    let expected = [owned(&TEXTS[..3]), owned(&TEXTS[..3])];
    for (name, content) in [
        ("reviews.csv", comma.clone().into_bytes()),
        ("reviews.tsv", tab.clone().into_bytes()),
        ("reviews.jsonl", json_lines().into_bytes()),
        ("Reviews.NDJSON", json_lines().into_bytes()),
        ("lines.json", json_lines().into_bytes()),
        ("reviews.csv.gz", gzip(comma.as_bytes())),
        ("reviews.tsv.gz", gzip(tab.as_bytes())),
        (
            "reviews.jsonl.gz",
            [
                gzip(&json_lines().as_bytes()[..50]),
                gzip(&json_lines().as_bytes()[50..]),
            ]
            .concat(),
        ),
        ("crlf.csv", crlf.into_bytes()),
        ("bom.csv", format!("\u{FEFF}{comma}").into_bytes()),
        (
            "bom.jsonl",
            format!("\u{FEFF}{}\n\n", json_lines()).into_bytes(),
        ),
        (
            "no_last_line_break.csv",
            comma.trim_end().as_bytes().to_vec(),
        ),
        (
            "no_last_line_break.jsonl",
            json_lines().trim_end().as_bytes().to_vec(),
        ),
        (
            "spaced_names.csv",
            comma
                .replacen("split,text,label", " split, text ,label ", 1)
                .into_bytes(),
        ),
    ] {
        let dataset = load_file(name, content).unwrap();
        assert_eq!(parts(&dataset), expected, "{name}");
        assert_eq!(dataset.name, name);
        let first = if name.to_lowercase().contains("json") {
            4
        } else {
            6
        };
        let note = format!("rows without a text, left out: 2, the first in line {first} of {name}");
        assert_eq!(dataset.notes, [note], "{name}");
        assert!(!dataset.synthetic);
    }
}

#[test]
fn labels_have_many_names() {
    for (negative, positive) in [
        ("0", "1"),
        ("neg", "pos"),
        ("Negative", "POSITIVE"),
        (" neg ", "Pos"),
        ("-1", "1"),
        ("-1.0", "1.0"),
        ("0", "4"),
    ] {
        let mut csv = "text,label,split\n".to_owned();
        for split in ["train", "test"] {
            csv += &format!("a,{negative},{split}\nb,{positive},{split}\n");
        }
        let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("a", 0), ("b", 1)])];
        assert_eq!(parts(&load_file("r.csv", csv).unwrap()), expected);
    }
    for (negative, positive) in [
        ("0", "1"),
        ("\"0\"", "\"pos\""),
        ("false", "true"),
        ("-1", "1.0"),
        ("0", "4"),
    ] {
        let mut lines = String::new();
        for split in ["train", "Test"] {
            for (text, label) in [("a", negative), ("b", positive)] {
                lines += &format!(
                    "{{\"text\": \"{text}\", \"label\": {label}, \"split\": \"{split}\"}}\n"
                );
            }
        }
        let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("a", 0), ("b", 1)])];
        assert_eq!(parts(&load_file("r.jsonl", lines).unwrap()), expected);
    }
}

#[test]
fn columns_are_named_by_options() {
    let csv =
        "id,review,sentiment,split\n1,a,neg,train\n2,b,pos,train\n3,c,neg,test\n4,d,pos,test\n";
    let lines = concat!(
        "{\"review\": \"a\", \"sentiment\": 0, \"split\": \"train\"}\n",
        "{\"review\": \"b\", \"sentiment\": 1, \"split\": \"train\"}\n",
        "{\"review\": \"c\", \"sentiment\": 0, \"split\": \"test\", \"text\": \"other\"}\n",
        "{\"review\": \"d\", \"sentiment\": 1, \"split\": \"test\", \"label\": 0}\n",
    );
    for (name, content) in [("r.csv", csv), ("r.jsonl", lines)] {
        let dataset = load_table(&[(name, content)], |table, _| {
            table.text_column = Some("review".to_owned());
            table.label_column = Some("sentiment".to_owned());
        });
        let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 0), ("d", 1)])];
        assert_eq!(parts(&dataset.unwrap()), expected);
    }
}

#[test]
fn ids_do_where_there_is_no_text() {
    let csv = "ids,label,split\n1 2,0,train\n2,1,train\n258 0 3,0,test\n,1,test\n";
    let lines = concat!(
        "{\"ids\": [1, 2], \"label\": 0, \"split\": \"train\"}\n",
        "{\"ids\": [2], \"label\": 1, \"split\": \"train\"}\n",
        "{\"ids\": [258, 0, 3], \"label\": 0, \"split\": \"test\", \"text\": null}\n",
        "{\"ids\": [], \"label\": 1, \"split\": \"test\"}\n",
    );
    for (name, content) in [("r.csv", csv), ("r.jsonl", lines)] {
        let dataset = load_file(name, content).unwrap();
        let ids = |reviews: &[Review]| -> Vec<Vec<u32>> {
            reviews.iter().map(|review| review.ids.to_vec()).collect()
        };
        assert_eq!(ids(&dataset.train), [vec![1, 2], vec![2]], "{name}");
        assert_eq!(ids(&dataset.test), [vec![258, 0, 3], vec![0]], "{name}");
    }
}

#[test]
fn without_a_split_the_texts_decide_and_equal_ones_stay_together() {
    let mut csv = "text,label\n".to_owned();
    for number in 0..2_000 {
        csv += &format!("review {},{}\n", number % 1_000, number % 2);
    }
    let dataset = load_file("r.csv", &csv).unwrap();
    let [train, test] = parts(&dataset);
    // 200 of 1,000 texts are expected, with a standard deviation of 13.
    assert_eq!(train.len() + test.len(), 2_000);
    assert!((300..500).contains(&test.len()), "{}", test.len());
    assert!(test.iter().all(|row| !train.contains(row)));
    let note = format!(
        "no column `split`: a hash of the text put {} rows into the training part and {} into the test part",
        train.len(),
        test.len()
    );
    assert_eq!(dataset.notes, [note]);
    // The order of the file, whichever the part.
    let number = |row: &(String, u8)| row.0[7..].parse::<usize>().unwrap();
    for part in [&train, &test] {
        let (first, second) = part.split_at(part.len() / 2);
        assert!(first.is_sorted_by_key(number) && second.is_sorted_by_key(number));
    }
    // SHA-256 of "review 7" begins 4fe76137a4f6c9d7… as a number; the part is a fact of the text.
    let again: String = csv
        .lines()
        .rev()
        .filter(|line| *line != "text,label")
        .fold("text,label\n".to_owned(), |text, line| text + line + "\n");
    let mut reversed = parts(&load_file("r.csv", &again).unwrap());
    reversed.iter_mut().for_each(|part| part.reverse());
    assert_eq!(reversed, [train, test]);
}

#[test]
fn a_second_file_is_the_test_part() {
    let train = "text,label\na,0\nb,1\n";
    let test = "{\"text\": \"c\", \"label\": 0}\n{\"text\": \"d\", \"label\": 1}\n";
    let dataset = load_table(
        &[("train.csv", train), ("test.jsonl", test)],
        |table, folder| {
            table.test = Some(folder.join("test.jsonl"));
        },
    );
    let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 0), ("d", 1)])];
    let dataset = dataset.unwrap();
    assert_eq!(parts(&dataset), expected);
    assert_eq!(dataset.notes, Vec::<String>::new());
}

#[test]
fn what_is_ignored_or_mended_is_told_once() {
    let csv = b"text,label,split\n caf\xE9\x0B,0,train\nb,1,train\nc,0,test\nd,1,test\ne,-1,unsupervised\nf,,unsup\n";
    let lines = b"{\"text\": \"caf\xE9\", \"label\": 0, \"split\": \"train\"}\n\
        {\"text\": \"b\", \"label\": 1, \"split\": \"train\"}\n\n\
        {\"text\": \"c\", \"label\": 0, \"split\": \"test\"}\n\
        {\"text\": \"d\", \"label\": 1, \"split\": \"test\"}\n\
        {\"text\": \"e\", \"label\": -1, \"split\": \"unsupervised\"}\n\
        {\"text\": \"f\", \"split\": \"unsup\"}\n";
    for (name, content) in [("r.csv", &csv[..]), ("r.jsonl", lines)] {
        let dataset = load_file(name, content).unwrap();
        assert_eq!(parts(&dataset)[0], owned(&[("caf\u{FFFD}", 0), ("b", 1)]));
        assert_eq!(
            dataset.notes,
            [
                "unlabelled reviews (split unsupervised), ignored: 2",
                "reviews that are not UTF-8, kept with U+FFFD for what could not be read: 1",
            ]
        );
    }
}

#[test]
fn a_corpus_is_the_training_texts_and_never_ids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews.jsonl");
    let line = |text: &str, label, split| {
        format!("{{\"text\": \"{text}\", \"label\": {label}, \"split\": \"{split}\"}}\n")
    };
    let rows = [
        line("good", 1, "train"),
        line("fine", 1, "test"),
        line("bad", 0, "train"),
        line("poor", 0, "test"),
    ];
    std::fs::write(&path, rows.concat()).unwrap();
    let source = Source::Path(path.clone());
    let corpus = gatefold::data::load_texts(&source, None).unwrap();
    assert_eq!(corpus.texts, ["good", "bad"]);
    let first = gatefold::data::load_texts(&source, Some(1)).unwrap();
    // Of two classes with one review each, the one that is named first.
    assert_eq!(first.texts, ["bad"]);

    let rows = rows.concat();
    let ids = rows
        .replace("\"text\"", "\"ids\"")
        .replace("\"good\"", "[1]");
    let ids = ids.replace("\"bad\"", "[2]").replace("\"fine\"", "[3]");
    std::fs::write(&path, ids.replace("\"poor\"", "[4]")).unwrap();
    let refused = gatefold::data::load_texts(&source, None).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("a vocabulary is built from texts"),
        "{refused}"
    );
}
