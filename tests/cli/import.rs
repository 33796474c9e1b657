//! `gatefold import`: what was exported comes back.

use std::fs;

use gatefold::train::Weights;

use crate::program::Workplace;

fn trained(variant: &str, more: &[&str]) -> Workplace {
    let place = Workplace::new();
    place.tiny_run(variant, more);
    place
}

#[test]
fn an_exported_run_comes_back_and_predicts_the_same() {
    for (variant, more) in [("dropout", &[][..]), ("baseline", &["--mask-padding"][..])] {
        let place = trained(variant, more);
        let expected = Weights::load(&place.path("run/model.safetensors")).unwrap();
        let probability = |run: &str| {
            let line = place
                .run(["predict", run, "--json", "a wonderful film"])
                .json();
            line[0]["probability"].as_f64().unwrap()
        };
        let predicted = probability("run");
        for (format, file, out) in [
            ("keras", "w.weights.h5", "keras"),
            ("keras", "w.keras", "archive"),
            ("safetensors", "w.safetensors", "safetensors"),
        ] {
            let export = ["export", "run", "--format", format, "--output", file];
            place.run(export).succeeds();
            let import = [&["import", file, variant, "--out", out], more].concat();
            let told = place.run(import.clone());
            assert!(told.succeeds().stdout.contains(variant), "{}", told.stdout);
            let found = Weights::load(&place.path(&format!("{out}/model.safetensors")));
            assert_eq!(found.unwrap(), expected, "{file}");
            assert_eq!(probability(out), predicted);
            place.run(import).fails(2, &["--out", "--overwrite"]);
        }
        place
            .run(["train", "--resume", "keras"])
            .fails(2, &["keras/config.toml", "imported"]);
        // A run's own file will do as well.
        let import = ["import", "run/model.safetensors", variant, "--out", "again"];
        place.run([&import[..], more].concat()).succeeds();
        let evaluated = place
            .run(["evaluate", "again", "--limit-test", "20", "--json"])
            .json();
        let before = place
            .run(["evaluate", "run", "--limit-test", "20", "--json"])
            .json();
        assert_eq!(evaluated[0]["loss"], before[0]["loss"]);
    }
}

#[test]
fn what_does_not_fit_is_named_and_leaves_nothing() {
    let place = trained("baseline", &[]);
    for (format, file) in [
        ("keras", "w.weights.h5"),
        ("keras", "w.keras"),
        ("safetensors", "w.safetensors"),
    ] {
        let export = ["export", "run", "--format", format, "--output", file];
        place.run(export).succeeds();
    }
    let small = r#"
name = "small"
[[layer]]
type = "embedding"
width = 64
[[layer]]
type = "lstm"
units = 32
[[layer]]
type = "dense"
units = 1
activation = "sigmoid"
"#;
    place.write("small.toml", small);
    let whole = fs::read(place.path("w.weights.h5")).unwrap();
    place.write("cut.weights.h5", &whole[..whole.len() / 2]);
    let whole = fs::read(place.path("w.keras")).unwrap();
    place.write("cut.keras", &whole[..whole.len() / 2]);
    place.write("text", "no weights");
    let before = place.names();
    let refused = |file: &str, model: &[&str], words: &[&str]| {
        let import = [&["import", file, "--out", "new"], model].concat();
        place.run(import).fails(1, &[&[file], words].concat());
    };
    refused(
        "w.weights.h5",
        &["bidirectional"],
        &["layers/lstm", "no layer of the model"],
    );
    refused(
        "w.safetensors",
        &["bidirectional"],
        &["lstm/lstm_cell/", "no parameter"],
    );
    refused(
        "w.weights.h5",
        &["--config", "small.toml"],
        &["layers/dense_1", "no layer"],
    );
    refused("w.safetensors", &["dropout"], &["lstm/lstm_cell/"]);
    // The HDF5 reader's own words have an "error: " in them.
    let cut = place.run(["import", "cut.weights.h5", "baseline", "--out", "new"]);
    cut.fails(1, &["save_weights"]);
    assert!(
        cut.stderr.contains("cut.weights.h5: layers/embedding"),
        "{}",
        cut.stderr
    );
    refused(
        "w.keras",
        &["bidirectional"],
        &["config.json", "layer 2", "leave out the model"],
    );
    refused("cut.keras", &["baseline"], &["config.json", "Keras's save"]);
    refused("text", &["baseline"], &["neither HDF5", "nor safetensors"]);
    refused("absent", &["baseline"], &[]);
    assert_eq!(place.names(), before);
}

#[test]
fn a_file_that_describes_its_model_needs_no_other_word_of_it() {
    let place = trained("bidirectional", &["--mask-padding"]);
    let probability = |run: &str| {
        let line = place
            .run(["predict", run, "--json", "a wonderful film"])
            .json();
        line[0]["probability"].as_f64().unwrap()
    };
    for file in ["w.keras", "w.weights.h5"] {
        let export = ["export", "run", "--format", "keras", "--output", file];
        place.run(export).succeeds();
    }
    place
        .run(["import", "w.keras", "--out", "whole"])
        .succeeds();
    assert_eq!(probability("whole"), probability("run"));
    let config = fs::read_to_string(place.path("whole/config.toml")).unwrap();
    assert!(config.contains("mask_zero = true"), "{config}");

    // Another model is not what the weights were trained with, and weights alone describe none. Both say what to do.
    let told = place.run(["import", "w.keras", "bidirectional", "--out", "new"]);
    told.fails(1, &["config.json", "mask_zero", "leave out the model"]);
    let told = place.run(["import", "w.weights.h5", "--out", "new"]);
    told.fails(2, &["VARIANT", "weights alone", "--config FILE"]);
    let with = [
        "import",
        "w.weights.h5",
        "--out",
        "new",
        "--config",
        "whole/config.toml",
    ];
    place.run(with).succeeds();
    assert_eq!(probability("new"), probability("run"));
}

/// Of the fixtures, whose vocabulary has ten ids.
#[test]
fn a_model_that_does_not_suit_the_data_is_refused_with_the_option_that_mends_it() {
    let place = Workplace::new();
    let fixture = |name: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("tests/fixtures/models").join(name);
        path.to_str().unwrap().to_string()
    };
    let chain = fixture("functional.keras");
    place
        .run(["import", &chain, "--out", "run"])
        .fails(2, &["--vocab", "10 embeddings", "761 ids"]);
}
