//! An evaluation as text for a terminal.

use super::class_table::class_table;
use super::confusion_table::confusion_table;
use super::measures::Measures;
use super::reliability_table::reliability_table;
use super::table::COLUMNS;
use crate::train::Evaluation;

/// Columns of a measure's value, and of what is between it and the name.
const VALUE: usize = 10;

/// Loss and scores, those of each class, the confusion matrix and the reliability table, in less than 80 columns.
pub fn evaluation_table(evaluation: &Evaluation) -> String {
    evaluation_table_within(evaluation, COLUMNS)
}

/// [`evaluation_table`] for a terminal of so many columns, 40 at least.
pub fn evaluation_table_within(evaluation: &Evaluation, columns: usize) -> String {
    let Evaluation {
        scores, classes, ..
    } = evaluation;
    let measures = Measures::of(evaluation).rows();
    let widths = measures.iter().map(|(name, _)| name.chars().count());
    let width = widths.max().unwrap_or(0);
    let value_width = columns.saturating_sub(width).min(VALUE);
    let measures = measures.into_iter();
    let measures = measures.map(|(name, value)| format!("{name:width$}{value:>value_width$}"));
    let tables = [
        measures.collect(),
        class_table(&scores.confusion, classes, columns),
        confusion_table(&scores.confusion, classes, columns),
        reliability_table(evaluation, columns),
    ];
    tables.map(|lines| lines.join("\n")).join("\n\n")
}
