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
