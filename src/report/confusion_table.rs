//! A confusion matrix as text for a terminal.

use super::excerpt::excerpt;
use crate::train::Confusion;

/// Columns of the names of the rows.
const NAMES: usize = 14;
/// Columns of a class at most, and at least.
const WIDEST: usize = 16;
const NARROWEST: usize = 5;
/// What stands before the name of the first column.
const PREDICTED: &str = "Predicted ";
/// Confusions that are listed where the matrix is too wide.
const LISTED: usize = 10;
/// Columns of a class's name in their list, and of the number of reviews.
const LEAST_LISTED: usize = 15;
const MOST_LISTED: usize = 30;
const REVIEWS: usize = 10;

/// A row a class, a column what its reviews were taken for; the most frequent confusions where that is too wide for a
/// terminal of so many columns.
pub(super) fn confusion_table(
    confusion: &Confusion,
    classes: &[String],
    columns: usize,
) -> Vec<String> {
    let width = width(classes.len(), columns);
    let largest = confusion.rows().flatten().max().copied().unwrap_or(0);
    match largest.to_string().len() < width {
        true => matrix(confusion, classes, width),
        false => most_frequent(confusion, classes, columns),
    }
}

/// Columns that a class may take; 0 where there are too many classes.
fn width(classes: usize, columns: usize) -> usize {
    let each = columns.saturating_sub(NAMES + PREDICTED.len()) / classes.max(1);
    match each < NARROWEST {
        true => 0,
        false => each.min(WIDEST),
    }
}

fn matrix(confusion: &Confusion, classes: &[String], width: usize) -> Vec<String> {
    // A blank at least stays between two names.
    let names: Vec<String> = classes
        .iter()
        .map(|name| excerpt(name, width - 1))
        .collect();
    let first = names.first().map_or("", String::as_str);
    let header = format!("{PREDICTED}{first}");
    let first_width = header.chars().count().max(width);
    let line = |name: &str, cells: &[String]| {
        let name = excerpt(name, NAMES - 1);
        let mut line = format!("{name:NAMES$}");
        for (index, cell) in cells.iter().enumerate() {
            let width = if index == 0 { first_width } else { width };
            line += &format!("{cell:>width$}");
        }
        line
    };
    let titles: Vec<String> = std::iter::once(header)
        .chain(names.iter().skip(1).cloned())
        .collect();
    let rule = "─".repeat(NAMES + first_width + width * classes.len().saturating_sub(1));
    let mut lines = vec![line("Actual", &titles), rule];
    for (name, row) in classes.iter().zip(confusion.rows()) {
        let counts: Vec<String> = row.iter().map(usize::to_string).collect();
        lines.push(line(name, &counts));
    }
    lines
}

fn most_frequent(confusion: &Confusion, classes: &[String], columns: usize) -> Vec<String> {
    let name = (columns.saturating_sub(REVIEWS) / 2).clamp(LEAST_LISTED, MOST_LISTED);
    let rows = confusion.rows().enumerate();
    let mut pairs: Vec<(usize, usize, usize)> = rows
        .flat_map(|(actual, row)| {
            let cells = row.iter().enumerate();
            cells.map(move |(predicted, &count)| (count, actual, predicted))
        })
        .filter(|&(count, actual, predicted)| count > 0 && actual != predicted)
        .collect();
    pairs.sort_by_key(|&(count, actual, predicted)| (usize::MAX - count, actual, predicted));
    let line = |actual: &str, predicted: &str, reviews: &str| {
        format!("{actual:name$}{predicted:name$}{reviews:>REVIEWS$}")
    };
    let titles = ["Most often taken for", "Taken for"];
    let mut lines = vec![
        line(
            "Actual",
            titles[usize::from(titles[0].len() >= name)],
            "Reviews",
        ),
        "─".repeat(2 * name + REVIEWS),
    ];
    for (count, actual, predicted) in pairs.into_iter().take(LISTED) {
        let [actual, predicted] =
            [actual, predicted].map(|class| excerpt(&classes[class], name - 1));
        lines.push(line(&actual, &predicted, &count.to_string()));
    }
    lines
}
