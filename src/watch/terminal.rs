//! [`draw`]: runs on a terminal, a line each, and their curves below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, LineGauge};

use super::curve::Point;
use super::folder::WatchedFolder;
use super::run::{RunState, Status};
use crate::report::{readable, ticks};

/// Columns from which the two charts stand side by side.
const WIDE: u16 = 76;

/// Rows below which a chart shows nothing.
const CHART_ROWS: u16 = 6;

/// Columns below which a bar shows nothing.
const BAR_COLUMNS: u16 = 8;

/// Columns of a run's name, at most.
const NAME_COLUMNS: u16 = 16;

/// Of the 16 colours that every terminal has and every theme keeps legible.
const COLOURS: [Color; 5] = [
    Color::Cyan,
    Color::Yellow,
    Color::Magenta,
    Color::Green,
    Color::Blue,
];

/// Which curves are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// All runs' validation, and the training of the one under way; of a single run both.
    #[default]
    All,
    /// Training and validation of one run, by its place in [`WatchedFolder::runs`].
    Run(usize),
}

impl View {
    /// The view after this one, of `runs` runs; after the last comes the first again.
    #[must_use]
    pub fn next(self, runs: usize) -> View {
        match self {
            View::All if runs > 1 => View::Run(0),
            View::Run(run) if run + 1 < runs => View::Run(run + 1),
            View::All | View::Run(_) => View::All,
        }
    }

    /// The view before this one.
    #[must_use]
    pub fn previous(self, runs: usize) -> View {
        match self {
            View::All if runs > 1 => View::Run(runs - 1),
            View::Run(run) if run > 0 => View::Run(run - 1),
            View::All | View::Run(_) => View::All,
        }
    }
}

/// Loss or accuracy.
#[derive(Clone, Copy)]
struct Measure {
    name: &'static str,
    of: fn(&Point) -> f64,
}

const MEASURES: [Measure; 2] = [
    Measure {
        name: "Loss",
        of: |point| point.loss,
    },
    Measure {
        name: "Accuracy",
        of: |point| point.accuracy,
    },
];

/// Draws all that is known of the runs, as far as there is room: first each run's line, then the figures of the
/// run under way, then the curves. `problem` says why what is shown may be old.
pub fn draw(frame: &mut Frame, watched: &WatchedFolder, view: View, problem: Option<&str>) {
    let runs = u16::try_from(watched.runs.len()).unwrap_or(u16::MAX);
    let told = run_of_interest(watched, view).map_or(Vec::new(), figures_of);
    let told = broken(&told, frame.area().width);
    let [head, lines, figures, charts, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(runs),
        Constraint::Length(told.len() as u16),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let mut title = vec![Span::styled(
        watched.folder.display().to_string(),
        Style::new().add_modifier(Modifier::BOLD),
    )];
    title.extend(
        watched
            .data
            .iter()
            .map(|data| Span::raw(format!(" · {data}"))),
    );
    frame.render_widget(Line::from(title), head);
    draw_runs(frame, lines, watched, view);
    frame.render_widget(Text::from_iter(told), figures);
    draw_charts(frame, charts, watched, view);
    let mut words = match (problem, watched.runs.len()) {
        (Some(problem), _) => vec![
            Span::styled(problem.to_string(), Color::Red),
            Span::raw("  "),
        ],
        (None, _) => Vec::new(),
    };
    words.push(key("q"));
    words.push(Span::raw(" quit"));
    if watched.runs.len() > 1 {
        words.extend([Span::raw("  "), key("Tab"), Span::raw(" next curves")]);
    }
    frame.render_widget(Line::from(words), foot);
}

fn key(name: &str) -> Span<'_> {
    Span::styled(name, Style::new().add_modifier(Modifier::REVERSED))
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

fn colour(run: usize) -> Color {
    COLOURS[run % COLOURS.len()]
}

/// A line a run: its name, how much of it is done, and as many words as fit.
fn draw_runs(frame: &mut Frame, area: Rect, watched: &WatchedFolder, view: View) {
    let widest = watched.runs.iter().map(|run| columns(&run.name)).max();
    let name_columns = (widest.unwrap_or(0) + 1).min(NAME_COLUMNS);
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
        frame.render_widget(Span::styled(run.name.clone(), style), name);
        if has_bar {
            draw_bar(frame, bar, share_done(run), colour(index));
        }
        frame.render_widget(words, told);
    }
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

/// Columns that a text takes on the terminal.
fn columns(text: &str) -> u16 {
    u16::try_from(Line::raw(text).width()).unwrap_or(u16::MAX)
}

/// The first of the words, those that fit; the very first in any case.
fn fitting(words: &[String], room: u16) -> String {
    let mut line = String::new();
    for word in words {
        let separator = if line.is_empty() { "" } else { ", " };
        let longer = format!("{line}{separator}{word}");
        if !line.is_empty() && columns(&longer) > room {
            break;
        }
        line = longer;
    }
    line
}

/// How much of a run is done, in [0, 1].
fn share_done(run: &RunState) -> f64 {
    match run.status {
        Status::Waiting => return 0.0,
        Status::Finished => return 1.0,
        Status::Training | Status::Stopped { .. } => {}
    }
    let within = run.done as f64 / run.steps.max(1) as f64;
    let done = run.epoch.saturating_sub(1) as f64 + within;
    let done = done.max(run.epochs_over as f64);
    (done / run.epochs.max(1) as f64).clamp(0.0, 1.0)
}

/// `accuracy 0.912 loss 0.2310`, `epoch 2: val_accuracy 0.903 …`
fn figures_of(run: &RunState) -> Vec<String> {
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

/// The parts in lines of `width` columns, as many to a line as fit.
fn broken(parts: &[String], width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let longer = lines.last().map(|line| format!("{line} · {part}"));
        match (
            longer.filter(|line| columns(line) <= width),
            lines.last_mut(),
        ) {
            (Some(longer), Some(line)) => *line = longer,
            _ => lines.push(part.clone()),
        }
    }
    lines
}

fn draw_charts(frame: &mut Frame, area: Rect, watched: &WatchedFolder, view: View) {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let areas: [Rect; 2] = if area.width >= WIDE {
        Layout::horizontal(halves).areas(area)
    } else {
        Layout::vertical(halves).areas(area)
    };
    for (area, measure) in areas.into_iter().zip(MEASURES) {
        if area.height >= CHART_ROWS {
            draw_chart(frame, area, watched, view, measure);
        }
    }
}

/// Points of a curve, as the chart takes them.
struct Series {
    points: Vec<(f64, f64)>,
    colour: Color,
    is_training: bool,
}

/// The curves to show: those of training first, so that validation is drawn over them.
fn series(watched: &WatchedFolder, view: View, measure: Measure) -> Vec<Series> {
    let is_alone = watched.runs.len() == 1;
    let shown = |index: usize| view == View::All || view == View::Run(index);
    let points = |points: &[Point]| {
        let finite = points.iter().map(|point| (point.at, (measure.of)(point)));
        finite.filter(|point| point.1.is_finite()).collect()
    };
    let runs = || {
        watched
            .runs
            .iter()
            .enumerate()
            .filter(|(index, _)| shown(*index))
    };
    let with_training =
        |run: &RunState| is_alone || view != View::All || run.status == Status::Training;
    let training = runs().filter(|(_, run)| with_training(run));
    let training = training.map(|(_, run)| Series {
        points: points(&run.training),
        colour: Color::Reset,
        is_training: true,
    });
    let validation = runs().map(|(index, run)| Series {
        points: points(&run.validation),
        colour: colour(index),
        is_training: false,
    });
    training.chain(validation).collect()
}

fn draw_chart(
    frame: &mut Frame,
    area: Rect,
    watched: &WatchedFolder,
    view: View,
    measure: Measure,
) {
    let all = series(watched, view, measure);
    let values = all
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| point.1);
    let vertical = ticks::Axis::between_ticks(values, u32::from(area.height / 3).clamp(2, 5));
    let epochs = watched.runs.iter().map(|run| run.epochs).max();
    let epochs = epochs.unwrap_or(0).max(1);
    let mut datasets = Vec::new();
    for series in &all {
        let (marker, style) = if series.is_training {
            (Marker::Braille, Style::new().add_modifier(Modifier::DIM))
        } else {
            (Marker::Braille, Style::new().fg(series.colour))
        };
        datasets.push(
            Dataset::default()
                .data(&series.points)
                .graph_type(GraphType::Line)
                .marker(marker)
                .style(style),
        );
        if !series.is_training {
            // Told apart without colour too.
            datasets.push(
                Dataset::default()
                    .data(&series.points)
                    .graph_type(GraphType::Scatter)
                    .marker(Marker::Dot)
                    .style(style),
            );
        }
    }
    let dim = Style::new().add_modifier(Modifier::DIM);
    let vertical_labels = vertical
        .ticks
        .iter()
        .map(|tick| Line::raw(tick.label.clone()));
    let horizontal = Axis::default()
        .bounds([0.0, epochs as f64])
        .labels(epoch_labels(epochs))
        .style(dim);
    let chart = Chart::new(datasets)
        .block(
            Block::bordered()
                .border_style(dim)
                .title(legend(&all, measure)),
        )
        .legend_position(None)
        .x_axis(horizontal)
        .y_axis(
            Axis::default()
                .bounds([vertical.lower, vertical.upper])
                .labels(vertical_labels)
                .style(dim),
        );
    frame.render_widget(chart, area);
}

/// The measure, and what its lines and dots are.
fn legend(all: &[Series], measure: Measure) -> Line<'static> {
    let mut words = vec![Span::styled(
        format!(" {} ", measure.name),
        Style::new().add_modifier(Modifier::BOLD),
    )];
    if all.iter().any(|series| series.is_training) {
        words.push(Span::raw("─ training "));
    }
    words.push(Span::raw("• validation "));
    Line::from(words)
}

/// The first epoch, the last, and the one in the middle if there is one: the chart puts others askew.
fn epoch_labels(epochs: usize) -> Vec<String> {
    let middle = epochs.is_multiple_of(2).then_some(epochs / 2);
    let labels = std::iter::once(0).chain(middle).chain([epochs]);
    labels.map(|epoch| epoch.to_string()).collect()
}
