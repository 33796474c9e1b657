//! `--resume`: which runs it goes on with, what may differ, and what is refused.

use gatefold::train::Checkpoint;
use sha2::{Digest, Sha256};

use crate::program::Workplace;

#[test]
fn options_that_contradict_are_refused_with_both_values() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let before = place.files();
    for (option, value, begun) in [
        ("--batch-size", "7", "10"),
        ("--learning-rate", "0.5", "0.001"),
        ("--clip-norm", "0.5", "none"),
        ("--weight-decay", "0.5", "none"),
        ("--optimiser", "sgd", "adam"),
        ("--momentum", "0.5", "none"),
        ("--seed", "9", "0"),
        ("--validation-steps", "3", "none"),
        ("--validation", "3", "300"),
        ("--shuffle-buffer", "3", "1000"),
        ("--limit-train", "30", "20"),
        ("--limit-test", "10", "20"),
    ] {
        let outcome = place.run(["train", "--resume", "run", option, value]);
        outcome.fails(2, &[option, value, begun, "leave it out"]);
        assert!(!outcome.stderr.contains("Adapter"), "opened a device first");
    }
    let fewer = ["train", "--resume", "run", "--epochs", "0"];
    place.run(fewer).fails(2, &["--epochs", "give more"]);
    let masked = ["train", "--resume", "run", "--mask-padding"];
    place
        .run(masked)
        .fails(2, &["--mask-padding", "begun without it"]);
    for more in [
        &["--out", "other"][..],
        &["--overwrite"],
        &["dropout"],
        &["--config", "model.toml"],
    ] {
        let outcome = place.run([&["train", "--resume", "run"], more].concat());
        outcome.fails(2, &["cannot be used with"]);
    }
    assert_eq!(place.files(), before);
    // What it was begun with may be said again.
    let again = ["--resume", "run", "--seed", "0", "--limit-train", "20"];
    place.run([&["train"][..], &again].concat()).succeeds();
}

#[test]
fn variants_that_contradict_are_refused() {
    let place = Workplace::new();
    let two = ["--variants", "baseline,dropout", "--out", "both"];
    place.tiny(&["compare"], &two).succeeds();
    let other = ["--resume", "both", "--variants", "dropout"];
    let outcome = place.run([&["compare"][..], &other].concat());
    outcome.fails(2, &["--variants", "dropout was given", "baseline,dropout"]);
    let outcome = place.run(["train", "--resume", "both"]);
    outcome.fails(2, &["gatefold compare --resume both"]);
    let outcome = place.run(["compare", "--resume", "both/dropout"]);
    outcome.fails(2, &["gatefold train --resume both/dropout"]);
}

#[test]
fn a_folder_without_a_run() {
    let place = Workplace::new();
    place.write("notes/mine.txt", "mine");
    for folder in ["notes", "nowhere"] {
        let outcome = place.run(["train", "--resume", folder]);
        outcome.fails(2, &[folder, "no run to go on with"]);
    }
    assert_eq!(place.names(), ["notes/mine.txt"]);
}

/// Replaces text in a checkpoint, and makes its checksum right again.
fn forge(place: &Workplace, name: &str, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the header's length must stay");
    let mut bytes = std::fs::read(place.path(name)).unwrap();
    let mut windows = bytes.windows(from.len());
    let start = windows.position(|part| part == from.as_bytes()).unwrap();
    bytes[start..start + to.len()].copy_from_slice(to.as_bytes());
    let content = bytes.len() - 32;
    let checksum = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&checksum);
    place.write(name, bytes);
}

#[test]
fn checkpoints_of_other_versions_and_runs_are_refused() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let name = "run/checkpoint.safetensors";
    let whole = place.files()[name].clone();
    let refused = |words: &[&str]| {
        let outcome = place.run(["train", "--resume", "run"]);
        outcome.fails(1, words);
        place.write(name, &whole);
    };
    forge(&place, name, "\\\"format\\\":2", "\\\"format\\\":9");
    refused(&[name, "format 9", "format 2", "newer gatefold"]);
    forge(&place, name, "batch_size = 10", "batch_size = 17");
    refused(&[name, "training.batch_size", "17 there", "10 now"]);
    forge(&place, name, "batch_size = 10", "bench_size = 10");
    refused(&[name, "line ", "bench_size"]);
    forge(&place, name, "sha256 = \\\\\\\"", "sha256 = \\\\\\\"");
    place
        .tiny(&["train", "dropout"], &["--out", "other"])
        .succeeds();
    place.write(name, &place.files()["other/checkpoint.safetensors"]);
    refused(&[name, "model.", "there", "now"]);
    let config = "run/config.toml";
    let text = String::from_utf8(place.files()[config].clone()).unwrap();
    place.write(
        config,
        text.replace("gatefold = \"", "novelty = 1\ngatefold = \"9."),
    );
    let words = [config, "line 1", "novelty", "gatefold 9.", "wrote it"];
    refused(&words);
}

/// Keys of a run's configuration that may be other ones where it goes on.
const FREE: [&str; 12] = [
    "gatefold",
    "adapter.name",
    "adapter.backend",
    "adapter.kind",
    "adapter.driver",
    "adapter.kernels",
    "data.source",
    "data.name",
    "training.epochs",
    "training.checkpoint_steps",
    "callbacks.early_stopping",
    "callbacks.tensorboard",
];

/// Every value of a configuration, by its dotted key.
fn values_of(value: &mut toml::Value, key: &str, change: &mut dyn FnMut(&str, &mut toml::Value)) {
    let below = |name: &str| match key {
        "" => name.to_string(),
        key => format!("{key}.{name}"),
    };
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table.iter_mut() {
                values_of(value, &below(name), change);
            }
        }
        toml::Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                values_of(value, &below(&index.to_string()), change);
            }
        }
        value => change(key, value),
    }
}

/// Another value that the key may have.
fn another(value: &mut toml::Value) {
    use toml::Value::{Boolean, Float, Integer, String};
    *value = match value {
        Integer(number) => Integer(*number + 1),
        Float(number) => Float(*number / 2.0 + 0.2),
        Boolean(flag) => Boolean(!*flag),
        String(text) => String(match text.as_str() {
            "before" => "after".to_string(),
            "after" => "before".to_string(),
            "val_loss" => "loss".to_string(),
            "relu" | "sigmoid" => "linear".to_string(),
            "plateau" => "constant".to_string(),
            "adam" => "rmsprop".to_string(),
            "f32" => "f16".to_string(),
            text => format!("{text}1"),
        }),
        other => panic!("{other}"),
    };
}

#[test]
fn every_key_that_is_not_free_must_be_the_same() {
    let place = Workplace::new();
    let options = "--out run --clip-norm 1 --weight-decay 0.004 --max-length 30 --truncate before --early-stopping 3 \
                   --schedule plateau --warmup-steps 2 --gradient-norms";
    let options: Vec<&str> = options.split_whitespace().collect();
    place.tiny(&["train", "dropout"], &options).succeeds();
    let name = "run/checkpoint.safetensors";
    let whole = Checkpoint::load(&place.path(name)).unwrap();
    let config: toml::Value = toml::Value::Table(whole.config.parse().unwrap());
    let mut keys = Vec::new();
    values_of(&mut config.clone(), "", &mut |key, _| {
        keys.push(key.to_string())
    });
    // Another type of layer has other keys.
    keys.retain(|key| !key.ends_with(".type"));
    keys.retain(|key| !FREE.contains(&key.as_str()));
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let mut forged = config.clone();
        values_of(&mut forged, "", &mut |name, value| {
            if name == key {
                another(value);
            }
        });
        let forged = Checkpoint {
            config: toml::to_string(&forged).unwrap(),
            ..whole.clone()
        };
        place.write(name, forged.to_bytes().unwrap());
        let outcome = place.run(["train", "--resume", "run"]);
        assert_ne!(outcome.code, 0, "{key} was not looked at");
        // Of other reviews or another vocabulary it tells the hashes.
        match key.starts_with("data.") {
            true => outcome.fails(1, &[name]),
            false => outcome.fails(1, &[name, &key, " there", " now"]),
        }
    }
}

#[test]
fn other_reviews_and_another_vocabulary_are_refused_with_their_hashes() {
    let place = Workplace::new();
    place.train_on_imdb();
    // The same reviews may lie elsewhere.
    std::fs::rename(place.path("reviews"), place.path("moved")).unwrap();
    let moved = ["train", "--resume", "run", "--data", "moved"];
    place.run(moved).succeeds();
    place.write("moved/train/pos/0_9.txt", "another film");
    let outcome = place.run(moved);
    outcome.fails(
        1,
        &[
            "run/config.toml",
            "other reviews",
            "SHA-256",
            "8 to train on",
        ],
    );
    let vocabulary = crate::program::VOCABULARY.replace("'long_'", "'lengthy_'\n'long_'");
    place.write("moved/imdb_reviews.subwords", vocabulary);
    let named = ["--vocab", "moved/imdb_reviews.subwords"];
    let outcome = place.run([&moved[..], &named].concat());
    outcome.fails(1, &["another vocabulary", "262 ids", "263 ids", "SHA-256"]);
}

#[test]
fn another_form_of_the_kernels_is_told() {
    let place = Workplace::on_adapter();
    let one = ["--epochs", "1", "--out", "run", "--kernels", "portable"];
    place.tiny(&["train", "baseline"], &one).succeeds();
    // Without the option, the form is the one that the run was begun with.
    let outcome = place.run(["train", "--resume", "run"]);
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("kernels: portable") && !told.contains("begun on"),
        "{told}"
    );
    let config = std::fs::read_to_string(place.path("run/config.toml")).unwrap();
    let mut config: toml::Table = config.parse().unwrap();
    config["adapter"]["name"] = "other".into();
    place.write("run/config.toml", config.to_string());
    let outcome = place.run(["train", "--resume", "run"]);
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    assert!(
        told.contains("begun on other (") && told.contains("to rounding only"),
        "{told}"
    );
}
