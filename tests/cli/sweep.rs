//! `gatefold sweep`: many runs of one file, by any number of processes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use gatefold::random::Philox;
use gatefold::run::{ProgressEvent, TrainedRun, read_progress};

use crate::program::{Outcome, Workplace, files_below};
use crate::train::SMALL_MODEL;

/// 12 trials of 6 steps an epoch, 2 epochs, a checkpoint every 2 steps.
const TWELVE: &str = "\
name = \"twelve\"

[base]
model = \"small.toml\"
data.limit_train = 60
data.limit_test = 20
training.epochs = 2
training.checkpoint_steps = 2

[axes]
training.learning_rate = [1e-3, 1e-2]
training.pad = [\"after\", \"before\"]
training.seed = [0, 1, 2]
";

/// What a user types for `file`, on the processor's own kernels with a thread.
fn command<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["sweep", file, "--adapter", "cpu", "--threads", "1"], more].concat()
}

fn workplace(text: &str) -> Workplace {
    let place = Workplace::new();
    place.write("small.toml", SMALL_MODEL);
    place.write("sweep.toml", text);
    place
}

fn run(place: &Workplace, more: &[&str]) -> Outcome {
    place.run(command("sweep.toml", more))
}

#[track_caller]
fn same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, content) in expected {
        assert!(found[name] == *content, "{name} differs");
    }
}

/// Fails where a trial below `folder` was trained again after it was over.
#[track_caller]
fn none_was_trained_twice(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let trial = entry.unwrap().path();
        let mut is_over = false;
        for line in read_progress(&trial).unwrap_or_default() {
            match line.event {
                ProgressEvent::End { error: None } => is_over = true,
                // Killed before it could say that it was over, it writes its files once more.
                ProgressEvent::Begin { epoch, epochs, .. } if is_over => {
                    assert_eq!(epoch, epochs + 1, "{}", trial.display());
                }
                ProgressEvent::Steps { .. } => assert!(!is_over, "{}", trial.display()),
                _ => {}
            }
        }
    }
}

/// Variants take a softmax over the classes of the data; a key of a layer is set all the same.
#[test]
fn variants_are_swept_on_several_classes() {
    let place = workplace(
        "\
name = \"topics\"

[base]
data.source = \"topics.csv\"
training.epochs = 1
training.batch_size = 16
layer.dense.units = 8

[axes]
variant = [\"baseline\", \"bidirectional\"]
",
    );
    let rows = (0..48).map(|row| {
        format!(
            "a text of {},{}\n",
            row % 7,
            ["art", "sport", "law"][row % 3]
        )
    });
    let table = format!("text,label\n{}", rows.collect::<String>());
    place.write("topics.csv", table);
    run(&place, &[]).succeeds();
    for variant in ["baseline", "bidirectional"] {
        let folder = place.path("runs/topics").join(variant);
        let trained = TrainedRun::open(&folder).unwrap();
        let model = &trained.weights.model;
        assert_eq!((model.classes(), model.has_softmax()), (3, true));
        assert_eq!(trained.classes, ["art", "law", "sport"]);
        let config = std::fs::read_to_string(folder.join("config.toml")).unwrap();
        assert!(config.contains("units = 8"), "{config}");
    }
}

#[test]
fn a_sweep_is_trained_and_compared() {
    let place = workplace(TWELVE);
    let outcome = run(&place, &[]);
    let told = &outcome.succeeds().stdout;
    for words in [
        "learning_rate=0.01, pad=before",
        "the best",
        "12 trials of 4 configurations",
        "of the variance",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    // No name is broken within a part.
    let names = told
        .lines()
        .filter(|line| line.starts_with("learning_rate="));
    let parts = names.filter_map(|line| line.split_whitespace().next());
    let broken = parts.filter(|part| !part.ends_with(','));
    assert_eq!(broken.count(), 0, "{told}");
    let files = files_below(&place.path("runs/twelve"));
    for name in [
        "report.html",
        "results.csv",
        "results.json",
        "heat_map.png",
        "validation_accuracy.svg",
        "sweep.toml",
        "mlruns/1/meta.yaml",
        "learning_rate=0.001,pad=before,seed=2/model.safetensors",
        "learning_rate=0.001,pad=before,seed=2/trial.json",
    ] {
        assert!(files.contains_key(name), "{name}");
    }
    let page = String::from_utf8(files["report.html"].clone()).unwrap();
    assert!(page.contains("href=\"learning_rate=0.01,pad=after,seed=1/report.html\""));
    let csv = String::from_utf8(files["results.csv"].clone()).unwrap();
    assert_eq!(
        csv.lines()
            .filter(|line| line.contains(",finished,2,"))
            .count(),
        12
    );
    // Again there is nothing to train, and the same is written.
    run(&place, &[]).succeeds();
    same(&files_below(&place.path("runs/twelve")), &files);
    none_was_trained_twice(&place.path("runs/twelve"));
    let listed = run(&place, &["--list"]);
    assert_eq!(listed.succeeds().stdout.matches("finished").count(), 12);
    let watched = place.run(["watch", "runs/twelve"]);
    assert!(
        watched
            .succeeds()
            .stdout
            .contains("learning_rate=0.01,pad=after,seed=1")
    );
    // A trial is a run as any other.
    let trial = "runs/twelve/learning_rate=0.01,pad=after,seed=1";
    place
        .run(["predict", trial, "a good film", "--adapter", "cpu"])
        .succeeds();
}

#[test]
fn three_processes_of_which_two_are_killed_leave_what_one_does() {
    let place = workplace(TWELVE);
    let start = Instant::now();
    run(&place, &["--out", "one"]).succeeds();
    let duration = start.elapsed();
    let expected = files_below(&place.path("one"));
    let line = command("sweep.toml", &["--out", "many", "-q"]);
    let steady = place.start(&line);
    let mut random = Philox::new(17, 3);
    for _ in 0..10 {
        let two = [place.start(&line), place.start(&line)];
        std::thread::sleep(duration.mul_f64(0.3 * random.unit_f64()));
        for program in two {
            program.kill();
        }
    }
    let output = steady.output();
    assert!(output.status.success(), "{output:?}");
    run(&place, &["--out", "many"]).succeeds();
    same(&files_below(&place.path("many")), &expected);
    none_was_trained_twice(&place.path("many"));
}

#[test]
fn jobs_share_the_trials() {
    let place = workplace(TWELVE);
    run(&place, &["--out", "one"]).succeeds();
    let outcome = run(&place, &["--out", "many", "--jobs", "3"]);
    assert_eq!(
        outcome.succeeds().stderr.matches("finished").count(),
        12,
        "{outcome:?}"
    );
    same(
        &files_below(&place.path("many")),
        &files_below(&place.path("one")),
    );
    none_was_trained_twice(&place.path("many"));
}

#[test]
fn a_share_leaves_the_others_their_trials() {
    let place = workplace(TWELVE);
    let outcome = run(&place, &["--take", "2/3"]);
    assert!(
        outcome
            .succeeds()
            .stderr
            .contains("8 trials left to other processes")
    );
    assert!(
        outcome.stdout.contains("8 trials are not over yet"),
        "{}",
        outcome.stdout
    );
    let listed = run(&place, &["--list"]).stdout;
    assert_eq!(listed.matches("finished").count(), 4);
    assert!(
        listed.lines().nth(1).unwrap().starts_with("finished"),
        "{listed}"
    );
    run(&place, &["--take", "4/3"]).fails(2, &["4/3", "K/N"]);
}

#[test]
fn halvings_survivors_are_those_that_were_trained_at_once() {
    let axes = "[axes]\ntraining.learning_rate = [1e-4, 1e-3, 3e-3, 1e-2]\n";
    let base = "[base]\nmodel = \"small.toml\"\ndata.limit_train = 60\ndata.limit_test = 20\ntraining.epochs = 4\n";
    let place = workplace(&format!(
        "name = \"half\"\n{base}{axes}[search]\nmethod = \"halving\"\n"
    ));
    place.write("grid.toml", format!("name = \"grid\"\n{base}{axes}"));
    run(&place, &[]).succeeds();
    place.run(command("grid.toml", &[])).succeeds();
    let mut survivors = 0;
    let mut epochs = Vec::new();
    for rate in ["0.0001", "0.001", "0.003", "0.01"] {
        let [half, grid] = ["half", "grid"]
            .map(|name| files_below(&place.path(&format!("runs/{name}/learning_rate={rate}"))));
        let history = String::from_utf8(half["history.csv"].clone()).unwrap();
        epochs.push(history.lines().count() - 1);
        if epochs.last() == Some(&4) {
            same(&half, &grid);
            survivors += 1;
        }
    }
    assert_eq!(survivors, 1);
    epochs.sort_unstable();
    assert_eq!(epochs, [1, 1, 2, 4]);
}

#[test]
fn a_trial_that_fails_is_recorded_and_the_others_go_on() {
    let text = TWELVE
        .replace(
            "model = \"small.toml\"",
            "variant = \"baseline\"\ntraining.optimiser = \"rmsprop\"",
        )
        .replace("[1e-3, 1e-2]", "[1e38, 1e-3]")
        .replace("seed = [0, 1, 2]", "seed = [0]");
    let place = workplace(&text);
    let outcome = run(&place, &[]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("2 trials failed"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("--retry-failed"),
        "{}",
        outcome.stderr
    );
    let csv = String::from_utf8(place.files()["runs/twelve/results.csv"].clone()).unwrap();
    assert_eq!(csv.matches(",finished,2,").count(), 2, "{csv}");
    assert_eq!(csv.matches("not a finite number").count(), 2, "{csv}");
    // Where all fail, there is no page, and none is told of.
    let all = text.replace("[1e38, 1e-3]", "[1e38]");
    place.write("all.toml", all.replace("\"twelve\"", "\"all\""));
    let outcome = place.run(command("all.toml", &[]));
    assert!(outcome.stdout.contains("results.csv"), "{outcome:?}");
    assert!(!outcome.stdout.contains("report.html"), "{outcome:?}");
    assert!(!place.path("runs/all/report.html").exists());
    // They are not tried again but where that is asked for.
    let again = run(&place, &[]);
    assert!(
        !again.stderr.contains("failed    learning_rate"),
        "{}",
        again.stderr
    );
    let again = run(&place, &["--retry-failed"]);
    assert_eq!(
        again.stderr.matches("failed    learning_rate=1e38").count(),
        2,
        "{}",
        again.stderr
    );
}

#[test]
fn a_model_of_other_classes_is_refused_before_any_training() {
    let none_is_trained = |place: &Workplace| {
        let files = place.files();
        let names: Vec<String> = files
            .keys()
            .filter(|name| name.contains("history"))
            .cloned()
            .collect();
        assert_eq!(names, [""; 0]);
    };
    let text = TWELVE.replace("[axes]", "[axes]\nmodel = [\"small.toml\", \"three.toml\"]");
    let place = workplace(&text.replace("model = \"small.toml\"\n", ""));
    let sigmoid = "units = 1\nactivation = \"sigmoid\"";
    assert!(SMALL_MODEL.contains(sigmoid), "{SMALL_MODEL}");
    let three = SMALL_MODEL.replace(sigmoid, "units = 3\nactivation = \"softmax\"");
    place.write("three.toml", three);
    let told = [
        "three.toml: layer ",
        "3 classes",
        "the data have 2",
        "Dense(1) with a sigmoid",
    ];
    run(&place, &[]).fails(1, &told);
    run(&place, &["--dry-run"]).fails(1, &told);
    none_is_trained(&place);

    // Where the sweep file itself makes it so, its line is told.
    let place = workplace(
        "name = \"keys\"\n[base]\nvariant = \"baseline\"\nlayer.dense_1.activation = \"softmax\"\n[axes]\nlayer.dense_1.units = [2, 3]\n",
    );
    run(&place, &[]).fails(
        1,
        &["sweep.toml: line 6: ", "layer dense_1: tells 3 classes"],
    );
    none_is_trained(&place);
}

#[test]
fn a_folder_of_something_else_is_refused_before_any_training() {
    let place = workplace(TWELVE);
    run(&place, &["--out", "mine", "--take", "12/12"]).succeeds();
    let before = files_below(&place.path("mine"));
    for (from, to, words) in [
        (
            "limit_train = 60",
            "limit_train = 50",
            "another `data.limit_train`",
        ),
        ("seed = [0, 1, 2]", "seed = [0, 1]", "[axes]"),
        (
            "name = \"twelve\"",
            "name = \"other\"",
            "it is called twelve",
        ),
    ] {
        place.write("sweep.toml", TWELVE.replace(from, to));
        run(&place, &["--out", "mine"]).fails(2, &["--out", "another sweep", words]);
    }
    place.write("sweep.toml", TWELVE);
    let trial = "mine/learning_rate=0.01,pad=before,seed=2";
    run(&place, &["--out", trial]).fails(2, &["holds a run"]);
    place.write("full/notes.txt", "mine");
    run(&place, &["--out", "full"]).fails(2, &["holds no sweep"]);
    same(&files_below(&place.path("mine")), &before);
}

#[test]
fn a_dry_run_leaves_nothing() {
    let place = workplace(TWELVE);
    let outcome = run(&place, &["--dry-run"]);
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("12 trials, 4 configurations of 3 seeds")
    );
    assert!(!place.path("runs").exists());
    place.write(
        "sweep.toml",
        TWELVE.replace("training.pad", "training.padding"),
    );
    run(&place, &[]).fails(
        1,
        &["sweep.toml: line 12", "unknown key `training.padding`"],
    );
    assert!(!place.path("runs").exists());
}

#[test]
fn an_interrupted_sweep_goes_on() {
    let place = workplace(&TWELVE.replace("epochs = 2", "epochs = 40"));
    let mut program = place.start(&command("sweep.toml", &[]));
    let first = place.path("runs/twelve/learning_rate=0.001,pad=after,seed=0/history.json");
    let start = Instant::now();
    while !first.exists() && program.is_running() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    #[cfg(unix)]
    {
        use nix::sys::signal::{Signal, kill};
        kill(
            nix::unistd::Pid::from_raw(program.id() as i32),
            Signal::SIGTERM,
        )
        .unwrap();
        let output = program.output();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.contains("Go on with: gatefold sweep sweep.toml"),
            "{told}"
        );
        assert!(
            place
                .path("runs/twelve/learning_rate=0.001,pad=after,seed=0/checkpoint.safetensors")
                .exists()
        );
    }
}
