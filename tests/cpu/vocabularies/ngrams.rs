//! N-grams of words and of characters: their ids beside those of Keras, their file, and what is shown of them.

use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};

use gatefold::batch::{Padding, Side};
use gatefold::data::{
    Encoder, ExportCells, ExportForm, Ngrams, ReviewLimits, Source, Standardize, TermOptions,
    Vocabulary, build_characters, build_words, export, load_with,
};
use gatefold::report::{Word, words};
use gatefold::run::TextReader;
use serde_json::{Value, json};

use super::{Keras, ROWS, keras, layer};

/// Texts of which Keras was asked for the numbers below.
const TEXTS: [&str; 4] = ["A good, good film!", "the film was bad", "x", ""];

fn options(ngrams: &str) -> TermOptions {
    TermOptions {
        ngrams: ngrams.parse().unwrap(),
        ..TermOptions::default()
    }
}

fn vocabulary(ngrams: &str) -> Vocabulary {
    build_words(&TEXTS, 1000, options(ngrams))
        .unwrap()
        .vocabulary
}

fn ids(vocabulary: &Vocabulary, text: &str) -> Vec<u32> {
    Encoder::new(vocabulary).encode(text).unwrap()
}

#[test]
fn all_single_words_come_first_then_all_pairs() {
    let pairs = vocabulary("2");
    let terms = [
        "good",
        "film",
        "x",
        "was bad",
        "was",
        "the film",
        "the",
        "good good",
        "good film",
        "film was",
        "bad",
        "a good",
        "a",
    ];
    assert_eq!(pairs.terms(), terms);
    // Of Keras: a, good, film, a good, good film.
    assert_eq!(ids(&pairs, "a good film"), [14, 2, 3, 13, 10]);
    // A pair with an unknown word is an unknown pair.
    assert_eq!(ids(&pairs, "unseen film was"), [1, 3, 6, 1, 11]);
    assert_eq!(ids(&pairs, "x"), [4]);
    assert_eq!(ids(&pairs, ""), [0; 0]);
}

#[test]
fn a_list_has_its_own_lengths_in_its_own_order() {
    let pairs = vocabulary("2,");
    assert_eq!(ids(&pairs, "a good film"), [7, 5]);
    assert_eq!(ids(&pairs, "x"), [0; 0]);
    let threes_first = vocabulary("3,1");
    assert_eq!(ids(&threes_first, "a good film"), [1, 12, 2, 3]);
    assert_eq!(ids(&vocabulary("1,3"), "a good film"), [12, 2, 3, 1]);
}

#[test]
fn ngrams_are_built_encoded_and_described_as_keras_does_it() {
    let Keras {
        texts,
        unseen,
        cases,
    } = keras("keras_ngrams.json");
    assert_eq!(cases.len(), 18);
    for case in &cases {
        let of_keras = Vocabulary::from_text("layer", &case.layer.to_string()).unwrap();
        let options = TermOptions {
            standardize: case.standardize.parse().unwrap(),
            ngrams: of_keras.ngrams().unwrap().clone(),
            min_count: NonZeroU64::MIN,
        };
        let built = match &*case.split {
            "character" => build_characters(&texts, case.target_size, options),
            _ => build_words(&texts, case.target_size, options),
        };
        let built = built.unwrap().vocabulary;
        let told = format!(
            "{} {} {} {}",
            case.split, case.standardize, case.ngrams, case.target_size
        );
        assert_eq!(built.terms(), &case.vocabulary[2..], "{told}");
        let written: Value = serde_json::from_str(built.text()).unwrap();
        // Single terms are Keras's default.
        let described = match case.ngrams == json!(1) {
            true => &Value::Null,
            false => &case.layer["config"]["ngrams"],
        };
        assert_eq!(&written["config"]["ngrams"], described, "{told}");
        for vocabulary in [&built, &of_keras] {
            let encoder = Encoder::new(vocabulary);
            for (text, ids) in texts.iter().chain(&unseen).zip(&case.ids) {
                let (found, spans) = encoder.encode_spans(text).unwrap();
                assert_eq!(&found, ids, "{told}: {text:?}");
                assert_eq!(spans.unwrap().len(), ids.len(), "{told}: {text:?}");
            }
        }
    }
}

#[test]
fn lengths_that_are_none_are_refused_with_the_place_and_the_remedy() {
    let of_file = [
        json!(0),
        json!(-1),
        json!(9),
        json!(2.5),
        json!("2"),
        json!(true),
        json!([]),
        json!([0]),
        json!([1, -2]),
        json!([2, 2]),
    ];
    for value in of_file {
        let error = layer(|config| config["ngrams"] = value.clone()).unwrap_err();
        let told = error.to_string();
        for words in ["layer.json", "ngrams: ", "give a whole number from 1 to 8"] {
            assert!(told.contains(words), "{value}: {told}");
        }
    }
    for typed in ["0", "-1", "9", "two", "", ",", "1,1", "1,,2", "0,1"] {
        let told = typed.parse::<Ngrams>().unwrap_err();
        assert!(told.contains("from 1 to 8"), "{typed}: {told}");
    }
    for (typed, lengths) in [
        ("1", &[1][..]),
        ("3", &[1, 2, 3]),
        ("2,", &[2]),
        ("3,1", &[3, 1]),
    ] {
        let ngrams: Ngrams = typed.parse().unwrap();
        assert_eq!(
            (ngrams.lengths(), ngrams.to_string()),
            (lengths, typed.to_string())
        );
    }
    assert!(
        Ngrams::up_to(9)
            .unwrap_err()
            .to_string()
            .contains("`ngrams`")
    );
    // A term that no two characters make.
    let error = layer(|config| {
        config["split"] = json!("character");
        config["ngrams"] = json!(2);
        config["vocabulary"] = json!(["", "[UNK]", "a", "a b", "ab"]);
    });
    let told = error.unwrap_err().to_string();
    assert!(
        told.contains("\"ab\" is no n-gram of [1, 2] characters"),
        "{told}"
    );
}

#[test]
fn what_occurs_seldom_is_left_out_where_that_is_asked_for() {
    let with = |min_count| TermOptions {
        min_count: NonZeroU64::new(min_count).unwrap(),
        ..options("2")
    };
    let texts = ["a good film", "a good one", "a bad film"];
    let built = build_words(&texts, 1000, with(2)).unwrap();
    assert_eq!(built.vocabulary.terms(), ["a", "good", "film", "a good"]);
    assert_eq!(built.least_count, 2);
    let told = build_words(&texts, 1000, with(4)).unwrap_err().to_string();
    assert!(
        told.contains("`min_count`") && told.contains("give 3 or less"),
        "{told}"
    );
    let told = build_words(&["a", "b"], 9, options("2,"))
        .unwrap_err()
        .to_string();
    assert!(told.contains("`ngrams`"), "{told}");
    let told = build_words(&["", "!"], 9, options("2"))
        .unwrap_err()
        .to_string();
    assert!(told.contains("reviews are empty"), "{told}");
}

#[test]
fn ids_of_ngrams_are_shown_each_but_do_not_tell_a_text() {
    let pairs = vocabulary("2");
    let encoder = Encoder::new(&pairs);
    let of_text = ids(&pairs, "a good film");
    assert_eq!(encoder.decode(&of_text), "a good film a_good good_film");
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("r.csv");
    fs::write(&path, ROWS).unwrap();
    let source = Source::Path(path);
    let read = load_with(&source, &pairs, ReviewLimits::default(), None).unwrap();
    assert_eq!(read.train[0].ids[..], [14, 2, 3, 13, 10]);
    let out = place.path().join("out.csv");
    let error = export(&read, ExportForm::Csv(ExportCells::Text), &out).unwrap_err();
    assert!(error.to_string().contains("`ExportCells::Ids`"), "{error}");
    let exported = export(&read, ExportForm::Csv(ExportCells::Ids), &out).unwrap();
    let source = Source::Path(exported.path);
    let again = load_with(&source, &pairs, ReviewLimits::default(), None).unwrap();
    assert_eq!(again.sha256(), read.sha256());
}

/// The words of a text that is explained, each with its share, given what each id contributed.
fn explained(reader: &TextReader, text: &str, contributions: &[f64]) -> Vec<(String, f64)> {
    let (words, kept) = reader.shared_words(text).unwrap().unwrap();
    let ids = vec![7; contributions.len()];
    let words = gatefold::report::shared_out(words, &ids, kept.start, contributions);
    assert!(words.iter().all(|word| word.ids.iter().all(|&id| id == 7)));
    let words = words.into_iter();
    words
        .map(
            |Word {
                 text, contribution, ..
             }| (text, contribution),
        )
        .collect()
}

#[test]
fn an_ngram_is_shown_from_its_first_word_to_its_last_and_shared_by_its_words() {
    let pairs = vocabulary("2");
    let text = " A GOOD, -- film! ";
    let mut reader = TextReader::new(&pairs, Padding::AFTER);
    let (review, terms) = reader.review_with_words(text).unwrap();
    assert_eq!(review.ids[..], [14, 2, 3, 13, 10]);
    let terms: Vec<&str> = terms.iter().map(|(_, text)| &**text).collect();
    assert_eq!(terms, ["A", "GOOD,", "film!", "A GOOD,", "GOOD, -- film!"]);
    let found = explained(&reader, text, &[1.0, 2.0, 4.0, 8.0, 16.0]);
    let told = |of: &[(&str, f64)]| -> Vec<(String, f64)> {
        of.iter()
            .map(|(word, value)| (word.to_string(), *value))
            .collect()
    };
    assert_eq!(found, told(&[("A", 5.0), ("GOOD,", 14.0), ("film!", 12.0)]));
    // Of five terms the last two are kept: the pairs.
    let padding = Padding {
        max_length: NonZeroUsize::new(2),
        truncate: Side::Before,
        ..Padding::AFTER
    };
    let reader = TextReader::new(&pairs, padding);
    let found = explained(&reader, text, &[8.0, 16.0]);
    assert_eq!(found, told(&[("A", 4.0), ("GOOD,", 12.0), ("film!", 8.0)]));
    // And the first two: single words.
    let reader = TextReader::new(
        &pairs,
        Padding {
            truncate: Side::After,
            ..padding
        },
    );
    let found = explained(&reader, text, &[1.0, 2.0]);
    assert_eq!(found, told(&[("A", 1.0), ("GOOD,", 2.0)]));
    // Where words are no terms of their own, and where nothing overlaps, there is nothing to share.
    for ngrams in ["2,", "1"] {
        let reader = TextReader::new(&vocabulary(ngrams), Padding::AFTER);
        assert_eq!(reader.shared_words(text).unwrap(), None, "{ngrams}");
    }
}

#[test]
fn a_review_of_ids_alone_is_shown_as_its_words() {
    let pairs = vocabulary("2");
    let encoder = Encoder::new(&pairs);
    let of_text = ids(&pairs, "a good new film");
    let contributions = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let found = words(&encoder, &of_text, 0..7, &contributions);
    let texts: Vec<&str> = found.iter().map(|word| &*word.text).collect();
    assert_eq!(texts, ["a", "good", "[UNK]", "film"]);
    let shares: Vec<f64> = found.iter().map(|word| word.contribution).collect();
    assert_eq!(shares, [9.0, 26.0, 52.0, 40.0]);
    // Pairs alone do not say which words they are of.
    let alone = vocabulary("2,");
    let found = words(
        &Encoder::new(&alone),
        &ids(&alone, "a good film"),
        0..2,
        &[1.0, 2.0],
    );
    let texts: Vec<&str> = found.iter().map(|word| &*word.text).collect();
    assert_eq!(texts, ["a_good", "good_film"]);
}

#[test]
fn characters_have_ngrams_as_well() {
    let options = TermOptions {
        standardize: Standardize::None,
        ..options("2")
    };
    let built = build_characters(&["ab c"], 1000, options)
        .unwrap()
        .vocabulary;
    // As Keras has them: a space between two characters, of which one may be a space.
    assert_eq!(built.terms(), ["c", "b  ", "b", "a b", "a", "  c", " "]);
    assert_eq!(ids(&built, "ab"), [6, 4, 5]);
}
