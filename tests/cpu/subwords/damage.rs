//! Vocabulary files and texts with wrong bytes in them: answered, never a panic, never more than asked.

use std::cell::Cell;

use gatefold::Error;
use gatefold::data::{SubwordEncoder, Vocabulary};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Cases of each test.
const CASES: u32 = 100_000;

const FILE: &str = "### SubwordTextEncoder\n### Metadata: {}\n'the_'\n', '\n''\n'\u{85}'\n'é'\n'\\&undsc'\n\
                    'don't'\n'a\\&undscb_'\n'longer\\&un'\n'😀😀'\n'_'\n'film'\n";
const TEXT: &str = "the film, don't\u{85}é_ a_b longer_ \\&undsc  😀😀😀 中\n";

/// A change of bytes.
#[derive(Debug, Clone)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    /// Copies what is between two places to a third.
    Copy([prop::sample::Index; 3]),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    use prop::sample::Index;
    // What means something in the file, more often than other bytes.
    let byte = || prop_oneof![3 => prop::sample::select(&b"'\n_\\& #a\r"[..]), 1 => any::<u8>()];
    let one = prop_oneof![
        4 => (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        4 => (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        4 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Cut),
        2 => any::<[Index; 3]>().prop_map(Damage::Copy),
    ];
    prop::collection::vec(one, 0..6)
}

fn damaged(text: &str, changes: &[Damage]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        let size = bytes.len();
        match change {
            Damage::Insert(at, byte) => bytes.insert(at.index(size + 1), *byte),
            _ if size == 0 => {}
            Damage::Set(at, byte) => bytes[at.index(size)] = *byte,
            Damage::Remove(at) => _ = bytes.remove(at.index(size)),
            Damage::Cut(at) => bytes.truncate(at.index(size)),
            Damage::Copy([from, to, at]) => {
                let (from, to) = (from.index(size), to.index(size));
                let copy = bytes[from.min(to)..from.max(to)].to_vec();
                let at = at.index(size + 1);
                bytes.splice(at..at, copy);
            }
        }
    }
    bytes
}

/// The same cases every time.
fn runner() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::with_cases(CASES)
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn a_damaged_vocabulary_file_is_read_as_it_stands_or_refused_with_its_line() {
    let read = Cell::new(0u32);
    runner()
        .run(&damage(), |changes| {
            let bytes = damaged(FILE, &changes);
            match Vocabulary::from_bytes("some.subwords", &bytes) {
                Ok(vocabulary) => {
                    read.set(read.get() + 1);
                    prop_assert_eq!(vocabulary.text().as_bytes(), &bytes);
                    // Every line but the two at the head and the empty ones is a subword, and nothing else is.
                    let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').skip(2).collect();
                    let held = |subword: &String| {
                        lines.contains(&format!("'{subword}'").as_bytes()) && !subword.is_empty()
                    };
                    prop_assert!(vocabulary.subwords().iter().all(held));
                    prop_assert!(vocabulary.subwords().len() <= lines.len());
                }
                Err(Error::Malformed { path, place, .. }) => {
                    prop_assert_eq!(path.to_str(), Some("some.subwords"));
                    prop_assert!(place.starts_with("line "), "{}", place);
                }
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            }
            Ok(())
        })
        .unwrap();
    let refused = CASES - read.get();
    // Neither answer is a rarity, or the test would test half of what it says.
    assert!(refused > CASES / 10 && read.get() > CASES / 10, "{refused}");
}

#[test]
fn damaged_texts_are_encoded_and_decoded_with_damaged_vocabularies() {
    let file = FILE.split_inclusive('\n').skip(2).collect::<String>();
    let head = FILE.split_inclusive('\n').take(2).collect::<String>();
    let used = Cell::new(0u32);
    runner()
        .run(&(damage(), damage()), |(of_file, of_text)| {
            // The head stays whole, so that most files are read.
            let bytes = [head.as_bytes(), &damaged(&file, &of_file)].concat();
            let Ok(vocabulary) = Vocabulary::from_bytes("some.subwords", &bytes) else {
                return Ok(());
            };
            used.set(used.get() + 1);
            let encoder = SubwordEncoder::new(&vocabulary).unwrap();
            let text = damaged(TEXT, &of_text);
            let text = String::from_utf8_lossy(&text);
            let ids = encoder.encode(&text);
            prop_assert!(
                ids.iter()
                    .all(|&id| id > 0 && (id as usize) < encoder.size())
            );
            // An id covers a byte or more of the text, but for the space that a literal escape doubles.
            prop_assert!(ids.len() <= text.len() + text.matches("\\&undsc ").count());
            let longest = vocabulary.subwords().iter().map(String::len).max().unwrap();
            prop_assert!(encoder.decode(&ids).len() <= ids.len() * longest.max(3));
            Ok(())
        })
        .unwrap();
    assert!(used.get() > CASES / 10, "{} files were read", used.get());
}

#[test]
fn a_subword_that_is_no_subword_for_its_length_is_refused() {
    let file = |length: usize| {
        let head = FILE.split_inclusive('\n').take(2).collect::<String>();
        format!("{head}'ok'\n'{}'\n", "a".repeat(length))
    };
    assert!(Vocabulary::from_text("some.subwords", &file(1024)).is_ok());
    let error = Vocabulary::from_text("some.subwords", &file(1025)).unwrap_err();
    let words = "some.subwords: line 4: a subword of more than 1024 bytes";
    assert!(error.to_string().starts_with(words), "{error}");
}
