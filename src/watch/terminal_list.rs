//! [`draw_list`]: all runs below a folder on a terminal, of which one can be chosen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::list::ListedRun;
use super::run::Status;
use super::terminal_text::{WIDE, broken, columns, ending, fitting, key};

/// Columns before what is told of a run below its name.
const INDENT: &str = "  ";

/// Draws the runs, those around the chosen one where not all have room: a line each, or two where the terminal is narrow.
/// `problem` says why what is shown may be old.
pub fn draw_list(
    frame: &mut Frame,
    folder: &str,
    runs: &[ListedRun],
    chosen: usize,
    problem: Option<&str>,
) {
    let [head, list, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let title = format!("{folder} · {}", count(runs.len()));
    let bold = Style::new().add_modifier(Modifier::BOLD);
    frame.render_widget(Span::styled(title, bold), head);
    draw_rows(frame, list, runs, chosen);
    let words = match problem {
        Some(problem) => Line::styled(problem.to_string(), Color::Red),
        None => Line::from(vec![
            key("q"),
            Span::raw(" quit  "),
            key("↑↓"),
            Span::raw(" choose  "),
            key("Enter"),
            Span::raw(" open"),
        ]),
    };
    frame.render_widget(words, foot);
}

fn count(runs: usize) -> String {
    match runs {
        0 => "no runs yet".to_string(),
        1 => "1 run".to_string(),
        runs => format!("{runs} runs, newest first"),
    }
}

fn draw_rows(frame: &mut Frame, area: Rect, runs: &[ListedRun], chosen: usize) {
    let widest = runs.iter().map(|run| columns(&run.name)).max().unwrap_or(0);
    let name_columns = widest.min(area.width / 2);
    let rows: Vec<Vec<Line>> = runs
        .iter()
        .map(|run| row(run, area.width, name_columns))
        .collect();
    let mut left = area.rows();
    for (index, lines) in rows
        .iter()
        .enumerate()
        .skip(first_shown(&rows, area, chosen))
    {
        for line in lines {
            let Some(place) = left.next() else {
                return;
            };
            let style = match index == chosen {
                true => Style::new().add_modifier(Modifier::REVERSED),
                false => Style::new(),
            };
            frame.render_widget(line.clone().style(style), place);
        }
    }
}

/// The first run to show, so that the chosen one is on the screen.
fn first_shown(rows: &[Vec<Line>], area: Rect, chosen: usize) -> usize {
    let height = usize::from(area.height);
    let mut first = chosen.min(rows.len().saturating_sub(1));
    let mut used = rows.get(first).map_or(0, Vec::len);
    while first > 0 && used + rows[first - 1].len() <= height {
        first -= 1;
        used += rows[first].len();
    }
    first
}

fn row(run: &ListedRun, width: u16, name_columns: u16) -> Vec<Line<'static>> {
    let words = run.words();
    let colour = match run.state.as_ref().map(|state| &state.status) {
        Ok(Status::Training) => Style::new().fg(Color::Green),
        Ok(Status::Dead | Status::Stopped { .. }) | Err(_) => Style::new().fg(Color::Red),
        Ok(Status::Waiting | Status::Finished) => Style::new(),
    };
    if width >= WIDE {
        let name = ending(&run.name, name_columns);
        let gap = " ".repeat(usize::from(name_columns - columns(&name)) + 2);
        let room = width.saturating_sub(name_columns + 2);
        return vec![Line::from(vec![
            Span::raw(name + &gap),
            Span::styled(fitting(&words, room), colour),
        ])];
    }
    let mut lines = vec![Line::raw(ending(&run.name, width))];
    let room = width.saturating_sub(columns(INDENT));
    lines.extend(
        broken(&words, room)
            .into_iter()
            .map(|words| Line::styled(format!("{INDENT}{words}"), colour)),
    );
    lines
}
