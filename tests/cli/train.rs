//! `gatefold train`: what a run says and leaves.

use gatefold::report::{from_csv, read_history};
use gatefold::train::Checkpoint;

use crate::program::{VOCABULARY, Workplace, assert_80_columns};

/// A model that is trained in no time; its vocabulary is the data's.
pub const SMALL_MODEL: &str = "\
name = \"small\"

[[layer]]
type = \"embedding\"
width = 8

[[layer]]
type = \"lstm\"
units = 5

[[layer]]
type = \"dense\"
units = 1
activation = \"sigmoid\"
";

/// Everything a run leaves in its folder, in alphabetical order.
pub const RUN_FILES: [&str; 13] = [
    "README.md",
    "accuracy.png",
    "accuracy.svg",
    "best.safetensors",
    "checkpoint.safetensors",
    "config.toml",
    "history.csv",
    "history.json",
    "loss.png",
    "loss.svg",
    "model.safetensors",
    "report.html",
    "vocabulary.subwords",
];

#[test]
fn leaves_a_run_folder() {
    let place = Workplace::on_adapter();
    let outcome = place.tiny(&["train", "bidirectional"], &["--epochs", "2"]);
    let folder = "runs/bidirectional-demo";
    outcome.succeeds();
    assert_eq!(
        place.names(),
        RUN_FILES.map(|name| format!("{folder}/{name}"))
    );
    let csv = place.path(folder).join("history.csv");
    let epochs = from_csv(&csv, &std::fs::read(&csv).unwrap()).unwrap();
    assert_eq!(epochs.len(), 2);
    let history = read_history(&place.path(folder)).unwrap();
    assert_eq!(
        (history.variant.as_str(), &history.epochs),
        ("bidirectional", &epochs)
    );
    assert!(
        epochs
            .iter()
            .all(|epoch| epoch.loss.is_finite() && epoch.val_loss.is_finite())
    );
    assert!(epochs.iter().all(|epoch| epoch.learning_rate == 1e-3));
}

#[test]
fn tells_device_data_model_and_epochs_without_a_terminal() {
    let place = Workplace::on_adapter();
    let outcome = place.tiny(&["train", "baseline"], &["--epochs", "2"]);
    let told = &outcome.succeeds().stderr;
    assert_80_columns(told);
    assert_80_columns(&outcome.stdout);
    for words in [
        "Adapter   ",
        "driver ",
        "kernels: ",
        "Data      demo (synthetic): 20 reviews to train on (10 negative, 10",
        "Note      the demo corpus is synthetic",
        "2 epochs of 2 steps of 10 reviews",
        "learning rate 0.001 (the",
        "Model: \"baseline\"",
        "Total params:",
        "\nEpoch 1/2 0:0",
        "\nEpoch 2/2 0:0",
    ] {
        assert!(told.contains(words), "no `{words}` in:\n{told}");
    }
    let epoch = told
        .lines()
        .find(|line| line.starts_with("Epoch 2/2"))
        .unwrap();
    for name in ["accuracy ", "loss ", "val_accuracy ", "val_loss "] {
        assert!(epoch.contains(name), "{epoch}");
    }
    assert!(
        !told.contains('\u{1b}') && !told.contains('\r'),
        "control codes in a pipe: {told:?}"
    );
    for words in [
        "baseline",
        "the demo corpus is synthetic",
        "runs/baseline-demo",
        "model.safetensors",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "no `{words}` in:\n{}",
            outcome.stdout
        );
    }
}

#[test]
fn says_nothing_but_the_result_when_quiet() {
    let place = Workplace::new();
    let outcome = place.tiny(&["train", "baseline"], &["--quiet"]);
    assert_eq!(outcome.succeeds().stderr, "");
    assert!(outcome.stdout.contains("baseline"));
}

#[test]
fn prints_json_lines() {
    let place = Workplace::new();
    let lines = place
        .tiny(&["train", "dropout"], &["--epochs", "2", "--json"])
        .json();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        ["adapter", "data", "model", "epoch", "epoch", "run"]
    );
    let [adapter, data, model, _, epoch, run] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(!adapter["name"].as_str().unwrap().is_empty());
    assert_eq!(data["synthetic"], true);
    assert_eq!(
        (&data["train_reviews"], &data["test_reviews"]),
        (&20.into(), &20.into())
    );
    assert_eq!(model["name"], "dropout");
    let history = read_history(&place.path("runs/dropout-demo")).unwrap();
    assert_eq!(epoch["val_loss"].as_f64(), Some(history.epochs[1].val_loss));
    assert_eq!(run["folder"], "runs/dropout-demo");
    assert_eq!(
        (&run["epochs"], &run["complete"]),
        (&2.into(), &true.into())
    );
}

#[test]
fn two_runs_of_one_command_leave_the_same_bytes() {
    let place = Workplace::on_adapter();
    for out in ["one", "two"] {
        place
            .tiny(&["train", "dropout"], &["--epochs", "2", "--out", out])
            .succeeds();
    }
    let [one, two] = ["one", "two"].map(|out| crate::program::files_below(&place.path(out)));
    assert_eq!(one.len(), RUN_FILES.len());
    for (name, content) in &one {
        assert!(two[name] == *content, "{name} differs");
    }
    place
        .tiny(
            &["train", "dropout"],
            &["--epochs", "2", "--out", "three", "--seed", "1"],
        )
        .succeeds();
    let three = crate::program::files_below(&place.path("three"));
    for name in ["history.csv", "model.safetensors"] {
        assert!(
            three[name] != one[name],
            "{name} does not depend on the seed"
        );
    }
}

#[test]
fn a_learning_rate_that_is_0_to_the_kernels_is_refused() {
    let place = Workplace::new();
    for rate in ["1e-300", "1e300", "0", "-1", "nan"] {
        let outcome = place.run(["train", "baseline", &format!("--learning-rate={rate}")]);
        outcome.fails(2, &["--learning-rate", "does not train"]);
        assert!(!outcome.stderr.contains("Adapter"), "opened a device first");
    }
    assert!(place.names().is_empty());
}

#[test]
fn config_toml_tells_what_repeats_the_run() {
    let place = Workplace::new();
    let options = [
        "--seed",
        "18446744073709551615",
        "--learning-rate",
        "0.0005",
        "--batch-size",
        "7",
    ];
    place.tiny(&["train", "baseline"], &options).succeeds();
    let text = std::fs::read_to_string(place.path("runs/baseline-demo/config.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    assert_eq!(config["gatefold"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(config["data"]["source"].as_str(), Some("demo"));
    assert_eq!(config["data"]["limit_train"].as_integer(), Some(20));
    assert_eq!(config["data"]["synthetic"].as_bool(), Some(true));
    assert_eq!(
        config["data"]["vocabulary_sha256"].as_str().map(str::len),
        Some(64)
    );
    assert_eq!(
        config["training"]["seed"].as_str(),
        Some("18446744073709551615")
    );
    assert_eq!(config["training"]["learning_rate"].as_float(), Some(0.0005));
    assert_eq!(config["training"]["batch_size"].as_integer(), Some(7));
    assert_eq!(config["model"]["layer"].as_array().map(Vec::len), Some(4));
    assert!(!config["adapter"]["name"].as_str().unwrap().is_empty());
}

#[test]
fn trains_the_model_of_a_file() {
    let place = Workplace::new();
    place.write("any.toml", SMALL_MODEL);
    place
        .tiny(&["train", "--config", "any.toml"], &[])
        .succeeds();
    let history = read_history(&place.path("runs/small-demo")).unwrap();
    assert_eq!(history.variant, "small");
}

#[test]
fn a_model_file_with_too_few_embeddings() {
    let place = Workplace::new();
    let file = SMALL_MODEL.replace("width = 8", "width = 8\nvocabulary = 100");
    place.write("few.toml", file);
    let outcome = place.tiny(&["train", "--config", "few.toml"], &[]);
    outcome.fails(1, &["few.toml", "embedding", "100", "set vocabulary to"]);
    assert_eq!(place.names(), ["few.toml"]);
}

#[test]
fn trains_on_a_folder_of_reviews() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let options = [
        "--data",
        "reviews",
        "--epochs",
        "1",
        "--batch-size",
        "3",
        "--out",
        "run",
    ];
    let outcome = place.run([&["train", "baseline"][..], &options].concat());
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("8 reviews to train on (4 negative, 4 positive)"),
        "{told}"
    );
    assert!(told.contains("1 epoch of 3 steps of 3 reviews"), "{told}");
    assert!(told.contains("learning rate 0.0001"), "{told}");
    assert!(!(told.clone() + &outcome.stdout).contains("synthetic"));
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run() {
    let place = Workplace::on_adapter();
    let outcome = place.tiny(&["train", "baseline"], &["--learning-rate", "1e30"]);
    outcome.fails(1, &["step 2", "not a finite number", "--learning-rate"]);
    assert!(place.names().is_empty(), "{:?}", place.names());
    assert!(!place.path("runs").exists());
}

#[test]
fn a_table_with_columns_of_other_names_is_trained_on_and_recorded() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let table = "review,sentiment\na good film,pos\na bad film,neg\n";
    place.write("train.csv", table);
    place.write("test.csv", table);
    let options = [
        "--data",
        "train.csv",
        "--test-data",
        "test.csv",
        "--text-column",
        "review",
        "--label-column",
        "sentiment",
    ];
    let outcome = place.tiny(&["train", "baseline"], &options);
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("2 reviews to train on (1 negative, 1"),
        "{told}"
    );
    let config =
        String::from_utf8(place.files()["runs/baseline-train/config.toml"].clone()).unwrap();
    for line in ["text_column = \"review\"", "label_column = \"sentiment\""] {
        assert!(config.contains(line), "no `{line}` in {config}");
    }
    let config: toml::Table = config.parse().unwrap();
    for (key, name) in [("source", "train.csv"), ("test_source", "test.csv")] {
        let path = std::path::Path::new(config["data"][key].as_str().unwrap());
        assert!(path.is_absolute() && path.ends_with(name), "{path:?}");
    }
}

#[test]
fn a_run_on_a_tfds_data_set_is_called_after_its_configuration_and_version() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let export = [
        "data", "export", "--data", "reviews", "--format", "tfds", "--output", "d",
    ];
    place.run(export).succeeds();
    let data = ["--data", "d/imdb_reviews/subwords8k/1.0.0"];
    place.tiny(&["train", "baseline"], &data).succeeds();
    let config = &place.files()["runs/baseline-subwords8k-1.0.0/config.toml"];
    let config = String::from_utf8(config.clone()).unwrap();
    assert!(
        config.contains("name = \"imdb_reviews/subwords8k/1.0.0\""),
        "{config}"
    );
}

#[test]
fn a_checkpoint_before_a_loss_that_is_not_finite_stands() {
    let place = Workplace::on_adapter();
    let options = ["--learning-rate", "1e30", "--checkpoint-steps", "1"];
    let outcome = place.tiny(&["train", "baseline"], &options);
    outcome.fails(1, &["step 2", "not a finite number"]);
    let told = &outcome.stderr;
    let stands = "The last checkpoint, of step 1 of epoch 1, stands in runs/baseline-demo.";
    assert!(told.contains(stands), "{told}");
    // From there the same steps would lead to the same numbers.
    assert!(!told.contains("--resume"), "{told}");
    let path = place.path("runs/baseline-demo/checkpoint.safetensors");
    let state = &Checkpoint::load(&path).unwrap().snapshot.state;
    assert_eq!(state.step, 1);
    assert!(state.parameters.iter().flatten().all(|x| x.is_finite()));
}
