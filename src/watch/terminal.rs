//! [`draw`]: runs on a terminal, a line each, and their curves below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::LineGauge;

use super::folder::WatchedFolder;
use super::run::{RunState, Status};
use super::terminal_chart::draw_charts;
use super::terminal_text::{broken, columns, ending, fitting, key};
use super::terminal_view::{View, colour, mark};
use crate::report::readable;

/// Columns below which a bar shows nothing.
const BAR_COLUMNS: u16 = 8;

/// Columns of a run's name, at most, unless half the terminal has more.
const NAME_COLUMNS: u16 = 16;

/// Columns of a run's mark before its name.
const MARK_COLUMNS: u16 = 2;

/// Draws all that is known of the runs, as far as there is room: first each run's line, then the metrics of the
/// run under way, then the curves. `problem` says why what is shown may be old, and `is_listed` whether Esc leads back to a list
/// of runs.
pub fn draw(
    frame: &mut Frame,
    watched: &WatchedFolder,
    view: View,
    is_listed: bool,
    problem: Option<&str>,
) {
    let width = frame.area().width;
    let rows = |count: usize| Constraint::Length(u16::try_from(count).unwrap_or(u16::MAX));
    let mut title = vec![watched.folder.display().to_string()];
    title.extend(watched.data.clone());
    let title = broken(&title, width);
    let told = told(watched, view, width);
    let [head, lines, metrics, charts, foot] = Layout::vertical([
        rows(title.len()),
        rows(watched.runs.len()),
        rows(told.len()),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let bold = Style::new().add_modifier(Modifier::BOLD);
    frame.render_widget(Text::from_iter(title).style(bold), head);
    draw_runs(frame, lines, watched, view);
    frame.render_widget(Text::from_iter(told), metrics);
    draw_charts(frame, charts, watched, view);
    let mut words = match problem {
        Some(problem) => vec![
            Span::styled(problem.to_string(), Color::Red),
            Span::raw("  "),
        ],
        None => Vec::new(),
    };
    words.push(key("q"));
    words.push(Span::raw(" quit"));
    if is_listed {
        words.extend([Span::raw("  "), key("Esc"), Span::raw(" all runs")]);
    }
    if watched.runs.len() > 1 {
        words.extend([Span::raw("  "), key("Tab"), Span::raw(" next curves")]);
    }
    frame.render_widget(Line::from(words), foot);
}

/// What is told of the run of interest below the lines of all, and how to go on with what nobody trains.
fn told(watched: &WatchedFolder, view: View, width: u16) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(run) = run_of_interest(watched, view) {
        let words = run.words();
        let room = width.saturating_sub(name_columns(watched, width));
        let shown = fitting(&words, room).split(", ").count();
        parts.extend(words.into_iter().skip(shown));
        parts.extend(metrics_of(run));
    }
    let mut lines = broken(&parts, width);
    if let Some(words) = watched.resume_words() {
        lines.extend(broken(&[words], width));
    }
    lines
}

/// The run that is looked at, else the one under way, else the last that has begun.
fn run_of_interest(watched: &WatchedFolder, view: View) -> Option<&RunState> {
    let runs = &watched.runs;
    let begun = |run: &&RunState| run.status != Status::Waiting;
    match view {
        View::Run(run) => runs.get(run),
        View::All => runs
            .iter()
            .find(|run| run.status == Status::Training)
            .or_else(|| runs.iter().rfind(begun)),
    }
}

/// A line a run: its name, how much of it is done, and as many words as fit.
fn draw_runs(frame: &mut Frame, area: Rect, watched: &WatchedFolder, view: View) {
    let name_columns = name_columns(watched, area.width);
    let room = area.width.saturating_sub(name_columns);
    let told = watched.runs.iter().map(|run| fitting(&run.words(), room));
    let told: Vec<String> = told.collect();
    // Bars of one length can be compared; a line without room for one has none.
    let left = told
        .iter()
        .map(|words| room.saturating_sub(columns(words) + 1));
    let bar_columns = left.filter(|left| *left >= BAR_COLUMNS).min();
    let bar_columns = bar_columns.unwrap_or(0).min(40);
    let rows = watched.runs.iter().zip(told).zip(area.rows()).enumerate();
    for (index, ((run, words), row)) in rows {
        let has_bar = bar_columns > 0 && columns(&words) + bar_columns < room;
        let [name, bar, told] = Layout::horizontal([
            Constraint::Length(name_columns),
            Constraint::Length(if has_bar { bar_columns + 1 } else { 0 }),
            Constraint::Fill(1),
        ])
        .areas(row);
        let mut style = Style::new().fg(colour(index));
        if view == View::Run(index) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let shown = ending(&run.name, name_columns.saturating_sub(MARK_COLUMNS + 1));
        let shown = format!("{} {shown}", mark(index));
        frame.render_widget(Span::styled(shown, style), name);
        if has_bar {
            draw_bar(frame, bar, share_done(run), colour(index));
        }
        frame.render_widget(words, told);
    }
}

/// Columns of the runs' marks and names, and of the blank behind them.
fn name_columns(watched: &WatchedFolder, width: u16) -> u16 {
    let widest = watched.runs.iter().map(|run| columns(&run.name)).max();
    let most = NAME_COLUMNS.max(width / 2);
    (widest.unwrap_or(0) + MARK_COLUMNS + 1).min(most)
}

/// A bar, with a column left free behind it.
fn draw_bar(frame: &mut Frame, area: Rect, share: f64, colour: Color) {
    let bar = LineGauge::default()
        .ratio(share)
        .label("")
        .filled_symbol("━")
        .unfilled_symbol("─")
        .filled_style(colour)
        .unfilled_style(Style::new().add_modifier(Modifier::DIM));
    let width = area.width.saturating_sub(1);
    frame.render_widget(bar, Rect { width, ..area });
}

/// How much of a run is done, in [0, 1].
fn share_done(run: &RunState) -> f64 {
    match run.status {
        Status::Waiting => return 0.0,
        Status::Finished => return 1.0,
        Status::Training | Status::Dead | Status::Stopped { .. } => {}
    }
    let within = run.done as f64 / run.steps.max(1) as f64;
    let done = run.epoch.saturating_sub(1) as f64 + within;
    let done = done.max(run.epochs_over as f64);
    (done / run.epochs.max(1) as f64).clamp(0.0, 1.0)
}

/// `accuracy 0.912 loss 0.2310`, `epoch 2: val_accuracy 0.903 …`
fn metrics_of(run: &RunState) -> Vec<String> {
    let mut parts = Vec::new();
    if let (Some(accuracy), Some(loss)) = (run.accuracy, run.loss) {
        let loss = readable(loss);
        parts.push(format!("accuracy {accuracy:.3} loss {loss}"));
    }
    if let Some(last) = &run.last {
        parts.push(format!(
            "epoch {}: val_accuracy {:.3} val_loss {}",
            last.epoch,
            last.val_accuracy,
            readable(last.val_loss)
        ));
    }
    if let Some(best) = run
        .best
        .as_ref()
        .filter(|best| Some(best.epoch) != run.last.as_ref().map(|last| last.epoch))
    {
        parts.push(format!("best {:.3} ({})", best.val_accuracy, best.epoch));
    }
    parts
}
