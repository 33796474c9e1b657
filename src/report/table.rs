//! Runs side by side, as text and as Markdown.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, presets};

use crate::model::grouped;
use crate::train::{EpochRecord, History, Monitor};

/// Width of a text table, in characters.
pub(super) const COLUMNS: usize = 80;

/// Columns that a variant's name keeps; where it has not as many, the runs stand one below the other.
const LEAST_NAME: usize = 12;

/// What an unknown or missing figure is shown as.
const UNKNOWN: &str = "–";

/// The columns' names in full, without that of the times.
pub(super) const IN_FULL: [&str; 7] = [
    "Variant",
    "Parameters",
    "Training loss",
    "Training accuracy",
    "Validation loss",
    "Validation accuracy",
    "Best validation accuracy (epoch)",
];

/// A table for a terminal of 80 columns: loss and accuracy after the last epoch, the best
/// validation accuracy with its epoch, and the time of all epochs.
///
/// # Examples
/// ```
/// use gatefold::train::{EpochRecord, History};
///
/// let mut history = History::new("baseline", 561_089);
/// history.epochs.push(EpochRecord {
///     epoch: 1,
///     loss: 0.6931,
///     accuracy: 0.5012,
///     val_loss: 0.6929,
///     val_accuracy: 0.5133,
///     learning_rate: 1e-4,
///     seconds: 61.0,
///     ..EpochRecord::default()
/// });
/// let table = gatefold::report::comparison_table(&[history]);
/// assert!(table.contains("561,089") && table.contains("1m 01s"));
/// ```
pub fn comparison_table(histories: &[History]) -> String {
    comparison_table_within(histories, COLUMNS)
}

/// [`comparison_table`] for a terminal of so many columns. Where the figures of a run do not fit beside
/// each other, they stand below its name, 40 columns wide.
///
/// # Examples
/// ```
/// use gatefold::train::History;
///
/// let history = History::new("baseline", 561_089);
/// let list = gatefold::report::comparison_table_within(&[history], 40);
/// assert!(list.starts_with("baseline\n  Parameters  561,089\n"));
/// ```
pub fn comparison_table_within(histories: &[History], columns: usize) -> String {
    let header = [
        "\nVariant",
        "\nParameters",
        "Train\nloss",
        "Train\nacc.",
        "Val.\nloss",
        "Val.\nacc.",
        "Best val.\nacc. (epoch)",
        "\nTime",
    ];
    let mut table = filled(&header, histories, str::to_owned);
    let widths = table.column_max_content_widths();
    let figures: usize = widths
        .iter()
        .skip(1)
        .map(|width| usize::from(*width) + 1)
        .sum();
    let name = widths.first().copied().map_or(0, usize::from);
    if figures + name.min(LEAST_NAME) > columns {
        return list(histories);
    }
    let rule = LineStyle::none().fill('─').junction('─');
    table
        .load_style(presets::NOTHING.header_separator(rule))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == 7 { 0 } else { 1 }));
        // A long name wraps; a number must not.
        if index > 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

/// What the table says, a run's figures below its name.
fn list(histories: &[History]) -> String {
    let of_run = |history: &History| {
        let [
            name,
            parameters,
            loss,
            accuracy,
            val_loss,
            val_accuracy,
            best,
            time,
        ] = row(history, history.variant.clone());
        [
            name,
            format!("  Parameters  {parameters}"),
            format!("  Train       loss {loss}  acc. {accuracy}"),
            format!("  Val.        loss {val_loss}  acc. {val_accuracy}"),
            format!("  Best val.   acc. (epoch) {best}"),
            format!("  Time        {time}"),
        ]
        .join("\n")
    };
    let runs: Vec<String> = histories.iter().map(of_run).collect();
    runs.join("\n\n")
}

/// [`comparison_table`] as a Markdown table, with the columns' names in full and without times: it goes into a
/// file, and two runs of one command leave the same bytes.
pub fn comparison_markdown(histories: &[History]) -> String {
    let mut table = filled(&IN_FULL, histories, |name| name.replace('|', "\\|"));
    table.load_style(presets::ASCII_MARKDOWN);
    table.trim_fmt()
}

/// A row a history, with as many of [`row`]'s columns as `header` names.
fn filled(header: &[&str], histories: &[History], name: fn(&str) -> String) -> Table {
    let mut table = Table::new();
    table.set_header(header);
    for history in histories {
        let row = row(history, name(&history.variant));
        table.add_row(row.into_iter().take(header.len()));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The epoch with the best validation accuracy, the first of equal ones; none where none is a number.
pub fn best_epoch(epochs: &[EpochRecord]) -> Option<&EpochRecord> {
    let best = Monitor::ValAccuracy.best(epochs);
    best.filter(|record| !record.val_accuracy.is_nan())
}

/// What the columns say of a run; the last is its time.
pub(super) fn row(history: &History, name: String) -> [String; 8] {
    let last = history.epochs.last();
    let figure = |value: fn(&EpochRecord) -> f64| {
        last.map_or_else(|| UNKNOWN.to_owned(), |record| number(value(record)))
    };
    let best = best_epoch(&history.epochs);
    let seconds: f64 = history.epochs.iter().map(|record| record.seconds).sum();
    [
        name,
        history
            .parameters
            .map_or_else(|| UNKNOWN.to_owned(), grouped),
        figure(|record| record.loss),
        figure(|record| record.accuracy),
        figure(|record| record.val_loss),
        figure(|record| record.val_accuracy),
        best.map_or_else(
            || UNKNOWN.to_owned(),
            |best| format!("{} ({})", number(best.val_accuracy), best.epoch),
        ),
        duration(seconds),
    ]
}

/// Four decimals.
pub(super) fn number(value: f64) -> String {
    format!("{value:.4}")
}

/// A loss or norm: four decimals, or three digits with an exponent where decimals would say little or fill a line.
///
/// # Examples
/// ```
/// use gatefold::report::readable;
///
/// assert_eq!([0.71234, 0.0, 5.5e-7, 3.4e38].map(readable), ["0.7123", "0.0000", "5.50e-7", "3.40e38"]);
/// ```
pub fn readable(value: f64) -> String {
    match value.abs() {
        0.0 | 0.001..1e5 => number(value),
        _ => format!("{value:.2e}"),
    }
}

/// A deviation from `mean`, or a difference from it: four decimals where that has them too, unless all of them would be 0.
///
/// # Examples
/// ```
/// use gatefold::report::readable_beside;
///
/// assert_eq!([0.012, 0.0003, 0.0, 8.26e-7].map(|value| readable_beside(0.69, value)), ["0.0120", "0.0003", "0.0000", "8.26e-7"]);
/// assert_eq!(readable_beside(5.5e-4, 0.0003), "3.00e-4");
/// ```
pub fn readable_beside(mean: f64, value: f64) -> String {
    let is_small = (0.00005..0.001).contains(&value.abs());
    match mean.abs() {
        0.001..1e5 if is_small => number(value),
        _ => readable(value),
    }
}

/// Seconds in the two largest units that say something; a time of 0 is an unknown one.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds <= 0.0 || seconds.is_nan() => UNKNOWN.to_owned(),
        0..60 => format!("{seconds:.1}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
    }
}
