//! The archive of the Large Movie Review Dataset, beside what TensorFlow Datasets says of it.

use std::fs;

use gatefold::data::class_counts;
use serde::Deserialize;

use super::load_all;
use crate::support;

/// What the TFDS sample says of one of the first records.
#[derive(Deserialize)]
struct Expected {
    len: usize,
    first10: Vec<u32>,
    label: u8,
    source: String,
}

#[test]
fn the_real_archive_gives_the_records_of_tensorflow_datasets_in_their_order() {
    #[derive(Deserialize)]
    struct Sample {
        splits: Splits,
    }
    #[derive(Deserialize)]
    struct Splits {
        train: Vec<Expected>,
        test: Vec<Expected>,
    }
    let Some(folder) = support::data_dir() else {
        return;
    };
    let dataset = load_all(&folder.join("aclImdb.tar.zst")).unwrap();
    assert_eq!(class_counts(&dataset.train, 2), [12_500, 12_500]);
    assert_eq!(class_counts(&dataset.test, 2), [12_500, 12_500]);
    assert_eq!(dataset.longest(), 3_944);
    assert_eq!(dataset.notes, Vec::<String>::new());
    assert_eq!(
        dataset.train[0].ids[..10],
        [62, 18, 41, 604, 927, 65, 3, 644, 7968, 21]
    );

    let sample = fs::read_to_string(folder.join("tfds_sample/expected.json")).unwrap();
    let Sample { splits } = serde_json::from_str(&sample).unwrap();
    for (reviews, expected) in [(&dataset.train, splits.train), (&dataset.test, splits.test)] {
        assert!(expected.len() >= 32);
        for (review, expected) in reviews.iter().zip(&expected) {
            let Expected {
                len,
                first10,
                label,
                source,
            } = expected;
            assert_eq!((review.ids.len(), review.label), (*len, *label), "{source}");
            assert_eq!(review.ids[..first10.len()], first10[..], "{source}");
        }
    }
}
