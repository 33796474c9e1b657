//! The cache of encoded reviews, as a user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::{Outcome, VOCABULARY, Workplace, pack};

const INSPECT: [&str; 5] = ["data", "inspect", "--data", "reviews.tar", "-v"];
const HIT: &str = "encoded reviews: ";

/// A packed corpus and its vocabulary.
fn place() -> Workplace {
    let place = Workplace::new();
    let packed = pack(&place.write_imdb("source"));
    place.write("reviews.tar", packed);
    place.write("imdb_reviews.subwords", VOCABULARY);
    place
}

#[track_caller]
fn only_kept(place: &Workplace) -> PathBuf {
    let files = place.cached_files();
    assert_eq!(files.len(), 1, "{:?}", files.keys());
    let name = files.keys().next().unwrap();
    assert!(
        name.starts_with("tokens/") && name.ends_with(".tokens"),
        "{name}"
    );
    place.cached(name)
}

#[test]
fn a_run_from_the_cache_is_the_same_run() {
    let place = place();
    let train = |out: &str, more: &[&str]| {
        let options = [
            "train",
            "dropout",
            "--data",
            "reviews.tar",
            "-v",
            "--epochs",
            "1",
        ];
        place.run([&options, &["--out", out][..], more].concat())
    };
    for (out, options, hit) in [
        ("without", &["--no-cache"][..], false),
        ("first", &[], false),
        ("second", &[], true),
        ("without again", &["--no-cache"], false),
    ] {
        let outcome = train(out, options);
        assert_eq!(
            outcome.succeeds().stderr.contains(HIT),
            hit,
            "{out}: {outcome:#?}"
        );
        assert_eq!(place.cached_files().is_empty(), out == "without");
    }
    for file in [
        "history.csv",
        "model.safetensors",
        "config.toml",
        "loss.png",
    ] {
        let read = |out: &str| fs::read(place.path(out).join(file)).unwrap();
        // The history has the time in no column, so that all of it can be the same.
        assert!(read("without") == read("first"), "{file}");
        assert!(read("first") == read("second"), "{file}");
    }
}

#[test]
fn notes_are_told_again() {
    let place = Workplace::new();
    let data = place.write_imdb("source");
    fs::write(data.join("train/pos/10_9.txt"), b"caf\xe9").unwrap();
    fs::create_dir(data.join("train/unsup")).unwrap();
    fs::write(data.join("train/unsup/0_0.txt"), "?").unwrap();
    place.write("reviews.tar", pack(&data));
    place.write("imdb_reviews.subwords", VOCABULARY);
    let outcomes = [place.run(INSPECT), place.run(INSPECT)];
    for outcome in &outcomes {
        let told = &outcome.succeeds().stdout;
        assert!(told.contains("not UTF-8"), "{told}");
        assert!(
            told.contains("unlabelled reviews (unsup), ignored: 1"),
            "{told}"
        );
    }
    assert_eq!(outcomes[0].stdout, outcomes[1].stdout);
    assert!(outcomes[1].stderr.contains(HIT));
}

#[test]
fn a_damaged_file_is_told_and_made_again() {
    let place = place();
    let first = place.run(INSPECT);
    let file = only_kept(&place);
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() / 2], &whole[1..], b""] {
        fs::write(&file, damaged).unwrap();
        // Without -v as well.
        let outcome = place.run(INSPECT[..4].iter().copied());
        assert_eq!(outcome.succeeds().stdout, first.stdout);
        let told = &outcome.stderr;
        assert!(
            told.contains("WARN") && told.contains(".tokens: it"),
            "{told}"
        );
        assert!(told.contains("made again from the reviews"), "{told}");
        assert_eq!(fs::read(only_kept(&place)).unwrap(), whole);
    }
}

#[test]
fn a_cache_folder_that_cannot_be_written_is_told_once_if_asked() {
    let place = place();
    let file = place.write("file", "");
    let run = |arguments: &[&str]| {
        let mut command = place.command();
        Outcome::of(command.args(arguments).env("GATEFOLD_HOME", &file))
    };
    let told = run(&INSPECT);
    let words = "going on without a cache of encoded reviews";
    assert_eq!(
        told.succeeds().stderr.matches(words).count(),
        1,
        "{told:#?}"
    );
    let silent = run(&INSPECT[..4]);
    assert_eq!(silent.succeeds().stdout, told.stdout);
    assert!(!silent.stderr.contains("cache"), "{silent:#?}");
}

#[test]
fn processes_that_start_at_once_do_not_meet() {
    let place = place();
    // Long enough for the writing to take a while.
    let source = place.path("source");
    for id in 100..140 {
        let text = format!("a good film {id}, ").repeat(2_000);
        fs::write(source.join(format!("train/pos/{id}_9.txt")), text).unwrap();
    }
    place.write("reviews.tar", pack(&source));
    let expected = place.run([&INSPECT[..], &["--no-cache"]].concat());
    for _ in 0..5 {
        let processes: Vec<_> = (0..4)
            .map(|_| {
                Command::new(env!("CARGO_BIN_EXE_gatefold"))
                    .args(INSPECT)
                    .current_dir(place.path(""))
                    .env("GATEFOLD_HOME", place.cached(""))
                    .env_remove("RUST_LOG")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for process in processes {
            let output = process.wait_with_output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{told}");
            assert!(!told.contains("WARN"), "{told}");
            assert!(String::from_utf8(output.stdout).unwrap() == expected.stdout);
        }
        let file = only_kept(&place);
        assert!(place.run(INSPECT).stderr.contains(HIT));
        fs::remove_file(file).unwrap();
    }
}
