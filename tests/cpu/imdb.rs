//! Reviews from folders and archives: every form gives the same data set or a clear error.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gatefold::data::{Dataset, Encoder, ReviewLimits, Source, class_counts, load};
use tempfile::TempDir;

mod real_archive;
mod refusals;

const VOCABULARY: &str = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";
const FORMS: [&str; 4] = ["tar", "tar.gz", "tar.xz", "tar.zst"];

/// Path within the archive, and content.
type Files = Vec<(String, Vec<u8>)>;

/// A small data set: six reviews in each folder, with what surrounds them in the real one.
fn reviews() -> Files {
    let mut files = vec![
        ("aclImdb/README".to_owned(), b"about\n".to_vec()),
        (
            "aclImdb/train/labeledBow.feat".to_owned(),
            b"0:9\n".to_vec(),
        ),
    ];
    for part in ["train", "test"] {
        for (class, rating) in [("neg", 2), ("pos", 9)] {
            for id in 0..6 {
                let text = format!("good film {part} {class} {id}. ").repeat(id + 1);
                files.push((
                    format!("aclImdb/{part}/{class}/{id}_{rating}.txt"),
                    text.into_bytes(),
                ));
            }
        }
    }
    files
}

fn tar(files: &Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        append(&mut builder, path, content);
    }
    builder.into_inner().unwrap()
}

/// Appends a file under a name that the tar crate would refuse to write, `..` say.
fn append(builder: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    if path.len() > 100 {
        builder.append_data(&mut header, path, content).unwrap();
        return;
    }
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn pack(form: &str, tar: &[u8]) -> Vec<u8> {
    match form {
        "tar" => tar.to_vec(),
        "tar.gz" => gzip(tar),
        "tar.xz" => xz(tar),
        _ => zstd(tar),
    }
}

/// A folder with the vocabulary in it, for data to be put beside.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("imdb_reviews.subwords"), VOCABULARY).unwrap();
    folder
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn unpack(folder: &Path, files: &Files) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn load_all(path: &Path) -> gatefold::Result<Dataset> {
    load(
        &Source::Path(path.to_owned()),
        None,
        ReviewLimits::default(),
    )
}

/// Loads an archive of these bytes, in a folder of its own.
fn load_bytes(bytes: &[u8]) -> gatefold::Result<Dataset> {
    let folder = folder();
    load_all(&write(&folder, "data", bytes))
}

fn load_files(files: &Files) -> gatefold::Result<Dataset> {
    load_bytes(&tar(files))
}

fn message(result: gatefold::Result<Dataset>) -> String {
    result.map(|dataset| dataset.name).unwrap_err().to_string()
}

fn assert_same(left: &Dataset, right: &Dataset, of: &str) {
    assert!(
        left.train == right.train && left.test == right.test,
        "{of}: other reviews or another order"
    );
}

fn texts(reviews: &[gatefold::data::Review], dataset: &Dataset) -> Vec<String> {
    let encoder = Encoder::new(&dataset.vocabulary);
    reviews
        .iter()
        .map(|review| encoder.decode(&review.ids))
        .collect()
}

#[test]
fn a_folder_and_every_archive_of_it_are_the_same_data_set() {
    let files = reviews();
    let folder = folder();
    unpack(folder.path(), &files);
    let expected = load_all(folder.path()).unwrap();
    assert_eq!(class_counts(&expected.train, 2), [6, 6]);
    assert_eq!(class_counts(&expected.test, 2), [6, 6]);
    let lengths = expected
        .train
        .iter()
        .chain(&expected.test)
        .map(|review| review.ids.len());
    assert_eq!(expected.longest(), lengths.max().unwrap());
    assert!(!expected.synthetic);
    assert_eq!(expected.notes, Vec::<String>::new());
    assert_eq!(expected.vocabulary.size(), 259);
    let mut found = texts(&expected.train, &expected);
    found.sort();
    let mut written: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.contains("/train/") && path.ends_with(".txt"))
        .map(|(_, content)| String::from_utf8_lossy(content).trim().to_owned())
        .collect();
    written.sort();
    assert_eq!(found, written);

    for form in FORMS {
        // The name says nothing: the form is told by the content.
        let path = write(&folder, "data.bin", &pack(form, &tar(&files)));
        let dataset = load_all(&path).unwrap();
        assert_same(&dataset, &expected, form);
        assert_eq!(dataset.name, "data.bin");
    }
}

#[test]
fn the_order_on_disk_and_the_depth_do_not_matter() {
    let expected = load_files(&reviews()).unwrap();
    let mut reversed = reviews();
    reversed.reverse();
    assert_same(&load_files(&reversed).unwrap(), &expected, "reversed");

    let long = "a-folder-with-a-long-name/".repeat(6);
    for prefix in ["", "./", "some/where/", &long] {
        let moved = reversed
            .iter()
            .map(|(path, content)| (path.replacen("aclImdb/", prefix, 1), content.clone()));
        let moved: Files = moved.collect();
        assert_same(&load_files(&moved).unwrap(), &expected, prefix);
        let folder = folder();
        unpack(folder.path(), &moved);
        assert_same(&load_all(folder.path()).unwrap(), &expected, prefix);
    }
}

#[test]
fn a_review_is_told_by_its_place_and_takes_its_label_from_there() {
    let dataset = load_files(&reviews()).unwrap();
    for (part, reviews) in [("train", &dataset.train), ("test", &dataset.test)] {
        for (review, text) in reviews.iter().zip(texts(reviews, &dataset)) {
            let class = ["neg", "pos"][usize::from(review.label)];
            assert!(
                text.starts_with(&format!("good film {part} {class} ")),
                "{text}"
            );
        }
    }
}

#[test]
fn limits_keep_the_first_of_the_same_order() {
    let all = load_files(&reviews()).unwrap();
    let folder = folder();
    unpack(folder.path(), &reviews());
    let archive = write(&folder, "data.tar.gz", &gzip(&tar(&reviews())));
    for path in [folder.path(), &archive] {
        for (train, test) in [(7, 12), (9, 2), (12, 1), (1000, 3)] {
            let limits = ReviewLimits {
                train: Some(train),
                test: Some(test),
            };
            let some = load(&Source::Path(path.to_owned()), None, limits).unwrap();
            assert_eq!(some.train, all.train[..train.min(12)]);
            assert_eq!(some.test, all.test[..test.min(12)]);
        }
    }
    for (limits, option) in [
        (
            ReviewLimits {
                train: Some(0),
                test: None,
            },
            "`limits.train`",
        ),
        (
            ReviewLimits {
                train: None,
                test: Some(0),
            },
            "`limits.test`",
        ),
    ] {
        let error = message(load(&Source::Path(archive.clone()), None, limits));
        assert!(
            error.starts_with(&format!("{option}: 0 reviews")),
            "{error}"
        );
    }
}

#[test]
fn compressed_streams_of_several_parts_are_read_to_the_end() {
    let tar = tar(&reviews());
    let expected = load_bytes(&tar).unwrap();
    let (first, second) = tar.split_at(tar.len() / 3);
    let skippable = [
        &0x184D_2A53_u32.to_le_bytes()[..],
        &5u32.to_le_bytes(),
        b"hello",
    ]
    .concat();
    for (form, bytes) in [
        ("gzip", [gzip(first), gzip(second)].concat()),
        ("xz", [xz(first), vec![0; 8], xz(second)].concat()),
        (
            "zstd",
            [
                skippable.clone(),
                zstd(first),
                skippable.clone(),
                zstd(b""),
                zstd(second),
            ]
            .concat(),
        ),
    ] {
        assert_same(&load_bytes(&bytes).unwrap(), &expected, form);
    }
}

#[test]
fn what_is_ignored_or_mended_is_told_once() {
    let mut files = reviews();
    files.push(("aclImdb/train/unsup/0_0.txt".to_owned(), b"a".to_vec()));
    files.push(("aclImdb/train/unsup/1_0.txt".to_owned(), b"b".to_vec()));
    files.push(("aclImdb/train/pos/._1_9.txt".to_owned(), b"c".to_vec()));
    files.push(("aclImdb/test/neg/6_1.txt".to_owned(), b" \x0B\r\n".to_vec()));
    files.push(("aclImdb/test/neg/7_1.txt".to_owned(), Vec::new()));
    files.push((
        "aclImdb/test/neg/8_1.txt".to_owned(),
        b"\x0Bcaf\xE9 \xF0\x9F film\t".to_vec(),
    ));
    let folder = folder();
    unpack(folder.path(), &files);
    for dataset in [
        load_files(&files).unwrap(),
        load_all(folder.path()).unwrap(),
    ] {
        assert_eq!(
            dataset.notes,
            [
                "unlabelled reviews (unsup), ignored: 2",
                "files among the reviews that are not named ID_RATING.txt, ignored: 1, first \
                 aclImdb/train/pos/._1_9.txt",
                "reviews that are not UTF-8, kept with U+FFFD for what could not be read: 1",
                "empty reviews, each kept as one padding token: 2",
            ]
        );
        assert_eq!(
            dataset
                .test
                .iter()
                .filter(|review| review.ids == [0])
                .count(),
            2
        );
        let mended = texts(&dataset.test, &dataset);
        assert!(
            mended.contains(&"caf\u{FFFD} \u{FFFD} film".to_owned()),
            "{mended:?}"
        );
    }
}

#[test]
fn the_vocabulary_is_looked_for_beside_the_data() {
    let place = tempfile::tempdir().unwrap();
    unpack(place.path(), &reviews());
    let archive = write(&place, "data.tar", &tar(&reviews()));
    for path in [place.path(), &archive] {
        let error = message(load_all(path));
        assert!(
            error.contains(
                "no vocabulary: neither imdb_reviews.subwords nor text.text.subwords is in "
            ),
            "{error}"
        );
        assert!(
            error.contains("; give one with `vocabulary`, or make one with `build_vocabulary`"),
            "{error}"
        );
    }
    write(
        &place,
        "text.text.subwords",
        VOCABULARY.replace("'film'", "'a'\n'b'").as_bytes(),
    );
    assert_eq!(load_all(&archive).unwrap().vocabulary.size(), 260);
    assert_eq!(load_all(place.path()).unwrap().vocabulary.size(), 260);
    write(&place, "imdb_reviews.subwords", VOCABULARY.as_bytes());
    assert_eq!(load_all(&archive).unwrap().vocabulary.size(), 259);

    let given = write(
        &place,
        "other",
        VOCABULARY.replace("'film'", "'a'\n'b'\n'c'").as_bytes(),
    );
    let dataset = load(
        &Source::Path(archive),
        Some(&given),
        ReviewLimits::default(),
    )
    .unwrap();
    assert_eq!(dataset.vocabulary.size(), 261);
    let error = message(load(&Source::Demo, Some(&given), ReviewLimits::default()));
    assert!(
        error.starts_with("`vocabulary`: the demo corpus has its own vocabulary"),
        "{error}"
    );
}

#[test]
fn the_demo_corpus_needs_nothing_and_keeps_to_limits() {
    let limits = ReviewLimits {
        train: Some(2),
        test: Some(1),
    };
    let dataset = load(&Source::Demo, None, limits).unwrap();
    assert!(dataset.synthetic);
    assert_eq!((dataset.train.len(), dataset.test.len()), (2, 1));
}

#[cfg(unix)]
#[test]
fn linked_folders_are_followed_once() {
    let folder = folder();
    let elsewhere = tempfile::tempdir().unwrap();
    unpack(elsewhere.path(), &reviews());
    let expected = load_files(&reviews()).unwrap();
    for (link, to) in [("train", "aclImdb/train"), ("test", "aclImdb/test")] {
        std::os::unix::fs::symlink(elsewhere.path().join(to), folder.path().join(link)).unwrap();
    }
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(
        elsewhere.path().join("aclImdb/train"),
        folder.path().join("again"),
    )
    .unwrap();
    assert_same(&load_all(folder.path()).unwrap(), &expected, "links");
}
