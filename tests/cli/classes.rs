//! Reviews of more classes than negative and positive.

use crate::program::{VOCABULARY, Workplace};

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

    // What needs one probability says so; what the file formats have not, they name.
    for command in ["evaluate", "predict", "explain"] {
        let text: &[&str] = match command {
            "evaluate" => &[],
            _ => &["a good film"],
        };
        let arguments = [&[command, "runs/stars-reviews"], text].concat();
        let words = [
            "layer dense",
            "each of 3 classes",
            "Dense(1) with a sigmoid",
        ];
        place.run(arguments).fails(1, &words);
    }
    let before = place.names();
    for (format, file) in [("onnx", "w.onnx"), ("keras", "w.weights.h5")] {
        let run = "runs/stars-reviews";
        let export = ["export", run, "--format", format, "--output", file];
        let words = ["attention_pooling", "export", "safetensors"];
        place.run(export).fails(1, &words);
    }
    assert_eq!(place.names(), before);
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
    let evaluate = ["evaluate", "again"];
    place.run(evaluate).fails(1, &["each of 3 classes"]);

    let train = |options: &[&str]| {
        let command = ["train", "--config", "stars.toml", "--out", "refused"];
        place.tiny(&command, options)
    };
    train(&data).fails(1, &["line 3: label `2`; expected", "--classes"]);
    let outcome = place.tiny(&["train", "baseline"], &named);
    outcome.fails(
        1,
        &[
            "tells 2 classes apart, but the data have 3",
            "Dense(3) with a softmax",
        ],
    );
    let outcome = place.tiny(&["compare"], &named);
    outcome.fails(1, &["tells 2 classes apart, but the data have 3"]);
    let outcome = train(&[]);
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
    for command in ["predict", "explain"] {
        let answer = &place.run([command, "run", "--json", "good film"]).json()[0];
        let class = match answer["probability"].as_f64().unwrap() > 0.5 {
            true => "spam",
            false => "useful",
        };
        assert_eq!(answer["label"], class, "{command}");
    }
    let evaluated = &place.run(["evaluate", "run", "--json"]).json()[0];
    assert!(evaluated["accuracy"].is_number());
}
