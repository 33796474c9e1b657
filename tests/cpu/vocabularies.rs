//! Vocabularies of words, characters and tokenizers: their ids beside those of Keras and of Hugging Face, their files,
//! and what is built where there is none.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use gatefold::Error;
use gatefold::batch::{Padding, Side};
use gatefold::data::{
    Encoder, ExportCells, ExportForm, ReviewLimits, Source, Standardize, SubwordEncoder,
    Vocabulary, VocabularyKind, build_characters, build_words, export, load, load_building,
    load_with,
};
use gatefold::run::TextReader;
use serde::Deserialize;
use serde_json::{Value, json};

mod ngrams;
#[cfg(feature = "tokenizers")]
mod tokenizers;

fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/vocabularies");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[derive(Deserialize)]
struct Keras {
    texts: Vec<String>,
    unseen: Vec<String>,
    cases: Vec<KerasCase>,
}

#[derive(Deserialize)]
struct KerasCase {
    split: String,
    standardize: String,
    target_size: usize,
    /// As Keras is told it: a number, or a list.
    #[serde(default)]
    ngrams: Value,
    vocabulary: Vec<String>,
    ids: Vec<Vec<u32>>,
    layer: Value,
}

fn keras(name: &str) -> Keras {
    serde_json::from_str(&fixture(name)).unwrap()
}

#[test]
fn words_and_characters_are_built_and_encoded_as_keras_does_it() {
    let Keras {
        texts,
        unseen,
        cases,
    } = keras("keras.json");
    for case in &cases {
        let standardize: Standardize = case.standardize.parse().unwrap();
        let (build, kind): (fn(&[String], usize, Standardize) -> _, _) = match &*case.split {
            "character" => (build_characters, VocabularyKind::Characters),
            _ => (build_words, VocabularyKind::Words),
        };
        let built = build(&texts, case.target_size, standardize).unwrap();
        let told = format!("{} {standardize} {}", case.split, case.target_size);
        // Padding and [UNK] are not among the terms.
        assert_eq!(built.vocabulary.terms(), &case.vocabulary[2..], "{told}");
        assert_eq!(built.vocabulary.size(), case.vocabulary.len(), "{told}");
        assert_eq!(built.vocabulary.kind(), kind);
        let of_keras = Vocabulary::from_text("layer", &case.layer.to_string()).unwrap();
        assert_eq!(of_keras.kind(), kind);
        for vocabulary in [&built.vocabulary, &of_keras] {
            let encoder = Encoder::new(vocabulary);
            for (text, ids) in texts.iter().chain(&unseen).zip(&case.ids) {
                assert_eq!(&encoder.encode(text).unwrap(), ids, "{told}: {text:?}");
            }
        }
    }
}

/// What a layer is made of again in Keras: the same settings and the same terms.
#[test]
fn the_file_is_the_description_of_a_keras_layer() {
    let keras = keras("keras.json");
    for case in &keras.cases {
        let vocabulary = Vocabulary::from_text("layer", &case.layer.to_string()).unwrap();
        let standardize: Standardize = case.standardize.parse().unwrap();
        let built = match &*case.split {
            "character" => build_characters(&keras.texts, case.target_size, standardize),
            _ => build_words(&keras.texts, case.target_size, standardize),
        };
        let written: Value = serde_json::from_str(built.unwrap().vocabulary.text()).unwrap();
        for key in ["class_name", "module", "registered_name"] {
            assert_eq!(written[key], case.layer[key], "{key}");
        }
        for key in ["standardize", "split", "output_mode"] {
            assert_eq!(written["config"][key], case.layer["config"][key], "{key}");
        }
        assert_eq!(written["config"]["vocabulary"], json!(case.vocabulary));
        // A vocabulary keeps the file that it was read from.
        assert_eq!(vocabulary.text(), case.layer.to_string());
    }
}

fn layer(change: impl FnOnce(&mut Value)) -> gatefold::Result<Vocabulary> {
    let mut layer = json!({
        "class_name": "TextVectorization",
        "config": {
            "standardize": "lower",
            "split": "whitespace",
            "vocabulary": ["", "[UNK]", "good", "film"],
        },
    });
    change(&mut layer["config"]);
    Vocabulary::from_text("layer.json", &layer.to_string())
}

#[test]
fn what_a_layer_does_that_cannot_be_done_here_is_refused_with_the_remedy() {
    assert_eq!(layer(|_| ()).unwrap().terms(), ["good", "film"]);
    let bare = layer(|config| config["vocabulary"] = json!(["good", "film"]));
    assert_eq!(bare.unwrap().size(), 4);
    let cases: [(&str, Value, &str); 10] = [
        ("standardize", json!({"class_name": "f"}), "a function"),
        ("standardize", json!("upper"), "none of none, lower"),
        ("split", json!(null), "only \"whitespace\""),
        (
            "output_mode",
            json!("tf_idf"),
            "adapt the layer with \"int\"",
        ),
        (
            "output_sequence_length",
            json!(80),
            "give 80 as `max_length`",
        ),
        ("encoding", json!("latin-1"), "only \"utf-8\""),
        ("vocabulary", json!(null), "layer.get_vocabulary()"),
        ("vocabulary", json!(["good", "good"]), "there twice"),
        (
            "vocabulary",
            json!(["good", "[UNK]"]),
            "stands for what is no term",
        ),
        ("vocabulary", json!(["good", 7]), "terms are strings"),
    ];
    for (key, value, words) in cases {
        let error = layer(|config| config[key] = value.clone()).unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains(words) && told.contains("layer.json"),
            "{key} {value}: {told}"
        );
    }
    let none = Vocabulary::from_text("x.json", r#"{"words": []}"#).unwrap_err();
    assert!(none.to_string().contains("neither a Keras layer"), "{none}");
    let cut = Vocabulary::from_text("x.json", "{\n \"class_name\": ").unwrap_err();
    assert!(cut.to_string().contains("x.json: line 2"), "{cut}");
}

#[test]
fn sizes_and_texts_that_give_no_terms_are_refused() {
    let texts = ["a film"];
    let error = build_words(&texts, 2, Standardize::None).unwrap_err();
    assert!(error.to_string().contains("give 3 or more"), "{error}");
    let error = build_words(&["!!"], 9, Standardize::default()).unwrap_err();
    assert!(matches!(error, Error::Data(_)), "{error}");
    let words = build_words(&texts, 9, Standardize::None)
        .unwrap()
        .vocabulary;
    let error = SubwordEncoder::new(&words).unwrap_err();
    assert!(error.to_string().contains("of words"), "{error}");
}

const ROWS: &str = "text,label,split\na good film,1,train\nA bad film!,0,train\na dull film,1,test\n\
                    a good one,0,test\n";

#[test]
fn reviews_are_read_with_words_and_what_these_lack_is_told() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("r.csv");
    fs::write(&path, ROWS).unwrap();
    let words = build_words(&["a good film", "film"], 4, Standardize::default()).unwrap();
    let source = Source::Path(path);
    let read = load_with(&source, &words.vocabulary, ReviewLimits::default(), None).unwrap();
    assert_eq!(words.vocabulary.terms(), ["film", "good"]);
    assert_eq!(&read.train[0].ids[..], [1, 3, 2]);
    assert_eq!(&read.train[1].ids[..], [1, 1, 2]);
    let note = "training tokens that the vocabulary does not have, read as [UNK]: 3 of 6, 50.0 %";
    assert!(
        read.notes.iter().any(|told| told == note),
        "{:?}",
        read.notes
    );
    // A TFDS folder has subwords beside its ids.
    let error = export(&read, ExportForm::Tfds, &place.path().join("out")).unwrap_err();
    assert!(error.to_string().contains("ids of words"), "{error}");
    let table = place.path().join("out.csv");
    let exported = export(&read, ExportForm::Csv(ExportCells::Ids), &table).unwrap();
    let again = load_with(
        &Source::Path(exported.path),
        &words.vocabulary,
        ReviewLimits::default(),
        None,
    );
    assert_eq!(again.unwrap().sha256(), read.sha256());
}

#[test]
fn subwords_are_built_where_there_is_no_vocabulary_and_only_there() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("r.csv");
    fs::write(&path, ROWS).unwrap();
    let source = Source::Path(path.clone());
    let limits = ReviewLimits::default();
    let strict = load(&source, None, limits).unwrap_err();
    assert!(matches!(strict, Error::NoVocabulary { .. }), "{strict}");

    let stop = AtomicBool::new(false);
    let built = load_building(&source, None, limits, None, &stop).unwrap();
    assert_eq!(built.vocabulary.kind(), VocabularyKind::Subwords);
    let note = "was built from the 2 training reviews";
    assert!(built.notes[0].ends_with(note), "{:?}", built.notes);
    let encoder = Encoder::new(&built.vocabulary);
    assert_eq!(encoder.decode(&built.test[0].ids), "a dull film");
    // Nothing of the test part is in it.
    let has = |part: &str| built.vocabulary.subwords().iter().any(|s| s.contains(part));
    assert!(has("ilm") && !has("dull") && !has("one"));
    let again = load_building(&source, None, limits, None, &stop).unwrap();
    assert_eq!(again.vocabulary, built.vocabulary);

    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let stopped = load_building(&source, None, limits, None, &stop).unwrap_err();
    assert!(matches!(stopped, Error::Interrupted), "{stopped}");
    // One that is there is taken.
    let beside = Vocabulary::from_subwords(["good_", "film"]).unwrap();
    beside
        .save(&place.path().join("imdb_reviews.subwords"))
        .unwrap();
    let taken = load_building(&source, None, limits, None, &stop).unwrap();
    assert_eq!(taken.vocabulary, beside);
}

#[test]
fn ids_without_a_vocabulary_are_still_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("r.csv");
    fs::write(
        &path,
        "ids,label,split\n1 2,1,train\n2 3,0,train\n2,1,test\n",
    )
    .unwrap();
    let (source, stop) = (Source::Path(path), AtomicBool::new(false));
    let error = load_building(&source, None, ReviewLimits::default(), None, &stop).unwrap_err();
    let words = "r.csv: its reviews are ids";
    let told = error.to_string();
    assert!(
        told.contains(words) && told.contains("`vocabulary`"),
        "{told}"
    );
}

/// The texts of the words of a text's ids.
fn shown(vocabulary: &Vocabulary, text: &str) -> Vec<String> {
    let encoder = Encoder::new(vocabulary);
    let ids = encoder.encode(text).unwrap();
    let words = encoder.words(&ids);
    // Every id belongs to one word, in order.
    let covered: Vec<usize> = words.iter().flat_map(|(range, _)| range.clone()).collect();
    assert_eq!(covered, (0..ids.len()).collect::<Vec<_>>());
    let texts = words.into_iter();
    texts.map(|(_, text)| text.trim().to_string()).collect()
}

#[test]
fn each_kind_shows_the_words_of_a_text() {
    let text = "a good film, 좋았다";
    let words = build_words(&["a good film"], 9, Standardize::default()).unwrap();
    let words = shown(&words.vocabulary, text);
    assert_eq!(words, ["a", "good", "film", "[UNK]"]);
    let characters = build_characters(&["좋았다 film"], 99, Standardize::None).unwrap();
    let characters = shown(&characters.vocabulary, "film 좋았");
    assert_eq!(characters, ["f", "i", "l", "m", "좋", "았"]);
    let subwords = Vocabulary::from_subwords(["good_", "film"]).unwrap();
    assert_eq!(shown(&subwords, text), ["a", "good", "film,", "좋았다"]);
}

/// The words of a text that a run reads, as they stand in it.
fn read(vocabulary: &Vocabulary, max_length: Option<usize>, text: &str) -> Vec<String> {
    let padding = Padding {
        max_length: max_length.and_then(NonZeroUsize::new),
        truncate: Side::Before,
        ..Padding::AFTER
    };
    let mut reader = TextReader::new(vocabulary, padding);
    let (review, words) = reader.review_with_words(text).unwrap();
    let covered: Vec<usize> = words.iter().flat_map(|(ids, _)| ids.clone()).collect();
    assert_eq!(covered, (0..review.ids.len()).collect::<Vec<_>>());
    let texts = words.into_iter();
    texts.map(|(_, text)| text.trim().to_string()).collect()
}

#[test]
fn a_text_that_is_explained_is_shown_as_it_stands() {
    let text = " A GOOD, -- Film: 좋았다! ";
    let words = build_words(&["a good film"], 9, Standardize::default()).unwrap();
    // What is punctuation alone is no word.
    let all = ["A", "GOOD,", "Film:", "좋았다!"];
    assert_eq!(read(&words.vocabulary, None, text), all);
    assert_eq!(read(&words.vocabulary, Some(2), text), all[2..]);
    let lower = Standardize::LowerAndStripPunctuation;
    let characters = build_characters(&["go od"], 9, lower).unwrap();
    assert_eq!(
        read(&characters.vocabulary, None, "G!o 좋"),
        ["G", "o", "좋"]
    );
    let subwords = Vocabulary::from_subwords(["good_", "film"]).unwrap();
    assert_eq!(read(&subwords, Some(5), "good film."), ["good", "film."]);
    assert_eq!(read(&words.vocabulary, None, "!"), [""]);
}

#[cfg(not(feature = "tokenizers"))]
#[test]
fn a_tokenizer_is_refused_with_the_feature_that_reads_it() {
    let error = Vocabulary::from_text("bpe.json", &fixture("bpe.json")).unwrap_err();
    assert!(
        error.to_string().contains("feature `tokenizers`"),
        "{error}"
    );
}
