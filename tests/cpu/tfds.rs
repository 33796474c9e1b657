//! Data sets of tensorflow-datasets: what is read, from which folder, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gatefold::data::tfds::RecordWriter;
use gatefold::data::{Dataset, ReviewLimits, Source, class_counts, load};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support;

mod records;
mod refusals;

const VOCABULARY: &str = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
/// Ids of [`VOCABULARY`].
const SIZE: i64 = 259;

/// A field of a protocol buffer whose content has a length.
fn field(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2][..], &varint(content.len() as u64), content].concat()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A `Feature` with an `Int64List`.
fn integers(values: &[i64]) -> Vec<u8> {
    let packed: Vec<u8> = values
        .iter()
        .flat_map(|&value| varint(value as u64))
        .collect();
    field(3, &field(1, &packed))
}

/// A `Feature` with a `BytesList`.
fn bytes(value: &[u8]) -> Vec<u8> {
    field(1, &field(1, value))
}

/// A `tf.train.Example` of named features.
fn example(features: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = features
        .iter()
        .map(|(name, feature)| field(1, &[field(1, name.as_bytes()), field(2, feature)].concat()));
    field(1, &entries.collect::<Vec<_>>().concat())
}

fn ids_review(ids: &[i64], label: i64) -> Vec<u8> {
    example(&[("label", integers(&[label])), ("text", integers(ids))])
}

fn text_review(text: &[u8], label: i64) -> Vec<u8> {
    example(&[("label", integers(&[label])), ("text", bytes(text))])
}

fn shard(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = RecordWriter::new("test", &mut file);
    for payload in payloads {
        writer.write(payload).unwrap();
    }
    file
}

/// The folder of a version, file by file.
#[derive(Clone)]
struct Version {
    files: BTreeMap<String, Vec<u8>>,
    info: Value,
    features: Value,
}

/// `features.json` of the releases that had `subwords8k`.
fn features(text: Value) -> Value {
    json!({
        "type": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
        "content": {
            "text": text,
            "label": {
                "type": "tensorflow_datasets.core.features.class_label_feature.ClassLabel",
                "content": {"num_classes": 2}
            }
        }
    })
}

fn text_feature(use_encoder: bool) -> Value {
    json!({
        "type": "tensorflow_datasets.core.features.text_feature.Text",
        "content": {"use_encoder": use_encoder}
    })
}

impl Version {
    /// Shards of records for each split.
    fn new(config: &str, features: Value, splits: &[(&str, &[Vec<Vec<u8>>])]) -> Version {
        let mut files = BTreeMap::new();
        let mut infos = Vec::new();
        for (split, shards) in splits {
            let mut lengths = Vec::new();
            for (index, payloads) in shards.iter().enumerate() {
                let count = shards.len();
                let name = format!("imdb_reviews-{split}.tfrecord-{index:05}-of-{count:05}");
                files.insert(name, shard(payloads));
                lengths.push(payloads.len().to_string());
            }
            infos.push(json!({"name": split, "numBytes": "1", "shardLengths": lengths}));
        }
        files.insert("label.labels.txt".to_owned(), b"neg\npos\n".to_vec());
        files.insert("text.text.subwords".to_owned(), VOCABULARY.into());
        Version {
            files,
            info: json!({
                "name": "imdb_reviews", "configName": config, "version": "1.0.0", "splits": infos
            }),
            features,
        }
    }

    /// Two reviews of ids a split, the training ones in two shards.
    fn of_ids() -> Version {
        let train = [
            vec![ids_review(&[1, 2], 0)],
            vec![ids_review(&[2, 258, 0], 1)],
        ];
        let test = [vec![ids_review(&[2], 1), ids_review(&[3], 0)]];
        let splits: [(&str, &[_]); 2] = [("train", &train), ("test", &test)];
        Version::new("subwords8k", features(text_feature(true)), &splits)
    }

    /// The same reviews as text, as far as text can say it.
    fn of_text() -> Version {
        let train = [
            vec![text_review(b" good film\n", 0)],
            vec![text_review(b"film\xff", 1)],
        ];
        let test = [vec![text_review(b"film", 1), text_review(b"", 0)]];
        let splits: [(&str, &[_]); 2] = [("train", &train), ("test", &test)];
        Version::new("plain_text", features(text_feature(false)), &splits)
    }

    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (name, content) in &self.files {
            fs::write(folder.join(name), content).unwrap();
        }
        for (name, content) in [
            ("dataset_info.json", &self.info),
            ("features.json", &self.features),
        ] {
            fs::write(folder.join(name), content.to_string()).unwrap();
        }
    }

    fn load(&self) -> gatefold::Result<Dataset> {
        let place = tempfile::tempdir().unwrap();
        self.write(place.path());
        load_all(place.path())
    }

    fn message(&self) -> String {
        self.load()
            .map(|dataset| dataset.name)
            .unwrap_err()
            .to_string()
    }
}

fn load_all(path: &Path) -> gatefold::Result<Dataset> {
    load(
        &Source::Path(path.to_owned()),
        None,
        ReviewLimits::default(),
    )
}

/// Ids and label of each review.
fn reviews(dataset: &Dataset) -> [Vec<(Vec<u32>, u8)>; 2] {
    [&dataset.train, &dataset.test].map(|reviews| {
        let pairs = reviews
            .iter()
            .map(|review| (review.ids.to_vec(), review.label));
        pairs.collect()
    })
}

#[test]
fn ids_are_taken_as_they_are_in_the_order_of_shards_and_records() {
    let dataset = Version::of_ids().load().unwrap();
    let expected = [
        vec![(vec![1, 2], 0), (vec![2, 258, 0], 1)],
        vec![(vec![2], 1), (vec![3], 0)],
    ];
    assert_eq!(reviews(&dataset), expected);
    assert_eq!(dataset.name, "imdb_reviews/subwords8k/1.0.0");
    assert_eq!(dataset.notes, Vec::<String>::new());
    assert!(!dataset.synthetic);
}

#[test]
fn plain_text_is_stripped_mended_and_encoded() {
    let dataset = Version::of_text().load().unwrap();
    // The bytes of U+FFFD are EF BF BD; byte b has id 3 + b.
    let expected = [
        vec![(vec![1, 2], 0), (vec![2, 0xEF + 3, 0xBF + 3, 0xBD + 3], 1)],
        vec![(vec![2], 1), (vec![0], 0)],
    ];
    assert_eq!(reviews(&dataset), expected);
    assert_eq!(
        dataset.notes,
        [
            "reviews that are not UTF-8, kept with U+FFFD for what could not be read: 1",
            "empty reviews, each kept as one padding token: 1",
        ]
    );
}

#[test]
fn the_descriptions_of_later_releases_say_the_same() {
    let later = |text: Value| {
        json!({
            "pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
            "featuresDict": {"features": {
                "text": text,
                "label": {
                    "pythonClassName": "tensorflow_datasets.core.features.class_label_feature.ClassLabel",
                    "classLabel": {"numClasses": "2"}
                }
            }}
        })
    };
    let tensor = json!({
        "pythonClassName": "tensorflow_datasets.core.features.tensor_feature.Tensor",
        "tensor": {"shape": {"dimensions": ["-1"]}, "dtype": "int64", "encoding": "none"}
    });
    let legacy_tensor = json!({
        "type": "tensorflow_datasets.core.features.tensor_feature.Tensor",
        "content": {"shape": [null], "dtype": "int64"}
    });
    let text = json!({
        "pythonClassName": "tensorflow_datasets.core.features.text_feature.Text", "text": {}
    });
    for (version, features) in [
        (Version::of_ids(), later(tensor)),
        (Version::of_ids(), features(legacy_tensor)),
        (Version::of_text(), later(text)),
    ] {
        let expected = reviews(&version.load().unwrap());
        let mut version = Version {
            features,
            ..version
        };
        version.info["fileFormat"] = json!("tfrecord");
        for split in version.info["splits"].as_array_mut().unwrap() {
            split["filepathTemplate"] = json!("{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}");
        }
        assert_eq!(reviews(&version.load().unwrap()), expected);
    }
}

#[test]
fn limits_keep_the_first_and_other_splits_are_told() {
    let mut version = Version::of_ids();
    let splits = version.info["splits"].as_array_mut().unwrap();
    splits.push(json!({"name": "unsupervised", "shardLengths": ["49000", "1000"]}));
    let place = tempfile::tempdir().unwrap();
    version.write(place.path());
    let limits = ReviewLimits {
        train: None,
        test: Some(1),
    };
    let source = Source::Path(place.path().to_owned());
    let dataset = load(&source, None, limits).unwrap();
    assert_eq!(reviews(&dataset)[1], [(vec![2], 1)]);
    assert_eq!(
        dataset.notes,
        [
            "unlabelled reviews (unsupervised), ignored: 50000",
            "no negative reviews in the test part",
        ]
    );
    let limits = ReviewLimits {
        train: Some(1),
        test: None,
    };
    let error = load(&source, None, limits).unwrap_err().to_string();
    let words = "no positive reviews among the 1 that `limits.train` lets in";
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_folder_above_leads_to_the_data_set() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let version = Version::of_ids();
    version.write(&root.join("data/imdb_reviews/subwords8k/1.0.0"));
    // A download and an interrupted preparation are no data sets.
    version.write(&root.join("data/downloads/extracted"));
    version.write(&root.join("data/imdb_reviews/subwords8k/1.0.1.incompleteABC"));
    let expected = reviews(&version.load().unwrap());
    for above in [
        "",
        "data",
        "data/imdb_reviews",
        "data/imdb_reviews/subwords8k",
    ] {
        let dataset = load_all(&root.join(above)).unwrap();
        assert_eq!(reviews(&dataset), expected);
        assert_eq!(dataset.name, "imdb_reviews/subwords8k/1.0.0");
        assert_eq!(dataset.notes, Vec::<String>::new());
    }
}

#[test]
fn of_several_the_experiments_is_taken_and_the_newest() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let write = |name: &str, config: &str, number: &str| {
        let mut version = Version::of_ids();
        version.info["name"] = json!(name);
        version.info["configName"] = json!(config);
        version.info["version"] = json!(number);
        for (file, content) in std::mem::take(&mut version.files) {
            version
                .files
                .insert(file.replace("imdb_reviews", name), content);
        }
        version.write(&root.join(name).join(config).join(number));
    };
    write("imdb_reviews", "plain_text", "1.0.0");
    write("mnist", "", "3.0.1");
    let error = load_all(root).unwrap_err().to_string();
    let words = ": several data sets are below: imdb_reviews/plain_text/1.0.0, mnist/3.0.1; give the folder of one";
    assert!(error.contains(words), "{error}");

    for number in ["0.9.0", "1.10.0", "1.2.0"] {
        write("imdb_reviews", "subwords8k", number);
    }
    let dataset = load_all(root).unwrap();
    assert_eq!(dataset.name, "imdb_reviews/subwords8k/1.10.0");
    assert_eq!(
        dataset.notes,
        [
            "took imdb_reviews/subwords8k/1.10.0 from below the folder, not \
             imdb_reviews/plain_text/1.0.0, imdb_reviews/subwords8k/0.9.0, \
             imdb_reviews/subwords8k/1.2.0, mnist/3.0.1"
        ]
    );
    let dataset = load_all(&root.join("imdb_reviews/plain_text")).unwrap();
    assert_eq!(dataset.name, "imdb_reviews/plain_text/1.0.0");
}

#[test]
fn plain_text_takes_a_vocabulary_from_beside_or_the_option() {
    let mut version = Version::of_text();
    version.files.remove("text.text.subwords");
    let error = version.message();
    assert!(
        error.contains("no vocabulary") && error.contains("`vocabulary`"),
        "{error}"
    );
    let place = tempfile::tempdir().unwrap();
    version.write(&place.path().join("plain_text/1.0.0"));
    fs::write(place.path().join("imdb_reviews.subwords"), VOCABULARY).unwrap();
    assert_eq!(load_all(place.path()).unwrap().vocabulary.size(), 259);
    let other = place.path().join("other");
    fs::write(&other, VOCABULARY.replace("'film'", "'f'\n'ilm'")).unwrap();
    let source = Source::Path(place.path().join("plain_text"));
    let dataset = load(&source, Some(&other), ReviewLimits::default()).unwrap();
    assert_eq!(dataset.vocabulary.size(), 260);
}

#[test]
fn the_real_sample_equals_the_same_reviews_of_the_archive() {
    let Some(folder) = support::data_dir() else {
        return;
    };
    let sample = load_all(&folder.join("tfds_sample")).unwrap();
    assert_eq!(sample.name, "imdb_reviews/subwords8k/1.0.0");
    assert_eq!((sample.train.len(), sample.test.len()), (64, 32));
    assert_eq!(
        sample.train[0].ids[..10],
        [62, 18, 41, 604, 927, 65, 3, 644, 7968, 21]
    );
    assert!(
        class_counts(&sample.train, 2)
            .iter()
            .all(|&count| count > 0)
    );

    let expected = fs::read(folder.join("tfds_sample/expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    for (reviews, split) in [(&sample.train, "train"), (&sample.test, "test")] {
        let expected = expected["splits"][split].as_array().unwrap();
        assert_eq!(reviews.len(), expected.len());
        for (review, expected) in reviews.iter().zip(expected) {
            assert_eq!(json!(review.ids.len()), expected["len"]);
            assert_eq!(json!(review.ids[..10]), expected["first10"]);
            assert_eq!(json!(review.label), expected["label"]);
        }
    }

    let archive = Source::Path(folder.join("aclImdb.tar.zst"));
    let limits = ReviewLimits {
        train: Some(64),
        test: Some(32),
    };
    let same = load(&archive, None, limits).unwrap();
    assert_eq!(reviews(&sample), reviews(&same));
    assert_eq!(sample.vocabulary, same.vocabulary);
}

/// A version in a folder of its own, to be damaged there.
fn written(version: &Version) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    version.write(place.path());
    let path = place.path().to_owned();
    (place, path)
}
