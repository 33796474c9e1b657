//! What is said of a sweep and its trials: lines and tables.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets,
};
use gatefold::report::readable;
use gatefold::sweep::{
    ConfigurationResult, Method, Results, Sweep, Trial, TrialState, spread_text,
};

use crate::cli::screen::{LABEL, counted, result_columns, wrap};

/// Columns that the words of the table of configurations take at least.
const LEAST_WORDS: usize = 16;

/// `why-the-baseline-fails: 36 trials, 12 configurations of 3 seeds`
pub fn summary(sweep: &Sweep) -> String {
    let configurations = sweep.configurations.len();
    let seeds = sweep.trials.len() / configurations.max(1);
    let method = match sweep.file.search.method {
        Method::Grid => "",
        Method::Random => ", drawn",
        Method::Halving => ", the better ones trained for longer",
    };
    format!(
        "{}: {}, {} of {}{method}",
        sweep.file.name,
        counted(sweep.trials.len(), "trial"),
        counted(configurations, "configuration"),
        counted(seeds, "seed")
    )
}

/// `finished`, `failed`, `begun`, `waiting`
pub fn status(state: &TrialState) -> &'static str {
    match (&state.outcome, state.failed()) {
        (_, Some(_)) => "failed",
        (Some(_), None) => "finished",
        (None, None) if state.epochs.is_empty() => "waiting",
        (None, None) => "begun",
    }
}

/// `before`, then a trial's status, its folder and its metrics: in a line, or in several where a terminal has too few
/// columns for it.
pub fn trial_line(
    before: &str,
    trial: &Trial,
    state: &TrialState,
    columns: Option<usize>,
) -> String {
    let head = format!("{before}{:8}  {}", status(state), trial.folder);
    let (between, metrics) = match (state.failed(), state.epochs.last()) {
        (Some(reason), _) => (": ", reason.to_owned()),
        (None, Some(last)) => {
            let epochs = counted(state.epochs.len(), "epoch");
            let loss = readable(last.val_loss);
            let accuracy = last.val_accuracy;
            let metrics = format!("{epochs}, val_accuracy {accuracy:.3} val_loss {loss}");
            ("  ", metrics)
        }
        (None, None) => return head,
    };
    let line = format!("{head}{between}{metrics}");
    match columns {
        Some(columns) if line.chars().count() > columns => {
            format!("{head}\n{}", indented(&metrics, columns))
        }
        _ => line,
    }
}

/// `text` in lines that stand under the text of a field.
fn indented(text: &str, columns: usize) -> String {
    let lines = wrap(text, columns.saturating_sub(LABEL));
    let lines = lines.iter().map(|line| format!("{:LABEL$}{line}", ""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The configurations, the best first: metrics over seeds, and what they are beside the best. Where a terminal is too narrow
/// for a table, they stand one below the other.
pub fn configurations(results: &Results) -> String {
    let columns = result_columns();
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table
        .load_style(presets::NOTHING.header_separator(rule))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX))
        .set_header([
            "Configuration",
            "Val. accuracy",
            "Val. loss",
            "Seeds",
            "Beside the best",
        ]);
    for there in &results.configurations {
        let seeds = there.figure.map_or(0, |figure| figure.count);
        table.add_row([
            there.label.clone(),
            spread_text(there.val_accuracy),
            spread_text(there.val_loss),
            seeds.to_string(),
            there.words.clone(),
        ]);
    }
    // A name wraps between its parts; within one it could not be read.
    let parts = results.configurations.iter();
    let parts = parts.flat_map(|there| there.label.split(' '));
    let name = parts.map(|part| part.chars().count()).max().unwrap_or(0);
    let name = name.max("Configuration".len()) + 1;
    let widths = table.column_max_content_widths();
    let metrics: usize = widths
        .iter()
        .skip(1)
        .take(3)
        .map(|width| usize::from(*width) + 1)
        .sum();
    if name + metrics + LEAST_WORDS > columns {
        return list(results, columns);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == 4 { 0 } else { 1 }));
        match index {
            0 => {
                let least = Width::Fixed(u16::try_from(name).unwrap_or(u16::MAX));
                column.set_constraint(ColumnConstraint::LowerBoundary(least));
            }
            4 => {}
            // Words wrap; a number must not.
            _ => {
                column.set_constraint(ColumnConstraint::ContentWidth);
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table.trim_fmt()
}

/// What the table says, a configuration's metrics below its name.
fn list(results: &Results, columns: usize) -> String {
    let of_one = |there: &ConfigurationResult| {
        let seeds = there.figure.map_or(0, |figure| figure.count);
        [
            wrap(&there.label, columns).join("\n"),
            format!("  Val. accuracy  {}", spread_text(there.val_accuracy)),
            format!("  Val. loss      {}", spread_text(there.val_loss)),
            format!("  Seeds          {seeds}"),
            indented(&there.words, columns),
        ]
        .join("\n")
    };
    let configurations: Vec<String> = results.configurations.iter().map(of_one).collect();
    configurations.join("\n\n")
}
