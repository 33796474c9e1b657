//! Folders that cannot be trusted: file, record, byte and remedy.

use super::*;

/// The version with `payload` as the second record of the test part.
fn with_record(version: Version, payload: Vec<u8>) -> Version {
    let first = ids_review(&[2], 1);
    let first = match version.info["configName"] == "plain_text" {
        true => text_review(b"film", 1),
        false => first,
    };
    with_shard(version, shard(&[first, payload]))
}

const TEST_SHARD: &str = "imdb_reviews-test.tfrecord-00000-of-00001";

fn with_shard(mut version: Version, shard: Vec<u8>) -> Version {
    version.files.insert(TEST_SHARD.to_owned(), shard);
    version
}

#[test]
fn a_record_that_is_no_review_is_named_by_number_and_byte() {
    let start = shard(&[ids_review(&[2], 1)]).len();
    let text_start = shard(&[text_review(b"film", 1)]).len();
    let ids = |payload| with_record(Version::of_ids(), payload).message();
    let text = |payload| with_record(Version::of_text(), payload).message();
    let labelled = |feature: Vec<u8>| ids(example(&[("label", feature), ("text", integers(&[1]))]));
    for (error, start, words) in [
        (
            ids(ids_review(&[1], 2)),
            start,
            "label 2; a review's label is 0 (negative) or 1 (positive)",
        ),
        (
            ids(ids_review(&[1], -1)),
            start,
            "label -1; a review's label is 0",
        ),
        (labelled(integers(&[])), start, "0 labels; a review has one"),
        (
            labelled(integers(&[0, 1])),
            start,
            "2 labels; a review has one",
        ),
        (
            labelled(bytes(b"pos")),
            start,
            "`label` holds bytes, not an integer",
        ),
        (
            ids(example(&[("text", integers(&[1]))])),
            start,
            "no feature `label`",
        ),
        (
            ids(example(&[("label", integers(&[1]))])),
            start,
            "no feature `text`",
        ),
        (
            ids(example(&[("label", integers(&[1])), ("text", vec![])])),
            start,
            "no feature `text`",
        ),
        (ids(Vec::new()), start, "no feature `label`"),
        (
            ids(text_review(b"film", 1)),
            start,
            "`text` holds bytes, but features.json says ids",
        ),
        (
            text(ids_review(&[1], 1)),
            text_start,
            "`text` holds integers, but features.json says plain text",
        ),
        (
            ids(ids_review(&[1, SIZE, 5], 1)),
            start,
            "id 259 is not in the vocabulary of 259 ids, 0 to 258; the data are of another one, with 260 \
             ids or more",
        ),
        (
            ids(ids_review(&[-1], 1)),
            start,
            "id -1 is not in the vocabulary of 259 ids, 0 to 258",
        ),
        (
            ids(ids_review(&[i64::MAX], 1)),
            start,
            "id 9223372036854775807 is not in the vocabulary",
        ),
        // A field of wire type 7, which there is none of, and a length beyond the record.
        (ids(vec![0x0F, 1, 1]), start, "not a tf.train.Example ("),
        (
            ids(vec![0x0A, 0xFF, 0xFF, 0x03]),
            start,
            "not a tf.train.Example (",
        ),
        (
            ids(vec![
                0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F,
            ]),
            start,
            "not a tf.train.Example (",
        ),
    ] {
        let place = format!("{TEST_SHARD}: record 2, byte {start}: {words}");
        assert!(error.contains(&place), "no `{place}` in {error}");
    }
    let texts = field(1, &[field(1, b"a"), field(1, b"b")].concat());
    let error = text(example(&[("label", integers(&[1])), ("text", texts)]));
    assert!(
        error.contains("record 2") && error.contains("2 texts; a review has one"),
        "{error}"
    );
    let huge = vec![b'x'; (16 << 20) + 1];
    let error = text(text_review(&huge, 1));
    assert!(
        error.contains("a text of 16777217 bytes; a review has 16 MiB at most"),
        "{error}"
    );
}

#[test]
fn every_bit_of_a_shard_is_guarded() {
    let version = Version::of_ids();
    let (place, path) = written(&version);
    let whole = &version.files[TEST_SHARD];
    let file = path.join(TEST_SHARD);
    let second = shard(&[ids_review(&[2], 1)]).len();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, damaged).unwrap();
        let error = load_all(&path).unwrap_err().to_string();
        let (record, start) = if at < second { (1, 0) } else { (2, second) };
        let expected =
            format!("{TEST_SHARD}: record {record}, byte {start}: the checksum of the record's ");
        assert!(error.contains(&expected), "{at}: {error}");
        assert!(error.contains("copy the file again"), "{error}");
    }
    drop(place);
}

#[test]
fn a_shard_cut_anywhere_is_an_error_that_says_so() {
    let version = Version::of_ids();
    let (place, path) = written(&version);
    let whole = &version.files[TEST_SHARD];
    let second = shard(&[ids_review(&[2], 1)]).len();
    for cut in 0..whole.len() {
        fs::write(path.join(TEST_SHARD), &whole[..cut]).unwrap();
        let error = load_all(&path).unwrap_err().to_string();
        let words = match cut {
            0 => "record 0, byte 0: the shard ends after this record".to_owned(),
            // Between records nothing but the count tells.
            cut if cut == second => {
                format!(
                    "record 1, byte {second}: the shard ends after this record, but dataset_info.json says that it has 2"
                )
            }
            cut if cut < second => "record 1, byte 0: the file is cut short, ".to_owned(),
            _ => format!("record 2, byte {second}: the file is cut short, "),
        };
        assert!(error.contains(&words), "{cut}: {error}");
    }
    drop(place);
    let more = with_shard(version.clone(), [&whole[..], &whole[..]].concat()).message();
    assert!(
        more.contains("record 4, ") && more.contains("says that it has 2"),
        "{more}"
    );
}

#[test]
fn a_length_of_absurd_size_is_refused_before_anything_is_read() {
    for length in [(48u64 << 20) + 1, 1 << 40, u64::MAX] {
        let error = with_shard(Version::of_ids(), records::header(length)).message();
        let words = format!("record 1, byte 0: claims {length} bytes; a record has 48 MiB at most");
        assert!(error.contains(&words), "{error}");
    }
    let error = with_shard(Version::of_ids(), records::header(48 << 20)).message();
    let words =
        "record 1, byte 0: the file is cut short, the record claims 50331648 bytes and 0 are there";
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let mut version = Version::of_ids();
    let missing = "imdb_reviews-train.tfrecord-00001-of-00002";
    version.files.remove(missing);
    let error = version.message();
    let words = format!(
        "{missing}: shard 2 of 2 of the train split is missing; copy the whole folder again"
    );
    assert!(error.contains(&words), "{error}");

    let (place, path) = written(&Version::of_ids());
    fs::remove_file(path.join("features.json")).unwrap();
    let error = load_all(&path).unwrap_err().to_string();
    assert!(error.contains("features.json: "), "{error}");
    drop(place);

    let mut version = Version::of_ids();
    version.files.remove("text.text.subwords");
    let error = version.message();
    assert!(
        error.contains("no vocabulary: neither imdb_reviews.subwords nor text.text.subwords"),
        "{error}"
    );
    version
        .files
        .insert("text.text.subwords".to_owned(), VOCABULARY.into());
    version.files.remove("label.labels.txt");
    version.load().unwrap();
}

#[test]
fn a_description_that_gatefold_cannot_follow_is_refused() {
    let info = |key: &str, value: Value| {
        let mut version = Version::of_ids();
        version.info[key] = value;
        version.message()
    };
    let split = |key: &str, value: Value| {
        let mut version = Version::of_ids();
        version.info["splits"][1][key] = value;
        version.message()
    };
    for (error, words) in [
        (
            info("fileFormat", json!("array_record")),
            "the file format is array_record; gatefold reads tfrecord",
        ),
        (
            info("splits", json!([])),
            "no split `train`, only none; gatefold needs train and test",
        ),
        (
            info("name", json!("../../etc/imdb")),
            "`../../etc/imdb` is no name of a data set",
        ),
        (info("version", Value::Null), "invalid type: null"),
        (
            split("name", json!("validation")),
            "no split `test`, only train, validation",
        ),
        (
            split("shardLengths", json!([])),
            "split `test` has no shards",
        ),
        (split("shardLengths", json!(["two"])), "invalid digit"),
        (
            split("filepathTemplate", json!("{SPLIT}/x")),
            "the files of split `test` are called {SPLIT}/x",
        ),
    ] {
        assert!(error.contains("dataset_info.json: "), "{error}");
        assert!(error.contains(words), "no `{words}` in {error}");
    }
    let text = |class: &str| json!({"type": format!("tensorflow_datasets.core.features.{class}"), "content": {"dtype": "float32"}});
    for (features, words) in [
        (
            features(text("image_feature.Image")),
            "feature text: `Image` is no text",
        ),
        (
            features(text("tensor_feature.Tensor")),
            "feature text: `Tensor` is no text",
        ),
        (json!({}), "no feature `label`"),
        (json!({"content": {}}), "no feature `label`"),
    ] {
        let error = Version {
            features,
            ..Version::of_ids()
        }
        .message();
        assert!(
            error.contains("features.json: ") && error.contains(words),
            "{error}"
        );
    }
    let mut version = Version::of_ids();
    version.features["content"]["label"]["content"]["num_classes"] = json!(5);
    let error = version.message();
    assert!(
        error.contains("feature label: 5 classes; gatefold trains on two"),
        "{error}"
    );
    for (names, found) in [
        ("pos\nneg\n", "pos, neg"),
        ("neg\n", "neg"),
        ("", "nothing"),
    ] {
        let mut version = Version::of_ids();
        version
            .files
            .insert("label.labels.txt".to_owned(), names.into());
        let error = version.message();
        assert!(
            error.contains(&format!("expected neg and pos, found {found}")),
            "{error}"
        );
    }

    let (place, path) = written(&Version::of_ids());
    fs::write(path.join("dataset_info.json"), "{\"name\": \n").unwrap();
    let error = load_all(&path).unwrap_err().to_string();
    assert!(
        error.contains("dataset_info.json: line 2, column 0: EOF while parsing"),
        "{error}"
    );
    drop(place);
}

#[test]
fn a_class_that_the_test_part_lacks_is_told() {
    let shard = shard(&[ids_review(&[2], 1), ids_review(&[2], 1)]);
    let dataset = with_shard(Version::of_ids(), shard).load().unwrap();
    let note = "no negative reviews in the test part".to_owned();
    assert!(dataset.notes.contains(&note), "{:?}", dataset.notes);
}

#[test]
fn another_vocabulary_than_that_of_the_ids_is_refused_with_both_sizes_and_hashes() {
    let (place, path) = written(&Version::of_ids());
    let given = path.join("given");
    let source = Source::Path(path.clone());
    fs::write(&given, VOCABULARY).unwrap();
    load(&source, Some(&given), ReviewLimits::default()).unwrap();
    fs::write(&given, VOCABULARY.replace("'film'", "'f'\n'ilm'")).unwrap();
    let error = load(&source, Some(&given), ReviewLimits::default())
        .unwrap_err()
        .to_string();
    for words in [
        "given: not the vocabulary that the data's ids are of",
        "it has 260 ids, sha256 ",
        "text.text.subwords has 259 ids, sha256 ",
        "leave out `vocabulary`",
    ] {
        assert!(error.contains(words), "no `{words}` in {error}");
    }
    // Where the folder has none, the one that is given is held against the ids.
    fs::remove_file(path.join("text.text.subwords")).unwrap();
    fs::write(&given, VOCABULARY.replace("'film'\n", "")).unwrap();
    let error = load(&source, Some(&given), ReviewLimits::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("id 258 is not in the vocabulary of 258 ids, 0 to 257; the data are of another one, with 259 ids or more"), "{error}");
    drop(place);
}
