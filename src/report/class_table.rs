//! Precision and recall of each class, as text for a terminal.

use super::excerpt::excerpt;
use super::measures::shown;
use crate::train::Confusion;

/// Columns of a class's name, and of each of its figures.
const NAME: usize = 30;
const FIGURES: [usize; 4] = [12; 4];
/// Columns of the figures where a terminal has not as many.
const NARROW: [usize; 4] = [11, 8, 8, 9];
/// Columns that a name keeps; where it has not as many, the figures stand below it.
const LEAST_NAME: usize = 12;

/// A row a class: what share of the reviews taken for it are of it, what share of its reviews was found, and how many
/// there are.
pub(super) fn class_table(
    confusion: &Confusion,
    classes: &[String],
    columns: usize,
) -> Vec<String> {
    let is_wide = NAME + FIGURES.iter().sum::<usize>() <= columns;
    let figures = if is_wide { FIGURES } else { NARROW };
    let left = columns.saturating_sub(figures.iter().sum());
    let name = if left < LEAST_NAME { 0 } else { left.min(NAME) };
    let line = |first: &str, cells: [&str; 4]| {
        let cells = cells.into_iter().zip(figures);
        let cells: String = cells
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        match name {
            0 => cells,
            _ => format!("{:name$}{cells}", excerpt(first, name - 1)),
        }
    };
    let header = line("Class", ["Precision", "Recall", "F1", "Reviews"]);
    let rule = "─".repeat(name + figures.iter().sum::<usize>());
    let mut lines = vec![header, rule];
    for (class, first) in classes.iter().enumerate() {
        let cells = [
            shown(confusion.precision(class)),
            shown(confusion.recall(class)),
            shown(confusion.f1(class)),
            confusion.actual(class).to_string(),
        ];
        if name == 0 {
            lines.push(excerpt(first, columns));
        }
        lines.push(line(first, cells.each_ref().map(String::as_str)));
    }
    lines
}
