//! Parquet files that pyarrow wrote: `tests/peers/make_parquet.py` says how.

use std::path::PathBuf;

use gatefold::data::load_to_test;
use proptest::prelude::*;

use super::*;
use crate::support::damage::{check, damage};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet");
    folder.join(name)
}

fn vocabulary(place: &TempDir) -> PathBuf {
    place.path().join("imdb_reviews.subwords")
}

fn load_fixture(name: &str) -> gatefold::Result<Dataset> {
    let place = place();
    load(
        &Source::Path(fixture(name)),
        Some(&vocabulary(&place)),
        ReviewLimits::default(),
    )
}

#[test]
fn every_encoding_compression_and_type_gives_the_same_rows() {
    let place = place();
    for name in [
        "none",
        "snappy",
        "gzip",
        "zstd",
        "lz4",
        "plain",
        "delta",
        "delta_length",
        "pages2",
        "groups",
        "large",
        "binary",
        "unsigned",
        "double",
        "bool",
        "words",
        "category",
    ] {
        let source = Source::Path(fixture(&format!("{name}.parquet")));
        let dataset = load_to_test(&source, Some(&vocabulary(&place)), None, None).unwrap();
        let expected = owned(&[
            ("a good film", 1),
            ("bad, \"very\"\nbad", 0),
            ("café 映画", 1),
        ]);
        assert_eq!(rows(&dataset.test, &dataset), expected, "{name}");
        let notes = [
            format!("rows without a text, left out: 2, the first in row 4 of {name}.parquet"),
            format!("rows without a label, left out: 1, the first in row 5 of {name}.parquet"),
        ];
        assert_eq!(dataset.notes, notes);
        assert_eq!(dataset.classes, ["negative", "positive"]);
    }
    let error = message(load_fixture("brotli.parquet"));
    assert!(
        error.contains("brotli")
            && error.contains("write the file again, compressed with snappy or zstd"),
        "{error}"
    );
}

#[test]
fn folders_of_hugging_face_have_parts_pieces_and_names_of_classes() {
    let news = load_fixture("ag_news").unwrap();
    assert_eq!(news.classes, ["World", "Sports", "Business", "Sci/Tech"]);
    let train = owned(&[("a", 2), ("b", 0), ("c", 3), ("d", 1), ("e", 0)]);
    assert_eq!(parts(&news), [train, owned(&[("f", 3), ("g", 2)])]);
    assert!(
        news.notes
            .contains(&"4 classes, as the data name them".to_owned()),
        "{:?}",
        news.notes
    );
    let imdb = load_fixture("imdb").unwrap();
    assert_eq!(imdb.classes, ["negative", "positive"]);
    assert_eq!(
        parts(&imdb),
        [owned(&[("a", 1), ("b", 0)]), owned(&[("c", 1)])]
    );
    // The test part of GLUE has no labels, which it writes as -1.
    let sst2 = load_fixture("sst2").unwrap();
    assert_eq!(
        parts(&sst2),
        [owned(&[("a", 1), ("b", 0)]), owned(&[("c", 0)])]
    );
    assert!(sst2.held_out.is_empty());
    let note =
        "rows without a label, left out: 2, the first in row 1 of test-00000-of-00001.parquet";
    assert!(sst2.notes.contains(&note.to_owned()), "{:?}", sst2.notes);
}

#[test]
fn what_is_no_such_file_or_has_no_such_column_is_told() {
    for (content, words) in [
        (
            b"text,label\n".to_vec(),
            "the file: no Parquet file that can be read",
        ),
        (
            fs::read(fixture("none.parquet")).unwrap()[..200].to_vec(),
            "the file: no Parquet file that can be read",
        ),
    ] {
        let error = message(load_file("r.parquet", content));
        assert!(error.contains(&format!("r.parquet: {words}")), "{error}");
    }
    let place = place();
    let table = Table {
        path: fixture("none.parquet"),
        text_column: Some("review".to_owned()),
        ..Table::default()
    };
    let error = message(load(
        &Source::Table(table.clone()),
        Some(&vocabulary(&place)),
        ReviewLimits::default(),
    ));
    assert!(
        error.contains("the schema: no column `review`, only id, text, label"),
        "{error}"
    );
    let table = Table {
        text_column: Some("id".to_owned()),
        ..table
    };
    let error = message(load(
        &Source::Table(table),
        Some(&vocabulary(&place)),
        ReviewLimits::default(),
    ));
    assert!(
        error.contains("row 1: `id` is 0; expected a string"),
        "{error}"
    );
}

#[test]
fn damaged_files_give_reviews_or_errors_and_nothing_worse() {
    let names = [
        "none.parquet",
        "snappy.parquet",
        "zstd.parquet",
        "delta.parquet",
        "pages2.parquet",
    ];
    let contents = names.map(|name| fs::read(fixture(name)).unwrap());
    let place = place();
    let path = place.path().join("r.parquet");
    check(
        5_000,
        (0..names.len(), damage(b"\0\x01\x15\x7F\xFF")),
        |(form, damage)| {
            fs::write(&path, damage.apply(&contents[form])).unwrap();
            if let Err(error) = load(&Source::Path(path.clone()), None, ReviewLimits::default()) {
                let error = error.to_string();
                prop_assert!(error.contains("r.parquet"), "{}", error);
            }
            Ok(())
        },
    );
}
