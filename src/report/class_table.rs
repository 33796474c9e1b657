//! Precision and recall of each class, as text for a terminal.

use super::excerpt::excerpt;
use super::measures::shown;
use crate::train::Confusion;

/// Columns of a class's name, and of each of its figures.
const NAME: usize = 30;
const FIGURE: usize = 12;

/// A row a class: what share of the reviews taken for it are of it, what share of its reviews was found, and how many
/// there are.
pub(super) fn class_table(confusion: &Confusion, classes: &[String]) -> Vec<String> {
    let line = |name: &str, [precision, recall, f1, reviews]: [&str; 4]| {
        format!("{name:NAME$}{precision:>FIGURE$}{recall:>FIGURE$}{f1:>FIGURE$}{reviews:>FIGURE$}")
    };
    let header = line("Class", ["Precision", "Recall", "F1", "Reviews"]);
    let rule = "─".repeat(NAME + 4 * FIGURE);
    let rows = classes.iter().enumerate().map(|(class, name)| {
        let figures = [
            shown(confusion.precision(class)),
            shown(confusion.recall(class)),
            shown(confusion.f1(class)),
            confusion.actual(class).to_string(),
        ];
        line(
            &excerpt(name, NAME - 1),
            figures.each_ref().map(String::as_str),
        )
    });
    [header, rule].into_iter().chain(rows).collect()
}
