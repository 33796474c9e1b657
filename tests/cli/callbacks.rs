//! Options that steer a run: early stopping, schedules of the learning rate, the best epoch's parameters.

use gatefold::report::read_history;
use gatefold::train::{Checkpoint, Monitor, Weights};

use crate::program::Workplace;

/// Ends after the first epoch that is no better by 9, which is the third.
const STOPPING: [&str; 6] = [
    "--epochs",
    "20",
    "--early-stopping",
    "2",
    "--min-delta",
    "9",
];

/// A file of the working folder.
pub fn text(place: &Workplace, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

#[test]
fn a_run_that_stops_early_has_the_best_epochs_parameters() {
    let place = Workplace::new();
    let steep = ["--out", "run", "--learning-rate", "0.05"];
    let outcome = place.tiny(&["train", "dropout"], &[&STOPPING[..], &steep].concat());
    let told = outcome.succeeds().stderr.replace("\n          ", " ");
    let history = read_history(&place.path("run")).unwrap();
    assert_eq!(history.epochs.len(), 3);
    let best = Monitor::ValLoss.best(&history.epochs).unwrap();
    let line = format!(
        "Best      epoch {}, val_loss {:.4}: its parameters are the result",
        best.epoch, best.val_loss
    );
    for words in [
        "stopping after 2 epochs without a better val_loss, seed 0",
        "Stopped   after epoch 3: no better val_loss for 2 epochs",
        &line,
    ] {
        assert!(told.contains(words), "no `{words}` in:\n{told}");
    }
    let files = place.files();
    assert!(files["run/model.safetensors"] == files["run/best.safetensors"]);
    let checkpoint = Checkpoint::load(&place.path("run/checkpoint.safetensors")).unwrap();
    let Weights { parameters, .. } = Weights::load(&place.path("run/best.safetensors")).unwrap();
    let kept = checkpoint.snapshot.best.as_ref().unwrap();
    assert_eq!((kept.epoch, &kept.parameters), (best.epoch, &parameters));
    let config = text(&place, "run/config.toml");
    for line in [
        "monitor = \"val_loss\"",
        "early_stopping = 2",
        "min_delta = 9.0",
        "schedule = \"constant\"",
        "warmup_steps = 0",
    ] {
        assert!(config.contains(line), "no `{line}` in {config}");
    }
    // Going on with it leaves it as it is.
    let before = place.files();
    place.run(["train", "--resume", "run"]).succeeds();
    assert!(place.files() == before);
}

/// The page of the run, on which the epoch whose parameters were kept is marked, and no other.
fn marked(place: &Workplace, run: &str, epoch: usize) -> String {
    let page = std::fs::read_to_string(place.path(run).join("report.html")).unwrap();
    let marks: Vec<&str> = page.split("<tr class=\"best\">").skip(1).collect();
    assert_eq!(marks.len(), 1);
    let mark = format!("<th scope=\"row\">{epoch}<span class=\"soft\"> best</span>");
    assert!(marks[0].starts_with(&mark), "{}", &marks[0][..80]);
    assert!(page.contains(&format!("in epoch {epoch}, whose parameters are kept")));
    page
}

#[test]
fn without_it_the_last_epoch_counts_and_the_best_lies_beside() {
    let place = Workplace::new();
    let options = ["--epochs", "4", "--learning-rate", "0.05", "--out", "run"];
    let outcome = place.tiny(&["train", "dropout"], &options);
    assert!(!outcome.succeeds().stderr.contains("Best"));
    let epochs = read_history(&place.path("run")).unwrap().epochs;
    let best = Monitor::ValLoss.best(&epochs).unwrap();
    assert!(best.epoch < 4, "nothing to tell apart");
    let last = Checkpoint::load(&place.path("run/checkpoint.safetensors")).unwrap();
    let read = |name: &str| Weights::load(&place.path(name)).unwrap().parameters;
    assert!(read("run/model.safetensors") == last.snapshot.state.parameters);
    assert!(read("run/best.safetensors") != read("run/model.safetensors"));
    let page = marked(&place, "run", best.epoch);
    assert!(page.contains("best val_loss: <code>best.safetensors</code> has its parameters"));
    // A run that ends with its best epoch is that epoch's file.
    let epochs = best.epoch.to_string();
    let options = [
        "--epochs",
        &epochs,
        "--learning-rate",
        "0.05",
        "--out",
        "short",
    ];
    place.tiny(&["train", "dropout"], &options).succeeds();
    assert!(read("short/model.safetensors") == read("run/best.safetensors"));
}

#[test]
fn more_patience_may_be_given_and_less_may_not() {
    let place = Workplace::new();
    let run = |out: &str, patience: &str| {
        let options = ["--epochs", "20", "--min-delta", "9", "--out", out];
        let stopping = ["--early-stopping", patience];
        place
            .tiny(&["train", "baseline"], &[&options[..], &stopping].concat())
            .succeeds();
    };
    run("run", "1");
    run("patient", "3");
    assert_eq!(read_history(&place.path("run")).unwrap().epochs.len(), 2);
    let resume = ["train", "--resume", "run"];
    let less = [&resume[..], &["--early-stopping", "0"]].concat();
    place
        .run(less)
        .fails(2, &["--early-stopping", "0 was given", "begun with 1"]);
    let more = [&resume[..], &["--early-stopping", "3", "--min-delta", "9"]].concat();
    place.run(more).succeeds();
    let [run, patient] =
        ["run", "patient"].map(|out| crate::program::files_below(&place.path(out)));
    assert!(run == patient);
}

#[test]
fn schedules_move_the_rate_and_are_recorded() {
    let place = Workplace::new();
    let rates = |out: &str, options: &[&str]| -> (String, Vec<f64>) {
        let all = [&["--epochs", "3", "--out", out], options].concat();
        let outcome = place.tiny(&["train", "baseline"], &all);
        let told = outcome.succeeds().stderr.replace("\n          ", " ");
        let epochs = read_history(&place.path(out)).unwrap().epochs;
        (
            told,
            epochs.iter().map(|epoch| epoch.learning_rate).collect(),
        )
    };
    // Two steps an epoch.
    let cosine = ["--schedule", "cosine", "--minimum-rate", "1e-4"];
    let warm = [&cosine[..], &["--warmup-steps", "2"]].concat();
    let (told, found) = rates("cosine", &warm);
    let words = "warmed up over 2 steps, falling along a cosine to 0.0001, seed 0";
    assert!(told.contains(words), "{told}");
    let fall = |done: f64| 1e-4 + 9e-4 * 0.5 * (1.0 + (std::f64::consts::PI * done / 4.0).cos());
    assert_eq!(found, [0.5e-3, fall(1.0), fall(3.0)]);

    // Nobody is better than perfect: every epoch after the first is on a plateau.
    let plateau = [
        "--schedule",
        "plateau",
        "--plateau-factor",
        "0.5",
        "--monitor",
        "val_accuracy",
    ];
    let (told, found) = rates("plateau", &plateau);
    let words = "multiplied by 0.5 after 1 epoch without a better val_accuracy";
    assert!(told.contains(words), "{told}");
    assert!(found[0] == 1e-3 && found[2] <= 1e-3, "{found:?}");
    let config = text(&place, "plateau/config.toml");
    for line in [
        "schedule = \"plateau\"",
        "plateau_factor = 0.5",
        "plateau_patience = 1",
        "minimum_rate = 0.0",
        "monitor = \"val_accuracy\"",
    ] {
        assert!(config.contains(line), "no `{line}` in {config}");
    }

    // Options that contradict are refused; the cosine's length is part of it.
    let resumed = |out: &str, options: &[&str], words: &[&str]| {
        let all = [&["train", "--resume", out], options].concat();
        place.run(all).fails(2, words);
    };
    resumed("cosine", &["--epochs", "4"], &["--epochs", "cosine over 3"]);
    resumed(
        "cosine",
        &["--warmup-steps", "3"],
        &["--warmup-steps", "3 was", "with 2"],
    );
    resumed(
        "cosine",
        &["--schedule", "plateau"],
        &["--schedule", "plateau was", "cosine"],
    );
    resumed(
        "plateau",
        &["--plateau-factor", "0.2"],
        &["--plateau-factor", "0.5"],
    );
    resumed(
        "plateau",
        &["--monitor", "loss"],
        &["--monitor", "val_accuracy"],
    );
    resumed(
        "plateau",
        &["--early-stopping"],
        &["--early-stopping", "3 was", "none"],
    );
}

#[test]
fn options_without_sense_are_refused() {
    let refused = |options: &[&str], words: &[&str]| {
        let place = Workplace::new();
        place.tiny(&["train", "baseline"], options).fails(2, words);
        assert!(place.names().is_empty());
    };
    refused(
        &["--monitor", "luck"],
        &["--monitor", "luck", "val_accuracy"],
    );
    refused(
        &["--early-stopping", "0"],
        &["--early-stopping", "1 epoch or more"],
    );
    refused(&["--min-delta", "0.1"], &["--early-stopping"]);
    let stopping = ["--early-stopping", "--min-delta", "-1"];
    refused(&stopping, &["--min-delta", "0 or more"]);
    refused(&["--schedule", "steps"], &["--schedule", "cosine"]);
    refused(
        &["--minimum-rate", "1e-5"],
        &["--minimum-rate", "--schedule constant"],
    );
    let cosine = ["--schedule", "cosine"];
    let with = |more: &'static [&'static str]| [&cosine[..], more].concat();
    refused(
        &with(&["--minimum-rate", "0.5"]),
        &["--minimum-rate", "0.001"],
    );
    refused(
        &with(&["--minimum-rate", "-1"]),
        &["--minimum-rate", "between 0"],
    );
    refused(
        &with(&["--plateau-factor", "0.5"]),
        &["--plateau-factor", "cosine"],
    );
    let plateau = ["--schedule", "plateau", "--plateau-factor"];
    for factor in ["0", "1", "NaN"] {
        refused(
            &[&plateau[..], &[factor]].concat(),
            &["--plateau-factor", "between 0 and 1"],
        );
    }
    let patience = ["--schedule", "plateau", "--plateau-patience", "0"];
    refused(&patience, &["--plateau-patience", "1 epoch or more"]);
}

#[test]
fn json_tells_of_the_best_epoch() {
    let place = Workplace::new();
    let lines = place.tiny(
        &["train", "baseline"],
        &[&STOPPING[..], &["--json"]].concat(),
    );
    let lines = lines.json();
    let line = &lines[lines.len() - 2];
    assert_eq!(line["event"], "early_stopping");
    assert_eq!(
        (&line["stopped"], &line["epochs"]),
        (&true.into(), &3.into())
    );
    assert_eq!(
        (&line["variant"], &line["monitor"]),
        (&"baseline".into(), &"val_loss".into())
    );
    let best = &lines[lines.len() - 3 - (3 - line["best_epoch"].as_u64().unwrap() as usize)];
    assert_eq!(best["epoch"], line["best_epoch"]);
    assert_eq!(best["val_loss"], line["value"]);
}

#[test]
fn a_comparison_stops_each_model_by_itself() {
    let place = Workplace::new();
    let two = ["--variants", "baseline,dropout", "--out", "both"];
    let options = [&STOPPING[..], &two, &["--schedule", "plateau"]].concat();
    place.tiny(&["compare"], &options).succeeds();
    for variant in ["baseline", "dropout"] {
        let run = place.path("both").join(variant);
        assert_eq!(read_history(&run).unwrap().epochs.len(), 3);
    }
}
