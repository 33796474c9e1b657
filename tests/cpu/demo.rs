//! The demo corpus: always the same, balanced, of the promised lengths, and no bag of words.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use gatefold::data::{Dataset, Encoder, Review, class_counts, demo};
use sha2::{Digest, Sha256};

/// Of every label and text, in order. Results quoted anywhere are of this corpus.
const SHA256: &str = "8b78bca1a509039ec315d09e13986bfaf45d7d1209f2a9152cfc513588c144bc";

const VOCABULARY_FILE: &str = "assets/demo.subwords";
const FAVOURABLE: &str = "wonderful brilliant moving gripping funny charming superb clever \
    delightful beautiful great splendid masterpiece triumph joy pleasure delight loved enjoyed \
    admired adored";
const UNFAVOURABLE: &str = "dull boring tedious weak clumsy dreadful terrible lifeless bland poor \
    predictable shallow waste bore failure disaster mess hated disliked despised regretted";

struct Texts {
    train: Vec<(String, u8)>,
    test: Vec<(String, u8)>,
}

impl Texts {
    fn all(&self) -> impl Iterator<Item = &(String, u8)> {
        self.train.iter().chain(&self.test)
    }
}

fn texts(corpus: &Dataset) -> Texts {
    let encoder = Encoder::new(&corpus.vocabulary);
    let decode = |reviews: &[Review]| {
        let text = |review: &Review| (encoder.decode(&review.ids), review.label);
        reviews.iter().map(text).collect()
    };
    Texts {
        train: decode(&corpus.train),
        test: decode(&corpus.test),
    }
}

/// Favourable words less unfavourable ones.
fn balance(text: &str) -> i64 {
    let words = |list: &'static str| list.split_whitespace().collect::<HashSet<_>>();
    let (favourable, unfavourable) = (words(FAVOURABLE), words(UNFAVOURABLE));
    text.split(|c: char| !c.is_alphabetic())
        .map(|word| word.to_lowercase())
        .map(|word| {
            i64::from(favourable.contains(word.as_str()))
                - i64::from(unfavourable.contains(word.as_str()))
        })
        .sum()
}

/// The text as the encoder cuts it before it looks anything up: runs of letters and of other
/// characters, a single space after a run taken in as `_`.
fn tokens(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut in_word = None;
    for character in text.chars() {
        if in_word != Some(character.is_alphabetic()) {
            in_word = Some(character.is_alphabetic());
            runs.push(String::new());
        }
        runs.last_mut().unwrap().push(character);
    }
    let mut tokens: Vec<String> = Vec::new();
    for run in runs {
        match run.as_str() {
            " " => tokens.last_mut().unwrap().push('_'),
            _ => tokens.push(run),
        }
    }
    tokens
}

/// What `assets/demo.subwords` should hold: every token of the corpus, the most frequent first.
fn vocabulary_file(texts: &Texts) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for token in texts.all().flat_map(|(text, _)| tokens(text)) {
        *counts.entry(token).or_default() += 1;
    }
    let mut order: Vec<(usize, String)> = counts
        .into_iter()
        .map(|(token, count)| (count, token))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let lines: String = order
        .iter()
        .map(|(_, token)| format!("'{token}'\n"))
        .collect();
    format!("### SubwordTextEncoder\n### Metadata: {{}}\n{lines}")
}

#[test]
fn corpus_is_always_the_same() {
    let mut hash = Sha256::new();
    for (text, label) in texts(&demo().unwrap()).all() {
        hash.update(format!("{label} {text}\n"));
    }
    let hash: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        hash, SHA256,
        "where the grammar was changed on purpose, put the new hash here"
    );
}

#[test]
fn corpus_says_that_it_is_synthetic() {
    let corpus = demo().unwrap();
    assert!(corpus.synthetic);
    assert!(corpus.name.contains("synthetic"));
    assert!(corpus.notes.iter().any(|note| note.contains("synthetic")));
}

/// After a change of the grammar, run this with `GATEFOLD_RENEW=1` to write the file anew.
#[test]
fn vocabulary_file_holds_the_tokens_of_the_corpus() {
    let expected = vocabulary_file(&texts(&demo().unwrap()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(VOCABULARY_FILE);
    if std::env::var_os("GATEFOLD_RENEW").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == expected,
        "{VOCABULARY_FILE} is not of this grammar; run with GATEFOLD_RENEW=1"
    );
}

#[test]
fn every_word_is_one_id() {
    let corpus = demo().unwrap();
    let subwords = corpus.vocabulary.subwords().len() as u32;
    let decoded = texts(&corpus);
    for (review, (text, _)) in corpus.train.iter().chain(&corpus.test).zip(decoded.all()) {
        assert!(
            review.ids.iter().all(|&id| (1..=subwords).contains(&id)),
            "a byte id in: {text}"
        );
        assert_eq!(review.ids.len(), tokens(text).len(), "{text}");
    }
}

#[test]
fn classes_are_balanced_and_alternate() {
    let corpus = demo().unwrap();
    assert_eq!(class_counts(&corpus.train, 2), [1_500, 1_500]);
    assert_eq!(class_counts(&corpus.test, 2), [250, 250]);
    // Validation takes the first reviews only, in order.
    assert_eq!(class_counts(&corpus.test[..10], 2), [5, 5]);
}

#[test]
fn lengths_are_long_tailed() {
    let corpus = demo().unwrap();
    let mut lengths: Vec<usize> = corpus.train.iter().map(|review| review.ids.len()).collect();
    lengths.sort_unstable();
    let quantile = |percent: usize| lengths[(lengths.len() - 1) * percent / 100];
    assert!((50..=70).contains(&quantile(50)), "median {}", quantile(50));
    assert!(quantile(1) < quantile(50) / 2, "1% {}", quantile(1));
    assert!(quantile(95) > 3 * quantile(50) / 2, "95% {}", quantile(95));
    assert!(quantile(99) > 3 * quantile(50), "99% {}", quantile(99));
    assert!(
        (250..=320).contains(&corpus.longest()),
        "longest {}",
        corpus.longest()
    );
}

#[test]
fn no_text_occurs_twice() {
    let texts = texts(&demo().unwrap());
    let distinct: HashSet<&str> = texts.all().map(|(text, _)| text.as_str()).collect();
    assert_eq!(distinct.len(), 3_500);
}

#[test]
fn counting_words_does_not_tell_the_classes() {
    let texts = texts(&demo().unwrap());
    // [label][favourable or not]
    let mut found = [[0.0_f64; 2]; 2];
    let mut right = 0.0;
    for (text, label) in texts.all() {
        for word in text.split(|c: char| !c.is_alphabetic()) {
            match balance(word) {
                1 => found[usize::from(*label)][0] += 1.0,
                -1 => found[usize::from(*label)][1] += 1.0,
                _ => {}
            }
        }
        right += match balance(text) {
            0 => 0.5,
            balance => f64::from(u8::from((balance > 0) == (*label == 1))),
        };
    }
    for [favourable, unfavourable] in found {
        let share = favourable / (favourable + unfavourable);
        assert!(
            (0.4..=0.6).contains(&share),
            "{share} of the words are favourable"
        );
    }
    let accuracy = right / texts.all().count() as f64;
    assert!(
        (0.5..0.65).contains(&accuracy),
        "counting words is right for {accuracy}"
    );
}
