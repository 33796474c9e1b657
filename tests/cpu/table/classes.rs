//! Labels that are other than negative and positive.

use gatefold::data::{ExportCells, ExportForm, class_counts, export};

use super::*;

const CSV: &str = "text,label,split\na,good,train\nb,bad,train\nc,fair,train\nd,fair,train\n\
                   e,bad,test\nf,good,test\ng,fair,test\n";

fn names(classes: &[&str]) -> Vec<String> {
    classes.iter().map(|&name| name.to_owned()).collect()
}

fn load_classes(name: &str, content: &str, classes: &[&str]) -> gatefold::Result<Dataset> {
    load_table(&[(name, content)], |table, _| {
        table.classes = names(classes)
    })
}

#[test]
fn labels_are_the_places_of_the_names() {
    let lines: String = CSV
        .lines()
        .skip(1)
        .map(|line| {
            let [text, label, split] = line.split(',').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            format!("{{\"text\": \"{text}\", \"label\": \"{label}\", \"split\": \"{split}\"}}\n")
        })
        .collect();
    for (name, content) in [("r.csv", CSV), ("r.jsonl", &lines)] {
        let dataset = load_classes(name, content, &["bad", "fair", "good"]).unwrap();
        let train = owned(&[("a", 2), ("b", 0), ("c", 1), ("d", 1)]);
        let test = owned(&[("e", 0), ("f", 2), ("g", 1)]);
        assert_eq!(parts(&dataset), [train, test], "{name}");
        assert_eq!(dataset.classes, ["bad", "fair", "good"]);
        assert_eq!(class_counts(&dataset.train, 3), [1, 2, 1]);
    }
    let usual = load_file(
        "r.csv",
        "text,label,split\na,0,train\nb,1,train\nc,0,test\nd,1,test\n",
    );
    assert_eq!(usual.unwrap().classes, ["negative", "positive"]);
}

#[test]
fn space_around_a_label_is_none_of_its_name() {
    let csv = "text,label,split\na, bad,train\nb,good\t,train\nc,bad ,test\nd,\" good \",test\n";
    let dataset = load_classes("r.csv", csv, &["bad", "good"]).unwrap();
    let train = owned(&[("a", 0), ("b", 1)]);
    assert_eq!(parts(&dataset), [train, owned(&[("c", 0), ("d", 1)])]);
}

#[test]
fn numbers_and_booleans_are_names_as_well() {
    let csv = "text,label,split\na,5,train\nb,1,train\nc,1,test\nd,5,test\n";
    let dataset = load_classes("r.csv", csv, &["5", "1"]).unwrap();
    assert_eq!(parts(&dataset)[0], owned(&[("a", 0), ("b", 1)]));
    let row = |text: &str, label: &str, split: &str| {
        format!("{{\"text\": \"{text}\", \"label\": {label}, \"split\": \"{split}\"}}\n")
    };
    for [one, other] in [["5", "1"], ["true", "false"]] {
        let lines = [
            row("a", one, "train"),
            row("b", other, "train"),
            row("c", other, "test"),
            row("d", one, "test"),
        ];
        let dataset = load_classes("r.jsonl", &lines.concat(), &[one, other]).unwrap();
        assert_eq!(parts(&dataset)[0], owned(&[("a", 0), ("b", 1)]), "{one}");
    }
}

#[test]
fn a_label_that_was_not_named_is_refused_with_its_line() {
    let error = message(load_classes("r.csv", CSV, &["bad", "good", "best"]));
    let words = "line 4: label `fair` is none of the classes bad, good, best";
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_class_without_reviews_is_named() {
    let error = message(load_classes("r.csv", CSV, &["bad", "fair", "good", "best"]));
    let words = "no best reviews in the train part; training needs all classes";
    assert!(error.contains(words), "{error}");
}

#[test]
fn lists_of_classes_that_cannot_be() {
    let many: Vec<String> = (0..257).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (classes, words) in [
        (&["bad"][..], "one class is nothing to tell apart"),
        (&["bad", "good", "bad"], "`bad` is there twice"),
        (&["bad", ""], "a name is empty"),
        (&["bad", " good"], "white space at its ends"),
        (&many, "257 classes; gatefold tells 256 apart at most"),
    ] {
        let error = message(load_classes("r.csv", CSV, classes));
        assert!(
            error.contains("`Table::classes`") && error.contains(words),
            "{error}"
        );
    }
}

#[test]
fn tables_say_the_names_and_tfds_cannot() {
    let dataset = load_classes("r.csv", CSV, &["bad", "fair", "good"]).unwrap();
    let place = place();
    for (name, form) in [
        ("again.csv", ExportForm::Csv(ExportCells::Text)),
        ("again.jsonl", ExportForm::JsonLines(ExportCells::Ids)),
    ] {
        let path = place.path().join(name);
        export(&dataset, form, &path).unwrap();
        let table = Table {
            path,
            classes: dataset.classes.clone(),
            ..Table::default()
        };
        let again = load(&Source::Table(table), None, ReviewLimits::default()).unwrap();
        assert_eq!((&again.train, &again.test), (&dataset.train, &dataset.test));
    }
    let path = place.path().join("folder");
    let error = export(&dataset, ExportForm::Tfds, &path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("of the classes bad, fair, good"), "{error}");
    assert!(!path.exists());
}
