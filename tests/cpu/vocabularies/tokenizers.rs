//! Hugging Face's tokenizers: their own ids and texts.

use std::collections::BTreeMap;

use super::*;

#[derive(Deserialize)]
struct Tokenizers {
    texts: Vec<String>,
    cases: BTreeMap<String, TokenizerCase>,
}

#[derive(Deserialize)]
struct TokenizerCase {
    size: usize,
    ids: Vec<Vec<u32>>,
    decoded: Vec<String>,
}

fn tokenizers() -> Tokenizers {
    serde_json::from_str(&fixture("tokenizers.json")).unwrap()
}

fn vocabulary(name: &str) -> Vocabulary {
    Vocabulary::from_text(name, &fixture(&format!("{name}.json"))).unwrap()
}

#[test]
fn ids_and_texts_are_those_of_hugging_face() {
    let Tokenizers { texts, cases } = tokenizers();
    assert_eq!(cases.len(), 3);
    for (name, case) in &cases {
        let vocabulary = vocabulary(name);
        assert_eq!(vocabulary.kind(), VocabularyKind::Tokenizer);
        // Id 0 of WordPiece is its padding; of the others it is a token, and all move by one.
        let shift = u32::from(name != "wordpiece");
        assert_eq!(vocabulary.size(), case.size + shift as usize, "{name}");
        let encoder = Encoder::new(&vocabulary);
        for ((text, ids), decoded) in texts.iter().zip(&case.ids).zip(&case.decoded) {
            let moved: Vec<u32> = ids.iter().map(|id| id + shift).collect();
            assert_eq!(encoder.encode(text).unwrap(), moved, "{name}: {text:?}");
            assert_eq!(&encoder.decode(&moved), decoded, "{name}: {text:?}");
            let padded = [&moved[..], &[0, 0]].concat();
            assert_eq!(&encoder.decode(&padded), decoded, "{name}: {text:?}");
        }
    }
}

#[test]
fn words_are_shown_with_the_tokens_around_a_text() {
    let text = "a good film";
    let expected = ["[CLS]", "a", "good", "film", "[SEP]"];
    assert_eq!(shown(&vocabulary("wordpiece"), text), expected);
    for name in ["bpe", "unigram"] {
        assert_eq!(
            shown(&vocabulary(name), text),
            ["a", "good", "film"],
            "{name}"
        );
    }
}

#[test]
fn a_text_that_is_explained_is_shown_as_it_stands() {
    // WordPiece takes off case and accents, and has no emoji.
    let words = read(&vocabulary("wordpiece"), None, "Été GOOD \u{1F600}");
    assert_eq!(words, ["[CLS]", "Été", "GOOD", "\u{1F600}", "[SEP]"]);
}

#[test]
fn a_text_that_a_tokenizer_has_no_id_for_is_an_error() {
    let mut json: Value = serde_json::from_str(&fixture("wordpiece.json")).unwrap();
    json["model"]["unk_token"] = json!("[NONE]");
    let vocabulary = Vocabulary::from_text("w.json", &json.to_string()).unwrap();
    let encoder = Encoder::new(&vocabulary);
    assert!(encoder.encode("good").is_ok());
    let error = encoder.encode("\u{1F600}").unwrap_err();
    assert!(matches!(error, Error::Data(_)), "{error}");
}

#[test]
fn what_is_no_tokenizer_is_named() {
    let error = Vocabulary::from_text("t.json", r#"{"model": {"type": "BPE"}}"#).unwrap_err();
    assert!(error.to_string().contains("t.json: tokenizer"), "{error}");
}
