//! `gatefold plot`.

use std::fs;

use gatefold::train::{EpochRecord, History};

use crate::program::{Workplace, slashes};

/// Writes a run's history and config, as training leaves them, without training.
fn write_run(place: &Workplace, folder: &str, variant: &str) {
    let mut history = History::new(variant, 1_000);
    for epoch in 1..=3 {
        history.epochs.push(EpochRecord {
            epoch,
            loss: 0.6 / epoch as f64,
            accuracy: 0.6,
            val_loss: 0.7,
            val_accuracy: 0.55,
            learning_rate: 1e-3,
            seconds: 0.0,
            ..EpochRecord::default()
        });
    }
    let mut spec = gatefold::run::RunSpec::new(&gatefold::data::Source::Demo);
    spec.data.name = "demo (synthetic)".to_string();
    place.write(&format!("{folder}/config.toml"), spec.to_toml().unwrap());
    gatefold::report::write_history(&place.path(folder), &history).unwrap();
}

#[test]
fn draws_what_the_run_drew() {
    let place = Workplace::new();
    place
        .tiny(&["train", "baseline"], &["--out", "run"])
        .succeeds();
    let before = place.files();
    for name in ["loss.png", "loss.svg", "accuracy.png", "accuracy.svg"] {
        fs::remove_file(place.path("run").join(name)).unwrap();
    }
    let outcome = place.run(["plot", "run"]);
    assert!(
        slashes(&outcome.succeeds().stdout).contains("run/loss.png"),
        "{}",
        outcome.stdout
    );
    assert_eq!(place.files(), before);
}

#[test]
fn compares_several_runs() {
    let place = Workplace::new();
    write_run(&place, "all/first", "baseline");
    write_run(&place, "all/second", "baseline");
    for arguments in [&["plot", "all/first", "all/second"][..], &["plot", "all"]] {
        place.run(arguments.iter().copied()).succeeds();
        let comparison = slashes(&fs::read_to_string(place.path("all/comparison.md")).unwrap());
        // Runs of one variant are told apart by their folders.
        assert!(
            comparison.contains("all/first") && comparison.contains("all/second"),
            "{comparison}"
        );
        assert!(comparison.contains("demo (synthetic)"), "{comparison}");
        assert!(place.path("all/validation_loss.png").exists());
        fs::remove_file(place.path("all/comparison.md")).unwrap();
    }
    place
        .run(["plot", "all/first", "all/second", "--out", "elsewhere"])
        .succeeds();
    assert!(place.path("elsewhere/comparison.md").exists());
}

#[test]
fn runs_from_several_places_need_an_out_folder() {
    let place = Workplace::new();
    write_run(&place, "a/run", "baseline");
    write_run(&place, "b/run", "dropout");
    let before = place.files();
    place.run(["plot", "a/run", "b/run"]).fails(2, &["--out"]);
    assert_eq!(place.files(), before);
}

#[test]
fn broken_histories_are_named_and_nothing_is_drawn() {
    let place = Workplace::new();
    write_run(&place, "good", "baseline");
    write_run(&place, "bad", "dropout");
    place.write(
        "bad/history.json",
        "{\"variant\": \"dropout\",\n \"parameters\": oops",
    );
    fs::create_dir(place.path("empty")).unwrap();
    let before = place.files();
    place
        .run(["plot", "good", "bad"])
        .fails(1, &["bad/history.json", "line 2"]);
    place.run(["plot", "nowhere"]).fails(1, &["nowhere"]);
    place
        .run(["plot", "empty"])
        .fails(1, &["empty", "history.json"]);
    fs::remove_file(place.path("bad/history.json")).unwrap();
    place.write("bad/history.csv", "epoch,loss\n1,2\n");
    place
        .run(["plot", "bad"])
        .fails(1, &["bad/history.csv", "line 1", "accuracy"]);
    place.write("good/config.toml", "[data]\nname = 3\n");
    place
        .run(["plot", "good"])
        .fails(1, &["good/config.toml", "line 2"]);
    let drawn = |name: &String| name.ends_with(".png");
    assert!(!before.keys().any(drawn) && !place.files().keys().any(drawn));
}
