//! A batch as text: the array that numpy would print.

use std::fmt;

use super::pad::Batch;

/// Elements from which numpy abbreviates an array.
const THRESHOLD: usize = 1000;
/// Elements that numpy keeps at each end of an abbreviated axis.
const EDGE: usize = 3;
/// Width of a printed line.
const LINE_WIDTH: usize = 75;
const GAP: &str = "...";

/// The ids as an array `[B, T]`, one review a row, as numpy's `print` shows it: abbreviated to three
/// elements at each end of a long axis where the array has more than 1,000.
/// `{batch:50}` has lines of 50 columns instead of numpy's 75.
impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line_width = f.width().unwrap_or(LINE_WIDTH);
        let abbreviate = self.ids.len() > THRESHOLD;
        let columns = shown(self.length, abbreviate);
        let rows = shown(self.size, abbreviate);
        let id = |row: usize, column: usize| self.ids[column * self.size + row];
        let width = rows
            .iter()
            .flatten()
            .flat_map(|&row| columns.iter().flatten().map(move |&column| id(row, column)))
            .max()
            .map_or(1, |largest| largest.to_string().len());

        write!(f, "[")?;
        for (place, row) in rows.iter().enumerate() {
            let indent = if place == 0 { "" } else { " " };
            match row {
                Some(row) => {
                    let words = columns.iter().map(|column| match column {
                        Some(column) => format!("{:width$}", id(*row, *column)),
                        None => GAP.to_string(),
                    });
                    write!(f, "{indent}[{}]", wrapped(words, line_width))?;
                }
                None => write!(f, "{indent}{GAP}")?,
            }
            if place + 1 < rows.len() {
                writeln!(f)?;
            }
        }
        write!(f, "]")
    }
}

/// The indices along an axis that are shown, `None` for the gap.
fn shown(length: usize, abbreviate: bool) -> Vec<Option<usize>> {
    if !abbreviate || length <= 2 * EDGE {
        return (0..length).map(Some).collect();
    }
    let head = (0..EDGE).map(Some);
    let tail = (length - EDGE..length).map(Some);
    head.chain([None]).chain(tail).collect()
}

/// `words` with spaces between, broken so that a row in its brackets keeps to lines of `line_width`.
fn wrapped(words: impl Iterator<Item = String>, line_width: usize) -> String {
    const INDENT: usize = 2;
    let mut text = String::new();
    let mut column = INDENT;
    for (place, word) in words.enumerate() {
        // Two closing brackets may follow the last word.
        if place > 0 && column + 1 + word.len() + 2 > line_width {
            text.push('\n');
            text.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else if place > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += word.len();
    }
    text
}
