//! The framing of records, and what damage to it and to the records does.

use gatefold::data::tfds::{RecordReader, RecordWriter};
use proptest::prelude::*;

use super::*;
use crate::support::damage::{check, damage};

/// A length with its right checksum: as a record's beginning says it.
pub fn header(length: u64) -> Vec<u8> {
    let bytes = length.to_le_bytes();
    [&bytes[..], &masked(&bytes).to_le_bytes()].concat()
}

/// The masked CRC-32C, bit by bit from its definition.
fn masked(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0x82F6_3B78 * (crc & 1));
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// All records up to the end or the first error, and that error.
fn read_all(file: &[u8]) -> (Vec<Vec<u8>>, Option<String>) {
    let mut reader = RecordReader::new("file", file);
    let mut payloads = Vec::new();
    loop {
        match reader.read() {
            Ok(Some(payload)) => payloads.push(payload.to_vec()),
            Ok(None) => return (payloads, None),
            Err(error) => return (payloads, Some(error.to_string())),
        }
    }
}

#[test]
fn a_record_is_framed_as_tensorflow_does_it() {
    let payload = b"a record";
    let expected = [
        header(payload.len() as u64),
        payload.to_vec(),
        masked(payload).to_le_bytes().to_vec(),
    ]
    .concat();
    assert_eq!(shard(&[payload.to_vec()]), expected);
    assert_eq!(read_all(&expected), (vec![payload.to_vec()], None));
    assert_eq!(read_all(b""), (vec![], None));
}

#[test]
fn a_reader_that_gives_little_at_a_time_changes_nothing() {
    struct Trickle<'a>(&'a [u8]);
    impl std::io::Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(1);
            std::io::Read::read(&mut self.0, &mut buffer[..count])
        }
    }
    let file = shard(&[b"one".to_vec(), Vec::new(), b"three".to_vec()]);
    let mut reader = RecordReader::new("file", Trickle(&file));
    for expected in [&b"one"[..], b"", b"three"] {
        assert_eq!(reader.read().unwrap(), Some(expected));
    }
    assert_eq!(reader.read().unwrap(), None);
    assert_eq!(reader.records(), 3);
}

/// Bytes with which lengths, tags and kinds are made.
const TELLING: &[u8] = &[0, 1, 2, 8, 10, 18, 26, 0x7F, 0x80, 0xFF];

#[test]
fn damaged_files_give_the_records_before_the_damage_and_then_an_error() {
    let records = [
        b"one".to_vec(),
        Vec::new(),
        ids_review(&[1, 2, 258], 1),
        b"four".to_vec(),
    ];
    let whole = shard(&records);
    check(100_000, damage(TELLING), |damage| {
        let file = damage.apply(&whole);
        let (payloads, error) = read_all(&file);
        prop_assert!(records.starts_with(&payloads), "{:?}", payloads);
        match error {
            Some(error) => {
                let place = format!("file: record {}, byte ", payloads.len() + 1);
                prop_assert!(error.starts_with(&place), "{}", error);
            }
            // Nothing is wrong between two records.
            None => prop_assert_eq!(shard(&payloads), file),
        }
        Ok(())
    });
}

#[test]
fn damaged_records_under_right_checksums_give_reviews_or_errors() {
    let mut version = Version::of_ids();
    version.info["splits"][1]["shardLengths"] = json!(["3"]);
    let (_place, folder) = written(&version);
    let good = shard(&[ids_review(&[2], 1), ids_review(&[2], 0)]);
    let review = ids_review(&[1, 2, 3, 258, 130], 1);
    check(50_000, damage(TELLING), |damage| {
        let mut file = good.clone();
        RecordWriter::new("test", &mut file)
            .write(&damage.apply(&review))
            .unwrap();
        fs::write(
            folder.join("imdb_reviews-test.tfrecord-00000-of-00001"),
            file,
        )
        .unwrap();
        match load_all(&folder) {
            Ok(dataset) => {
                let ids = &dataset.test[2].ids;
                prop_assert!(!ids.is_empty() && ids.iter().all(|&id| i64::from(id) < SIZE));
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(
                    error.contains("00000-of-00001: record 3, byte "),
                    "{}",
                    error
                );
            }
        }
        Ok(())
    });
}
