//! `gatefold data inspect`.

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

#[test]
fn shows_real_reviews_where_they_are() {
    let Some(folder) = crate::support::data_dir() else {
        return;
    };
    let place = Workplace::new();
    let data = folder.join("aclImdb.tar.zst");
    let options = ["--limit-train", "200", "--limit-test", "100"];
    let outcome = place.run(
        [
            &["data", "inspect", "--data", data.to_str().unwrap()][..],
            &options,
        ]
        .concat(),
    );
    assert!(
        outcome
            .succeeds()
            .stdout
            .contains("8,185, padding included"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("200 reviews"));
}
