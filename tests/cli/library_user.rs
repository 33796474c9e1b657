//! What `gatefold` trained, used by a crate of its own that depends on the library alone; and the other way round.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::data::{ReviewLimits, Source};
use gatefold::gpu::{AdapterChoice, Gpu, KernelForm};
use gatefold::model::Variant;
use gatefold::run::{ParametersFrom, RunEvent, RunPlace, RunSpec, TrainedRun, Trainer};
use gatefold::train::Event;

use crate::program::{Workplace, files_below};

const TEXTS: [&str; 4] = [
    "good good good bad bad bad",
    "\u{b}bad film, good end \u{b}",
    "bad bad bad good good good",
    "",
];

/// Two classes with names of their own, told apart by their first words; cut to their last words and padded before.
fn trained() -> Workplace {
    let place = Workplace::new();
    let mut table = "text,label\n".to_owned();
    for row in 0..60 {
        let [text, label] = [["good film", "useful"], ["bad film", "spam"]][row % 2];
        table += &format!("{text} {row},{label}\n");
    }
    place.write("reviews.csv", table);
    place.write("own.subwords", crate::program::VOCABULARY);
    let options = "--data reviews.csv --vocab own.subwords --classes useful,spam --max-length 4 --truncate before \
                   --pad before --epochs 2 --out run";
    let options: Vec<&str> = options.split_whitespace().collect();
    place.tiny(&["train", "baseline"], &options).succeeds();
    place
}

/// What the program says of the texts, a line each: class, probability, those of all classes.
fn by_program(place: &Workplace, run: &str) -> Vec<String> {
    let answers = place.run([&["predict", run, "--json"], &TEXTS[..]].concat());
    let answers = answers.json();
    let line = |answer: &serde_json::Value| {
        let probability = |value: &serde_json::Value| value.as_f64().unwrap() as f32;
        format!(
            "{} {:?} {:?} {:?} {}",
            answer["label"].as_str().unwrap(),
            probability(&answer["probability"]),
            probability(&answer["probabilities"]["useful"]),
            probability(&answer["probabilities"]["spam"]),
            answer["tokens"]
        )
    };
    answers.iter().map(line).collect()
}

const MANIFEST: &str = r#"
[package]
name = "library-user"
version = "0.0.0"
edition = "2024"

[dependencies]
gatefold = { path = 'REPOSITORY', default-features = false }
# With what the tests switch on, so that naga and wgpu are those that were built for them.
naga = { version = "30.0.1", features = ["wgsl-in", "spv-out", "msl-out", "hlsl-out"] }

[workspace]

[profile.dev]
opt-level = 1
debug = "line-tables-only"
lto = "off"

[profile.dev.package."*"]
opt-level = 1
debug = false
"#;

const MAIN: &str = r#"
use gatefold::run::TrainedRun;

fn main() -> gatefold::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let run = TrainedRun::open(arguments.next().unwrap_or_default())?;
    let texts: Vec<String> = arguments.collect();
    for answer in run.predict(&texts)? {
        let [useful, spam] = answer.probabilities[..] else {
            unreachable!("two classes");
        };
        println!("{} {:?} {useful:?} {spam:?} {}", answer.class, answer.probability, answer.tokens);
    }
    Ok(())
}
"#;

/// Builds the crate, with the same versions of its dependencies; what was built for the tests is used again.
fn built(folder: &Path) -> std::path::PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = MANIFEST.replace("REPOSITORY", repository.to_str().unwrap());
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), MAIN).unwrap();
    fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    // Where the program was built: DIR/PROFILE/gatefold.
    let program = Path::new(env!("CARGO_BIN_EXE_gatefold"));
    let target = program.ancestors().nth(2).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .status();
    assert!(built.unwrap().success());
    target
        .join("debug")
        .join(format!("library-user{}", std::env::consts::EXE_SUFFIX))
}

#[test]
fn a_crate_of_its_own_predicts_what_the_program_predicts() {
    let place = trained();
    let expected = by_program(&place, "run");
    assert!(expected[0].ends_with(" 4"), "cut: {}", expected[0]);
    let program = built(&place.path("user"));
    let runtime = tempfile::tempdir().unwrap();
    let told = Command::new(program)
        .arg(place.path("run"))
        .args(TEXTS)
        .env("XDG_RUNTIME_DIR", runtime.path())
        .env("WGPU_ADAPTER_NAME", place.device)
        .output()
        .unwrap();
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let found = String::from_utf8(told.stdout).unwrap();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

/// A run that is imported like another reads texts as that does.
#[test]
fn an_import_takes_over_how_a_run_reads() {
    let place = trained();
    let expected = by_program(&place, "run");
    let import = "import run/model.safetensors baseline --like run --out like";
    place.run(import.split(' ')).succeeds();
    assert_eq!(by_program(&place, "like"), expected);
    let said = "import run/model.safetensors baseline --data reviews.csv --vocab own.subwords --classes useful,spam \
                --max-length 4 --truncate before --pad before --out said";
    place.run(said.split_whitespace()).succeeds();
    assert_eq!(by_program(&place, "said"), expected);
    let cut_otherwise = said
        .replace("--truncate before ", "")
        .replace("said", "other");
    place.run(cut_otherwise.split_whitespace()).succeeds();
    assert_ne!(by_program(&place, "other"), expected);
    let both = "import run/model.safetensors baseline --like run --pad before --out both";
    place.run(both.split(' ')).fails(2, &["--like", "--pad"]);
}

/// `epochs` epochs of the baseline on a part of the demo corpus, trained by the library.
fn train_by_library(folder: &Path, epochs: usize) {
    let limits = ReviewLimits {
        train: Some(20),
        test: Some(20),
    };
    let dataset = Arc::new(gatefold::data::load(&Source::Demo, None, limits).unwrap());
    let mut spec = RunSpec::new(&Source::Demo);
    (spec.data.limit_train, spec.data.limit_test) = (limits.train, limits.test);
    spec.training.as_mut().unwrap().epochs = epochs;
    let model = Variant::Baseline.model(dataset.vocabulary.size()).unwrap();
    let gpu = Gpu::open(&AdapterChoice::default()).unwrap();
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    let trainer = Trainer::new(spec, dataset, gpu.report(), limits).unwrap();
    let place = RunPlace::New(folder.to_path_buf());
    let mut seen = 0;
    let outcome = trainer.train(gpu, &model, place, &AtomicBool::new(false), &mut |event| {
        seen += usize::from(matches!(event, RunEvent::Fit(Event::Epoch(_))));
        ControlFlow::Continue(())
    });
    let (_, history) = outcome.unwrap().finished().unwrap();
    assert_eq!((history.epochs.len(), seen), (epochs, epochs));
}

#[test]
fn a_run_that_the_library_trained_is_a_whole_run_for_the_program() {
    let place = Workplace::on_adapter();
    train_by_library(&place.path("ours"), 1);
    place
        .tiny(&["train", "baseline"], &["--out", "its"])
        .succeeds();
    assert!(files_below(&place.path("ours")) == files_below(&place.path("its")));
    for run in ["ours", "its"] {
        let more = ["train", "--resume", run, "--epochs", "2"];
        place.run(more).succeeds();
        place.run(["report", run, "--examples", "1"]).succeeds();
    }
    train_by_library(&place.path("whole"), 2);
    place.run(["report", "whole", "--examples", "1"]).succeeds();
    let whole = files_below(&place.path("whole"));
    assert!(files_below(&place.path("ours")) == whole);
    assert!(files_below(&place.path("its")) == whole);
}

/// An observer that has seen enough ends the run, and what it gave so far is its result.
#[test]
fn an_observer_may_end_a_run_and_keep_it() {
    let place = Workplace::new();
    let limits = ReviewLimits {
        train: Some(20),
        test: Some(20),
    };
    let dataset = Arc::new(gatefold::data::load(&Source::Demo, None, limits).unwrap());
    let model = Variant::Baseline.model(dataset.vocabulary.size()).unwrap();
    let gpu = Gpu::open(&AdapterChoice::default()).unwrap();
    let limits = gpu.limits(KernelForm::Automatic).unwrap();
    let trainer = Trainer::new(RunSpec::new(&Source::Demo), dataset, gpu.report(), limits).unwrap();
    let folder = place.path("run");
    let run = RunPlace::New(folder.clone());
    let mut observe = |event: &RunEvent<'_>| match event {
        RunEvent::Fit(Event::Epoch(record)) if record.epoch == 2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let outcome = trainer.train(gpu, &model, run, &AtomicBool::new(false), &mut observe);
    let (_, history) = outcome.unwrap().finished().unwrap();
    assert_eq!(history.epochs.len(), 2);
    let run = TrainedRun::open(&folder).unwrap();
    assert_eq!(run.parameters, ParametersFrom::Result);
    assert_eq!(
        gatefold::report::read_history(&folder)
            .unwrap()
            .epochs
            .len(),
        2
    );
}
