//! Vocabularies built from texts, beside the original's algorithm and the published vocabulary.

use std::fs;
use std::sync::atomic::AtomicBool;

use gatefold::data::{
    BuiltVocabulary, SearchStep, Source, SubwordEncoder, Vocabulary, build_vocabulary, load_texts,
};
use gatefold::{Error, Result};
use proptest::prelude::*;

use super::{bytes, published, twin};
use crate::support;

fn build(texts: &[impl AsRef<str> + Sync], target: usize) -> Result<BuiltVocabulary> {
    build_vocabulary(texts, target, &AtomicBool::new(false), &mut |_| {})
}

/// Corpora in which some texts come more than once.
fn corpus() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec((twin::knotty_text(), 1..4usize), 0..6).prop_map(|texts| {
        texts
            .into_iter()
            .flat_map(|(text, times)| vec![text; times])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_subwords_are_those_of_the_slow_twin(texts in corpus(), target in 258..320usize) {
        match (twin::build(&texts, target), build(&texts, target)) {
            (Some((subwords, least_count)), Ok(built)) => {
                prop_assert_eq!(built.vocabulary.subwords(), subwords);
                prop_assert_eq!(built.least_count, least_count);
            }
            (Some((subwords, _)), Err(error)) => {
                prop_assert!(subwords.is_empty(), "{}: {:?}", error, subwords);
            }
            (None, built) => {
                prop_assert!(built.is_err_and(|error| error.to_string().contains("empty")));
            }
        }
    }

    #[test]
    fn a_saved_vocabulary_is_the_same_when_loaded(texts in corpus(), target in 258..320usize) {
        if let Ok(built) = build(&texts, target) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("built.subwords");
            built.vocabulary.save(&path).unwrap();
            prop_assert_eq!(&fs::read_to_string(&path).unwrap(), built.vocabulary.text());
            prop_assert_eq!(Vocabulary::load(&path).unwrap(), built.vocabulary);
        }
    }

    #[test]
    fn decoding_undoes_encoding_with_a_built_vocabulary(
        texts in corpus(),
        target in 258..320usize,
        other in prop_oneof![twin::knotty_text(), any::<String>()],
    ) {
        if let Ok(built) = build(&texts, target) {
            let encoder = SubwordEncoder::new(&built.vocabulary).unwrap();
            for text in texts.iter().chain([&other]).filter(|text| twin::is_round(text)) {
                prop_assert_eq!(&encoder.decode(&encoder.encode(text)), text);
            }
        }
    }

    #[test]
    fn neither_order_nor_threads_matter(
        (texts, shuffled) in corpus().prop_flat_map(|texts| (Just(texts.clone()), Just(texts).prop_shuffle())),
    ) {
        let on = |threads, texts: &[String]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| build(texts, 270)).ok()
        };
        prop_assert_eq!(on(1, &texts), on(3, &shuffled));
    }
}

#[test]
fn the_published_vocabulary_comes_of_the_training_reviews() {
    let (Some(folder), Some((vocabulary, _))) = (support::data_dir(), published()) else {
        return;
    };
    let corpus = load_texts(&Source::Path(folder.join("aclImdb.tar.zst")), None).unwrap();
    assert_eq!(corpus.texts.len(), 25_000);
    let mut steps = Vec::new();
    let built = build_vocabulary(
        &corpus.texts,
        1 << 13,
        &AtomicBool::new(false),
        &mut |step| {
            steps.push(step);
        },
    )
    .unwrap();
    assert!(
        built.vocabulary.text().as_bytes()
            == fs::read(folder.join("imdb_reviews.subwords")).unwrap(),
        "{} ids, sha256 {}",
        built.vocabulary.size(),
        built.vocabulary.sha256()
    );
    assert_eq!(built.vocabulary, vocabulary);
    assert_eq!(built.least_count, 186);
    // The original's search had as many steps.
    assert_eq!(steps.len(), 16);
    let last = SearchStep {
        done: 16,
        most: 19,
        least_count: 186,
        size: 8185,
    };
    assert_eq!(steps.last(), Some(&last));
}

#[test]
fn a_thousand_texts_are_counted_together() {
    let texts: Vec<String> = (0..1000)
        .map(|number| format!("of {} and {}", number % 7, number % 30))
        .collect();
    let built = build(&texts, 270).unwrap();
    let (subwords, least_count) = twin::build(&texts, 270).unwrap();
    assert_eq!(built.vocabulary.subwords(), subwords);
    assert_eq!(built.least_count, least_count);
}

#[test]
fn a_line_feed_is_in_no_subword_and_comes_back_all_the_same() {
    let text = "one.\n\ntwo.\n\n";
    let built = build(&[text, text, text], 300).unwrap();
    assert!(
        !built
            .vocabulary
            .subwords()
            .iter()
            .any(|subword| subword.contains('\n')),
        "{:?}",
        built.vocabulary.subwords()
    );
    let subwords = built.vocabulary.subwords().len() as u32;
    let encoder = SubwordEncoder::new(&built.vocabulary).unwrap();
    assert!(encoder.encode(text).ends_with(&bytes(subwords, "\n\n")));
    assert_eq!(encoder.decode(&encoder.encode(text)), text);
}

#[test]
fn an_underscore_within_a_subword_decodes_to_itself() {
    // In the second the escape does not fit into the 20 characters of the longest subword.
    for text in ["snake_case_", "a_rather_longwindedword_x and on"] {
        let built = build(&[text; 4], 300).unwrap();
        let escaped = built
            .vocabulary
            .subwords()
            .iter()
            .any(|subword| subword.contains("\\&u"));
        assert!(escaped, "{:?}", built.vocabulary.subwords());
        let encoder = SubwordEncoder::new(&built.vocabulary).unwrap();
        assert_eq!(encoder.decode(&encoder.encode(text)), text);
        // The same characters, where nobody escaped anything.
        let literal = text.replace('_', "\\&undsc");
        assert_eq!(encoder.decode(&encoder.encode(&literal)), literal);
    }
}

#[test]
fn targets_without_room_for_a_subword_are_refused() {
    let error = build(&["ab ab"], 257).unwrap_err();
    assert!(matches!(&error, Error::Argument { name, .. } if name == "`target_size`"));
    assert!(error.to_string().contains("258 or more"), "{error}");
    assert_eq!(build(&["ab"], 258).unwrap().vocabulary.size(), 258);
    // No corpus has so many; all that there is, is taken.
    assert_eq!(build(&["ab ab"], usize::MAX).unwrap().least_count, 1);
}

#[test]
fn texts_without_a_subword_are_refused() {
    for (texts, words) in [
        (&[][..], "empty"),
        (&["", ""], "empty"),
        (&["a", "a.b"], "give more or longer reviews"),
        (&["\n\n\n"], "give more or longer reviews"),
    ] {
        let error = build(texts, 8192).unwrap_err();
        assert!(matches!(error, Error::Data(_)));
        assert!(error.to_string().contains(words), "{texts:?}: {error}");
    }
}

#[test]
fn the_search_stops_when_told() {
    let stop = AtomicBool::new(true);
    let stopped = build_vocabulary(&["ab ab"], 300, &stop, &mut |step| panic!("{step:?}"));
    assert!(matches!(stopped, Err(Error::Interrupted)));
}

/// A text of one word for each of `words` words of two letters, so many times.
fn words(words: usize, times: usize) -> Vec<String> {
    let letters = || 'a'..='z';
    let pairs = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
    let texts = pairs.take(words).map(|word| vec![word; times]);
    texts.flatten().collect()
}

#[test]
fn the_search_tells_how_long_it_may_take() {
    let texts = [words(1, 8), vec!["other".to_owned()]].concat();
    let mut steps = Vec::new();
    let stop = AtomicBool::new(false);
    build_vocabulary(&texts, usize::MAX, &stop, &mut |step| steps.push(step)).unwrap();
    // Of the counts 1 to 8: 4, 2, 1.
    let tried: Vec<_> = steps
        .iter()
        .map(|step| (step.done, step.most, step.least_count))
        .collect();
    assert_eq!(tried, [(1, 4, 4), (2, 4, 2), (3, 4, 1)]);
}

#[test]
fn the_search_ends_within_a_hundredth_of_the_target() {
    let rare = ["Aa", "Bb", "Cc"].map(|word| vec![word.to_owned(); 2]);
    let of = |common: usize| {
        let texts = [words(common, 9), rare.concat(), vec!["Dd".to_owned()]].concat();
        move |target| {
            let built = build(&texts, target).unwrap();
            (built.vocabulary.size(), built.least_count)
        }
    };
    // 3 of 310 are less than a hundredth, though a count of 2 would give 310.
    assert_eq!(of(50)(310), (307, 5));
    // 3 of 300 are not, so the search goes on to the greatest count.
    assert_eq!(of(46)(300), (303, 9));
}
