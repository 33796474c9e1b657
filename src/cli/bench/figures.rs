//! Figures of any size, and tables of them, 80 columns wide.

use super::report::Spread;
use crate::cli::screen::{grouped, result_columns};

/// Figures from here on have no decimals, but groups of three digits.
const GROUPED: f64 = 1e3;

/// `12.34`, with so many decimals; `12,340` from a thousand on; a dash where there is no finite number.
pub fn figure(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !value.is_finite() {
        return "–".to_string();
    }
    // Of the rounded number, so that 999.96 is not 1000.0.
    match text.parse::<f64>() {
        Ok(rounded) if rounded >= GROUPED => grouped(value.round() as usize),
        _ => text,
    }
}

/// A measurement with four digits, but no more than three decimals: `0.123`, `1.234`, `12.34`, `123.4`, `1,234`.
pub fn measured(value: f64) -> String {
    figure(value, decimals(value))
}

/// `104.1 (100.3 to 104.7)`, with ` to ` in `between`: the median, and what the middle half lies between.
pub fn spread_text(spread: &Spread, between: &str) -> String {
    // All three as exact as the median.
    let decimals = decimals(spread.median);
    let [median, from, to] = [spread.median, spread.lower_quartile, spread.upper_quartile]
        .map(|value| figure(value, decimals));
    format!("{median} ({from}{between}{to})")
}

fn decimals(value: f64) -> usize {
    match value {
        value if value >= 99.995 => 1,
        value if value >= 9.9995 => 2,
        _ => 3,
    }
}

/// Lines of a table with a name and `N` numbers a row, ruled below `header`, as wide as standard output.
pub fn table<const N: usize>(
    header: (&str, [&str; N]),
    rows: &[(String, [String; N])],
) -> Vec<String> {
    table_within(header, rows, result_columns())
}

/// The same in so many columns. Numbers are as wide as the widest of their column, and names take the rest; one that needs
/// more has a line of its own.
fn table_within<const N: usize>(
    header: (&str, [&str; N]),
    rows: &[(String, [String; N])],
    columns: usize,
) -> Vec<String> {
    let (title, titles) = header;
    let titles = titles.map(str::to_string);
    let width = |column: usize| {
        let cells = rows.iter().map(|(_, cells)| cells);
        let cells = cells.chain([&titles]).map(|cells| &cells[column]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let figures: usize = widths.iter().map(|width| width + 1).sum();
    let name_columns = columns.saturating_sub(figures);
    let mut lines = Vec::new();
    for (index, (name, cells)) in [(title, &titles)]
        .into_iter()
        .chain(rows.iter().map(|(name, cells)| (name.as_str(), cells)))
        .enumerate()
    {
        let mut line = name.to_string();
        if name.chars().count() > name_columns {
            lines.push(std::mem::take(&mut line));
        }
        line = format!("{line:name_columns$}");
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&format!(" {cell:>width$}"));
        }
        lines.push(line.trim_end().to_string());
        if index == 0 {
            lines.push("─".repeat(columns));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_or_groups_of_three() {
        let shown = [
            (0.0, "0.000"),
            (0.1234, "0.123"),
            (9.9994, "9.999"),
            (9.9996, "10.00"),
            (99.996, "100.0"),
            (999.94, "999.9"),
            (999.96, "1,000"),
            (9534.7, "9,535"),
            (1e8, "100,000,000"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ];
        for (value, text) in shown {
            assert_eq!(measured(value), text);
        }
    }

    #[test]
    fn a_table_is_as_wide_as_its_figures_need() {
        let rows = [
            ("short".to_string(), ["1".to_string(), "1,234".to_string()]),
            ("n".repeat(70), ["100 %".to_string(), String::new()]),
        ];
        let lines = table_within(("what", ["of", "ms"]), &rows, 80);
        let numbers = |line: &str, count: usize| line.chars().skip(count).collect::<String>();
        assert_eq!(lines.len(), 5);
        assert_eq!(numbers(&lines[0], 68), "    of    ms");
        assert_eq!(numbers(&lines[2], 68), "     1 1,234");
        assert_eq!(lines[3], "n".repeat(70));
        assert_eq!(numbers(&lines[4], 68), " 100 %");
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        let narrow = table_within(("what", ["of", "ms"]), &rows, 16);
        assert_eq!(narrow[2..4], ["short", "         1 1,234"]);
    }
}
