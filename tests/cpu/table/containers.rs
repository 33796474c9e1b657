//! Tables within other files: JSON arrays, compressed ones, the one member of a zip archive.

use proptest::prelude::*;

use super::*;
use crate::imdb::{xz, zstd};
use crate::support::damage::{check, damage};

const CSV: &str = "text,label,split\na,0,train\nb,1,train\nc,0,test\nd,1,test\n";

fn expected() -> [Vec<(String, u8)>; 2] {
    [owned(&[("a", 0), ("b", 1)]), owned(&[("c", 0), ("d", 1)])]
}

#[cfg(feature = "archives")]
pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// An archive with these members, deflated by hand: the library is built without a compression of its own.
#[cfg(feature = "archives")]
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    let number = |bytes: &mut Vec<u8>, size: usize, number: usize| {
        bytes.extend(&(number as u64).to_le_bytes()[..size]);
    };
    for (name, content) in members {
        use std::io::Write;
        let mut writer =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(content).unwrap();
        let packed = writer.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let start = archive.len();
        let mut common = Vec::new();
        // Version, flags, deflate, time, date, checksum, sizes, length of the name, no extra field.
        for (size, value) in [
            (2, 20),
            (2, 0),
            (2, 8),
            (2, 0),
            (2, 33),
            (4, crc.sum() as usize),
            (4, packed.len()),
            (4, content.len()),
            (2, name.len()),
            (2, 0),
        ] {
            number(&mut common, size, value);
        }
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        for (size, value) in [(2, 0), (2, 0), (2, 0), (4, 0), (4, start)] {
            number(&mut directory, size, value);
        }
        directory.extend(name.as_bytes());
    }
    let start = archive.len();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06");
    for (size, value) in [
        (2, 0),
        (2, 0),
        (2, members.len()),
        (2, members.len()),
        (4, directory.len()),
        (4, start),
        (2, 0),
    ] {
        number(&mut archive, size, value);
    }
    archive
}

#[test]
fn an_array_of_objects_is_a_table() {
    let objects = [
        "{\"text\": \"a\", \"label\": 0, \"split\": \"train\"}",
        "{\n  \"text\": \"b [1, {2}] \\\" \\\\\",\n  \"label\": 1,\n  \"split\": \"train\"\n}",
        "{\"text\": \"c\", \"label\": 0, \"split\": \"test\", \"more\": [{\"x\": \"]\"}]}",
    ];
    for (open, between, close) in [
        ("[", ",", "]"),
        ("\n [\n", " ,\r\n", "\n]\n"),
        ("\u{FEFF}[ ", "\t,", " ] "),
    ] {
        let content = format!("{open}{}{close}", objects.join(between));
        for name in ["r.json", "r.jsonl"] {
            let dataset = load_file(name, &content).unwrap();
            let train = owned(&[("a", 0), ("b [1, {2}] \" \\", 1)]);
            assert_eq!(parts(&dataset), [train, owned(&[("c", 0)])], "{content}");
        }
    }
    let [first, second, _] = objects;
    for (content, words) in [
        (
            format!("[{first},\n{second}\n"),
            "r.json: line 2: the array ends without a bracket",
        ),
        (
            format!("[{first},\n\n{{\"text\": 5, \"label\": 0}}]"),
            "r.json: line 3: `text` is 5; expected a string",
        ),
        (
            format!("[{first},\n,{second}]"),
            "r.json: line 2: column 0: expected an object",
        ),
        (
            format!("[{first},\n]"),
            "r.json: line 2: column 0: expected an object",
        ),
        (
            format!("[{first}]\n{second}"),
            "r.json: line 2: something follows the array; take it out",
        ),
        (
            format!("[{first}\n{second}]"),
            "r.json: line 1: expected an object",
        ),
        ("[]".to_owned(), "r.json: no reviews"),
        (
            "[".to_owned(),
            "r.json: line 1: the array ends without a bracket",
        ),
        (
            "{\n\"text\": \"a\"}".to_owned(),
            "r.json: line 1: column 1: expected an object",
        ),
    ] {
        let error = message(load_file("r.json", &content));
        assert!(error.contains(words), "{content}: {error}");
    }
}

#[test]
fn every_compression_gives_the_same_reviews() {
    let mut packed = vec![
        ("r.csv.gz", gzip(CSV.as_bytes())),
        ("r.csv.xz", xz(CSV.as_bytes())),
        ("R.CSV.ZST", zstd(CSV.as_bytes())),
    ];
    #[cfg(feature = "archives")]
    packed.extend([
        ("r.csv.bz2", bzip2(CSV.as_bytes())),
        ("r.csv.zip", zip(&[("r.csv", CSV.as_bytes())])),
        (
            "archive.zip",
            zip(&[
                ("__MACOSX/._r.csv", b"x"),
                ("folder/", b""),
                ("folder/r.csv", CSV.as_bytes()),
            ]),
        ),
        ("named.csv.zip", zip(&[("data", CSV.as_bytes())])),
    ]);
    packed.push(("r.tsv.xz", xz(CSV.replace(',', "\t").as_bytes())));
    for (name, content) in packed {
        let dataset = load_file(name, &content).unwrap();
        assert_eq!(parts(&dataset), expected(), "{name}");
        // Cut short and damaged files say what they are.
        if !name.ends_with(".zip") {
            let error = message(load_file(name, &content[..content.len() / 2]));
            assert!(
                error.contains("copy or download it again"),
                "{name}: {error}"
            );
        }
        let error = message(load_file(name, CSV));
        assert!(
            error.contains(name) && error.contains("copy or download it again"),
            "{name}: {error}"
        );
    }
}

#[cfg(feature = "archives")]
#[test]
fn an_archive_of_several_files_is_refused_with_their_names() {
    let csv = CSV.as_bytes();
    for (members, words) in [
        (
            &[("train.csv", csv), ("test.csv", csv)][..],
            "the archive: 2 files are in the archive: train.csv, test.csv; unpack it",
        ),
        (&[], "the archive: the archive holds no file"),
        (
            &[("readme.md", csv)],
            "member readme.md: it is not named .csv, .tsv, ",
        ),
        (
            &[("r.csv.gz", csv)],
            "member r.csv.gz: it is packed once more; unpack the archive",
        ),
        (
            &[("r.parquet", csv)],
            "member r.parquet: a Parquet file within a zip archive; unpack it",
        ),
    ] {
        let error = message(load_file("r.zip", zip(members)));
        assert!(error.contains(&format!("r.zip: {words}")), "{error}");
    }
    let whole = zip(&[("r.csv", csv)]);
    let mut damaged = whole.clone();
    // The checksum, where the directory has it.
    let directory = whole
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    damaged[directory + 16] ^= 1;
    let error = message(load_file("r.zip", damaged));
    assert!(
        error.contains("the file is corrupt (size and checksum are not"),
        "{error}"
    );
}

#[test]
fn damaged_containers_give_reviews_or_errors_and_nothing_worse() {
    let array = "[{\"text\": \"a\", \"label\": 0}, {\"text\": \"b\", \"label\": 1}, {\"text\": \"c\", \"label\": 1}]";
    let mut contents = vec![
        ("data.json", array.as_bytes().to_vec()),
        ("data.csv.xz", xz(CSV.as_bytes())),
        ("data.csv.zst", zstd(CSV.as_bytes())),
    ];
    #[cfg(feature = "archives")]
    contents.extend([
        ("data.csv.bz2", bzip2(CSV.as_bytes())),
        ("data.zip", zip(&[("r.csv", CSV.as_bytes())])),
    ]);
    let place = place();
    let strategy = (0..contents.len(), damage(b"\"\\,\n\r{}[]:\0\xFF0e"));
    check(20_000, strategy, |(form, damage)| {
        let (name, content) = &contents[form];
        let path = place.path().join(name);
        fs::write(&path, damage.apply(content)).unwrap();
        if let Err(error) = load(&Source::Path(path), None, ReviewLimits::default()) {
            let error = error.to_string();
            prop_assert!(error.contains(name), "{}", error);
        }
        Ok(())
    });
}
