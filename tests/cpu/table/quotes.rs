//! What a quote is shows by the table as a whole, and none swallows rows.

use super::*;

/// Rows of a table without a column `split`, however they are parted.
fn all(dataset: &Dataset) -> Vec<(String, u8)> {
    let [train, test] = parts(dataset);
    let mut rows = [train, test].concat();
    rows.sort();
    rows
}

fn load_rows(name: &str, lines: &[&str]) -> gatefold::Result<Dataset> {
    load_file(name, lines.join("\n") + "\n")
}

const HEADER: &str = "text\tlabel";

#[test]
fn quotes_of_a_tsv_are_plain_where_fields_in_quotes_make_no_sense() {
    // The first opens a field and the second closes one, five rows later.
    let lines = [
        HEADER,
        "\"good film\t1",
        "bad film\t0",
        "fair film\t1",
        "poor\t0",
        "grand film\t1",
        "he said \"\t0",
        "fine\t1",
    ];
    let dataset = load_rows("r.tsv", &lines).unwrap();
    let mut expected: Vec<(String, u8)> = lines[1..]
        .iter()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(text, label)| (text.to_owned(), label.parse().unwrap()))
        .collect();
    expected.sort();
    assert_eq!(all(&dataset), expected);
    let note = "quotes in r.tsv are part of its texts: as quotes around fields they make no sense in line 2";
    assert!(
        dataset.notes.contains(&note.to_owned()),
        "{:?}",
        dataset.notes
    );

    // One that something follows, one that nothing closes, and the same with quotes that would do.
    for line in ["\"Good\" film\t1", "\"good film\t1"] {
        let lines = [HEADER, "\"a\"\t0", "b\t1", "c\t0", "d\t1", line];
        let dataset = load_rows("r.tsv", &lines).unwrap();
        let text = line.split_once('\t').unwrap().0;
        assert!(all(&dataset).contains(&(text.to_owned(), 1)), "{line}");
        assert!(all(&dataset).contains(&("\"a\"".to_owned(), 0)), "{line}");
        assert!(
            dataset
                .notes
                .iter()
                .any(|note| note.contains("no sense in line 6"))
        );
    }
}

#[test]
fn quotes_around_fields_are_no_part_of_them_in_a_tsv_either() {
    let lines = [
        HEADER,
        "\"a \"\"b\"\"\"\t0",
        "\"two",
        "lines\t\"\t1",
        "c\t0",
        "d \"e\"\t1",
    ];
    let dataset = load_rows("r.tsv", &lines).unwrap();
    let expected = [("a \"b\"", 0), ("c", 0), ("d \"e\"", 1), ("two\nlines", 1)];
    assert_eq!(all(&dataset), owned(&expected));
    assert!(
        !dataset.notes.iter().any(|note| note.contains("quotes")),
        "{:?}",
        dataset.notes
    );
}

#[test]
fn a_quote_that_takes_in_whole_rows_is_refused_with_its_line() {
    // A text with a comma needs its quotes, so they cannot all be plain.
    let lines = [
        "text,label",
        "\"a, b\",0",
        "\"good film,1",
        "bad film,0",
        "the end,1",
        "fine\",1",
    ];
    let error = message(load_rows("r.csv", &lines));
    assert!(
        error.contains("r.csv: line 3: a quote opens here and takes in whole rows, to line 6"),
        "{error}"
    );
    let error = message(load_rows(
        "r.csv",
        &["text,label", "\"a, b\",0", "\"so\" it is,1"],
    ));
    assert!(
        error.contains("r.csv: line 3: text follows the quote that closes a field"),
        "{error}"
    );
    // Texts of two lines are as they should be.
    let lines = [
        "text,label",
        "\"a, b",
        "c, d\",0",
        "\"e",
        "f\",1",
        "g,1",
        "h,0",
    ];
    let dataset = load_rows("r.csv", &lines).unwrap();
    assert_eq!(all(&dataset).len(), 4);
}

#[test]
fn a_row_of_another_width_is_named_whatever_its_quotes() {
    for (line, words) in [
        (
            "a\tb\t1",
            "r.tsv: line 4: fields: 3 here, 2 in the first line",
        ),
        ("a", "r.tsv: line 4: fields: 1 here, 2 in the first line"),
    ] {
        for first in ["\"good film\t1", "good film\t1"] {
            let error = message(load_rows("r.tsv", &[HEADER, first, "bad\t0", line, "c\t0"]));
            assert!(error.contains(words), "{first} {line}: {error}");
        }
    }
}
