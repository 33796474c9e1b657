//! `gatefold data inspect`.

use serde_json::Value;

use crate::program::{Workplace, assert_80_columns};

#[test]
fn shows_the_demo_corpus() {
    let place = Workplace::new();
    let outcome = place.run(["data", "inspect"]);
    assert_80_columns(&outcome.succeeds().stdout);
    for words in [
        "demo (synthetic)",
        "3,000 reviews: 1,500 negative, 1,500 positive (50.0 %)",
        "500 reviews",
        "training reviews that repeat an earlier one: 0\n",
        "\nPadding   ",
        "with --bucket",
        "First batch of the shuffled epoch with seed 0",
        "\nnegative  ",
        "\npositive  ",
    ] {
        assert!(
            outcome.stdout.contains(words),
            "no `{words}` in {}",
            outcome.stdout
        );
    }
    assert_eq!(outcome.stdout, place.run(["data", "inspect"]).stdout);
    assert_ne!(
        outcome.stdout,
        place.run(["data", "inspect", "--seed", "1"]).stdout
    );
}

#[test]
fn counts_by_hand() {
    let place = Workplace::new();
    // Reviews of 3, 4, 5 and 6 tokens a class: a_, good_ or bad_, film, ", " as bytes and so on.
    place.write_imdb("reviews");
    let outcome = place.run(["data", "inspect", "--data", "reviews", "--batch-size", "8"]);
    let text = &outcome.succeeds().stdout;
    let batch = text.split("shape (").nth(1).unwrap();
    let shape: Vec<usize> = batch
        .split(')')
        .next()
        .unwrap()
        .split(", ")
        .map(|size| size.parse().unwrap())
        .collect();
    assert_eq!(shape[0], 8);
    let rows: Vec<Vec<usize>> = batch
        .lines()
        .skip(1)
        .take(8)
        .map(|row| {
            let numbers = row.trim_matches([' ', '[', ']']);
            numbers
                .split_whitespace()
                .map(|id| id.parse().unwrap())
                .collect()
        })
        .collect();
    assert!(rows.iter().all(|row| row.len() == shape[1]), "{batch}");
    // Padding follows the text, and its share of the one batch is what is told.
    let padding = rows.iter().flatten().filter(|&&id| id == 0).count();
    let positions = shape[0] * shape[1];
    let share = format!(
        "{:.1} % of the {positions} positions",
        100.0 * padding as f64 / positions as f64
    );
    assert!(text.contains(&share), "no `{share}` in {text}");
    for row in &rows {
        let first = row.iter().position(|&id| id == 0).unwrap_or(row.len());
        assert!(row[first..].iter().all(|&id| id == 0), "{row:?}");
    }
    let longest = rows
        .iter()
        .map(|row| row.iter().filter(|&&id| id != 0).count())
        .max()
        .unwrap();
    assert!(text.contains(&format!("longest {longest}")), "{text}");
    assert_eq!(longest, shape[1]);
    // The histogram counts every review once.
    let histogram = text
        .split("in tokens\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let counted: usize = histogram
        .lines()
        .map(|line| {
            line[16..]
                .split_whitespace()
                .next()
                .unwrap()
                .parse::<usize>()
                .unwrap()
        })
        .sum();
    assert_eq!(counted, 8, "{histogram}");
}

/// The figures of the JSON object, which is all that standard output has.
#[track_caller]
fn inspected(place: &Workplace, options: &[&str]) -> Value {
    let arguments = [&["data", "inspect", "--json"], options].concat();
    let mut lines = place.run(arguments).json();
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

#[test]
fn json_has_all_figures() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    // Two each of "a_ good_ film ,", which has 4 tokens, and the same with ", long", ", long long" and
    // ", long long long": a last "long" is 4 bytes, so 9, 10 and 11 tokens.
    let found = inspected(
        &place,
        &["--data", "reviews", "--batch-size", "3", "--seed", "5"],
    );
    assert_eq!(found["name"], "reviews");
    assert_eq!(found["synthetic"], false);
    assert_eq!(found["vocabulary_size"], 262);
    for part in ["train", "test"] {
        let part = &found[part];
        assert_eq!(
            part["classes"],
            serde_json::json!([
                {"name": "negative", "reviews": 4},
                {"name": "positive", "reviews": 4},
            ])
        );
        assert_eq!(part["reviews"], 8);
        let tokens = &part["tokens"];
        assert_eq!(tokens["mean"], 8.5);
        let quantiles = ["median", "p90", "p99", "longest"].map(|name| &tokens[name]);
        assert_eq!(quantiles, [9, 11, 11, 11]);
        let histogram = &part["histogram"];
        assert_eq!([&histogram["width"], &histogram["beyond"]], [1, 0]);
        let counts = serde_json::json!([0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 2, 2]);
        assert_eq!(histogram["counts"], counts);
    }
    let padding = &found["padding"];
    assert_eq!(padding["batch_size"], 3);
    assert_eq!(padding["bucket"], false);
    assert_eq!(
        [&padding["pad"], &padding["truncate"]],
        ["after", "after"],
        "{padding}"
    );
    assert!(padding["max_length"].is_null());
    let tokens = 68.0;
    assert_eq!(padding["tokens"], 68);
    for order in ["shuffled", "bucketed"] {
        let positions = padding[order]["positions"].as_f64().unwrap();
        let share = padding[order]["padding"].as_f64().unwrap();
        assert!((share - (1.0 - tokens / positions)).abs() < 1e-12);
    }
    let batch = &found["batch"];
    assert_eq!(batch["seed"], 5);
    let ids = batch["ids"].as_array().unwrap();
    assert_eq!(batch["shape"][0], ids.len());
    for ((row, text), label) in ids
        .iter()
        .zip(batch["texts"].as_array().unwrap())
        .zip(batch["labels"].as_array().unwrap())
    {
        assert_eq!(batch["shape"][1], row.as_array().unwrap().len());
        let word = if *label == 1 { "good" } else { "bad" };
        let beginning = format!("a {word} film,");
        assert!(text.as_str().unwrap().starts_with(&beginning), "{text}");
    }
}

#[test]
fn finds_what_is_there_twice() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let found = inspected(&place, &["--data", "reviews"]);
    // The test reviews are those of the training part again.
    let repeats = found["duplicates"]["between"].as_array().unwrap();
    assert_eq!(repeats.len(), 8);
    assert!(repeats.iter().all(|repeat| repeat["relabelled"] == false));
    assert_eq!(found["duplicates"]["train"].as_array().unwrap().len(), 0);

    // One text three times in a part, once with the other label, and once in the other part.
    for name in ["train/pos/7_9", "train/pos/8_9", "train/neg/9_1"] {
        place.write(&format!("reviews/{name}.txt"), "a film");
    }
    place.write("reviews/test/neg/9_1.txt", "  a film\n");
    let found = inspected(&place, &["--data", "reviews"]);
    let [train, test, between] =
        ["train", "test", "between"].map(|kind| found["duplicates"][kind].as_array().unwrap());
    assert_eq!((train.len(), test.len(), between.len()), (2, 0, 9));
    let first = &train[0]["first"];
    assert!(train.iter().all(|repeat| repeat["first"] == *first));
    assert!(train.iter().any(|repeat| repeat["relabelled"] == true));
    let text = place.run(["data", "inspect", "--data", "reviews"]).stdout;
    assert_80_columns(&text);
    let relabelled = train.iter().filter(|repeat| repeat["relabelled"] == true);
    let line = format!(
        "training reviews that repeat an earlier one: 2, {} with another label; {} as {first}, {} as {first}",
        relabelled.count(),
        train[0]["again"],
        train[1]["again"],
    );
    let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&line), "no `{line}` in {text}");
    assert!(told.contains("numbered from 0"), "{text}");
}

#[test]
fn draws_the_lengths() {
    let place = Workplace::new();
    for name in ["lengths.png", "lengths.SVG"] {
        let outcome = place.run(["data", "inspect", "--histogram", name]);
        assert!(
            outcome
                .succeeds()
                .stdout
                .contains(&format!("Picture   {name}\n"))
        );
        let found = inspected(&place, &["--histogram", name, "--overwrite"]);
        assert_eq!(found["histogram_file"], name);
    }
    assert_eq!(place.names(), ["lengths.SVG", "lengths.png"]);
    let files = place.files();
    assert!(files["lengths.png"].starts_with(b"\x89PNG"));
    let svg = String::from_utf8(files["lengths.SVG"].clone()).unwrap();
    for words in [
        "Length of the reviews",
        "Tokens",
        "Training",
        "Test",
        "demo (synthetic)",
    ] {
        assert!(svg.contains(words), "no {words}");
    }
}

#[test]
fn a_picture_that_cannot_be_is_refused_before_the_data_is_read() {
    let place = Workplace::new();
    for (name, words) in [
        (
            "lengths.jpg",
            &["--histogram", "lengths.jpg", ".png", ".svg"][..],
        ),
        ("lengths", &["--histogram", ".png", ".svg"]),
        ("none/lengths.png", &["--histogram", "none", "no folder"]),
    ] {
        let outcome = place.run(["data", "inspect", "--data", "missing", "--histogram", name]);
        outcome.fails(2, words);
    }
    std::fs::create_dir(place.path("folder.png")).unwrap();
    let outcome = place.run(["data", "inspect", "--histogram", "folder.png"]);
    outcome.fails(2, &["--histogram", "folder.png is a folder"]);
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[test]
fn batch_options_show_in_the_batch() {
    let place = Workplace::new();
    let options = [
        "--bucket",
        "--max-length",
        "40",
        "--truncate",
        "before",
        "--pad",
        "before",
    ];
    let text = place.run([&["data", "inspect"][..], &options].concat());
    let text = &text.succeeds().stdout;
    assert_80_columns(text);
    for words in [
        "First batch of the bucketed epoch",
        "(reviews cut to their last 40 tokens, padded before the text)",
        "have more than 40 tokens; their beginning is cut off",
    ] {
        let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "no `{words}` in {text}");
    }
    let found = inspected(&place, &options);
    let padding = &found["padding"];
    let share = |order: &str| padding[order]["padding"].as_f64().unwrap();
    assert!(
        share("bucketed") < 0.01 && share("shuffled") > 0.02,
        "{padding}"
    );
    let ids = found["batch"]["ids"].as_array().unwrap();
    assert!(ids.iter().all(|row| row.as_array().unwrap().len() <= 40));

    let whole = inspected(&place, &[]);
    let whole = |key: &str| whole["padding"][key].as_u64().unwrap();
    let cut = |key: &str| padding[key].as_u64().unwrap();
    assert_eq!(whole("tokens"), cut("tokens") + cut("cut_tokens"));
    assert_eq!((whole("cut_reviews"), whole("cut_tokens")), (0, 0));
    assert!((2000..3000).contains(&cut("cut_reviews")), "{padding}");

    let found = inspected(&place, &["--pad", "before", "--batch-size", "50"]);
    let rows = found["batch"]["ids"].as_array().unwrap();
    let zeros = |row: &Value| {
        let row = row.as_array().unwrap();
        let zeros = row.iter().take_while(|id| **id == 0).count();
        assert!(row[zeros..].iter().all(|id| *id != 0), "{row:?}");
        zeros
    };
    assert!(rows.iter().map(zeros).sum::<usize>() > 0);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let place = Workplace::new();
    place.write_imdb("reviews");
    let text = "a \u{1b}[31mfilm\nlong\u{202e}\u{9b}2J \\ ".to_owned() + &"é".repeat(100);
    for number in 0..8 {
        let (class, rating) = [("pos", 8), ("neg", 3)][number % 2];
        place.write(
            &format!("reviews/train/{class}/{number}_{rating}.txt"),
            format!("{text}{number}"),
        );
    }
    let outcome = place.run(["data", "inspect", "--data", "reviews", "--batch-size", "16"]);
    let shown = &outcome.succeeds().stdout;
    assert_80_columns(shown);
    assert!(
        !shown.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'),
        "{shown:?}"
    );
    assert!(
        shown.contains("a \\u{1b}[31mfilm\\nlong\\u{202e}\\u{9b}2J \\\\ ééé"),
        "{shown}"
    );
}

#[test]
fn shows_real_reviews_where_they_are() {
    let Some(folder) = crate::support::data_dir() else {
        return;
    };
    let place = Workplace::new();
    let data = folder.join("aclImdb.tar.zst");
    let data = ["--data", data.to_str().unwrap()];
    let outcome = place.run([&["data", "inspect"][..], &data].concat());
    let text = &outcome.succeeds().stdout;
    assert_80_columns(text);
    assert!(text.contains("8,185, padding included"), "{text}");
    assert!(text.contains("25,000 reviews: 12,500 negative"), "{text}");

    let found = inspected(&place, &data);
    // 49,582 of the 50,000 texts are distinct.
    let repeats = |kind: &str| found["duplicates"][kind].as_array().unwrap().len();
    let counts = ["train", "test", "between"].map(repeats);
    assert_eq!(counts, [96, 199, 123]);
    let share = |order: &str| found["padding"][order]["padding"].as_f64().unwrap();
    assert!((0.55..0.65).contains(&share("shuffled")));
    assert!(share("bucketed") < 0.04);
}
