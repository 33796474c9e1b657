//! `--data imdb`, the corpus that `gatefold data fetch imdb` keeps in the cache folder, and `--data demo`.

use std::fs;

use crate::program::{VOCABULARY, Workplace, gzip, pack};

const INSPECT: [&str; 4] = ["data", "inspect", "--data", "imdb"];

/// A place where the corpus has been fetched, by and large.
fn fetched() -> Workplace {
    let place = Workplace::new();
    let archive = gzip(&pack(&place.write_imdb("source")));
    fs::write(place.cached("aclImdb_v1.tar.gz"), archive).unwrap();
    fs::write(place.cached("imdb_reviews.subwords"), VOCABULARY).unwrap();
    place
}

#[test]
fn is_found_with_its_vocabulary() {
    let found = fetched().run(INSPECT);
    assert!(
        found
            .succeeds()
            .stdout
            .contains("8 reviews: 4 negative, 4 positive")
    );
}

#[test]
fn not_fetched_yet() {
    let place = Workplace::new();
    let words = ["imdb", "gatefold data fetch imdb", "aclImdb_v1.tar.gz"];
    place.run(INSPECT).fails(1, &words);
    place
        .run(["train", "baseline", "--data", "imdb"])
        .fails(1, &words);
    assert!(place.cached_files().is_empty());
}

#[test]
fn without_a_vocabulary() {
    let place = fetched();
    fs::remove_file(place.cached("imdb_reviews.subwords")).unwrap();
    let told = place.run(INSPECT);
    let note = "was built from the 8 training reviews";
    assert!(told.succeeds().stdout.contains(note), "{}", told.stdout);
    // Weights that are there already are of a vocabulary that cannot be built anew.
    let words = [
        "no vocabulary",
        "--vocab",
        "gatefold data build-vocab --data",
        "--target-size 8192 --output",
        "imdb_reviews.subwords",
    ];
    let import = [
        "import",
        "w.safetensors",
        "baseline",
        "--data",
        "imdb",
        "--out",
        "new",
    ];
    place.run(import).fails(1, &words);
}

#[test]
fn a_folder_of_that_name_comes_first() {
    let place = fetched();
    let here = place.write_imdb("imdb");
    fs::remove_file(here.join("train/neg/0_2.txt")).unwrap();
    let found = place.run(INSPECT);
    assert!(
        found
            .succeeds()
            .stdout
            .contains("7 reviews: 3 negative, 4 positive")
    );
    let note = "imdb is the file or folder of that name here";
    assert!(found.stderr.contains(note), "{found:#?}");
}

#[test]
fn the_demo_corpus_has_a_name_as_well() {
    let place = Workplace::new();
    let inspect = ["data", "inspect", "--data", "demo"];
    let corpus = "demo (synthetic)";
    let found = place.run(inspect);
    assert!(found.succeeds().stdout.contains(corpus), "{found:#?}");
    fs::rename(place.write_imdb("source"), place.path("demo")).unwrap();
    fs::write(place.path("v.subwords"), VOCABULARY).unwrap();
    let found = place.run(inspect.into_iter().chain(["--vocab", "v.subwords"]));
    assert!(!found.succeeds().stdout.contains(corpus), "{found:#?}");
    let note = "demo is the file or folder of that name here, not the demo corpus";
    assert!(found.stderr.contains(note), "{found:#?}");
}

/// A run of the demo corpus is tested with its test reviews, and another run has another vocabulary.
#[test]
fn runs_are_tested_with_the_demo_corpus_by_name() {
    let place = Workplace::new();
    let options = "--epochs 1 --limit-train 20 --limit-test 20 --adapter cpu --quiet --out";
    let train = |data: &str, folder: &str| {
        let line = format!("train baseline {data} {options} {folder}");
        place
            .run(line.split(' ').filter(|word| !word.is_empty()))
            .succeeds();
    };
    train("", "own");
    let evaluate = [
        "evaluate",
        "own",
        "--json",
        "--adapter",
        "cpu",
        "--limit-test",
        "20",
    ];
    let expected = place.run(evaluate).succeeds().stdout.clone();
    let found = place.run(evaluate.into_iter().chain(["--data", "demo"]));
    let scores = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        (json["reviews"].clone(), json["loss"].clone())
    };
    assert_eq!(scores(&found.succeeds().stdout), scores(&expected));
    let table = "text,label\na fine film,1\na dull film,0\nsome good film,1\nbad film here,0\n";
    place.write("reviews.csv", table);
    train("--data reviews.csv", "other");
    let words = ["--data: the demo corpus has a vocabulary of its own"];
    place
        .run(["evaluate", "other", "--data", "demo", "--adapter", "cpu"])
        .fails(2, &words);
}

#[cfg(not(feature = "download"))]
#[test]
fn a_program_that_cannot_download_says_what_to_do() {
    let place = Workplace::new();
    let words = [
        "feature `download`",
        "https://ai.stanford.edu/",
        "84,125,825 bytes",
        "SHA-256 c40f74a1",
        "--data imdb",
    ];
    place.run(["data", "fetch", "imdb"]).fails(1, &words);
}
