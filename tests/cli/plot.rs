//! `gatefold plot`.

use std::fs;

use gatefold::model::Variant;
use gatefold::train::{EpochRecord, History};

use crate::program::{Workplace, slashes};

/// Writes a run's history and config, as training leaves them, without training.
fn write_run(place: &Workplace, folder: &str, variant: &str) {
    write_run_of_seed(place, folder, variant, 0);
}

fn write_run_of_seed(place: &Workplace, folder: &str, variant: &str, seed: u64) {
    let mut history = History::new(variant, 1_000);
    for epoch in 1..=3 {
        history.epochs.push(EpochRecord {
            epoch,
            loss: 0.6 / epoch as f64,
            accuracy: 0.6,
            val_loss: 0.7,
            val_accuracy: 0.55 + 0.1 * seed as f64,
            learning_rate: 1e-3,
            seconds: 0.0,
            ..EpochRecord::default()
        });
    }
    let mut spec = gatefold::run::RunSpec::new(&gatefold::data::Source::Demo);
    spec.data.name = "demo (synthetic)".to_string();
    if let Some(training) = &mut spec.training {
        training.seed = seed;
    }
    let variant: Variant = variant.parse().unwrap();
    let spec = spec.of_model(&variant.model(50).unwrap());
    place.write(&format!("{folder}/config.toml"), spec.to_toml().unwrap());
    gatefold::report::write_history(&place.path(folder), &history).unwrap();
}

#[test]
fn draws_what_the_run_drew() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
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
        // Runs of one variant are told apart by their folders, without what these share.
        assert!(
            comparison.contains("| first ") && comparison.contains("| second "),
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

#[test]
fn writes_the_formats_and_the_size_that_are_asked_for() {
    let place = Workplace::new();
    write_run(&place, "all/first", "baseline");
    write_run(&place, "all/second", "dropout");
    let arguments = [
        "plot", "all", "--format", "pdf,png", "--size", "6x4", "--dpi", "300",
    ];
    let outcome = place.run(arguments);
    let told = slashes(&outcome.succeeds().stdout);
    for name in [
        "first/loss.pdf",
        "second/accuracy.png",
        "all/validation_loss.pdf",
    ] {
        assert!(told.contains(name), "{told}");
    }
    assert!(!told.contains(".svg"), "{told}");
    let png = fs::read(place.path("all/first/loss.png")).unwrap();
    // The header of a PNG file has its width and height.
    let pixels = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((pixels(16), pixels(20)), (1800, 1200));
}

#[test]
fn refuses_a_size_or_format_that_makes_no_sense_before_it_writes() {
    let place = Workplace::new();
    write_run(&place, "run", "baseline");
    let before = place.files();
    for (arguments, code, words) in [
        (&["--size", "6"][..], 2, "6x4 for example"),
        (
            &["--size", "1x1"],
            2,
            "--size: 1 × 1 inches; give a width and a height from 2 to 30",
        ),
        (
            &["--dpi", "20"],
            2,
            "--dpi: 20 pixels an inch; give a number from 50 to 1200",
        ),
        (
            &["--dpi", "300", "--format", "pdf"],
            2,
            "add png to --format",
        ),
        (&["--format", "jpg"], 2, "png, svg, pdf"),
        (&["--over-seeds"], 2, "differ in their seed alone"),
    ] {
        let arguments = ["plot", "run"].iter().chain(arguments);
        place.run(arguments.copied()).fails(code, &[words]);
    }
    assert_eq!(place.files(), before);
}

#[test]
fn runs_of_several_seeds_are_one_curve() {
    let place = Workplace::new();
    for seed in 0..3 {
        write_run_of_seed(&place, &format!("all/seed-{seed}"), "baseline", seed);
    }
    write_run(&place, "all/other", "dropout");
    place.run(["plot", "all", "--over-seeds"]).succeeds();
    let svg = fs::read_to_string(place.path("all/validation_accuracy.svg")).unwrap();
    let has = |text: &str| svg.lines().any(|line| line == text);
    assert!(has("baseline, 3 seeds") && has("dropout"), "{svg}");
    assert!(has("mean and range over seeds · demo (synthetic)"), "{svg}");
    // The axis is called as in figures of single runs.
    assert!(has("Validation accuracy") && has("Accuracy"), "{svg}");
    let table = fs::read_to_string(place.path("all/comparison.md")).unwrap();
    assert!(table.contains("seed-2"), "the table has each run: {table}");
}

/// Groups of one variant are called after their folders, without the seed.
#[test]
fn curves_over_seeds_are_named_without_a_seed() {
    let place = Workplace::new();
    for (name, width) in [("small", 1), ("large", 2)] {
        for seed in 0..2 {
            let run = format!("all/{name},seed={seed}");
            write_run_of_seed(&place, &run, "baseline", seed);
            let config = fs::read_to_string(place.path(&run).join("config.toml")).unwrap();
            let config = config.replace("batch_size = 10\n", &format!("batch_size = {width}\n"));
            place.write(&format!("{run}/config.toml"), config);
        }
    }
    place.run(["plot", "all", "--over-seeds"]).succeeds();
    let svg = fs::read_to_string(place.path("all/validation_accuracy.svg")).unwrap();
    let has = |text: &str| svg.lines().any(|line| line == text);
    assert!(
        has("small") && has("large") && has("mean and range over 2 seeds · demo (synthetic)"),
        "{svg}"
    );
}
