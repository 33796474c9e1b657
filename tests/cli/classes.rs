//! Reviews of more classes than negative and positive.

use crate::program::{VOCABULARY, Workplace, assert_80_columns};
use crate::report::commands;
use crate::support::html::check;

/// Five stars of a table, told apart by a softmax; the run goes on with the same classes.
#[test]
fn trains_on_several_classes() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut table = "text,stars\n".to_owned();
    for row in 0..60 {
        table += &format!("{} film {row},{}\n", "good ".repeat(row % 3), row % 3 + 1);
    }
    place.write("reviews.csv", table);
    let model = "\
name = \"stars\"\n\
[[layer]]\ntype = \"embedding\"\nwidth = 4\nmask_zero = true\n\
[[layer]]\ntype = \"attention_pooling\"\nunits = 3\n\
[[layer]]\ntype = \"dense\"\nunits = 3\nactivation = \"softmax\"\n";
    place.write("stars.toml", model);
    let data = ["--data", "reviews.csv", "--label-column", "stars"];
    let named = [&data[..], &["--classes", "1,2,3"]].concat();
    let outcome = place.tiny(&["train", "--config", "stars.toml"], &named);
    let told = &outcome.succeeds().stderr;
    assert!(told.contains(" 1, ") && told.contains(" 3)"), "{told}");
    let config = place.files()["runs/stars-reviews/config.toml"].clone();
    let config = String::from_utf8(config).unwrap();
    assert!(
        config.contains("classes = [\"1\", \"2\", \"3\"]"),
        "{config}"
    );
    let more = ["train", "--resume", "runs/stars-reviews", "--epochs", "2"];
    place.run(more).succeeds();

    uses_several_classes(&place);

    let before = place.names();
    let run = "runs/stars-reviews";
    let export = |format, file| place.run(["export", run, "--format", format, "--output", file]);
    let words = ["attention_pooling", "export", "safetensors"];
    export("keras", "w.weights.h5").fails(1, &words);
    export("keras", "w.keras").fails(1, &[&words[..], &["ONNX"]].concat());
    assert_eq!(place.names(), before);
    export("onnx", "w.onnx").succeeds();
    let weights = "runs/stars-reviews/model.safetensors";
    let import = [
        "import",
        weights,
        "--config",
        "stars.toml",
        "--out",
        "again",
    ];
    let words = ["stars.toml", "tells 3 classes apart"];
    place.run(import).fails(1, &words);
    place.run([&import[..], &named].concat()).succeeds();
    let imported = place
        .run(["evaluate", "again", "--json", "--batch-size", "10"])
        .json();
    let trained = place
        .run(["evaluate", "runs/stars-reviews", "--json"])
        .json();
    assert_eq!(imported[0]["loss"], trained[0]["loss"]);

    let train = |options: &[&str]| place.tiny(&["train", "--config", "stars.toml"], options);
    let outcome = train(&[&data[..], &["--out", "found"]].concat());
    let told = &outcome.succeeds().stderr;
    assert!(
        told.contains("3 classes, found among the labels, in ascending order: 1, 2, 3"),
        "{told}"
    );
    let config = String::from_utf8(place.files()["found/config.toml"].clone()).unwrap();
    assert!(
        config.contains("classes = [\"1\", \"2\", \"3\"]"),
        "{config}"
    );
    compares_on_several_classes(&place, &named);
    let outcome = train(&["--out", "refused"]);
    outcome.fails(
        1,
        &["stars.toml", "tells 3 classes apart, but the data have 2"],
    );
    assert!(!place.path("refused").exists());
    let outcome = place.tiny(&["train", "baseline"], &["--classes", "a,b"]);
    outcome.fails(
        2,
        &["--classes", "give the table of reviews with --data as well"],
    );
}

/// Variants take a softmax over the classes, beside a model of one's own.
fn compares_on_several_classes(place: &Workplace, data: &[&str]) {
    let models = [
        "--variants",
        "baseline,bidirectional",
        "--config",
        "stars.toml",
    ];
    let options = [&models[..], data, &["--out", "all"]].concat();
    let told = place.tiny(&["compare"], &options).succeeds().stdout.clone();
    assert!(
        told.contains("all/{baseline,bidirectional,stars}"),
        "{told}"
    );
    for (run, last) in [("baseline", "dense_1"), ("stars", "dense")] {
        let weights = place.path(&format!("all/{run}/model.safetensors"));
        let model = gatefold::train::Weights::load(&weights).unwrap().model;
        assert_eq!((model.classes(), model.has_softmax()), (3, true));
        assert_eq!(model.layers().last().unwrap().name, last);
    }
    let page = String::from_utf8(place.files()["all/baseline/report.html"].clone()).unwrap();
    assert!(
        commands(&page)[0].starts_with("gatefold train baseline --data"),
        "{page}"
    );
    // A file's model is taken as it is.
    let two = std::fs::read_to_string(place.path("stars.toml")).unwrap();
    let two = two
        .replace("stars", "two")
        .replace("units = 3\nactivation", "units = 2\nactivation");
    place.write("two.toml", two);
    let options = [&["--config", "two.toml", "--out", "refused"], data].concat();
    place.tiny(&["compare"], &options).fails(
        1,
        &[
            "two.toml",
            "tells 2 classes apart, but the data have 3",
            "Dense(3) with a softmax",
        ],
    );
    assert!(!place.path("refused").exists());
}

/// The commands that use a run, on the one of three classes.
fn uses_several_classes(place: &Workplace) {
    let run = "runs/stars-reviews";
    let names = ["1", "2", "3"];
    let evaluated = &place.run(["evaluate", run, "--json"]).json()[0];
    let history = gatefold::report::read_history(&place.path(run)).unwrap();
    let last = history.epochs.last().unwrap();
    assert_eq!(evaluated["accuracy"], last.val_accuracy);
    assert_eq!(evaluated["loss"], last.val_loss);
    assert_eq!(evaluated["classes"], serde_json::json!(names));
    let rows = evaluated["confusion"].as_array().unwrap().iter();
    let rows: Vec<Vec<u64>> = rows
        .map(|row| serde_json::from_value(row.clone()).unwrap())
        .collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| row.len() == 3));
    assert_eq!(rows.iter().flatten().sum::<u64>(), evaluated["reviews"]);
    let right: u64 = (0..3).map(|class| rows[class][class]).sum();
    let accuracy = right as f64 / evaluated["reviews"].as_f64().unwrap();
    assert_eq!(evaluated["accuracy"], accuracy);
    // Other reviews are read with the classes that the run knows.
    let others = ["--data", "reviews.csv", "--label-column", "stars"];
    let others = place.run([&["evaluate", run, "--json"][..], &others].concat());
    assert_eq!(others.json()[0]["classes"], serde_json::json!(names));

    let bin = &evaluated["reliability"][9];
    assert!(bin.get("share_right").is_some() && bin.get("share_of_class").is_none());

    let shown = place.run(["evaluate", run, "--figures", "figures"]);
    assert_80_columns(&shown.succeeds().stdout);
    for words in [
        "Macro F1",
        "Predicted 1",
        "Mean predicted",
        "figures/confusion.png",
    ] {
        assert!(
            shown.stdout.contains(words),
            "no `{words}` in {}",
            shown.stdout
        );
    }

    let texts = ["predict", run, "a good film", "bad", ""];
    let predictions = place.run([&texts[..], &["--json"]].concat()).json();
    let shown = place.run(texts);
    assert_80_columns(&shown.succeeds().stdout);
    for (line, answer) in shown.stdout.lines().zip(&predictions) {
        let of_class = |name: &&str| answer["probabilities"][name].as_f64().unwrap();
        let all = names.map(|name| of_class(&name));
        assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{answer}");
        let best = all.iter().copied().fold(0.0, f64::max);
        assert_eq!(answer["probability"], best);
        let label = answer["label"].as_str().unwrap();
        assert_eq!(of_class(&label), best);
        assert!(line.starts_with(&format!("{best:.4}  {label}")), "{line}");
    }
    assert_eq!((predictions.len(), shown.stdout.lines().count()), (3, 3));

    let explain = |more: &[&str]| {
        let command = ["explain", run, "a good film", "--json"];
        place.run([&command[..], more].concat()).json().remove(0)
    };
    let most_likely = explain(&[]);
    let label = most_likely["label"].as_str().unwrap();
    assert_eq!(most_likely["label"], predictions[0]["label"]);
    assert_eq!(most_likely["explained"], label);
    assert_eq!(explain(&["--class", label])["words"], most_likely["words"]);
    let other = names.into_iter().find(|name| *name != label).unwrap();
    let of_other = explain(&["--class", other]);
    assert_eq!(
        (&of_other["explained"], &of_other["label"]),
        (&other.into(), &label.into())
    );
    assert_ne!(of_other["words"], most_likely["words"]);
    let files = ["--class", other, "--html", "why.html", "--png", "why.png"];
    let shown = place.run([&["explain", run, "a good film"], &files[..]].concat());
    assert!(
        shown
            .succeeds()
            .stdout
            .contains(&format!("; explained: {other}, probability 0."))
    );
    let page = std::fs::read_to_string(place.path("why.html")).unwrap();
    assert!(page.contains(&format!("Blue speaks for the class {other}, orange")));
    assert!(place.path("why.png").is_file());
    let refused = place.run(["explain", run, "a good film", "--class", "4"]);
    refused.fails(2, &["--class", "`4`", "1, 2, 3"]);

    place.run(["report", run, "--examples", "2"]).succeeds();
    let page = std::fs::read_to_string(place.path(&format!("{run}/report.html"))).unwrap();
    check(&page);
    assert!(page.contains("Predicted 3") && page.contains("A review of class <b>"));
}

/// Two classes with names of their own, told apart by one probability: answers say the names.
#[test]
fn answers_have_the_names_of_the_classes() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut table = "text,label\n".to_owned();
    for row in 0..40 {
        let class = ["useful", "spam"][row % 2];
        table += &format!("{} film {row},{class}\n", "good ".repeat(row % 2));
    }
    place.write("mail.csv", table);
    let data = [
        "--data",
        "mail.csv",
        "--classes",
        "useful,spam",
        "--out",
        "run",
    ];
    place.tiny(&["train", "baseline"], &data).succeeds();
    // A model that is sure of each class in turn: a probability is that of the class beside it.
    let path = place.path("run/model.safetensors");
    for (bias, label) in [(-2.0, "useful"), (2.0, "spam")] {
        let mut weights = gatefold::train::Weights::load(&path).unwrap();
        *weights.parameters.last_mut().unwrap() = vec![bias];
        std::fs::write(&path, weights.to_bytes().unwrap()).unwrap();
        for command in ["predict", "explain"] {
            let answer = &place.run([command, "run", "--json", "good film"]).json()[0];
            let of = |class: &str| answer["probabilities"][class].as_f64().unwrap();
            assert!((of("useful") + of("spam") - 1.0).abs() < 1e-6, "{answer}");
            let probability = answer["probability"].as_f64().unwrap();
            assert_eq!(answer["label"], label, "{answer}");
            assert!(probability > 0.5 && probability == of(label), "{answer}");
            let shown = place.run([command, "run", "good film"]);
            let start = match command {
                "predict" => format!("{probability:.4}  {label}"),
                _ => format!("{label}, probability {probability:.4}"),
            };
            assert!(shown.stdout.starts_with(&start), "{}", shown.stdout);
            if command == "explain" {
                assert_eq!(answer["explained"], "spam");
            }
        }
    }

    let evaluated = &place.run(["evaluate", "run", "--json"]).json()[0];
    assert_eq!(evaluated["class"], "spam");
    assert_eq!(evaluated["classes"], serde_json::json!(["useful", "spam"]));
    assert!(evaluated["reliability"][9].get("share_of_class").is_some());
    let rows = evaluated["confusion"].as_array().unwrap();
    let right = rows[0][0].as_u64().unwrap() + rows[1][1].as_u64().unwrap();
    let reviews = evaluated["reviews"].as_f64().unwrap();
    assert_eq!(evaluated["accuracy"], right as f64 / reviews);
    let shown = place.run(["evaluate", "run"]);
    let words = ["Fraction spam", "Precision, spam", "Predicted useful"];
    assert!(words.iter().all(|words| shown.stdout.contains(words)));
    assert!(!shown.stdout.contains("positive"), "{}", shown.stdout);
}
