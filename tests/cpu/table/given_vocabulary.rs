//! A vocabulary that is in memory, in the place of a file.

use std::fs;

use gatefold::data::{ReviewLimits, Source, Vocabulary, load, load_with};

use super::{VOCABULARY, place};

const ROWS: &str = "text,label,split\ngood film,1,train\nbad film,0,train\nfilm,1,test\n";

fn given() -> Vocabulary {
    Vocabulary::from_subwords(["bad_", "film"]).unwrap()
}

#[test]
fn it_is_taken_as_its_file_would_be() {
    let place = place();
    let path = place.path().join("reviews.csv");
    fs::write(&path, ROWS).unwrap();
    let file = place.path().join("given");
    given().save(&file).unwrap();
    let (source, limits) = (Source::Path(path), ReviewLimits::default());

    let by_file = load(&source, Some(&file), limits).unwrap();
    let cache = place.path().join("cache");
    for cache in [None, Some(cache.as_path()), Some(cache.as_path())] {
        let by_value = load_with(&source, &given(), limits, cache).unwrap();
        assert_eq!(by_value.vocabulary, by_file.vocabulary);
        assert_eq!(by_value.sha256(), by_file.sha256());
    }
    // The one beside the table gives other ids.
    assert_eq!(
        fs::read_to_string(place.path().join("imdb_reviews.subwords")).unwrap(),
        VOCABULARY
    );
    let beside = load(&source, None, limits).unwrap();
    assert_ne!(beside.sha256(), by_file.sha256());
}

#[test]
fn the_demo_corpus_takes_none() {
    let error = load_with(&Source::Demo, &given(), ReviewLimits::default(), None).unwrap_err();
    assert!(error.to_string().contains("`vocabulary`"), "{error}");
}
