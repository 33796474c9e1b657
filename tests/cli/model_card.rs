//! The model card, `README.md`, of a run.

use std::fs;

use crate::program::Workplace;

fn card(place: &Workplace, run: &str) -> String {
    fs::read_to_string(place.path(run).join("README.md")).unwrap()
}

/// A table of two classes whose names are markup, and a run on it.
fn trained(more: &[&str]) -> Workplace {
    let place = Workplace::new();
    let mut table = "text,label\n".to_owned();
    for row in 0..60 {
        let label = ["a|b", "<i>c</i>"][row % 2];
        table += &format!("{} film {row},{label}\n", ["bad", "good"][row % 2]);
    }
    place.write("my \"table\": one.csv", table);
    let data = ["--data", "my \"table\": one.csv", "--out", "run"];
    place
        .tiny(&["train", "baseline"], &[&data[..], more].concat())
        .succeeds();
    place
}

#[test]
fn a_run_has_a_card_that_says_how_good_it_is() {
    let place = trained(&["--max-length", "5", "--truncate", "before"]);
    let history = gatefold::report::read_history(&place.path("run")).unwrap();
    let accuracy = history.epochs[0].val_accuracy;
    let card = card(&place, "run");
    let (front, text) = card
        .strip_prefix("---\n")
        .unwrap()
        .split_once("\n---\n")
        .unwrap();
    for line in [
        "library_name: gatefold",
        "pipeline_tag: text-classification",
        "- name: \"baseline\"",
        "      name: \"my \\\"table\\\": one.csv\"",
        "    - type: accuracy",
    ] {
        assert!(
            front.lines().any(|found| found == line),
            "no {line} in {front}"
        );
    }
    let value = front
        .lines()
        .find_map(|line| line.strip_prefix("      value: "));
    assert_eq!(value.unwrap().parse::<f64>().unwrap(), accuracy);
    let config = gatefold::run::RunSpec::read(&place.path("run"))
        .unwrap()
        .unwrap();
    let reviews = config.data.test_reviews.unwrap();
    let right = (accuracy * reviews as f64).round() as usize;
    let (from, to) = gatefold::train::wilson_interval(right, reviews);
    let row = format!(
        "| accuracy | {:.1} % | {:.1} % to {:.1} % |",
        100.0 * accuracy,
        100.0 * from,
        100.0 * to
    );
    for words in [
        &*row,
        "apart: \\<i\\>c\\</i\\>, a\\|b.",
        "Measured on all 15 validation texts.",
        "it reads the last 5 tokens alone",
        "| Seed | 0 |",
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
    // Nothing of the machine's folders goes out with it.
    let folder = place.path("").display().to_string();
    assert!(!card.contains(folder.trim_end_matches('/')), "{card}");
}

#[test]
fn a_card_that_someone_wrote_or_edited_stays() {
    let place = trained(&[]);
    let more = |epochs: &str| {
        let line = ["train", "--resume", "run", "--epochs", epochs];
        place.run(line).succeeds().stderr.clone()
    };
    let first = card(&place, "run");
    more("2");
    let second = card(&place, "run");
    assert!(
        second != first && second.contains("after epoch 2, the last"),
        "{second}"
    );
    let edited = second.replace("## Limits", "## Limits and thanks");
    place.write("run/README.md", &edited);
    let told = more("3");
    assert!(told.contains("README.md"), "{told}");
    assert_eq!(card(&place, "run"), edited);
    place
        .tiny(&["train", "baseline"], &["--out", "run", "--overwrite"])
        .succeeds();
    assert_eq!(card(&place, "run"), edited);
}

#[test]
fn an_imported_model_says_that_nothing_is_known_of_it() {
    let place = Workplace::new();
    place.tiny_run("baseline", &[]);
    assert!(card(&place, "run").contains("made up: a grammar"));
    let weights = "run/model.safetensors";
    let words = [
        "import", weights, "baseline", "--like", "run", "--out", "again",
    ];
    place.run(words).succeeds();
    let card = card(&place, "again");
    assert!(
        !card.contains("model-index") && !card.contains("## Training"),
        "{card}"
    );
    assert!(
        card.contains("Nothing is known of how good it is"),
        "{card}"
    );
}

#[test]
fn an_exported_file_has_a_card_beside_it_where_one_is_asked_for() {
    let place = trained(&["--epochs", "2"]);
    std::fs::create_dir(place.path("out")).unwrap();
    let export = |more: &[&str]| {
        let words = [
            "export",
            "run",
            "--format",
            "onnx",
            "--output",
            "out/a \"b\".onnx",
        ];
        place.run([&words[..], &["--overwrite"], more].concat())
    };
    export(&[]).succeeds();
    assert!(!place.path("out/README.md").exists());
    let told = export(&["--card", "--best"]).succeeds().stdout.clone();
    assert!(told.contains("out/README.md"), "{told}");
    let text = card(&place, "out");
    for words in [
        "InferenceSession(\"a \\\"b\\\".onnx\")",
        "which had the best val_loss",
        "| accuracy |",
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
    place.write("out/README.md", "# Mine\n");
    export(&["--card"]).fails(2, &["--card", "README.md", "stays"]);
    assert_eq!(card(&place, "out"), "# Mine\n");
}
