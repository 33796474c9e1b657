//! An explained prediction as a page for a browser.

use super::figure::Colour;
use super::words::{Word, depth, largest};
use crate::data::sentiment_classes;
use crate::error::Result;
use crate::template::filled;
use minijinja::{Value, context};

const NAME: &str = "explanation.html";
const TEMPLATE: &str = include_str!("../../assets/explanation.html");

/// What speaks for a positive review, or for the class that is explained, and what against it.
///
/// # Source
/// Okabe and Ito (2008): told apart by every kind of colour vision.
pub const FOR: Colour = [0, 114, 178];
/// See [`FOR`].
pub const AGAINST: Colour = [230, 159, 0];

/// How far the deepest colour covers the page, so that black letters stay readable on it.
pub(super) const DEEPEST: f64 = 0.75;

/// Words that [`strongest`] lists.
const STRONGEST: usize = 10;

/// The words that contributed most, whatever the sign, the largest first; equal ones in order.
pub fn strongest(words: &[Word]) -> Vec<&Word> {
    let mut order: Vec<&Word> = words.iter().collect();
    order.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    order.truncate(STRONGEST);
    order
}

/// The colour of a word and its opacity.
pub(super) fn shade(word: &Word, largest: f64) -> (Colour, f64) {
    let depth = depth(word, largest);
    let colour = if depth < 0.0 { AGAINST } else { FOR };
    (colour, depth.abs() * DEEPEST)
}

/// What an explanation is of: the logit of `class`, one of `classes`.
///
/// # Examples
/// ```
/// use gatefold::data::sentiment_classes;
/// use gatefold::report::explained;
///
/// assert_eq!(explained(&sentiment_classes(), 1), "a positive review");
/// assert_eq!(explained(&["ham".into(), "spam".into()], 1), "the class spam");
/// ```
pub fn explained(classes: &[String], class: usize) -> String {
    let name = classes.get(class).map_or("", String::as_str);
    if classes == sentiment_classes() {
        return format!("a {name} review");
    }
    format!("the class {name}")
}

/// A page that shows `words` coloured by what they contributed, under `title`; it needs no other file.
///
/// `terms` are those of which the strongest are listed: the words, or their n-grams. `explained` is
/// [what they speak for](explained), `note` says what the model was trained on.
///
/// # Errors
/// [`crate::Error::Internal`] where the template engine refuses.
pub fn explanation_page(
    words: &[Word],
    terms: &[Word],
    title: &str,
    explained: &str,
    note: &str,
) -> Result<String> {
    let largest_word = largest(words);
    let all: Vec<Value> = words.iter().map(|word| shown(word, largest_word)).collect();
    let largest_term = largest(terms);
    let strongest: Vec<Value> = strongest(terms)
        .iter()
        .map(|term| shown(term, largest_term))
        .collect();
    let content = context! { title, explained, note, words => all, strongest };
    filled(&[(NAME, TEMPLATE)], NAME, content)
}

/// A word as the template takes it; the colour as CSS has it: red, green, blue, opacity.
fn shown(word: &Word, largest: f64) -> Value {
    let ([red, green, blue], opacity) = shade(word, largest);
    context! {
        text => word.text.as_str(),
        contribution => format!("{:+.3}", word.contribution),
        colour => format!("{red}, {green}, {blue}, {opacity:.2}"),
    }
}
