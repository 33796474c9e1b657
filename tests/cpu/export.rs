//! Exports: what is written, and that reading it again gives the same data set.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gatefold::data::{
    Dataset, Encoder, ExportCells, ExportForm, Review, ReviewLimits, Source, Vocabulary, demo,
    export, load, sentiment_classes,
};

use crate::support;

const FORMS: [(&str, ExportForm); 5] = [
    ("tfds", ExportForm::Tfds),
    ("text.jsonl", ExportForm::JsonLines(ExportCells::Text)),
    ("ids.jsonl", ExportForm::JsonLines(ExportCells::Ids)),
    ("text.csv", ExportForm::Csv(ExportCells::Text)),
    ("ids.csv", ExportForm::Csv(ExportCells::Ids)),
];

/// Texts with all that fields, lines and JSON give a meaning to.
const TEXTS: [&str; 6] = [
    "a good film",
    "",
    "\"quoted\", he said,\n\nand\r\nwent on\ttabbing\\",
    "café 映画 \u{1F3AC} \u{85}\u{2028} _under_score_",
    "\u{0}\u{7F}{\"text\": 1}",
    "split,label,text",
];

fn vocabulary() -> Vocabulary {
    let file = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
    Vocabulary::from_text("test", file).unwrap()
}

fn small() -> Dataset {
    let vocabulary = vocabulary();
    let encoder = Encoder::new(&vocabulary);
    let reviews = |texts: &[&str]| -> Vec<Review> {
        let ids = texts
            .iter()
            .map(|text| match encoder.encode(text).unwrap() {
                ids if ids.is_empty() => vec![0],
                ids => ids,
            });
        ids.zip([0, 1].into_iter().cycle())
            .map(|(ids, label)| Review {
                ids: ids.into(),
                label,
            })
            .collect()
    };
    Dataset {
        name: "small".to_owned(),
        held_out: Vec::new(),
        classes: sentiment_classes(),
        train: reviews(&TEXTS),
        test: reviews(&TEXTS[..3]),
        vocabulary,
        synthetic: false,
        notes: Vec::new(),
    }
}

/// Reads an export again, tables with the vocabulary that the data set had.
fn again(path: &Path, dataset: &Dataset) -> Dataset {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("vocabulary");
    dataset.vocabulary.save(&file).unwrap();
    load(
        &Source::Path(path.to_owned()),
        Some(&file),
        ReviewLimits::default(),
    )
    .unwrap()
}

fn assert_same(left: &Dataset, right: &Dataset, of: &str) {
    assert!(
        left.train == right.train && left.test == right.test,
        "{of}: other reviews"
    );
    assert_eq!(left.vocabulary, right.vocabulary, "{of}");
    assert_eq!(left.classes, right.classes, "{of}");
    assert_eq!(left.synthetic, right.synthetic, "{of}");
}

#[test]
fn what_was_exported_is_read_again_as_it_was() {
    // A table has no row without a text.
    let mut with_texts = small();
    with_texts.train.remove(1);
    with_texts.test.remove(1);
    for dataset in [with_texts, demo().unwrap()] {
        let place = tempfile::tempdir().unwrap();
        for (name, form) in FORMS {
            let path = place.path().join(name);
            let exported = export(&dataset, form, &path).unwrap();
            assert_eq!(exported.inexact, 0, "{name}");
            assert_same(&again(&path, &dataset), &dataset, name);
            assert_same(&again(&exported.path, &dataset), &dataset, name);
            // The same bytes once more, from what was read.
            let copy = place.path().join(format!("again-{name}"));
            let mut read = again(&path, &dataset);
            read.name.clone_from(&dataset.name);
            export(&read, form, &copy).unwrap();
            assert_eq!(files(&copy), files(&path), "{name}");
        }
    }
}

/// The file, or all files of the folder, by path within it.
fn files(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    if path.is_file() {
        return [(PathBuf::new(), fs::read(path).unwrap())].into();
    }
    let entries = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|entry| {
        let name = PathBuf::from(entry.file_name().unwrap());
        files(&entry)
            .into_iter()
            .map(move |(path, bytes)| (name.join(path), bytes))
    });
    below.collect()
}

#[test]
fn a_table_has_text_or_ids_label_and_split() {
    let place = tempfile::tempdir().unwrap();
    let text = |name: &str, form| {
        let path = place.path().join(name);
        export(&small(), form, &path).unwrap();
        fs::read_to_string(path).unwrap()
    };
    let lines = text("t.jsonl", FORMS[1].1);
    let mut lines = lines.lines();
    assert_eq!(
        lines.next(),
        Some(r#"{"text":"a good film","label":0,"split":"train"}"#)
    );
    assert_eq!(
        lines.next(),
        Some(r#"{"text":"","label":1,"split":"train"}"#)
    );
    assert_eq!(
        lines.last(),
        Some(
            r#"{"text":"\"quoted\", he said,\n\nand\r\nwent on\ttabbing\\","label":0,"split":"test"}"#
        )
    );
    let lines = text("i.jsonl", FORMS[2].1);
    assert!(
        lines.starts_with(
            "{\"ids\":[100,35,1,2],\"label\":0,\"split\":\"train\"}\n{\"ids\":[],\"label\":1"
        ),
        "{lines}"
    );
    let csv = text("t.csv", FORMS[3].1);
    assert!(
        csv.starts_with(
            "text,label,split\na good film,0,train\n,1,train\n\"\"\"quoted\"\", he said,\n"
        ),
        "{csv}"
    );
    let csv = text("i.csv", FORMS[4].1);
    assert!(
        csv.starts_with("ids,label,split\n100 35 1 2,0,train\n,1,train\n"),
        "{csv}"
    );
}

#[test]
fn the_demo_corpus_stays_synthetic() {
    let place = tempfile::tempdir().unwrap();
    let demo = demo().unwrap();
    for (name, form) in FORMS {
        let path = place.path().join(name);
        export(&demo, form, &path).unwrap();
        let read = again(&path, &demo);
        assert!(read.synthetic, "{name}");
        assert_eq!(read.notes, demo.notes, "{name}");
    }
    assert!(
        place
            .path()
            .join("tfds/demo_reviews/subwords8k/1.0.0")
            .is_dir()
    );
}

#[test]
fn ids_that_no_text_has_are_counted_and_kept_as_ids() {
    // A space at the end, two bytes, padding within, a byte that is no UTF-8.
    let mut dataset = small();
    for (review, ids) in
        dataset
            .train
            .iter_mut()
            .zip([vec![1], vec![105, 108], vec![2, 0, 2], vec![258]])
    {
        review.ids = ids.into();
    }
    let place = tempfile::tempdir().unwrap();
    for (name, form) in FORMS {
        let path = place.path().join(name);
        let exported = export(&dataset, form, &path).unwrap();
        if name.starts_with("text") {
            // The letters f and i have no subword of their own, so text says them as bytes too.
            // A review of the test part has no text.
            assert_eq!(exported.inexact, 4, "{name}");
        } else {
            assert_eq!(exported.inexact, 0, "{name}");
            assert_same(&again(&path, &dataset), &dataset, name);
        }
    }
}

#[test]
fn what_stands_there_is_never_replaced() {
    for (name, form) in FORMS {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(name);
        fs::write(&path, "mine").unwrap();
        let error = export(&small(), form, &path).unwrap_err().to_string();
        assert!(
            error.starts_with("`ExportedData::path`: ")
                && error.contains("is there already; choose another name"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = export(&small(), form, &path).unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");

        let error = export(&small(), form, &place.path().join("no/folder/x"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no/folder/x: cannot be "), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_filled_leaves_nothing() {
    // A name that is too long for the temporary one that would be beside it.
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x".repeat(250));
    let error = export(&small(), ExportForm::Tfds, &path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("cannot be made: "), "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn the_real_sample_is_exported_record_by_record_as_it_was() {
    let Some(folder) = support::data_dir() else {
        return;
    };
    let sample = folder.join("tfds_sample/imdb_reviews/subwords8k/1.0.0");
    let dataset = load(&Source::Path(sample.clone()), None, ReviewLimits::default()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("out");
    let exported = export(&dataset, ExportForm::Tfds, &path).unwrap();
    assert_eq!(exported.path, path.join("imdb_reviews/subwords8k/1.0.0"));
    let (mine, theirs) = (files(&exported.path), files(&sample));
    assert_eq!(
        mine.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>()
    );
    for (name, content) in &theirs {
        // The descriptions name another origin and another class of feature.
        if name.extension().is_none_or(|extension| extension != "json") {
            assert!(mine[name] == *content, "{} differs", name.display());
        }
    }
    let info = |files: &BTreeMap<PathBuf, Vec<u8>>| -> serde_json::Value {
        serde_json::from_slice(&files[Path::new("dataset_info.json")]).unwrap()
    };
    for key in ["name", "configName", "version", "splits", "supervisedKeys"] {
        assert_eq!(info(&mine)[key], info(&theirs)[key], "{key}");
    }
}
