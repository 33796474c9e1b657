//! `gatefold explain`.

use std::fs;

use crate::program::{Outcome, Workplace, assert_80_columns};

fn trained(place: Workplace) -> Workplace {
    place.tiny_run("bidirectional", &[]);
    place
}

const TEXT: &str = "the film is  not wonderful, <b>dull</b> & the film is long";

#[test]
fn the_words_of_a_review_are_told_with_their_contributions() {
    let place = trained(Workplace::on_adapter());
    let found = place.run(["explain", "run", TEXT, "--json"]).json();
    let [found] = &found[..] else {
        panic!("{found:?}");
    };
    let words = found["words"].as_array().unwrap();
    let texts: Vec<&str> = words
        .iter()
        .map(|word| word["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, TEXT.split_whitespace().collect::<Vec<_>>());
    let of = |index: usize| words[index]["contribution"].as_f64().unwrap();
    // The same word at two places.
    assert_eq!((texts[1], texts[8]), ("film", "film"));
    assert_ne!(of(1), of(8));
    assert!((0..words.len()).all(|index| of(index).is_finite() && of(index) != 0.0));
    assert_eq!(found["explained"], "positive");
    let against = place.run(["explain", "run", TEXT, "--class", "negative", "--json"]);
    let against = &against.json()[0];
    assert_eq!(against["explained"], "negative");
    let contribution = against["words"][1]["contribution"].as_f64().unwrap();
    assert_eq!(contribution, -of(1));
    let predicted = place.run(["predict", "run", TEXT, "--json"]).json();
    assert_eq!(found["label"], predicted[0]["label"]);
    let [a, b] = [found, &predicted[0]].map(|line| line["probability"].as_f64().unwrap());
    assert!((a - b).abs() < 1e-5, "{a} and {b}");
}

#[test]
fn a_dash_is_the_review_on_standard_input() {
    let place = trained(Workplace::new());
    let piped = |input: String| {
        let mut command = place.command();
        Outcome::of(command.args(["explain", "run", "-"]).write_stdin(input))
    };
    let typed = place.run(["explain", "run", TEXT]);
    assert_eq!(piped(format!("{TEXT}\r\n")).succeeds().stdout, typed.stdout);
    piped("\n".to_string()).fails(1, &["standard input", "no review"]);
}

#[test]
fn what_people_see_is_plain_where_it_is_no_terminal() {
    let place = trained(Workplace::new());
    let shown = place.run(["explain", "run", &TEXT.repeat(4)]);
    shown.succeeds();
    assert_80_columns(&shown.stdout);
    assert!(!shown.stdout.contains('\u{1b}'));
    for words in [
        ", probability 0.",
        "the film is not wonderful, <b>dull</b>",
        "Contribution  Word",
        "synthetic",
    ] {
        assert!(
            shown.stdout.contains(words),
            "no `{words}` in {}",
            shown.stdout
        );
    }
    place.run(["explain", "run", ""]).succeeds();
}

#[test]
fn the_picture_grows_with_the_review() {
    let place = trained(Workplace::new());
    let mut heights = Vec::new();
    for (file, times) in [("short.png", 1), ("long.png", 12), ("longest.png", 120)] {
        place
            .run([
                "explain",
                "run",
                &format!("{TEXT} ").repeat(times),
                "--png",
                file,
            ])
            .succeeds();
        let picture = image::open(place.path(file)).unwrap();
        assert_eq!(picture.width(), 1200);
        heights.push(picture.height());
    }
    assert!(heights[0] < heights[1] && heights[1] < heights[2]);
    assert_eq!(heights[2], 2 * (66 + 39 * 22 + 40));
}

#[test]
fn the_page_shows_the_review_and_runs_none_of_it() {
    let place = trained(Workplace::new());
    place
        .run(["explain", "run", TEXT, "--html", "page.html"])
        .succeeds();
    let page = fs::read_to_string(place.path("page.html")).unwrap();
    assert!(
        page.contains("&lt;b&gt;dull&lt;&#x2f;b&gt;") && !page.contains("<b>"),
        "{page}"
    );
    assert!(page.contains("rgba(0, 114, 178, 0.75)") || page.contains("rgba(230, 159, 0, 0.75)"));
    assert!(page.contains("trained on demo (synthetic)"));
    assert!(!page.contains("http"), "the page needs another file");
    place
        .run(["explain", "run", TEXT, "--html", "none/page.html"])
        .fails(1, &["none/page.html"]);
}
