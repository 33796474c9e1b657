//! `--embedding` and `--freeze-embedding`, from the options to the run folder.

use std::fs;
use std::path::Path;

use gatefold::train::Weights;

use crate::program::{Outcome, VOCABULARY, Workplace};

const VECTORS: &str = "good 0.5 -1 0.25\nfilm 1 2 3\n. . . 4 5 6\n";

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut table = "text,label\n".to_owned();
    for row in 0..40 {
        let word = ["bad", "good"][row % 2];
        table += &format!("{word} film {row},{}\n", row % 2);
    }
    place.write("r.csv", table);
    place.write("v.txt", VECTORS);
    place
}

fn train(place: &Workplace, options: &[&str]) -> Outcome {
    let common = ["--data", "r.csv", "--adapter", "cpu"];
    place.run([&["train"][..], &common, options].concat())
}

fn in_one_line(outcome: &Outcome) -> String {
    let words = outcome.stderr.split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

fn table(place: &Workplace, run: &str) -> Vec<Vec<f32>> {
    let weights = Weights::load(&place.path(run).join("model.safetensors")).unwrap();
    let width = weights.model.embedding().width;
    let rows = weights.parameters[0].chunks(width);
    rows.map(<[f32]>::to_vec).collect()
}

const FROZEN: [&str; 4] = ["baseline", "--embedding", "v.txt", "--freeze-embedding"];

#[test]
fn vectors_are_told_put_into_the_table_and_kept_where_it_is_frozen() {
    let place = place();
    let told = train(
        &place,
        &[&FROZEN[..], &["--out", "run", "--epochs", "1"]].concat(),
    );
    let told = in_one_line(told.succeeds());
    for words in [
        "Vectors of 3 numbers for 2 of 5 subwords of the vocabulary (40.0 %)",
        "the others start at random",
        "embedding from v.txt, frozen",
        "Non-trainable params: 786 (3.07 KB)",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let rows = table(&place, "run");
    let ids = |word: &str| {
        VOCABULARY
            .lines()
            .skip(1)
            .position(|line| line.trim_matches('\'').trim_end_matches('_') == word)
    };
    assert_eq!(rows[ids("good").unwrap()], [0.5, -1.0, 0.25]);
    assert_eq!(rows[ids("film").unwrap()], [1.0, 2.0, 3.0]);
    // Trained for longer, it is the same table; where it is not frozen, another one that began so.
    let more = [
        "train",
        "--resume",
        "run",
        "--epochs",
        "2",
        "--adapter",
        "cpu",
    ];
    fs::remove_file(place.path("v.txt")).unwrap();
    place.run(more).succeeds();
    assert_eq!(table(&place, "run"), rows);
    place.write("v.txt", VECTORS);
    let free = [
        "baseline",
        "--embedding",
        "v.txt",
        "--out",
        "free",
        "--epochs",
        "2",
    ];
    train(&place, &free).succeeds();
    let trained = table(&place, "free");
    let good = ids("good").unwrap();
    assert_ne!(trained[good], rows[good]);
    let moved: f32 = trained[good]
        .iter()
        .zip(&rows[good])
        .map(|(a, b)| (a - b).abs())
        .sum();
    assert!(moved < 0.1, "{moved}");
    let config = fs::read_to_string(place.path("run/config.toml")).unwrap();
    for words in [
        "/v.txt\"",
        "embedding_sha256 = \"",
        "freeze_embedding = true",
        "trainable = false",
        "width = 3",
    ] {
        assert!(config.contains(words), "{config}");
    }
    // The model of such a run is a model file, which says it too.
    let again = [
        "--config",
        "run/config.toml",
        "--embedding",
        "v.txt",
        "--out",
        "again",
        "--epochs",
        "2",
    ];
    train(&place, &again).succeeds();
    let weights = |run: &str| fs::read(place.path(run).join("model.safetensors")).unwrap();
    assert_eq!(weights("again"), weights("run"));
    // A comparison does it for all of its models.
    let both = [
        "--variants",
        "baseline,dropout",
        "--out",
        "both",
        "--epochs",
        "1",
    ];
    let words = [
        &["compare", "--data", "r.csv", "--adapter", "cpu"],
        &FROZEN[1..],
        &both,
    ]
    .concat();
    place.run(words).succeeds();
    assert_eq!(table(&place, "both/dropout"), rows);
    fs::remove_file(place.path("v.txt")).unwrap();
    let more = [
        "compare",
        "--resume",
        "both",
        "--epochs",
        "2",
        "--adapter",
        "cpu",
    ];
    place.run(more).succeeds();
    assert_eq!(table(&place, "both/dropout"), rows);
}

#[test]
fn a_run_that_has_no_checkpoint_yet_takes_the_same_file_alone() {
    let place = place();
    let whole = [&FROZEN[..], &["--out", "run", "--epochs", "1"]].concat();
    train(&place, &whole).succeeds();
    let result = fs::read(place.path("run/model.safetensors")).unwrap();
    let more = ["train", "--resume", "run", "--adapter", "cpu"];
    let other = place.write("other.txt", "good 1 2 3\n");
    let named =
        |path: &Path| place.run([&more[..], &["--embedding", path.to_str().unwrap()]].concat());
    named(&other).fails(1, &["other.txt: other vectors", "SHA-256", "--embedding"]);
    named(&place.path("v.txt")).succeeds();
    let begun = |name: &str| fs::remove_file(place.path(name)).unwrap();
    for name in ["run/checkpoint.safetensors", "run/model.safetensors"] {
        begun(name);
    }
    place.write("v.txt", VECTORS.replace('3', "7"));
    place
        .run(more)
        .fails(1, &["v.txt: other vectors", "begun with"]);
    place.write("v.txt", VECTORS);
    place.run(more).succeeds();
    assert_eq!(
        fs::read(place.path("run/model.safetensors")).unwrap(),
        result
    );
    // One that was begun without vectors does not take any.
    train(&place, &["baseline", "--out", "plain", "--epochs", "1"]).succeeds();
    let named = place.run([
        "train",
        "--resume",
        "plain",
        "--adapter",
        "cpu",
        "--embedding",
        "v.txt",
    ]);
    named.fails(1, &["training.embedding_sha256", "nothing there"]);
    let frozen = place.run(["train", "--resume", "plain", "--freeze-embedding"]);
    frozen.fails(2, &["--freeze-embedding", "begun without it"]);
}

#[test]
fn what_cannot_be_is_refused_before_the_reviews_are_read() {
    let place = place();
    let refused = |options: &[&str], code: i32, words: &[&str]| {
        let outcome = train(&place, options);
        outcome.fails(code, words);
        assert!(!outcome.stderr.contains("Reading"), "{}", outcome.stderr);
    };
    refused(
        &["baseline", "--freeze-embedding"],
        2,
        &["--freeze-embedding", "--embedding", "trainable = false"],
    );
    refused(&["baseline", "--embedding", "none.txt"], 1, &["none.txt"]);
    refused(
        &["baseline", "--embedding", "r.csv"],
        1,
        &["r.csv: line 1", "GloVe"],
    );
    let model = "name = \"m\"\n[[layer]]\ntype = \"embedding\"\nwidth = 4\n[[layer]]\ntype = \"lstm\"\nunits = 2\n\
                 [[layer]]\ntype = \"dense\"\nunits = 1\nactivation = \"sigmoid\"\n";
    place.write("m.toml", model);
    let config = ["--config", "m.toml", "--embedding", "v.txt"];
    refused(
        &config,
        1,
        &[
            "m.toml: layer embedding",
            "a width of 4",
            "3 numbers",
            "set width to 3",
        ],
    );
    // The remedy does.
    place.write("m.toml", model.replace("width = 4", "width = 3"));
    train(
        &place,
        &[&config[..], &["--out", "m", "--epochs", "1"]].concat(),
    )
    .succeeds();
    place.write("v.txt", "chat 1 2 3\n");
    train(&place, &["baseline", "--embedding", "v.txt"]).fails(1, &["v.txt", "language"]);
}
