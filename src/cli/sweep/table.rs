//! What is said of a sweep and its trials: lines and tables.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, presets};
use gatefold::report::readable;
use gatefold::sweep::{Method, Results, Sweep, Trial, TrialState, spread_text};

use crate::cli::screen::{counted, result_columns};

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

/// A line for a trial: its status, its folder, its metrics.
pub fn trial_line(trial: &Trial, state: &TrialState) -> String {
    let metrics = match (state.failed(), state.epochs.last()) {
        (Some(reason), _) => format!(": {reason}"),
        (None, Some(last)) => format!(
            "  {}, val_accuracy {:.3} val_loss {}",
            counted(state.epochs.len(), "epoch"),
            last.val_accuracy,
            readable(last.val_loss)
        ),
        (None, None) => String::new(),
    };
    format!("{:8}  {}{metrics}", status(state), trial.folder)
}

/// The configurations, the best first: metrics over seeds, and what they are beside the best.
pub fn configurations(results: &Results) -> String {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table
        .load_style(presets::NOTHING.header_separator(rule))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(result_columns()).unwrap_or(u16::MAX))
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
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == 4 { 0 } else { 1 }));
        // Names and words wrap; a number must not.
        if (1..=3).contains(&index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
