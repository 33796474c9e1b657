//! Sweeps without a device: the trials of a file, what is refused, rounds of halving, statistics, results.

use std::path::Path;

use gatefold::report::sweep_page;
use gatefold::sweep::{
    Outcome, Paired, Results, Share, Spread, Sweep, SweepFile, Task, TrialState, explained, holm,
};
use gatefold::train::EpochRecord;
use gatefold::{Error, Result};

fn sweep(text: &str) -> Result<Sweep> {
    Sweep::new(SweepFile::from_toml(Path::new("sweep.toml"), text)?)
}

fn folders(text: &str) -> Vec<String> {
    let trials = sweep(text).unwrap().trials;
    trials.into_iter().map(|trial| trial.folder).collect()
}

/// Fails unless the file is refused at this line for something that has the words.
#[track_caller]
fn refused(text: &str, line: usize, words: &str) {
    match sweep(text) {
        Err(Error::Malformed { place, problem, .. }) => {
            assert_eq!(place, format!("line {line}"), "{problem}");
            assert!(problem.contains(words), "{problem}");
        }
        other => panic!("{other:?}"),
    }
}

const HEAD: &str = "name = \"s\"\n[base]\nvariant = \"baseline\"\n";

#[test]
fn a_grid_has_every_combination_and_folders_say_what_differs() {
    let text = "name = \"s\"\n[base]\ntraining.epochs = 3\n[axes]\nvariant = [\"baseline\", \"dropout\"]\n\
                training.seed = [0, 7]\ntraining.learning_rate = [1e-3, 0.01]\ntraining.bucket = [true]\n";
    assert_eq!(
        folders(text),
        [
            "baseline,learning_rate=0.001,seed=0",
            "baseline,learning_rate=0.001,seed=7",
            "baseline,learning_rate=0.01,seed=0",
            "baseline,learning_rate=0.01,seed=7",
            "dropout,learning_rate=0.001,seed=0",
            "dropout,learning_rate=0.001,seed=7",
            "dropout,learning_rate=0.01,seed=0",
            "dropout,learning_rate=0.01,seed=7",
        ]
    );
    let sweep = sweep(text).unwrap();
    assert_eq!(sweep.configurations.len(), 4);
    let training = sweep.trials[3].spec.training.clone().unwrap();
    assert_eq!((training.epochs, training.learning_rate), (3, 0.01));
    assert!(training.bucket && training.seed == 7);
}

#[test]
fn a_source_is_a_path_beside_the_file_or_else_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let source = |name: &str| {
        let text = format!("{HEAD}data.source = \"{name}\"\n[axes]\ntraining.seed = [0]\n");
        let file = SweepFile::from_toml(&folder.path().join("sweep.toml"), &text);
        let sweep = Sweep::new(file.unwrap()).unwrap();
        sweep.trials[0].spec.data.source.clone()
    };
    let beside = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    // `src` lies where the tests run, which no path of a sweep starts from.
    assert_eq!(["demo", "src"].map(source), ["demo", &beside("src")]);
    std::fs::create_dir(folder.path().join("demo")).unwrap();
    assert_eq!(source("demo"), beside("demo"));
}

#[test]
fn what_is_left_out_follows_from_what_is_given() {
    let text = format!(
        "{HEAD}training.batch_size = 4\n[axes]\ntraining.optimiser = [\"sgd\", \"adamw\"]\n"
    );
    let sweep = sweep(&text).unwrap();
    let of = |index: usize| sweep.trials[index].spec.training.clone().unwrap();
    assert_eq!((of(0).learning_rate, of(0).weight_decay), (0.01, None));
    assert_eq!(
        (of(1).learning_rate, of(1).weight_decay),
        (0.001, Some(0.004))
    );
    // 30 batches, as the program has it.
    assert_eq!(of(0).validation().count(1000, 4), 120);
}

#[test]
fn keys_of_layers_make_models_of_other_sizes() {
    let text = format!("{HEAD}[axes]\nlayer.lstm.units = [8, 16]\nlayer.embedding.width = [4]\n");
    let sweep = sweep(&text).unwrap();
    let counts: Vec<usize> = sweep
        .trials
        .iter()
        .map(|trial| trial.model.build(100, 2, None).unwrap().count_parameters())
        .collect();
    // 100·4 + 4·8·(4 + 8 + 1) + 64·(8 + 1) + 65, and the same with 16 units.
    assert_eq!(counts, [400 + 416 + 576 + 65, 400 + 1344 + 1088 + 65]);
    assert_eq!(sweep.trials[0].folder, "lstm.units=8");
}

#[test]
fn draws_follow_from_the_file_alone() {
    let text = |seed: u32| {
        format!(
            "{HEAD}[axes]\ntraining.learning_rate = {{ log_uniform = [1e-4, 1e-2] }}\ntraining.bucket = [false, true]\n\
             training.seed = [0, 1]\n[search]\nmethod = \"random\"\ntrials = 5\nseed = {seed}\n"
        )
    };
    let drawn = folders(&text(3));
    assert_eq!(drawn, folders(&text(3)));
    assert_ne!(drawn, folders(&text(4)));
    assert_eq!(drawn.len(), 10);
    // Pinned: another order of draws would make another sweep of a file that is half done.
    assert!(drawn[0].starts_with("learning_rate=0.00"), "{}", drawn[0]);
    let few = format!(
        "{HEAD}[axes]\ntraining.bucket = [false, true]\n[search]\nmethod = \"random\"\ntrials = 3\n"
    );
    refused(&few, 8, "only 2 were found");
}

#[test]
fn a_file_that_makes_no_sense_is_refused_with_its_line() {
    let axes = |text: &str| format!("{HEAD}[axes]\n{text}\n");
    refused(
        &axes("training.epoch = [1, 2]"),
        5,
        "unknown key `training.epoch`",
    );
    refused(&axes("adapter.kernels = [\"portable\"]"), 5, "unknown key");
    refused(&axes("training.epochs = []"), 5, "an empty axis");
    refused(
        &axes("training.epochs = 3"),
        5,
        "a list of values or a range",
    );
    refused(&axes("training.epochs = [1, \"two\"]"), 5, "two");
    refused(&axes("training.epochs = [1, 1]"), 5, "there twice");
    refused(&axes("training.epochs = [0, 1]"), 5, "0 epochs");
    refused(&axes("variant = [\"dropout\"]"), 5, "[base] fixes it");
    refused(
        &axes("training.seed = [0]\ntraining.clip_norm = { uniform = [2, 1] }"),
        6,
        "no range",
    );
    refused(
        &axes("training.clip_norm = { uniform = [1, 2] }"),
        5,
        "a range has no last value",
    );
    refused(
        &axes("callbacks.monitor = [\"loss\"]"),
        5,
        "fix it in [base]",
    );
    refused(
        &axes("layer.gru.units = [1]"),
        5,
        "its layers are embedding, lstm, dense, dense_1",
    );
    refused(&axes("layer.lstm.heads = [1]"), 5, "heads");
    refused(&axes("layer.lstm.units = [0]"), 5, "lstm");
    refused(&axes("training.nesterov = [false, true]"), 5, "nesterov");
    refused(
        &axes("data.vocabulary = [\"a/b\", \"a_b\"]"),
        5,
        "vocabulary",
    );
    refused(&axes(""), 4, "nothing varies");
    refused(
        "name = \"a/b\"\n[axes]\ntraining.seed = [0]\n",
        1,
        "no name of a folder",
    );
    refused("name = \"s\"\n[axes]\ntraining.seed = [0]\n", 1, "no model");
    refused("name = \"s\"\n[axis]\n", 2, "axis");
    refused(
        &format!("{}[search]\ntrials = 0\n", axes("training.seed = [0]")),
        7,
        "take method",
    );
    let halving = |text: &str| {
        format!(
            "{}[search]\nmethod = \"halving\"\n{text}\n",
            axes("training.bucket = [false, true]")
        )
    };
    refused(
        &halving("first_epochs = 9"),
        8,
        "9 epochs are more than the 5",
    );
    refused(&halving("factor = 1"), 8, "2 or more");
    let cosine = "callbacks.schedule = [\"constant\", \"cosine\"]";
    refused(
        &format!("{}[search]\nmethod = \"halving\"\n", axes(cosine)),
        5,
        "a cosine",
    );
}

#[test]
fn two_values_that_would_have_one_folder_are_refused() {
    let text = format!("{HEAD}[axes]\ndata.encoding = [\"a b\", \"a_b\"]\n");
    // Checked before the data is, whose table there is none of.
    let error = sweep(&text).unwrap_err().to_string();
    assert!(error.contains("line 5"), "{error}");
    let text = "name = \"s\"\n[axes]\nmodel = [\"tests/peers/none/a.toml\", \"b.toml\"]\n";
    assert!(matches!(sweep(text), Err(Error::Io { .. })));
}

#[test]
fn a_share_is_every_nth_trial() {
    let share: Share = "3/8".parse().unwrap();
    let taken: Vec<usize> = (0..20).filter(|trial| share.has(*trial)).collect();
    assert_eq!(taken, [2, 10, 18]);
    for wrong in ["0/8", "9/8", "3", "a/b", "1/0"] {
        assert!(wrong.parse::<Share>().is_err(), "{wrong}");
    }
}

fn record(epoch: usize, val_loss: f64) -> EpochRecord {
    EpochRecord {
        epoch,
        val_loss,
        val_accuracy: 1.0 - val_loss,
        ..EpochRecord::default()
    }
}

/// A trial that was to have so many epochs, and had these losses.
fn state(epochs: usize, losses: &[f64]) -> TrialState {
    let records = (1..).zip(losses).map(|(epoch, loss)| record(epoch, *loss));
    TrialState {
        outcome: Some(Outcome {
            epochs,
            failed: None,
        }),
        epochs: records.collect(),
    }
}

fn failed(reason: &str) -> TrialState {
    TrialState {
        outcome: Some(Outcome {
            epochs: 1,
            failed: Some(reason.to_string()),
        }),
        epochs: Vec::new(),
    }
}

#[test]
fn halving_trains_the_better_half_further() {
    let text = format!(
        "{HEAD}training.epochs = 5\n[axes]\ntraining.clip_norm = [1.0, 2.0, 3.0, 4.0, 5.0]\n[search]\nmethod = \"halving\"\n"
    );
    let sweep = sweep(&text).unwrap();
    let none = vec![TrialState::default(); 5];
    let task = |trial, epochs| Task { trial, epochs };
    let all: Vec<Task> = (0..5).map(|trial| task(trial, 1)).collect();
    assert_eq!(sweep.tasks(&none), all);
    // Of five go three on, two epochs in all; the failed one and the worst do not.
    let mut states = vec![
        state(1, &[0.6]),
        state(1, &[0.3]),
        failed("NaN"),
        state(1, &[0.5]),
        state(1, &[0.4]),
    ];
    assert_eq!(sweep.tasks(&states), [task(1, 2), task(3, 2), task(4, 2)]);
    // A round waits for all of it; the first epochs alone decided who is in it.
    states[1] = state(2, &[0.3, 0.9]);
    assert_eq!(sweep.tasks(&states), [task(3, 2), task(4, 2)]);
    states[3] = state(2, &[0.5, 0.2]);
    states[4] = state(2, &[0.4, 0.35]);
    // 0.2, 0.3 (in its first epoch), 0.35: two go on.
    assert_eq!(sweep.tasks(&states), [task(1, 4), task(3, 4)]);
    states[1] = state(4, &[0.3, 0.9, 0.9, 0.9]);
    states[3] = state(4, &[0.5, 0.2, 0.2, 0.2]);
    assert_eq!(sweep.tasks(&states), [task(3, 5)]);
    states[3] = state(5, &[0.5, 0.2, 0.2, 0.2, 0.2]);
    assert_eq!(sweep.tasks(&states), []);
    let results = Results::of(&sweep, &states);
    assert!(results.complete);
    let words: Vec<&str> = results
        .configurations
        .iter()
        .map(|there| &there.words[..])
        .collect();
    assert_eq!(
        words,
        [
            "the best",
            "left behind after 4 epochs",
            "left behind after 2 epochs",
            "left behind after 1 epoch",
            "1 trial failed",
        ]
    );
}

#[test]
fn results_compare_over_seeds_in_words() {
    let text =
        format!("{HEAD}[axes]\ntraining.bucket = [false, true]\ntraining.seed = [0, 1, 2]\n");
    let sweep = sweep(&text).unwrap();
    let losses = [0.50, 0.52, 0.51, 0.40, 0.43, 0.41];
    let states: Vec<TrialState> = losses.iter().map(|loss| state(5, &[0.6, *loss])).collect();
    let results = Results::of(&sweep, &states);
    let [best, other] = &results.configurations[..] else {
        panic!("{results:?}");
    };
    assert_eq!(
        (best.label.as_str(), best.words.as_str()),
        ("bucket=true", "the best")
    );
    let figure = best.figure.unwrap();
    assert!((figure.mean - 0.413_333_333_333_333_3).abs() < 1e-12);
    assert_eq!(
        (figure.least, figure.greatest, figure.count),
        (0.40, 0.43, 3)
    );
    // scipy.stats.ttest_rel([0.50, 0.52, 0.51], [0.40, 0.43, 0.41]).pvalue
    assert!((other.beside_best.unwrap().p.unwrap() - 0.001_186_944_038_478_557).abs() < 1e-9);
    assert_eq!(
        other.words,
        "worse by 0.0967: more than chance (p = 0.001, 3 seeds)"
    );
    let importance: Vec<(&str, bool)> = results
        .importance
        .iter()
        .map(|there| (there.axis.as_str(), there.share > 0.5))
        .collect();
    assert_eq!(importance, [("bucket", true), ("seed", false)]);
    let csv = String::from_utf8(results.to_csv().unwrap()).unwrap();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some(
            "trial,bucket,seed,status,epochs,best_epoch,loss,accuracy,val_loss,val_accuracy,reason"
        )
    );
    assert_eq!(
        lines.next(),
        Some("\"bucket=false,seed=0\",false,0,finished,2,2,0.0,0.0,0.5,0.5,")
    );
    // One seed says nothing of chance, and a trial that is not over does not count.
    let mut few = vec![TrialState::default(); 6];
    (few[0], few[3]) = (states[0].clone(), states[3].clone());
    let results = Results::of(&sweep, &few);
    assert!(!results.complete);
    assert_eq!(
        results.configurations[1].words,
        "worse by 0.1000; one seed does not tell chance"
    );
    // Deviations and differences have the decimals of what they stand beside.
    let losses = [0.5004, 0.5010, 0.5007, 0.5000, 0.5006, 0.5003];
    let states: Vec<TrialState> = losses.iter().map(|loss| state(5, &[0.6, *loss])).collect();
    let results = Results::of(&sweep, &states);
    let best = "Best: bucket=true, with a mean val_loss of 0.5003 ± 0.0003 over 3 seeds.";
    assert!(
        results.sentences().contains(&best.to_string()),
        "{:?}",
        results.sentences()
    );
    let other = &results.configurations[1].words;
    assert!(other.starts_with("worse by 0.0004"), "{other}");
}

#[test]
fn a_page_of_strange_names_is_whole() {
    let page = gatefold::report::SweepPage {
        name: "<b>".to_string(),
        trials: vec![gatefold::report::TrialRow {
            folder: "a#b,seed=0".to_string(),
            has_page: true,
            cells: vec!["<i>".to_string()],
        }],
        ..gatefold::report::SweepPage::default()
    };
    let text = sweep_page(&page).unwrap();
    assert!(text.contains("&lt;b&gt;") && !text.contains("<i>"));
    assert!(text.contains("href=\"a%23b,seed=0/report.html\""), "{text}");
}

#[test]
fn statistics_are_scipys() {
    let text = include_str!("../peers/sweep_statistics.json");
    let fixture: serde_json::Value = serde_json::from_str(text).unwrap();
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        let values = value.as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    };
    let near = |found: f64, value: &serde_json::Value| {
        let expected = value.as_f64().unwrap();
        assert!(
            (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
            "{found} {expected}"
        );
    };
    for sample in fixture["samples"].as_array().unwrap() {
        let spread = Spread::of(&numbers(&sample["values"])).unwrap();
        near(spread.mean, &sample["mean"]);
        near(spread.deviation.unwrap(), &sample["deviation"]);
        near(spread.least, &sample["least"]);
        near(spread.greatest, &sample["greatest"]);
    }
    for pair in fixture["pairs"].as_array().unwrap() {
        let (first, second) = (numbers(&pair["first"]), numbers(&pair["second"]));
        let pairs: Vec<(f64, f64)> = first.into_iter().zip(second).collect();
        let paired = Paired::of(&pairs).unwrap();
        near(paired.p.unwrap(), &pair["p"]);
        assert!((paired.difference - pair["difference"].as_f64().unwrap()).abs() < 1e-12);
    }
    for group in fixture["groups"].as_array().unwrap() {
        let groups: Vec<usize> = numbers(&group["groups"])
            .iter()
            .map(|group| *group as usize)
            .collect();
        near(
            explained(&groups, &numbers(&group["values"])),
            &group["share"],
        );
    }
    for comparison in fixture["holm"].as_array().unwrap() {
        let adjusted = holm(&numbers(&comparison["p"]));
        let expected = numbers(&comparison["adjusted"]);
        assert!(
            adjusted
                .iter()
                .zip(&expected)
                .all(|(a, b)| (a - b).abs() < 1e-12),
            "{adjusted:?}"
        );
    }
}

#[test]
fn numbers_that_are_all_the_same_have_no_variance() {
    assert_eq!(explained(&[0, 1, 0, 1], &[0.5; 4]), 0.0);
    assert_eq!(Spread::of(&[]), None);
    assert_eq!(Spread::of(&[2.0]).unwrap().deviation, None);
    assert_eq!(Paired::of(&[(0.5, 0.5), (0.7, 0.7)]).unwrap().p, Some(1.0));
    assert_eq!(
        Paired::of(&[(0.75, 0.5), (1.0, 0.75)]).unwrap().p,
        Some(0.0)
    );
    assert_eq!(Paired::of(&[(f64::NAN, 0.5), (0.7, 0.7)]).unwrap().p, None);
}

#[test]
fn the_examples_are_sweeps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sweeps");
    let mut counts = Vec::new();
    for name in ["why-the-baseline-fails", "learning-rates", "sizes"] {
        let path = folder.join(format!("{name}.toml"));
        // The corpus need not be there.
        let text = std::fs::read_to_string(&path)
            .unwrap()
            .replace("\"imdb\"", "\"demo\"");
        let sweep = Sweep::new(SweepFile::from_toml(&path, &text).unwrap()).unwrap();
        assert_eq!(sweep.file.name, name);
        counts.push((sweep.configurations.len(), sweep.trials.len()));
    }
    assert_eq!(counts, [(12, 36), (16, 32), (9, 27)]);
}
