//! Parts and limits: no class is lost where it need not be.

use gatefold::data::{class_counts, load_texts, load_to_test};

use super::*;

/// A table with so many rows of each class, sorted by class, and the names of these.
fn sorted(counts: &[usize]) -> (String, Vec<String>) {
    let names: Vec<String> = (0..counts.len()).map(|class| format!("c{class}")).collect();
    let rows = names.iter().zip(counts).flat_map(|(name, &count)| {
        (0..count).map(move |row| format!("row {row} of {name},{name}\n"))
    });
    (format!("text,label\n{}", rows.collect::<String>()), names)
}

fn load_sorted(counts: &[usize], limits: ReviewLimits) -> gatefold::Result<Dataset> {
    let (csv, classes) = sorted(counts);
    let place = place();
    let path = place.path().join("r.csv");
    fs::write(&path, csv).unwrap();
    let table = Table {
        path,
        classes,
        ..Table::default()
    };
    load(&Source::Table(table), None, limits)
}

#[test]
fn a_split_by_hash_leaves_no_class_out() {
    let counts = [10; 77];
    let dataset = load_sorted(&counts, ReviewLimits::default()).unwrap();
    let [train, test] = [&dataset.train, &dataset.test].map(|part| class_counts(part, 77));
    assert!(
        train.iter().chain(&test).all(|&count| count > 0),
        "{train:?} {test:?}"
    );
    let note = &dataset.notes[0];
    assert!(
        note.contains(" of the texts moved so that no class is missing there"),
        "{note}"
    );
    // Of two texts one is for training, one for testing; of one it is for training, and told.
    for rare in 1..4 {
        let dataset = load_sorted(&[50, rare], ReviewLimits::default()).unwrap();
        let [train, test] = [&dataset.train, &dataset.test].map(|part| class_counts(part, 2)[1]);
        assert_eq!(train + test, rare);
        assert!(
            train > 0 && (test > 0) == (rare > 1),
            "{rare}: {train} {test}"
        );
        let told = dataset
            .notes
            .contains(&"no c1 reviews in the test part".to_owned());
        assert_eq!(told, rare == 1, "{:?}", dataset.notes);
    }
}

#[test]
fn a_text_that_moves_takes_its_repetitions_and_leaves_those_of_other_classes() {
    let mut csv = "text,label\n".to_owned();
    for row in 0..40 {
        csv += &format!("row {row},0\n");
    }
    // Each text twice; the first also with the other label.
    csv += "both,0\n";
    for text in ["both", "one", "two", "three"] {
        csv += &format!("{text},1\n{text},1\n");
    }
    let dataset = load_file("r.csv", csv).unwrap();
    let [train, test] = parts(&dataset);
    let ones = |part: &[(String, u8)]| part.iter().filter(|row| row.1 == 1).count();
    assert_eq!(ones(&train) + ones(&test), 8);
    assert!(ones(&train) % 2 == 0 && ones(&test) >= 2 && ones(&train) >= 2);
    assert!(
        test.iter()
            .all(|row| train.iter().all(|other| other.0 != row.0))
    );
}

#[test]
fn a_class_that_the_test_part_lacks_is_told_and_one_that_training_lacks_refused() {
    let csv = "text,label,split\na,0,train\nb,1,train\nc,0,test\n";
    let dataset = load_file("r.csv", csv).unwrap();
    assert_eq!(dataset.notes, ["no positive reviews in the test part"]);
    let error = message(load_file("r.csv", csv.replace("b,1,train", "b,1,test")));
    let words = "r.csv: no positive reviews in the train part; training needs both classes";
    assert!(error.contains(words), "{error}");
    let error = message(load_file("r.csv", csv.replace("c,0,test\n", "")));
    assert!(
        error.contains("r.csv: no reviews in the test part"),
        "{error}"
    );
}

#[test]
fn limits_keep_the_shares_of_the_classes_in_the_order_of_the_file() {
    let rows = |split: &str, counts: [usize; 2]| -> String {
        let row = |label: usize| {
            (0..counts[label]).map(move |row| format!("{split} {label} {row},{label},{split}\n"))
        };
        row(0).chain(row(1)).collect()
    };
    let csv = format!(
        "text,label,split\n{}{}",
        rows("train", [900, 100]),
        rows("test", [30, 60])
    );
    let place = place();
    let path = place.path().join("r.csv");
    fs::write(&path, &csv).unwrap();
    let source = Source::Path(path.clone());
    let limits = |train, test| ReviewLimits {
        train: Some(train),
        test: Some(test),
    };
    for (train, test, shares) in [
        (300, 9, [[270, 30], [3, 6]]),
        (5, 2, [[4, 1], [1, 1]]),
        (2, 1, [[1, 1], [0, 1]]),
        (999, 89, [[899, 100], [30, 59]]),
        (1_000, 90, [[900, 100], [30, 60]]),
    ] {
        let dataset = load(&source, None, limits(train, test)).unwrap();
        let counts = [&dataset.train, &dataset.test].map(|part| class_counts(part, 2));
        assert_eq!(counts, shares.map(|share| share.to_vec()), "{train} {test}");
        let [kept, _] = parts(&dataset);
        assert_eq!(kept[0].0, "train 0 0");
        assert_eq!(kept[shares[0][0]].0, "train 1 0");
        let alone = load_to_test(&source, None, Some(test), None).unwrap();
        assert_eq!(alone.test, dataset.test);
        let mut all = load(&source, None, ReviewLimits::default()).unwrap();
        all.limit(limits(train, test), &source);
        assert_eq!((all.train, all.test), (dataset.train, dataset.test));
    }
    let error = message(load(&source, None, limits(1, 9)));
    let words = "no positive reviews among the 1 that `limits.train` lets in; training needs all classes: raise it";
    assert!(error.contains(words), "{error}");
    assert_eq!(load_texts(&source, Some(1)).unwrap().texts.len(), 1);
    // The same without a column that says the parts.
    let limited = load_sorted(&[200, 20], limits(22, 11)).unwrap();
    let counts = [&limited.train, &limited.test].map(|part| class_counts(part, 2));
    assert_eq!(counts, [vec![20, 2], vec![10, 1]]);
}

#[test]
fn sources_of_mixed_order_keep_the_first_and_refuse_to_lose_a_class() {
    let all = load(&Source::Demo, None, ReviewLimits::default()).unwrap();
    let first = all.train[0].label;
    let alike = all
        .train
        .iter()
        .take_while(|review| review.label == first)
        .count();
    let limits = |train| ReviewLimits {
        train: Some(train),
        test: None,
    };
    let kept = load(&Source::Demo, None, limits(alike + 1)).unwrap();
    assert_eq!(kept.train, all.train[..alike + 1]);
    let error = message(load(&Source::Demo, None, limits(alike)));
    assert!(
        error.contains("that `limits.train` lets in; training needs all classes"),
        "{error}"
    );
}

#[test]
fn rows_to_validate_with_are_the_test_part_where_there_is_no_other() {
    let csv = "text,label,split\na,0,train\nb,1,train\nc,0,validation\nd,1,validation\n";
    for name in ["validation", "val", "Valid", "DEV"] {
        let dataset = load_file("r.csv", csv.replace("validation", name)).unwrap();
        assert_eq!(parts(&dataset)[1], owned(&[("c", 0), ("d", 1)]));
        let note = "no split test: the 2 rows of the split validation are the test part";
        assert_eq!(dataset.notes, [note]);
        let both = format!("{}e,1,test\nf,0,test\n", csv.replace("validation", name));
        let dataset = load_file("r.csv", both).unwrap();
        assert_eq!(parts(&dataset)[1], owned(&[("c", 0), ("d", 1)]));
        let held_out = rows(&dataset.held_out, &dataset);
        assert_eq!(held_out, owned(&[("e", 1), ("f", 0)]));
        let note = "validated with the 2 rows of the validation part while training; the 2 of the test part are for \
                    evaluating";
        assert_eq!(dataset.notes, [note]);
    }
}

#[test]
fn labels_are_the_same_however_they_are_written() {
    for [negative, positive] in [
        ["0.0", "1.0"],
        ["False", "True"],
        ["0", "1.00"],
        ["FALSE", "pos"],
    ] {
        let csv = format!(
            "text,label,split\na,{negative},train\nb,{positive},train\nc,{positive},test\n"
        );
        let dataset = load_file("r.csv", csv).unwrap();
        assert_eq!(
            parts(&dataset),
            [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])],
            "{negative}"
        );
    }
    for (classes, labels) in [
        (["-1", "1"], ["-1.0", "1.0"]),
        (["1.0", "2.0"], ["1", "2"]),
        (["False", "True"], ["false", "true"]),
        (["1", "1.0"], ["1", "1.0"]),
    ] {
        let csv = format!(
            "text,label,split\na,{},train\nb,{},train\nc,{},test\n",
            labels[0], labels[1], labels[1]
        );
        let json = |text: &str, label: &str, split: &str| {
            format!("{{\"text\": \"{text}\", \"label\": {label}, \"split\": \"{split}\"}}\n")
        };
        let lines = json("a", labels[0], "train")
            + &json("b", labels[1], "train")
            + &json("c", labels[1], "test");
        for (name, content) in [("r.csv", csv), ("r.jsonl", lines)] {
            let dataset = load_table(&[(name, &content)], |table, _| {
                table.classes = classes.map(str::to_owned).to_vec();
            });
            let expected = [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])];
            assert_eq!(parts(&dataset.unwrap()), expected, "{labels:?}");
        }
    }
    let error = message(load_table(
        &[("r.csv", "text,label\na,1.00\n")],
        |table, _| {
            table.classes = ["1", "1.0"].map(str::to_owned).to_vec();
        },
    ));
    assert!(
        error.contains("label `1.00` is none of the classes"),
        "{error}"
    );
}
