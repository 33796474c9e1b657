//! Tables that are written in ways of their own: another divider, other letters, lists where there are none.

use super::*;

#[test]
fn a_column_split_is_found_in_any_letters() {
    let lines = "{\"text\": \"a\", \"label\": 0, \"Split\": \"train\"}\n{\"text\": \"b\", \"label\": 1, \"Split\": \"train\"}\n\
                 {\"text\": \"c\", \"label\": 1, \"Split\": \"test\"}\n";
    let csv = "text,label,Split\na,0,train\nb,1,train\nc,1,test\n";
    for (name, content) in [
        ("r.csv", csv.to_owned()),
        ("r.csv", csv.replace("Split", " SPLIT ")),
        ("r.tsv", csv.replace(',', "\t")),
        ("r.jsonl", lines.to_owned()),
    ] {
        let dataset = load_file(name, content).unwrap();
        let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])];
        assert_eq!(parts(&dataset), expected, "{name}");
    }
    // The very name counts before others.
    let both = "text,label,split,Split\na,0,train,x\nb,1,train,y\nc,1,test,z\n";
    let dataset = load_file("r.csv", both).unwrap();
    assert_eq!((dataset.train.len(), dataset.test.len()), (2, 1));
}

#[test]
fn columns_may_be_divided_by_semicolons() {
    let csv = "text;label;split\n\"a, b; c\";0;train\nd, e;1;train\nf;1;test\n";
    let dataset = load_file("r.csv", csv).unwrap();
    let expected = [owned(&[("a, b; c", 0), ("d, e", 1)]), owned(&[("f", 1)])];
    assert_eq!(parts(&dataset), expected);
    assert!(
        dataset
            .notes
            .contains(&"the columns of r.csv are divided by semicolons".to_owned())
    );
    // A comma in the first row, or quotes that go on, are those of the usual form.
    let dataset = load_file(
        "r.csv",
        "text,label,split\na; b,0,train\nc,1,train\nd;,1,test\n",
    )
    .unwrap();
    assert_eq!(parts(&dataset)[0], owned(&[("a; b", 0), ("c", 1)]));
    let error = message(load_file("r.csv", "text;label,\n"));
    assert!(error.contains("no column `text`"), "{error}");
}

#[test]
fn rows_that_all_lack_something_are_told() {
    let error = message(load_file("r.csv", "text,label\na,\n,1\nb,\n"));
    assert!(
        error.contains(
            "no reviews; rows without a text: 1, without a label: 2; name the right columns"
        ),
        "{error}"
    );
}

#[test]
fn a_label_of_json_is_no_list() {
    let rows = "{\"text\": \"a\", \"label\": 0}\n{\"text\": \"b\", \"label\": [1]}\n";
    let error = message(load_file("r.jsonl", rows));
    assert!(
        error.contains("line 2: `label` is [1]; expected a string or a number"),
        "{error}"
    );
    // Columns as lists, as pandas writes them unless told otherwise.
    let error = message(load_file(
        "r.json",
        r#"{"text": ["a", "b"], "label": [0, 1]}"#,
    ));
    assert!(
        error.contains("line 1: `label` is [0,1]; expected a string or a number"),
        "{error}"
    );
}
