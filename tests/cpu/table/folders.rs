//! Folders: a text a file in a folder for each class, and tables that are called by their parts.

use gatefold::data::load_texts;

use super::*;

/// A folder with the vocabulary and these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let place = place();
    for (name, content) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    place
}

fn load_folder(files: &[(&str, &str)]) -> gatefold::Result<Dataset> {
    let place = folder(files);
    load(
        &Source::Path(place.path().to_owned()),
        None,
        ReviewLimits::default(),
    )
}

#[test]
fn class_folders_are_classes_in_the_order_of_their_names() {
    let dataset = load_folder(&[
        ("train/python/1.txt", "b"),
        ("train/python/0.txt", " a\n"),
        ("train/java/0.txt", "c"),
        ("train/csharp/0.TXT", "\u{FEFF}d"),
        ("train/csharp/deep/0.txt", "e"),
        ("train/csharp/readme.md", "none"),
        ("train/.hidden/0.txt", "none"),
        ("test/java/0.txt", "f"),
        ("README.txt", "none"),
    ])
    .unwrap();
    assert_eq!(dataset.classes, ["csharp", "java", "python"]);
    let train = owned(&[("d", 0), ("e", 0), ("c", 1), ("a", 2), ("b", 2)]);
    assert_eq!(parts(&dataset), [train, owned(&[("f", 1)])]);
    assert!(
        dataset
            .notes
            .contains(&"3 classes, as the data name them".to_owned()),
        "{:?}",
        dataset.notes
    );
}

#[test]
fn sentiments_need_no_rating_and_parts_may_be_three_or_none() {
    let three = load_folder(&[
        ("train/neg/0.txt", "a"),
        ("train/pos/0.txt", "b"),
        ("train/unsup/0.txt", "x"),
        ("val/pos/0.txt", "c"),
        ("test/neg/0.txt", "d"),
    ])
    .unwrap();
    assert_eq!(three.classes, ["negative", "positive"]);
    assert_eq!(
        parts(&three),
        [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])]
    );
    assert_eq!(rows(&three.held_out, &three), owned(&[("d", 0)]));
    assert!(
        three
            .notes
            .iter()
            .any(|note| note.contains("unlabelled reviews")),
        "{:?}",
        three.notes
    );
    let mut files = Vec::new();
    for row in 0..40 {
        files.push((
            format!("{}/{row}.txt", ["ham", "spam"][row % 2]),
            format!("text {row}"),
        ));
    }
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let none = load_folder(&files).unwrap();
    assert_eq!(none.classes, ["ham", "spam"]);
    assert_eq!(none.train.len() + none.test.len(), 40);
    assert!(
        none.notes
            .iter()
            .any(|note| note.starts_with("no column `split`: a hash")),
        "{:?}",
        none.notes
    );
    let place = folder(&files);
    let source = Source::Path(place.path().to_owned());
    // In the order of the classes, so they are to be shuffled wholly, and their shares kept.
    assert!(source.is_table());
    assert_eq!(
        load_texts(&source, None).unwrap().texts.len(),
        none.train.len()
    );
    let table = Table {
        path: place.path().to_owned(),
        text_column: Some("text".to_owned()),
        ..Table::default()
    };
    let error = message(load(
        &Source::Table(table.clone()),
        None,
        ReviewLimits::default(),
    ));
    assert!(
        error.starts_with("`Table::text_column`: ")
            && error.contains("a folder for each class, and no columns"),
        "{error}"
    );
    // Classes may be given in another order.
    let table = Table {
        text_column: None,
        classes: vec!["spam".to_owned(), "ham".to_owned()],
        ..table
    };
    let turned = load(&Source::Table(table), None, ReviewLimits::default()).unwrap();
    assert_eq!(turned.classes, ["spam", "ham"]);
    assert_eq!(turned.train[0].label, 1);
}

#[test]
fn ratings_in_the_names_are_those_of_the_corpus() {
    let dataset = load_folder(&[
        ("train/neg/0_1.txt", "a"),
        ("train/pos/0_9.txt", "b"),
        ("test/neg/0_1.txt", "c"),
        ("test/pos/0_9.txt", "d"),
    ]);
    // The order of tensorflow-datasets, which is that of no table.
    assert_eq!(dataset.unwrap().train.len(), 2);
    let place = folder(&[("train/neg/0_1.txt", "a"), ("train/pos/0_9.txt", "b")]);
    assert!(!Source::Path(place.path().to_owned()).is_table());
}

#[test]
fn tables_in_a_folder_are_its_parts() {
    const TRAIN: &str = "text,label\na,x\nb,y\n";
    for (files, third) in [
        (
            &[("train.csv", TRAIN), ("test.csv", "text,label\nc,y\n")][..],
            0,
        ),
        (
            &[
                ("data/train-00000-of-00002.csv", "text,label\na,x\n"),
                ("data/train-00001-of-00002.csv", "text,label\nb,y\n"),
                ("data/test-00000-of-00001.csv", "text,label\nc,y\n"),
            ],
            0,
        ),
        (
            &[
                ("train.csv", TRAIN),
                ("dev.jsonl", "{\"text\": \"c\", \"label\": \"y\"}\n"),
                ("test.csv", "text,label\nd,y\n"),
                ("sample.csv", "none"),
            ],
            1,
        ),
    ] {
        let dataset = load_folder(files).unwrap();
        assert_eq!(
            parts(&dataset),
            [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 1)])],
            "{files:?}"
        );
        assert_eq!(dataset.held_out.len(), third);
    }
    for (files, words) in [
        (
            &[("train.csv", TRAIN), ("train.tsv", TRAIN)][..],
            "train.csv, train.tsv may all be the same part",
        ),
        (
            &[("train-00000-of-00002.csv", TRAIN)],
            "train-00000-of-00002.csv is one of 2 pieces, but 1 are here",
        ),
        (
            &[("sst2/train.csv", TRAIN), ("cola/train.csv", TRAIN)],
            "tables are in 2 folders of it: cola, sst2; give one of these",
        ),
    ] {
        let error = message(load_folder(files));
        assert!(error.contains(words), "{error}");
    }
}
