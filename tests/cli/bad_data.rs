//! Data that cannot be used: each answered with the file, the place and the remedy, exit code 1.

use std::fs;

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
fn data_without_a_vocabulary() {
    let place = Workplace::new();
    let data = place.write_imdb("bare");
    fs::remove_file(data.join("imdb_reviews.subwords")).unwrap();
    refused(
        &place,
        "bare",
        &["bare", "imdb_reviews.subwords", "--vocab FILE"],
    );
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
    let place = Workplace::new();
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
