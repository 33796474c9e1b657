//! Tables that cannot be read: file, line and remedy.

use proptest::prelude::*;

use super::*;
use crate::support::damage::{check, damage};

/// Four rows that are right, as a table of that name.
fn right(name: &str) -> String {
    match name.ends_with(".csv") {
        true => "text,label,split\na,0,train\nb,1,train\nc,0,test\nd,1,test\n".to_owned(),
        false => [
            ("a", 0, "train"),
            ("b", 1, "train"),
            ("c", 0, "test"),
            ("d", 1, "test"),
        ]
        .map(|(text, label, split)| {
            format!("{{\"text\": \"{text}\", \"label\": {label}, \"split\": \"{split}\"}}\n")
        })
        .concat(),
    }
}

#[test]
fn a_row_that_is_wrong_is_named_by_its_line() {
    for (name, line, words) in [
        (
            "r.csv",
            "e,great,train",
            "label `great`; expected 0, neg or negative, 1, pos or positive",
        ),
        (
            "r.csv",
            "e,0,held",
            "split `held` is none of train, validation and test; write one of these",
        ),
        (
            "r.csv",
            "e,0,",
            "split `` is none of train, validation and test",
        ),
        (
            "r.csv",
            "e,0",
            "fields: 2 here, 3 in the first line; close the quotes around fields",
        ),
        (
            "r.csv",
            "e, f,0,train",
            "fields: 4 here, 3 in the first line",
        ),
        (
            "r.csv",
            "\"e,0,train\nand so on",
            "a quote opens here that nothing closes; close the quotes",
        ),
        (
            "r.csv",
            "e,0,\"train",
            "a quote opens here that nothing closes",
        ),
        (
            "r.jsonl",
            "{\"text\": \"e\", \"label\": \"so so\", \"split\": \"train\"}",
            "label `so so`; expected 0",
        ),
        (
            "r.jsonl",
            "{\"text\": \"e\", \"label\": 0}",
            "`split` is in some rows and not in others",
        ),
        (
            "r.jsonl",
            "{\"text\": \"e\", \"label\": 0, \"split\": 1}",
            "`split` is 1; expected \"train\" or \"test\"",
        ),
        (
            "r.jsonl",
            "{\"text\": [\"e\"], \"label\": 0, \"split\": \"train\"}",
            "`text` is [\"e\"]; expected a string",
        ),
        (
            "r.jsonl",
            "{\"text\": \"e\", \"label\": [0], \"split\": \"train\"}",
            "`label` is [0]",
        ),
        (
            "r.jsonl",
            "[1, 2]",
            "column 0: expected an object {\"text\": \"…\", \"label\": …}: invalid type: sequence",
        ),
        (
            "r.jsonl",
            "{\"text\": \"e\"",
            "column 12: expected an object",
        ),
        (
            "r.jsonl",
            "{\"text\": \"\\ud800\", \"label\": 0}",
            "column 17: expected an object",
        ),
        ("r.jsonl", "text,label", "column 2: expected an object"),
        (
            "r.jsonl",
            "{\"ids\": [259], \"label\": 0, \"split\": \"train\"}",
            "id 259 is not in the vocabulary of 259 ids, 0 to 258; the data are of another one, with 260 ids or more",
        ),
        (
            "r.jsonl",
            "{\"ids\": [1.5], \"label\": 0, \"split\": \"train\"}",
            "`ids` is 1.5; expected an array of whole numbers",
        ),
        (
            "r.jsonl",
            "{\"ids\": \"1 2\", \"label\": 0, \"split\": \"train\"}",
            "`ids` is \"1 2\"; expected an array of whole numbers",
        ),
    ] {
        let content = format!("{}{line}\n{}", right(name), right("r.jsonl"));
        let content = match name {
            "r.csv" => format!("{}{line}\n", right(name)),
            _ => content,
        };
        let number = right(name).lines().count() + 1;
        let error = message(load_file(name, content));
        let expected = format!("{name}: line {number}: {words}");
        assert!(error.contains(&expected), "no `{expected}` in {error}");
    }
    for (ids, words) in [
        ("1 x", "id `x`; expected whole numbers with spaces between"),
        ("1 -1", "id -1 is not in the vocabulary of 259 ids"),
    ] {
        let error = message(load_file("r.csv", format!("ids,label\n1,0\n{ids},1\n")));
        assert!(
            error.contains(&format!("r.csv: line 3: {words}")),
            "{error}"
        );
    }
    // The line of a row is where it begins.
    let error = message(load_file("r.csv", "text,label\n\"a\n\nb\",0\nc,x\n"));
    assert!(error.contains("r.csv: line 5: label `x`"), "{error}");
}

#[test]
fn columns_that_are_not_there_are_named_with_those_that_are() {
    for (content, words) in [
        ("", "line 1: the file is empty"),
        (
            "words,label\na,0\n",
            "line 1: no column `text`, only words, label; name the right one with `Table::text_column`; or give \
             `Table::no_header` and columns by number, if this row has no names",
        ),
        (
            "text,mood\na,0\n",
            "line 1: no column `label`, only text, mood; name the right one with `Table::label_column`",
        ),
        (
            "text,label,text\na,0,b\n",
            "line 1: 2 columns are called `text`; give each a name of its own",
        ),
        (
            "review,content,label\na,b,0\n",
            "line 1: the columns review, content may all be meant; name the right one with `Table::text_column`",
        ),
        (
            "text,stars,rating\na,0,1\n",
            "line 1: the columns stars, rating may all be meant; name the right one with `Table::label_column`",
        ),
    ] {
        let error = message(load_file("r.csv", content));
        assert!(error.contains(words), "{error}");
    }
    let error = message(load_table(&[("r.csv", "ids,label\n1,0\n")], |table, _| {
        table.text_column = Some("review".to_owned());
    }));
    assert!(
        error.contains("no column `review`, only ids, label"),
        "{error}"
    );
}

#[test]
fn what_is_no_table_or_names_its_parts_twice_is_an_error_of_the_option() {
    let error = message(load_table(&[("r.dat", "text,label\n")], |_, _| {}));
    assert!(
        error.starts_with("`Table::path`: ")
            && error.contains("r.dat is not named .csv, .tsv, .json, .jsonl"),
        "{error}"
    );
    let files = [("r.csv", right("r.csv")), ("t.dat", right("r.csv"))];
    let files = files
        .each_ref()
        .map(|(name, content)| (*name, content.as_str()));
    let error = message(load_table(
        &[("r.csv", "text,label\na,0\n"), files[1]],
        |table, folder| {
            table.test = Some(folder.join("t.dat"));
        },
    ));
    assert!(
        error.starts_with("`Table::test`: ") && error.contains("t.dat is not named"),
        "{error}"
    );
    let error = message(load_table(&files, |table, folder| {
        table.test = Some(folder.join("r.csv"))
    }));
    assert!(
        error.contains(
            "r.csv: line 2: a column `split` and `Table::test` both say what the test part is"
        ),
        "{error}"
    );
    let error = message(load_table(
        &[("r.csv", "text,label\na,0\nb,1\n")],
        |table, folder| {
            table.test = Some(folder.join("none.csv"));
        },
    ));
    assert!(error.contains("none.csv: "), "{error}");
    let error = message(load_table(&[("r.csv", "")], |table, folder| {
        table.path = folder.join("none.csv")
    }));
    assert!(
        error.contains("none.csv: no such file or folder; `Source::Path` takes an aclImdb folder"),
        "{error}"
    );
}

#[test]
fn no_reviews_or_a_class_without_any_are_named() {
    let error = message(load_file("r.jsonl", "\n"));
    assert!(error.ends_with("r.jsonl: no reviews"), "{error}");
    for (gone, words) in [
        (
            "a,0,train\n",
            "no negative reviews in the train part; training needs both classes",
        ),
        (
            "c,0,test\nd,1,test\n",
            "no reviews in the test part; there is nothing to validate with",
        ),
    ] {
        let error = message(load_file("r.csv", right("r.csv").replace(gone, "")));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_compressed_table_that_is_cut_or_damaged_says_so() {
    for name in ["r.csv.gz", "r.jsonl.gz"] {
        let plain = right(&name[..name.len() - 3]);
        let whole = gzip(plain.as_bytes());
        for cut in 1..whole.len() {
            let error = message(load_file(name, &whole[..cut]));
            assert!(
                error.contains("the file is cut short; copy or download it again"),
                "{cut}: {error}"
            );
            assert!(error.contains(&format!("{name}: line ")), "{error}");
        }
        let mut damaged = whole.clone();
        let checksum = damaged.len() - 6;
        damaged[checksum] ^= 1;
        let error = message(load_file(name, damaged));
        assert!(
            error.contains("the file is corrupt (") && error.contains("copy or download it again"),
            "{error}"
        );
        let error = message(load_file(name, plain));
        assert!(
            error.contains("line 1: the file is corrupt (invalid gzip header)"),
            "{error}"
        );
    }
}

#[test]
fn rows_of_absurd_size_are_refused() {
    let long = "x".repeat((16 << 20) + 1);
    for (name, content) in [
        ("r.csv", format!("text,label\n{long},0\n")),
        (
            "r.jsonl",
            format!("{{\"text\": \"a\", \"label\": 0}}\n{{\"text\": \"{long}\", \"label\": 0}}\n"),
        ),
    ] {
        let error = message(load_file(name, content));
        assert!(
            error.contains("line 2: a text of 16777217 bytes; a review has 16 MiB at most"),
            "{error}"
        );
    }
    // A quote that nothing closes swallows all that follows, but not all memory.
    let rest = "and so on, and so on\n".repeat((97 << 20) / 21);
    for (name, begin, remedy) in [
        (
            "r.csv.gz",
            "text,label\n\"",
            "close the quotes around fields",
        ),
        (
            "r.jsonl.gz",
            "{\"text\": \"a\", \"label\": 0}\n",
            "put each object on a line of its own",
        ),
    ] {
        let rest = if name == "r.csv.gz" {
            rest.clone()
        } else {
            rest.replace('\n', " ")
        };
        let error = message(load_file(name, gzip(format!("{begin}{rest}").as_bytes())));
        assert!(
            error.contains(&format!("line 2: longer than 96 MiB; {remedy}")),
            "{error}"
        );
    }
}

#[test]
fn damaged_tables_give_reviews_or_errors_and_nothing_worse() {
    const NAMES: [&str; 4] = ["data.csv", "data.jsonl", "data.csv.gz", "data.jsonl.gz"];
    let contents = NAMES.map(|name| match name.strip_suffix(".gz") {
        Some(plain) => gzip(right(plain).as_bytes()),
        None => right(name).into_bytes(),
    });
    let place = place();
    let strategy = (0..NAMES.len(), damage(b"\"\\,\n\r{}[]:\0\xFF0e"));
    check(50_000, strategy, |(form, damage)| {
        let path = place.path().join(NAMES[form]);
        fs::write(&path, damage.apply(&contents[form])).unwrap();
        if let Err(error) = load(&Source::Path(path), None, ReviewLimits::default()) {
            let error = error.to_string();
            prop_assert!(error.contains(NAMES[form]), "{}", error);
        }
        Ok(())
    });
}
