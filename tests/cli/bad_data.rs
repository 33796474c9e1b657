//! Data that cannot be used: each answered with the file, the place and the remedy, exit code 1.

use std::fs;
use std::path::PathBuf;

use crate::program::{VOCABULARY, Workplace, gzip, pack};

/// Fails unless inspecting and training on `data` both fail with `words` and leave nothing new.
#[track_caller]
fn refused(place: &Workplace, data: &str, words: &[&str]) {
    let before = place.names();
    place
        .run(["data", "inspect", "--data", data])
        .fails(1, words);
    place
        .run(["train", "baseline", "--data", data])
        .fails(1, words);
    place.run(["compare", "--data", data]).fails(1, words);
    assert_eq!(place.names(), before);
    assert!(!place.path("runs").exists());
}

#[test]
fn missing_data() {
    refused(
        &Workplace::new(),
        "nowhere",
        &["nowhere", "no such file or folder", "--data", "aclImdb"],
    );
}

#[test]
fn a_folder_without_reviews() {
    let place = Workplace::new();
    place.write("empty/imdb_reviews.subwords", VOCABULARY);
    refused(
        &place,
        "empty",
        &["empty", "no reviews", "train|test/pos|neg"],
    );
}

#[test]
fn a_class_without_reviews() {
    let place = Workplace::new();
    let data = place.write_imdb("half");
    fs::remove_dir_all(data.join("test/pos")).unwrap();
    refused(&place, "half", &["half", "test/pos"]);
}

#[test]
fn a_vocabulary_that_is_none() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    for (content, words) in [
        ("film\n", &["line 1", "SubwordTextEncoder"][..]),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n'film'\ngood",
            &["line 4", "single quotes"],
        ),
        ("", &["line 1"]),
    ] {
        place.write("broken.subwords", content);
        let options = ["--data", "reviews", "--vocab", "broken.subwords"];
        let outcome = place.run([&["train", "baseline"][..], &options].concat());
        outcome.fails(1, &[&["broken.subwords"], words].concat());
        place
            .run(["data", "encode", "--vocab", "broken.subwords"])
            .fails(1, words);
    }
    let options = ["--data", "reviews", "--vocab", "none.subwords"];
    place
        .run([&["data", "inspect"][..], &options].concat())
        .fails(1, &["none.subwords"]);
}

#[test]
fn an_archive_that_is_cut_short() {
    let place = Workplace::new();
    let packed = pack(&place.write_imdb("reviews"));
    place.write("imdb_reviews.subwords", VOCABULARY);
    place.write("whole.tar", &packed);
    let outcome = place.run(["data", "inspect", "--data", "whole.tar"]);
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("8 reviews: 4 negative, 4 positive")
    );
    place.write("cut.tar", &packed[..packed.len() / 2 + 100]);
    refused(&place, "cut.tar", &["cut.tar", "cut short"]);
}

#[test]
fn a_compressed_archive_that_is_damaged() {
    let place = Workplace::new();
    let packed = pack(&place.write_imdb("reviews"));
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut compressed = gzip(&packed);
    place.write("whole.tar.gz", &compressed);
    place
        .run(["data", "inspect", "--data", "whole.tar.gz"])
        .succeeds();
    let middle = compressed.len() / 2;
    compressed[middle] ^= 0x55;
    place.write("damaged.tar.gz", compressed);
    refused(&place, "damaged.tar.gz", &["damaged.tar.gz"]);
}

/// A TFDS folder with the reviews of [`Workplace::write_imdb`], and the path of its training shard.
fn tfds(place: &Workplace) -> PathBuf {
    place.write_imdb("reviews");
    let export = ["data", "export", "--data", "reviews"];
    let to = ["--format", "tfds", "--output", "data"];
    place.run([&export[..], &to].concat()).succeeds();
    place.path("data/imdb_reviews/subwords8k/1.0.0/imdb_reviews-train.tfrecord-00000-of-00001")
}

#[test]
fn a_record_with_a_wrong_checksum() {
    let place = Workplace::new();
    let shard = tfds(&place);
    let mut bytes = fs::read(&shard).unwrap();
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    fs::write(&shard, bytes).unwrap();
    let words = [
        "train.tfrecord-00000-of-00001: record 8, byte ",
        "checksum",
        "copy the file again",
    ];
    refused(&place, "data", &words);
}

#[test]
fn a_shard_that_is_cut_short_or_missing() {
    let place = Workplace::new();
    let shard = tfds(&place);
    let bytes = fs::read(&shard).unwrap();
    fs::write(&shard, &bytes[..bytes.len() - 1]).unwrap();
    refused(
        &place,
        "data",
        &[
            "record 8, byte ",
            "the file is cut short",
            "copy the file again",
        ],
    );
    fs::remove_file(&shard).unwrap();
    refused(
        &place,
        "data",
        &["shard 1 of 1 of the train split is missing"],
    );
}

#[test]
fn another_vocabulary_than_that_of_the_ids() {
    let place = Workplace::new();
    tfds(&place);
    place.write("other", VOCABULARY.replace("'film'\n", ""));
    let options = ["--data", "data", "--vocab", "other"];
    for command in [&["data", "inspect"][..], &["train", "baseline"]] {
        let outcome = place.run([command, &options].concat());
        outcome.fails(
            1,
            &[
                "other: not the vocabulary",
                "261 ids, sha256 ",
                "262 ids, sha256 ",
            ],
        );
    }
}

#[test]
fn a_table_with_a_wrong_row() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    place.write("empty.csv", "");
    refused(
        &place,
        "empty.csv",
        &["empty.csv: line 1: the file is empty"],
    );
    place.write("r.csv", "text,label\na film,0\na good film,great\n");
    let words = ["r.csv: line 3: label `great`; expected 0, neg or negative, 1, pos or positive"];
    refused(&place, "r.csv", &words);
    place.write(
        "r.jsonl",
        "{\"text\": \"a film\", \"label\": 0}\n{\"text\": \"a \n",
    );
    refused(
        &place,
        "r.jsonl",
        &["r.jsonl: line 2: column ", "expected an object {\"text\": "],
    );
    place.write("review.tsv", "words\tlabel\na film\t0\n");
    let words = [
        "review.tsv: line 1: no column `text`, only words, label",
        "--text-column NAME",
    ];
    refused(&place, "review.tsv", &words);
}

#[test]
fn options_of_tables_without_a_table() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    for option in ["--test-data", "--text-column", "--label-column"] {
        let inspect = ["data", "inspect", option, "x"];
        place
            .run(inspect)
            .fails(2, &[option, "give the table of reviews with --data"]);
        let outcome = place.run([&inspect[..], &["--data", "reviews"]].concat());
        outcome.fails(
            2,
            &[
                "--data",
                "reviews holds neither a folder for each class nor tables named train and test",
            ],
        );
    }
}

#[test]
fn a_file_that_is_no_archive() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    place.write("picture.png", b"\x89PNG\r\n\x1a\n and so on");
    refused(&place, "picture.png", &["picture.png", ".tar"]);
}

#[test]
fn odd_reviews_are_kept_and_told_once() {
    let place = Workplace::new();
    let data = place.write_imdb("reviews");
    fs::write(data.join("train/pos/10_9.txt"), b"caf\xe9").unwrap();
    fs::write(data.join("train/neg/11_1.txt"), b" \n").unwrap();
    fs::write(data.join("test/neg/12_1.txt"), b"").unwrap();
    let options = ["--data", "reviews", "--epochs", "1"];
    let outcome =
        place.run([&["compare", "--variants", "baseline,dropout"][..], &options].concat());
    let told = &outcome.succeeds().stderr;
    assert_eq!(
        told.matches("empty reviews, each kept as one padding token: 2")
            .count(),
        1,
        "{told}"
    );
    assert_eq!(told.matches("not UTF-8").count(), 1, "{told}");
    assert!(told.contains("10 reviews to train on"), "{told}");
}

#[test]
fn a_batch_too_long_for_the_adapter_fails_before_training() {
    let place = Workplace::on_adapter();
    let data = place.write_imdb("reviews");
    // A token a byte: 4 GiB of states, more than a software adapter binds.
    fs::write(data.join("train/pos/99_9.txt"), "z".repeat(16 << 20)).unwrap();
    let outcome = place.run(["train", "baseline", "--data", "reviews"]);
    outcome.fails(
        1,
        &[
            "needs",
            "MiB",
            "max_storage_buffer_binding_size",
            "--batch-size",
        ],
    );
    assert!(!place.path("runs").exists());
}
