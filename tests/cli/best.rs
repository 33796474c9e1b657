//! Which parameters of a run are used: of its end, of its best epoch, of the last checkpoint of one that was interrupted.

use std::fs;

use gatefold::run::{Parameters, ParametersFrom, TrainedRun};
use gatefold::train::{CheckpointFiles, Weights};

use crate::program::Workplace;

/// A run whose best epoch is not its last: its rate is so large that it gets worse at once.
fn worsened(place: &Workplace) {
    let options = "--epochs 4 --learning-rate 2 --optimiser sgd --out run --batch-size 5";
    let options: Vec<&str> = options.split(' ').collect();
    place.tiny(&["train", "baseline"], &options).succeeds();
}

fn probability(place: &Workplace, more: &[&str]) -> (f64, String) {
    let outcome = place.run([&["predict", "run", "--json", "a wonderful film"], more].concat());
    let probability = outcome.json()[0]["probabilities"]["positive"].as_f64();
    (probability.unwrap(), outcome.stderr)
}

#[test]
fn best_takes_the_best_epochs_parameters_in_every_command() {
    let place = Workplace::new();
    worsened(&place);
    let run = TrainedRun::open_with(place.path("run"), Parameters::Best).unwrap();
    let ParametersFrom::Best(Some(epoch)) = run.parameters else {
        panic!("{:?}", run.parameters);
    };
    assert!(epoch < 4, "the last epoch was the best: nothing is shown");
    let (last, told) = probability(&place, &[]);
    assert!(!told.contains("Weights"), "{told}");
    let (best, told) = probability(&place, &["--best"]);
    assert_ne!(last, best);
    assert!(
        told.contains(&format!("of epoch {epoch}, the best")),
        "{told}"
    );

    let evaluate = ["evaluate", "run", "--limit-test", "20", "--json"];
    let losses = [&[][..], &["--best"]].map(|more| {
        let told = place.run([&evaluate, more].concat()).json();
        told[0]["loss"].as_f64().unwrap()
    });
    assert_ne!(losses[0], losses[1]);

    let explain = ["explain", "run", "--best", "--json", "a wonderful film"];
    let explained = place.run(explain).json();
    assert_eq!(explained[0]["probabilities"]["positive"], best);

    let export = "export run --best --format safetensors --output best.out";
    place.run(export.split(' ')).succeeds();
    place
        .run("import best.out baseline --out again --like run".split(' '))
        .succeeds();
    let weights = |name: &str| Weights::load(&place.path(name)).unwrap().parameters;
    assert_eq!(
        weights("again/model.safetensors"),
        weights("run/best.safetensors")
    );

    let report = "report run --examples 1 --limit-test 20 --best --output best.html";
    assert!(
        place
            .run(report.split(' '))
            .succeeds()
            .stderr
            .contains("the best")
    );
    let without = ["report", "run", "--best"];
    place.run(without).fails(2, &["--examples"]);
}

#[test]
fn an_interrupted_run_is_used_from_its_last_checkpoint_and_says_so() {
    let place = Workplace::new();
    worsened(&place);
    // As an interrupt leaves it: a checkpoint, and no result.
    let folder = place.path("run");
    fs::remove_file(folder.join("model.safetensors")).unwrap();
    let found = CheckpointFiles::new(&folder).find().unwrap().unwrap();
    let run = TrainedRun::open(&folder).unwrap();
    assert_eq!(
        run.weights.parameters,
        found.checkpoint.snapshot.state.parameters
    );
    let (_, told) = probability(&place, &[]);
    let told = told.replace("\n          ", " ");
    assert!(
        told.contains("the end of epoch 4: training has not come to its end"),
        "{told}"
    );
    let (best, _) = probability(&place, &["--best"]);

    fs::remove_file(folder.join("checkpoint.safetensors")).unwrap();
    place.run(["predict", "run", "a film"]).fails(
        2,
        &["run holds neither model.safetensors", "nor a checkpoint"],
    );
    assert_eq!(probability(&place, &["--best"]).0, best);
    fs::remove_file(folder.join("best.safetensors")).unwrap();
    place
        .run(["predict", "run", "--best", "a film"])
        .fails(2, &["run holds no best.safetensors", "first epoch"]);
}

/// The result of fewer epochs is not taken for that of a run which goes on.
#[test]
fn a_run_that_goes_on_has_no_result_until_its_end() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    let mut program = place.start(&["train", "--resume", "run", "--epochs", "100000"]);
    let start = std::time::Instant::now();
    while place.path("run/model.safetensors").exists() {
        assert!(program.is_running() && start.elapsed().as_secs() < 120);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    program.kill();
    let run = TrainedRun::open(place.path("run")).unwrap();
    assert!(matches!(run.parameters, ParametersFrom::Checkpoint(_)));
}
