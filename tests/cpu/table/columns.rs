//! Columns, classes and parts that nobody named: found where there is no doubt, and told.

use gatefold::data::{class_counts, load_to_test};

use super::*;

/// Rows of texts `a`, `b` … with these labels in turn, all for training, and one more of each label to test with.
fn with_labels(labels: &[&str]) -> String {
    let mut csv = "text,label,split\n".to_owned();
    for (row, label) in labels.iter().enumerate() {
        csv += &format!("t{row},{label},train\nu{row},{label},test\n");
    }
    csv
}

/// The classes, and the label of each training row.
fn found(labels: &[&str]) -> (Vec<String>, Vec<u8>, Vec<String>) {
    let dataset = load_file("r.csv", with_labels(labels)).unwrap();
    let own = dataset.train.iter().map(|review| review.label).collect();
    (dataset.classes, own, dataset.notes)
}

#[test]
fn columns_with_usual_names_are_found_where_they_are_the_only_ones() {
    for (text, label) in [
        ("review", "sentiment"),
        ("sentence", "label"),
        ("document", "label"),
        ("content", "stars"),
        ("text", "class"),
        ("Text", "Score"),
        ("Phrase", "Sentiment"),
        ("tweet", "polarity"),
        ("review", "rating"),
    ] {
        let csv =
            format!("id,{text},other,{label},split\n1,a,x,0,train\n2,b,x,1,train\n3,c,x,1,test\n");
        let json = |id, own, of: u8, split| {
            format!(
                "{{\"id\": {id}, \"{text}\": \"{own}\", \"{label}\": {of}, \"split\": \"{split}\"}}\n"
            )
        };
        let lines = json(1, "a", 0, "train") + &json(2, "b", 1, "train") + &json(3, "c", 1, "test");
        for (name, content) in [
            ("r.csv", csv.clone()),
            ("r.tsv", csv.replace(',', "\t")),
            ("r.jsonl", lines.clone()),
        ] {
            let dataset = load_file(name, content).unwrap();
            let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])];
            assert_eq!(parts(&dataset), expected, "{name} {text} {label}");
            let told = dataset
                .notes
                .iter()
                .find(|note| note.contains("usual names"));
            let told = told.map_or("", String::as_str);
            assert_eq!(
                told.contains(&format!("texts in column {text}")),
                text != "text"
            );
            assert_eq!(
                told.contains(&format!("labels in column {label}")),
                label != "label"
            );
        }
    }
    // `text` and `label` are meant by their very names, whatever is beside them.
    let dataset = load_file(
        "r.csv",
        "review,text,label,stars,split\nx,a,0,5,train\nx,b,1,1,train\nx,c,1,3,test\n",
    )
    .unwrap();
    assert_eq!(parts(&dataset)[0], owned(&[("a", 0), ("b", 1)]));
}

#[test]
fn a_table_as_that_of_korean_films_goes_by_itself() {
    let mut tsv = "id\tdocument\tlabel\n".to_owned();
    for row in 0..40 {
        tsv += &format!("{}\t영화 {row} \"최고\t{}\n", 9_976_970 + row, row % 2);
    }
    tsv += "9000000\t\t1\n";
    let dataset = load_file("ratings_train.txt", &tsv).unwrap();
    assert_eq!(dataset.train.len() + dataset.test.len(), 40);
    assert_eq!(dataset.classes, ["negative", "positive"]);
    let note = "rows without a text, left out: 1, the first in line 42 of ratings_train.txt";
    assert!(
        dataset.notes.contains(&note.to_owned()),
        "{:?}",
        dataset.notes
    );
}

#[test]
fn classes_are_found_among_the_labels() {
    let owned =
        |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
    for (labels, classes, own, order) in [
        (
            &["10", "9", "1"][..],
            &["1", "9", "10"][..],
            &[2, 1, 0][..],
            "ascending",
        ),
        (
            &["3.0", "1", "2"],
            &["1", "2", "3"],
            &[2, 0, 1],
            "ascending",
        ),
        (
            &["1", "0", "-1"],
            &["-1", "0", "1"],
            &[2, 1, 0],
            "ascending",
        ),
        (&["2", "1"], &["1", "2"], &[1, 0], "ascending"),
        (&["0.5", "-2"], &["-2", "0.5"], &[1, 0], "ascending"),
        (
            &["sport", "arts", "world"],
            &["arts", "sport", "world"],
            &[1, 0, 2],
            "alphabetical",
        ),
        (
            &["positive", "neutral", "negative"],
            &["negative", "neutral", "positive"],
            &[2, 1, 0],
            "alphabetical",
        ),
        (&["spam", "ham"], &["ham", "spam"], &[1, 0], "alphabetical"),
    ] {
        let (names, labels_of, notes) = found(labels);
        assert_eq!(names, owned(classes), "{labels:?}");
        assert_eq!(labels_of, own, "{labels:?}");
        let note = format!(
            "{} classes, found among the labels, in {order} order: {}",
            classes.len(),
            classes.join(", ")
        );
        assert_eq!(notes, [note], "{labels:?}");
    }
    for (labels, note) in [
        (
            ["-1", "1"],
            "labels -1 and 1 are negative and positive ones",
        ),
        (
            ["-1.0", "1.0"],
            "labels -1 and 1 are negative and positive ones",
        ),
        (["0", "4"], "labels 0 and 4 are negative and positive ones"),
    ] {
        let (names, own, notes) = found(&labels);
        assert_eq!((names, own), (owned(&["negative", "positive"]), vec![0, 1]));
        assert_eq!(notes, [note]);
    }
    for labels in [["0.0", "1.0"], ["False", "True"], ["neg", "1"]] {
        let (names, own, notes) = found(&labels);
        assert_eq!((names, own), (owned(&["negative", "positive"]), vec![0, 1]));
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn classes_are_those_of_the_training_part() {
    let tables = |test: &str| {
        load_table(
            &[("r.csv", "text,label\na,x\nb,y\nc,z\n"), ("t.csv", test)],
            |table, folder| table.test = Some(folder.join("t.csv")),
        )
    };
    let dataset = tables("text,label\nd,y\n").unwrap();
    assert_eq!(dataset.classes, ["x", "y", "z"]);
    assert_eq!(class_counts(&dataset.test, 3), [0, 1, 0]);
    let error = message(tables("text,label\nd,y\ne,w\n"));
    assert!(
        error.contains("t.csv: line 3: label `w` is none of the classes x, y, z"),
        "{error}"
    );
}

#[test]
fn labels_that_are_no_classes_are_refused_with_the_remedy() {
    let rows = |count: usize, label: &dyn Fn(usize) -> String| -> String {
        let rows = (0..count).map(|row| format!("t{row},{}\n", label(row)));
        format!("text,label\n{}", rows.collect::<String>())
    };
    for (content, words) in [
        (
            rows(600, &|row| format!("user{row}")),
            "more than 256 different labels, too many for classes",
        ),
        (
            rows(30, &|row| format!("user{row}")),
            "30 different labels in 30 rows are no classes",
        ),
        (
            rows(30, &|_| "spam".to_owned()),
            "every label is spam, and one class is nothing to tell apart",
        ),
        (
            rows(30, &|row| {
                if row == 7 {
                    "seven".to_owned()
                } else {
                    (row % 5).to_string()
                }
            }),
            "some labels are numbers, and some are not: seven; mend these rows, or name the classes with \
             `Table::classes`",
        ),
    ] {
        let error = message(load_file("r.csv", content));
        assert!(
            error.contains("r.csv: ") && error.contains(words),
            "{error}"
        );
    }
    // A word among sentiments is a damaged row, and told by its line.
    let error = message(load_file(
        "r.csv",
        rows(30, &|row| {
            if row == 7 {
                "seven".to_owned()
            } else {
                (row % 2).to_string()
            }
        }),
    ));
    assert!(
        error.contains("r.csv: line 9: label `seven`; expected 0, neg"),
        "{error}"
    );
    // 77 classes of 10 rows are classes.
    let dataset = load_file("r.csv", rows(770, &|row| format!("intent {}", row % 77))).unwrap();
    assert_eq!(dataset.classes.len(), 77);
}

#[test]
fn rows_without_text_or_label_are_left_out_counted_and_told() {
    let csv = "text,label,split\na,0,train\n,1,train\nb,1,train\nc,,train\n \t,0,train\nd,nan,train\ne,NaN,test\nf,1,test\n";
    let lines = csv.lines().skip(1).map(|line| {
        let [text, label, split] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        match (text, label) {
            ("", label) => {
                format!("{{\"text\": null, \"label\": {label}, \"split\": \"{split}\"}}\n")
            }
            (text, "") => format!("{{\"text\": \"{text}\", \"split\": \"{split}\"}}\n"),
            (text, "nan" | "NaN") => {
                format!("{{\"text\": \"{text}\", \"label\": null, \"split\": \"{split}\"}}\n")
            }
            _ => format!(
                "{{\"text\": \"{}\", \"label\": {label}, \"split\": \"{split}\"}}\n",
                text.trim()
            ),
        }
    });
    let lines: String = lines.collect();
    for (name, content, first) in [
        ("r.csv", csv.to_owned(), [3, 5]),
        ("r.jsonl", lines, [2, 4]),
    ] {
        let dataset = load_file(name, content).unwrap();
        let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("f", 1)])];
        assert_eq!(parts(&dataset), expected, "{name}");
        let told = [
            format!(
                "rows without a text, left out: 2, the first in line {} of {name}",
                first[0]
            ),
            format!(
                "rows without a label, left out: 3, the first in line {} of {name}",
                first[1]
            ),
        ];
        assert!(
            told.iter().all(|note| dataset.notes.contains(note)),
            "{:?}",
            dataset.notes
        );
    }
}

#[test]
fn a_table_without_names_has_columns_by_number() {
    // AG News and Sentiment140, every field in quotes; Yelp with a text of two lines.
    let news = "\"3\",\"Headline 0\",\"a, b\"\n\"1\",\"Headline 1\",\"c\"\n\"2\",\"Headline 2\",\"d\"\n\"1\",\"Headline 3\",\"e\"\n";
    let tweets = "\"0\",\"1000\",\"Mon\",\"NO_QUERY\",\"user0\",\"a\"\n\"4\",\"1001\",\"Mon\",\"NO_QUERY\",\"user1\",\"b\"\n";
    let reviews = "1,\"two\nlines\"\n2,b\n1,c\n";
    let load_numbered = |content: &str, text: &str, label: &str| {
        let place = place();
        let path = place.path().join("r.csv");
        fs::write(&path, content).unwrap();
        let table = Table {
            path,
            text_column: Some(text.to_owned()),
            label_column: Some(label.to_owned()),
            no_header: true,
            ..Table::default()
        };
        load_to_test(&Source::Table(table), None, None, None)
    };
    for (content, text, label, expected, classes) in [
        (
            news,
            "3",
            "1",
            &[("a, b", 2), ("c", 0), ("d", 1), ("e", 0)][..],
            &["1", "2", "3"][..],
        ),
        (
            tweets,
            "6",
            "1",
            &[("a", 0), ("b", 1)],
            &["negative", "positive"],
        ),
        (
            reviews,
            "2",
            "1",
            &[("two\nlines", 0), ("b", 1), ("c", 0)],
            &["1", "2"],
        ),
    ] {
        let dataset = load_numbered(content, text, label).unwrap();
        assert_eq!(rows(&dataset.test, &dataset), owned(expected), "{content}");
        assert_eq!(dataset.classes, classes);
    }
    let error = message(load_numbered(tweets, "7", "1"));
    let words = "line 1: no column `7`, only 1, 2, 3, 4, 5, 6; name the right one with `Table::text_column`; columns without \
                 names have numbers, from 1";
    assert!(error.contains(words), "{error}");
    let error = message(load_file("r.csv", tweets));
    assert!(
        error
            .contains("or give `Table::no_header` and columns by number, if this row has no names"),
        "{error}"
    );
    let error = message(load_table(
        &[("r.jsonl", "{\"text\": \"a\", \"label\": 0}\n")],
        |table, _| table.no_header = true,
    ));
    assert!(
        error.starts_with("`Table::no_header`: ") && error.contains("names its columns itself"),
        "{error}"
    );
    // The first line is a row that can be wrong as well.
    let error = message(load_numbered("0,a,b\n1,c\n", "2", "1"));
    assert!(
        error.contains("line 2: fields: 2 here, 3 in the first line"),
        "{error}"
    );
}

#[test]
fn three_files_are_three_parts() {
    let files = [
        ("r.csv", "text,label\na,0\nb,1\n"),
        ("v.csv", "text,label\nc,1\nd,0\n"),
        ("t.csv", "text,label\ne,1\n"),
    ];
    let three = |validation: bool, test: bool| {
        load_table(&files, |table, folder| {
            table.validation = validation.then(|| folder.join("v.csv"));
            table.test = test.then(|| folder.join("t.csv"));
        })
        .unwrap()
    };
    let dataset = three(true, true);
    let train = owned(&[("a", 0), ("b", 1)]);
    let validation = owned(&[("c", 1), ("d", 0)]);
    assert_eq!(parts(&dataset), [train.clone(), validation.clone()]);
    assert_eq!(rows(&dataset.held_out, &dataset), owned(&[("e", 1)]));
    let two = three(true, false);
    assert_eq!(parts(&two), [train.clone(), validation]);
    assert!(
        two.held_out.is_empty() && two.notes.is_empty(),
        "{:?}",
        two.notes
    );
    assert_ne!(dataset.sha256(), two.sha256());
    assert_eq!(parts(&three(false, true)), [train, owned(&[("e", 1)])]);
    let error = message(load_table(
        &[
            ("r.csv", "text,label,split\na,0,train\nb,1,test\n"),
            files[1],
        ],
        |table, folder| table.validation = Some(folder.join("v.csv")),
    ));
    assert!(
        error.contains("a column `split` and `Table::validation` both say"),
        "{error}"
    );
}
