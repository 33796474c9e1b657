//! `gatefold explain`: which words moved a prediction.

use std::io;

use anyhow::Result;
use gatefold::report::{
    Word, depth, excerpt, explained, explanation_page, explanation_picture, largest, shared_out,
    strongest, weighed, write_atomically,
};
use gatefold::run::Answer;
use gatefold::train::{predicted, probability_of};
use serde::Serialize;

use super::args::ExplainArgs;
use super::output_file;
use super::screen::{
    Output, broken, coloured, field, print_json, result_columns, terminal_columns,
};
use super::standard_input;
use super::test_data::{open_told, session_told};

/// Columns of a contribution in the list of the strongest words.
const NUMBER: usize = 12;

/// Backgrounds of a terminal's 256 colours, the palest first: blue speaks for the class that is explained, orange
/// against it. Letters are black on all of them.
const FOR: [u8; 4] = [195, 153, 117, 75];
const AGAINST: [u8; 4] = [230, 223, 222, 214];

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    /// The class that the words speak for or against.
    explained: &'a str,
    words: &'a [Word],
    /// N-grams, where the vocabulary has some: each word has a share of those that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<&'a [Word]>,
}

/// What the numbers of words are where terms are n-grams.
const SHARED: &str = "what an n-gram contributed is divided equally among its words";

/// Explains the prediction of one review.
pub fn run(args: &ExplainArgs, quiet: bool) -> Result<()> {
    let output = Output {
        json: args.json,
        quiet,
    };
    for (name, path) in [("--html", &args.html), ("--png", &args.png)] {
        if let Some(path) = path {
            output_file::check(name, path, args.overwrite)?;
        }
    }
    let run = open_told(&args.run, output)?;
    let asked = args
        .class
        .as_deref()
        .map(|name| run.label(name))
        .transpose()?;
    let mut reader = run.reader(args.vocab.as_deref())?;
    let typed = match standard_input::is_meant(&args.text) {
        true => standard_input::read_text(output)?,
        false => args.text.clone(),
    };
    let (review, words) = reader.review_with_words(&typed)?;
    let mut session = session_told(&run, &args.device, output)?;
    let attribution = run.explain(&mut session, &review, asked)?;
    let (row, class) = (attribution.probabilities.row(0), attribution.classes[0]);
    let terms = weighed(words, &review.ids, &attribution.contributions);
    let shared = reader.shared_words(&typed)?.map(|(words, kept)| {
        shared_out(words, &review.ids, kept.start, &attribution.contributions)
    });
    let words = shared.as_ref().unwrap_or(&terms);

    let prediction = run.prediction(row, review.ids.len());
    let answer = Answer::new(&run.classes, &prediction);
    let mut title = format!("{}, probability {:.4}", answer.label, answer.probability);
    if class != predicted(row) || asked.is_some() {
        let probability = probability_of(row, class);
        title += &format!(
            "; explained: {}, probability {probability:.4}",
            run.class(class)
        );
    }
    let model = run.weights.model.name();
    if let Some(path) = &args.png {
        let note = format!("{model} · trained on {}", run.spec.data.name);
        write_atomically(path, &explanation_picture(words, &title, &note)?)?;
    }
    if let Some(path) = &args.html {
        let mut note = format!("Model: {model}, trained on {}.", run.spec.data.name);
        if shared.is_some() {
            note += &format!(" In the text, {SHARED}.");
        }
        write_atomically(
            path,
            explanation_page(
                words,
                &terms,
                &title,
                &explained(&run.classes, class),
                &note,
            )?
            .as_bytes(),
        )?;
    }
    if args.json {
        return print_json(&Report {
            explained: run.class(class),
            answer,
            words,
            terms: shared.is_some().then_some(&terms),
        });
    }
    output.result(&format!("{}\n", broken(&title, terminal_columns())))?;
    let columns = result_columns();
    output.result(&text(words, columns, coloured(&io::stdout())))?;
    output.result(&format!("\n{:>NUMBER$}  Word", "Contribution"))?;
    for word in strongest(&terms) {
        let shown = excerpt(&word.text, columns - NUMBER - 2);
        output.result(&format!("{:>+NUMBER$.4}  {shown}", word.contribution))?;
    }
    if shared.is_some() && coloured(&io::stdout()) {
        output.result(&format!(
            "\n{}",
            field("Note", &format!("in the text, {SHARED}"))
        ))?;
    }
    if run.spec.data.synthetic {
        let note = format!(
            "trained on {}: it knows no real reviews",
            run.spec.data.name
        );
        output.result(&format!("\n{}", field("Note", &note)))?;
    }
    Ok(())
}

/// The review in lines of so many columns, each word on the background of its contribution if `coloured`.
fn text(words: &[Word], columns: usize, coloured: bool) -> String {
    let largest = largest(words);
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        let shown = excerpt(&word.text, columns);
        let width = shown.chars().count();
        if column > 0 && column + 1 + width > columns {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        column += width;
        match background(depth(word, largest)).filter(|_| coloured) {
            Some(colour) => {
                text.push_str(&format!("\u{1b}[38;5;16;48;5;{colour}m{shown}\u{1b}[0m"))
            }
            None => text.push_str(&shown),
        }
    }
    text
}

/// The background for a share of the largest contribution, from −1 to 1; none for a tenth and less.
fn background(depth: f64) -> Option<u8> {
    let palette = if depth < 0.0 { AGAINST } else { FOR };
    let size = depth.abs();
    let level = (size * palette.len() as f64).ceil() as usize;
    (size > 0.1).then(|| palette[level.clamp(1, palette.len()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, contribution: f64) -> Word {
        Word {
            text: text.to_string(),
            contribution,
            ids: Vec::new(),
        }
    }

    #[test]
    fn words_are_coloured_by_sign_and_size() {
        let words = [word("fine", 2.0), word("so", 0.1), word("dull", -0.9)];
        assert_eq!(text(&words, 80, false), "fine so dull");
        let shown = text(&words, 80, true);
        let on = |colour: u8, word: &str| format!("\u{1b}[38;5;16;48;5;{colour}m{word}\u{1b}[0m");
        assert_eq!(shown, format!("{} so {}", on(75, "fine"), on(223, "dull")));
    }

    #[test]
    fn lines_end_at_80_columns_and_hide_nothing() {
        let words: Vec<Word> = (0..60)
            .map(|n| word(&"x".repeat(n % 23 + 1), 1.0))
            .collect();
        let shown = text(&words, 80, false);
        assert!(shown.lines().all(|line| line.chars().count() <= 80));
        assert_eq!(shown.split_whitespace().count(), 60);
        assert_eq!(text(&[word("a\u{1b}[2Jb", 1.0)], 80, false), "a\\u{1b}[2Jb");
        assert_eq!(text(&[], 80, true), "");
        assert_eq!(text(&[word("still", 0.0)], 80, true), "still");
    }
}
