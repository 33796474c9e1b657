//! What a run's folder holds, so that the run is used from anywhere.

use std::fs;
use std::path::Path;

use crate::program::{Outcome, VOCABULARY, Workplace};

const DATA: [&str; 6] = [
    "--data",
    "reviews.csv",
    "--vocab",
    "own.subwords",
    "--out",
    "run",
];

/// A table and a vocabulary whose name says nothing, and a run on them, all named relative to the folder.
fn trained() -> Workplace {
    let place = Workplace::new();
    let mut table = "text,label\n".to_owned();
    for row in 0..60 {
        table += &format!("{} film {row},{}\n", ["bad", "good"][row % 2], row % 2);
    }
    place.write("reviews.csv", table);
    place.write("own.subwords", VOCABULARY);
    place.tiny(&["train", "baseline"], &DATA).succeeds();
    place
}

fn from(folder: &Path, place: &Workplace, arguments: &[&str]) -> Outcome {
    Outcome::of(place.command().current_dir(folder).args(arguments))
}

#[test]
fn a_run_is_used_from_any_folder() {
    let place = trained();
    let elsewhere = place.path("else/where");
    fs::create_dir_all(&elsewhere).unwrap();
    let commands = [
        &["predict", "RUN", "--json", "a good film"][..],
        &["explain", "RUN", "--json", "a good film"],
        &["evaluate", "RUN", "--json"],
    ];
    let answers = |folder: &Path, run: &str| {
        let answer = |command: &&[&str]| {
            let words: Vec<_> = command
                .iter()
                .map(|word| if *word == "RUN" { run } else { word })
                .collect();
            let mut answer = from(folder, &place, &words).json().remove(0);
            answer.as_object_mut().unwrap().remove("run");
            answer
        };
        commands.iter().map(answer).collect::<Vec<_>>()
    };
    let here = answers(&place.path(""), "run");
    assert_eq!(answers(&elsewhere, "../../run"), here);

    // With the folder alone, but for the reviews, which are too large to be kept.
    fs::rename(place.path("own.subwords"), place.path("gone.subwords")).unwrap();
    assert_eq!(answers(&elsewhere, "../../run"), here);
    fs::rename(place.path("run"), place.path("else/copy")).unwrap();
    assert_eq!(answers(&elsewhere, "../copy"), here);

    // A run of an earlier version has no vocabulary, and one may have been written over.
    fs::rename(place.path("gone.subwords"), place.path("own.subwords")).unwrap();
    let kept = "else/copy/vocabulary.subwords";
    assert_eq!(fs::read(place.path(kept)).unwrap(), VOCABULARY.as_bytes());
    fs::write(place.path(kept), VOCABULARY.replace("'good_'", "'lovely_'")).unwrap();
    assert_eq!(answers(&elsewhere, "../copy"), here);
    fs::remove_file(place.path(kept)).unwrap();
    assert_eq!(answers(&elsewhere, "../copy"), here);
    fs::remove_file(place.path("own.subwords")).unwrap();
    let words = ["predict", "../copy", "a good film"];
    from(&elsewhere, &place, &words).fails(1, &["own.subwords", "--vocab"]);
}

#[test]
fn a_run_goes_on_from_any_folder_as_if_it_had_never_stopped() {
    let place = trained();
    let elsewhere = place.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::remove_file(place.path("own.subwords")).unwrap();
    let more = ["train", "--resume", "../run", "--epochs", "2"];
    from(&elsewhere, &place, &more).succeeds();
    let config = fs::read(place.path("run/config.toml")).unwrap();
    fs::rename(place.path("run"), place.path("resumed")).unwrap();
    place.write("own.subwords", VOCABULARY);
    let twice = [&DATA[..], &["--epochs", "2"]].concat();
    place.tiny(&["train", "baseline"], &twice).succeeds();
    for name in ["config.toml", "model.safetensors", "vocabulary.subwords"] {
        let read = |run: &str| fs::read(place.path(run).join(name)).unwrap();
        assert!(read("run") == read("resumed"), "{name} differs");
    }
    let config = String::from_utf8(config).unwrap();
    let config: toml::Table = config.parse().unwrap();
    for (key, name) in [("source", "reviews.csv"), ("vocabulary", "own.subwords")] {
        let named = Path::new(config["data"][key].as_str().unwrap());
        assert!(named.is_absolute() && named.ends_with(name), "{named:?}");
    }

    // An earlier version's run gets what it lacks.
    fs::remove_file(place.path("run/vocabulary.subwords")).unwrap();
    place.run(["train", "--resume", "run"]).succeeds();
    assert!(place.path("run/vocabulary.subwords").is_file());

    fs::remove_file(place.path("reviews.csv")).unwrap();
    for command in [&["train", "--resume", "run"][..], &["evaluate", "run"]] {
        let outcome = place.run(command.iter().copied());
        outcome.fails(1, &["reviews.csv", "no such file", "run", "--data"]);
        assert!(
            !outcome.stderr.contains("demo corpus"),
            "{}",
            outcome.stderr
        );
    }
}
