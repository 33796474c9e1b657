//! The subword encoder beside the published encodings, the original's cases, and a slow twin.

mod build;
mod damage;
mod twin;

use std::fs;

use gatefold::data::{SubwordEncoder, Vocabulary};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support;

const HEADER: &str = "### SubwordTextEncoder\n### Metadata: {}\n";

fn vocabulary(subwords: &[&str]) -> Vocabulary {
    let lines: String = subwords
        .iter()
        .map(|subword| format!("'{subword}'\n"))
        .collect();
    Vocabulary::from_text("test", &format!("{HEADER}{lines}")).unwrap()
}

fn encoder(subwords: &[&str]) -> SubwordEncoder {
    SubwordEncoder::new(&vocabulary(subwords)).unwrap()
}

fn published() -> Option<(Vocabulary, SubwordEncoder)> {
    let file = support::data_dir()?.join("imdb_reviews.subwords");
    let vocabulary = Vocabulary::load(&file).unwrap();
    let encoder = SubwordEncoder::new(&vocabulary).unwrap();
    Some((vocabulary, encoder))
}

#[test]
fn the_published_vocabulary_gives_the_published_encodings() {
    let Some((vocabulary, encoder)) = published() else {
        return;
    };
    assert_eq!(vocabulary.size(), 8185);
    assert_eq!(vocabulary.subwords().len(), 7928);
    let hello = [4025, 222, 6307, 2327, 4043, 2120, 7975];
    assert_eq!(encoder.encode("Hello TensorFlow."), hello);
    assert_eq!(encoder.decode(&hello), "Hello TensorFlow.");
    assert_eq!(
        encoder.encode("TensorFlow, from basics to mastery"),
        [6307, 2327, 4043, 2120, 2, 48, 4249, 4429, 7, 2652, 8050]
    );
}

#[test]
fn every_case_of_the_original_encoder_is_met() {
    #[derive(Deserialize)]
    struct Case {
        text: String,
        ids: Vec<u32>,
        decoded: String,
    }
    let (Some(folder), Some((_, encoder))) = (support::data_dir(), published()) else {
        return;
    };
    let lines = fs::read_to_string(folder.join("subword_cases.jsonl")).unwrap();
    let cases: Vec<Case> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    for case in cases {
        assert_eq!(encoder.encode(&case.text), case.ids, "{:?}", case.text);
        assert_eq!(encoder.decode(&case.ids), case.decoded, "{:?}", case.text);
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    let Some(folder) = support::data_dir() else {
        return;
    };
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let line = sums
        .lines()
        .find(|line| line.ends_with("imdb_reviews.subwords"))
        .unwrap();
    let vocabulary = Vocabulary::load(&folder.join("imdb_reviews.subwords")).unwrap();
    assert_eq!(vocabulary.sha256(), line.split_whitespace().next().unwrap());
}

/// Ids of bytes under a vocabulary of `subwords` subwords.
fn bytes(subwords: u32, text: &str) -> Vec<u32> {
    text.bytes()
        .map(|byte| 1 + subwords + u32::from(byte))
        .collect()
}

#[test]
fn one_space_joins_the_token_before_it_and_two_do_not() {
    let encoder = encoder(&["ab_", "ab", "cd"]);
    assert_eq!(encoder.encode("ab cd"), [1, 3]);
    assert_eq!(
        encoder.encode("ab  cd"),
        [vec![2], bytes(3, "  "), vec![3]].concat()
    );
    assert_eq!(encoder.encode(" ab "), [bytes(3, " "), vec![1]].concat());
    assert_eq!(
        encoder.encode("ab, cd"),
        [vec![2], bytes(3, ", "), vec![3]].concat()
    );
    // No subword ends in the space that follows: it becomes the byte of a space.
    assert_eq!(
        encoder.encode("cd ab"),
        [vec![3], bytes(3, " "), vec![2]].concat()
    );
}

#[test]
fn an_underscore_is_its_byte_and_never_a_space() {
    let encoder = encoder(&["\\&undsc", "a", "_", "a_"]);
    assert_eq!(
        encoder.encode("a_a"),
        [vec![2], bytes(4, "_"), vec![2]].concat()
    );
    assert_eq!(
        encoder.encode("a_ a"),
        [vec![2], bytes(4, "_"), vec![3, 2]].concat()
    );
    assert_eq!(encoder.decode(&encoder.encode("a_ _a__ a_")), "a_ _a__ a_");
}

#[test]
fn a_literal_escape_doubles_a_single_space_after_it_as_the_original_does() {
    let encoder = encoder(&["a"]);
    for (text, decoded) in [
        ("\\&undsc a", "\\&undsc  a"),
        ("\\&undsc  a", "\\&undsc  a"),
        ("\\&undsc, a", "\\&undsc, a"),
        ("a\\&undsca", "a\\&undsca"),
        ("\\&undsc", "\\&undsc"),
        ("a \\&undsc ", "a \\&undsc  "),
    ] {
        assert_eq!(encoder.decode(&encoder.encode(text)), decoded, "{text:?}");
    }
}

#[test]
fn word_characters_are_letters_and_numbers_but_no_marks_and_no_circled_letters() {
    for (character, word) in [
        ('b', true),
        ('1', true),
        ('é', true),
        ('中', true),
        ('½', true),
        ('Ⅳ', true),
        ('²', true),
        ('٣', true),
        ('\u{93E}', false),
        ('\u{24B6}', false),
        ('\u{301}', false),
        ('\u{85}', false),
        ('.', false),
    ] {
        // The space after a run of word characters is absorbed; after others it is one of the run.
        let found = encoder(&[&format!("a{character}_")]).encode(&format!("a{character} ")) == [1];
        assert_eq!(found, word, "{character:?}");
    }
}

#[test]
fn an_escape_that_a_subword_holds_or_ends_within_is_an_underscore() {
    let encoder = encoder(&["a\\&undscb_", "long\\&unds", "c"]);
    assert_eq!(encoder.encode("a_b long_c"), [1, 2, 3, 3]);
    assert_eq!(encoder.decode(&[1, 2, 3, 3]), "a_b long_c");
    assert_eq!(encoder.decode(&[2, 1]), "long\\&undsa_b ");
    for literal in ["a\\&undscb ", "long\\&undscc", "long\\&undsc_"] {
        assert_eq!(encoder.decode(&encoder.encode(literal)), literal);
    }
}

#[test]
fn a_subword_of_both_kinds_is_split_off_first() {
    let encoder = encoder(&["<EOS>", "don't", "a_", "t"]);
    assert_eq!(encoder.encode("a <EOS>t"), [3, 1, 4]);
    assert_eq!(encoder.encode("don't"), [2]);
    assert_eq!(encoder.encode("<EOS> "), [vec![1], bytes(4, " ")].concat());
}

#[test]
fn of_equal_subwords_the_last_one_counts_and_empty_ones_have_no_id() {
    let encoder = encoder(&["a", "", "b", "a"]);
    assert_eq!(encoder.size(), 1 + 3 + 256);
    assert_eq!(encoder.encode("ab"), [3, 2]);
}

#[test]
fn a_subword_may_hold_any_line_separator_but_a_line_feed() {
    let encoder = encoder(&["\u{85}", "\u{2028}\u{85}"]);
    assert_eq!(encoder.encode("\u{2028}\u{85}\u{85}"), [2, 1]);
    assert_eq!(encoder.decode(&[2, 1]), "\u{2028}\u{85}\u{85}");
}

#[test]
fn decoding_joins_bytes_skips_padding_and_marks_what_is_no_text() {
    let encoder = encoder(&["good_", "film"]);
    assert_eq!(encoder.decode(&[]), "");
    assert_eq!(encoder.decode(&[0, 0]), "");
    assert_eq!(encoder.decode(&[0, 1, 2, 0]), "good film");
    assert_eq!(encoder.decode(&bytes(2, "é")), "é");
    assert_eq!(encoder.decode(&[bytes(2, "é")[0], 2]), "\u{FFFD}film");
    assert_eq!(encoder.decode(&[259, 1, u32::MAX]), "\u{FFFD}good \u{FFFD}");
    assert_eq!(encoder.decode(&[258]), "\u{FFFD}");
}

#[test]
fn a_file_that_is_no_vocabulary_is_named_with_its_line() {
    for (text, place, words) in [
        ("", "line 1", "expected `### SubwordTextEncoder`"),
        (
            "text,label\n",
            "line 1",
            "give a subword vocabulary such as imdb_reviews.subwords",
        ),
        (
            "### SubwordTextEncoder\r\n### Metadata: {}\r\n'a'\r\n",
            "line 1",
            "the lines end in CR LF",
        ),
        (
            "### SubwordTextEncoder\n'a'\n",
            "line 2",
            "expected `### Metadata: {}`",
        ),
        (
            "### SubwordTextEncoder\n",
            "line 2",
            "expected `### Metadata: {}`",
        ),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n",
            "line 3",
            "no subwords",
        ),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n'a'\nb\n",
            "line 4",
            "expected a subword in single quotes",
        ),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n'a'\n'b",
            "line 4",
            "cut short, copy it again",
        ),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n'a'\n'\n",
            "line 4",
            "single quotes",
        ),
        (
            "### SubwordTextEncoder\n### Metadata: {}\n'a'\n\n'b'\n",
            "line 4",
            "single quotes",
        ),
    ] {
        let message = Vocabulary::from_text("some.subwords", text)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with(&format!("some.subwords: {place}: ")),
            "{text:?}: {message}"
        );
        assert!(message.contains(words), "{text:?}: {message}");
    }
}

#[test]
fn a_file_can_hold_every_subword_but_an_empty_one_and_one_with_a_line_feed() {
    let odd = ["'", "''", "\r", "\u{85}\u{2028}", "\\&undsc", " "];
    let vocabulary = Vocabulary::from_subwords(odd).unwrap();
    assert_eq!(vocabulary.subwords(), odd);
    assert_eq!(
        Vocabulary::from_text("again", vocabulary.text()).unwrap(),
        vocabulary
    );
    for wrong in ["", "a\nb"] {
        let error = Vocabulary::from_subwords(["ok", wrong]).unwrap_err();
        let words = format!("subword 1, {wrong:?}");
        assert!(error.to_string().starts_with(&words), "{error}");
    }
}

#[test]
fn a_vocabulary_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.subwords");
    let message = Vocabulary::load(&missing).unwrap_err().to_string();
    assert!(
        message.starts_with(&missing.display().to_string()),
        "{message}"
    );

    let binary = folder.path().join("binary.subwords");
    fs::write(&binary, [HEADER.as_bytes(), b"'a'\n'\xFF'\n"].concat()).unwrap();
    let message = Vocabulary::load(&binary).unwrap_err().to_string();
    assert!(
        message.contains("binary.subwords: line 4: not UTF-8; give a subword vocabulary"),
        "{message}"
    );

    let huge = folder.path().join("huge.subwords");
    fs::File::create(&huge)
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    let message = Vocabulary::load(&huge).unwrap_err().to_string();
    assert!(message.contains("longer than 64 MiB"), "{message}");
}

proptest! {
    #[test]
    fn encoding_is_that_of_the_slow_twin(
        // Runs of one kind, so that none is reserved.
        subwords in prop::collection::vec("[ab1é_]{1,4}_?|[. 😀]{1,3}", 1..12),
        text in twin::knotty_text(),
    ) {
        let encoder = encoder(&subwords.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(encoder.encode(&text), twin::encode(&subwords, &text));
    }

    #[test]
    fn decoding_undoes_encoding(text in any::<String>().prop_filter("the quirk", |text| twin::is_round(text))) {
        let small = encoder(&["a", "a_", ". ", "\\&und", "the_"]);
        let ids = small.encode(&text);
        prop_assert!(ids.iter().all(|&id| id > 0 && (id as usize) < small.size()));
        prop_assert_eq!(small.decode(&ids), text);
    }

    #[test]
    fn decoding_undoes_encoding_of_knotty_texts(
        parts in prop::collection::vec(
            prop_oneof![3 => twin::knotty_text(), 1 => Just("\\&undsc".to_owned())],
            0..4,
        )
    ) {
        let text = parts.concat();
        prop_assume!(twin::is_round(&text));
        let small = encoder(&["a", "a_", "ab", "undsc", "\\&", "_"]);
        prop_assert_eq!(small.decode(&small.encode(&text)), text);
    }

    #[test]
    fn any_ids_decode(ids in prop::collection::vec(prop_oneof![0..300u32, any::<u32>()], 0..20)) {
        // No id is lost without a trace: only padding decodes to nothing.
        let text = encoder(&["a", "b_"]).decode(&ids);
        prop_assert_eq!(text.is_empty(), ids.iter().all(|&id| id == 0));
    }

    #[test]
    fn any_text_is_a_vocabulary_or_a_clear_error(text in any::<String>(), headed in any::<bool>()) {
        let text = if headed { format!("{HEADER}{text}") } else { text };
        if let Err(error) = Vocabulary::from_text("some.subwords", &text) {
            prop_assert!(error.to_string().starts_with("some.subwords: line "), "{}", error);
        }
    }
}

#[test]
fn decoding_undoes_encoding_with_the_published_vocabulary() {
    let Some((_, encoder)) = published() else {
        return;
    };
    let texts = prop_oneof![
        any::<String>(),
        twin::knotty_text(),
        "[ -~é\u{85}\u{97}]{0,60}"
    ];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(
            &texts.prop_filter("the quirk", |text| twin::is_round(text)),
            |text| {
                prop_assert_eq!(encoder.decode(&encoder.encode(&text)), text);
                Ok(())
            },
        )
        .unwrap();
}
