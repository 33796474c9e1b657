//! `report.html`, as `train` and `compare` leave it and as `gatefold report` writes it.

use std::fs;

use crate::program::Workplace;
use crate::support::html::check;

fn page(place: &Workplace, path: &str) -> String {
    let page = fs::read_to_string(place.path(path)).unwrap();
    check(&page);
    page
}

/// The commands on a page, with what was escaped.
pub fn commands(page: &str) -> Vec<String> {
    let shown = page.split("<code>").skip(1);
    let shown = shown.filter_map(|rest| Some(rest.split_once("</code>")?.0));
    // A command's words are spans, so that no line is broken inside one.
    let texts = shown.map(|text| text.replace("<span>", "").replace("</span>", ""));
    let commands = texts.filter(|text| text.starts_with("gatefold "));
    commands
        .map(|text| text.replace("&#x2f;", "/").replace("&#x27;", "'"))
        .collect()
}

#[test]
fn training_leaves_a_page_that_says_how_to_repeat_it() {
    let place = Workplace::new();
    let options = [
        "--seed",
        "7",
        "--bucket",
        "--max-length",
        "30",
        "--out",
        "run",
    ];
    place.tiny(&["train", "dropout"], &options).succeeds();
    let written = page(&place, "run/report.html");
    let history = gatefold::report::read_history(&place.path("run")).unwrap();
    for record in &history.epochs {
        for value in [
            record.loss,
            record.accuracy,
            record.val_loss,
            record.val_accuracy,
            record.learning_rate,
        ] {
            assert!(
                written.contains(&format!("<data value=\"{value:?}\">")),
                "no {value:?}"
            );
        }
    }
    assert!(written.contains("made up") && written.contains("max length"));
    let [command] = &commands(&written)[..] else {
        panic!("{:?}", commands(&written));
    };
    let words = command.split(' ').skip(1).chain(["--out", "again"]);
    place.run(words).succeeds();
    for file in ["history.json", "model.safetensors", "report.html"] {
        let read = |run: &str| fs::read(place.path(run).join(file)).unwrap();
        assert!(read("run") == read("again"), "{file} differs");
    }

    // Written again it is the same, wherever it goes.
    fs::remove_file(place.path("run/report.html")).unwrap();
    let told = place.run(["report", "run"]);
    assert!(told.succeeds().stdout.contains("report.html"));
    assert_eq!(page(&place, "run/report.html"), written);
    let elsewhere = ["report", "run", "--output", "page.html"];
    place.run(elsewhere).succeeds();
    assert_eq!(page(&place, "page.html"), written);
    place.run(elsewhere).fails(2, &["page.html", "--overwrite"]);
    place
        .run([&elsewhere[..], &["--overwrite"]].concat())
        .succeeds();
}

#[test]
fn a_model_of_one_s_own_is_repeated_from_its_file() {
    let place = Workplace::new();
    let model = r#"
name = "own"
[[layer]]
type = "embedding"
width = 8
[[layer]]
type = "lstm"
units = 8
[[layer]]
type = "dense"
units = 1
activation = "sigmoid"
"#;
    place.write("mine.toml", model);
    let train = ["train", "--config", "mine.toml"];
    place.tiny(&train, &["--out", "run"]).succeeds();
    let written = page(&place, "run/report.html");
    let (_, rest) = written.split_once("<pre tabindex=\"0\">").unwrap();
    let (file, _) = rest.split_once("</pre>").unwrap();
    let file = file
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x2f;", "/");
    place.write("model.toml", file);
    let commands = commands(&written);
    let words = commands[0].split(' ').skip(1).chain(["--out", "again"]);
    place.run(words).succeeds();
    let read = |run: &str| fs::read(place.path(run).join("model.safetensors")).unwrap();
    assert!(read("run") == read("again"));
}

#[test]
fn a_comparison_has_a_page_above_those_of_its_runs() {
    let place = Workplace::new();
    let options = ["--variants", "dropout,baseline", "--out", "all"];
    place.tiny(&["compare"], &options).succeeds();
    let written = page(&place, "all/report.html");
    assert!(written.contains("2 models compared"));
    let command = &commands(&written)[0];
    assert!(
        command.starts_with("gatefold compare --variants dropout,baseline "),
        "{command}"
    );
    let single = page(&place, "all/dropout/report.html");
    assert!(commands(&single)[0].starts_with("gatefold train dropout "));

    // Runs that were not compared go on one page as well.
    let both = ["report", "all/dropout", "all/baseline"];
    place.run(both).fails(2, &["--output"]);
    place
        .run([&both[..], &["--output", "both.html"]].concat())
        .succeeds();
    assert_eq!(commands(&page(&place, "both.html")).len(), 2);
}

#[test]
fn examples_are_the_reviews_of_the_run_or_others() {
    let place = Workplace::new();
    place.train_on_imdb();
    let before = page(&place, "run/report.html");
    assert!(!before.contains("On 8 test reviews"));

    place.run(["report", "run", "--examples", "3"]).succeeds();
    let tested = page(&place, "run/report.html");
    assert!(
        tested.contains("On 8 test reviews of reviews") && tested.contains("Length against error")
    );
    let (wrong, right) = tested.split_once("Right, and sure of it").unwrap();
    let count = |part: &str| part.matches("card example").count();
    let evaluated = place.run(["evaluate", "run", "--json"]).json();
    let confusion = &evaluated[0]["confusion"];
    let counted = |names: [&str; 2]| -> u64 {
        names
            .map(|name| confusion[name].as_u64().unwrap())
            .iter()
            .sum()
    };
    assert_eq!(
        count(wrong) as u64,
        counted(["false_positive", "false_negative"]).min(3)
    );
    assert_eq!(
        count(right) as u64,
        counted(["true_positive", "true_negative"]).min(3)
    );
    let loss = evaluated[0]["loss"].as_f64().unwrap();
    assert!(tested.contains(&format!("<dd>{loss:.4}</dd>")), "{loss}");

    // Without a review on it, and of other data.
    place.write_imdb("others");
    std::fs::remove_file(place.path("others/imdb_reviews.subwords")).unwrap();
    let none = [
        "report",
        "run",
        "--examples",
        "0",
        "--data",
        "others",
        "--limit-test",
        "5",
    ];
    place.run(none).succeeds();
    let tested = page(&place, "run/report.html");
    assert!(tested.contains("On 5 test reviews of others") && !tested.contains("card example"));
}

#[test]
fn what_cannot_be_told_is_refused() {
    let place = Workplace::new();
    place
        .run(["report", "nowhere"])
        .fails(1, &["nowhere", "a run that was trained"]);
    place.tiny_run("baseline", &[]);
    let before = place.files();
    place
        .run(["report", "run", "--limit-test", "5"])
        .fails(2, &["--limit-test", "--examples"]);
    place
        .run(["report", "run", "--classes", "bad,good"])
        .fails(2, &["--classes", "--examples"]);
    place
        .run(["report", "run", "--examples", "1", "--data", "nowhere"])
        .fails(1, &["nowhere"]);
    place
        .run(["report", "run", "--output", "run"])
        .fails(2, &["--output", "folder"]);
    assert_eq!(place.files(), before);
}
