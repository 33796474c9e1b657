//! [`draw`]: runs on a terminal, a line each, and their curves below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, LineGauge, Paragraph};

use super::curve::Point;
use super::folder::Watched;
use super::run::{RunState, Status};
use crate::report::ticks;

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
    /// Training and validation of one run, by its place in [`Watched::runs`].
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
pub fn draw(frame: &mut Frame, watched: &Watched, view: View, problem: Option<&str>) {
    let runs = u16::try_from(watched.runs.len()).unwrap_or(u16::MAX);
    let [head, lines, figures, charts, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(runs),
        Constraint::Length(1),
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
    if let Some(run) = run_of_interest(watched, view) {
        frame.render_widget(Paragraph::new(figures_of(run)), figures);
    }
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
fn run_of_interest(watched: &Watched, view: View) -> Option<&RunState> {
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
fn draw_runs(frame: &mut Frame, area: Rect, watched: &Watched, view: View) {
    let widest = watched.runs.iter().map(|run| Line::raw(&run.name).width());
    let name_columns = (widest.max().unwrap_or(0) as u16 + 2).min(NAME_COLUMNS);
    for (index, (run, row)) in watched.runs.iter().zip(area.rows()).enumerate() {
        let room = row.width.saturating_sub(name_columns);
        let words = fitting(&run.words(), room as usize);
        let columns = Line::raw(&words).width() as u16;
        let bar = room.saturating_sub(columns + 1).min(40);
        let bar = if bar < BAR_COLUMNS { 0 } else { bar + 1 };
        let [name, gauge, told] = Layout::horizontal([
            Constraint::Length(name_columns),
            Constraint::Length(bar),
            Constraint::Fill(1),
        ])
        .areas(row);
        let mut style = Style::new().fg(colour(index));
        if view == View::Run(index) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        frame.render_widget(Span::styled(run.name.clone(), style), name);
        if bar > 0 {
            let gauge = Rect {
                width: gauge.width - 1,
                ..gauge
            };
            let bar = LineGauge::default()
                .ratio(share_done(run))
                .label("")
                .filled_symbol("━")
                .unfilled_symbol("─")
                .filled_style(colour(index))
                .unfilled_style(Style::new().add_modifier(Modifier::DIM));
            frame.render_widget(bar, gauge);
        }
        frame.render_widget(words, told);
    }
}

/// The first of the words, those that fit; the very first in any case.
fn fitting(words: &[String], columns: usize) -> String {
    let mut line = String::new();
    for word in words {
        let separator = if line.is_empty() { "" } else { ", " };
        let longer = format!("{line}{separator}{word}");
        if !line.is_empty() && Line::raw(&longer).width() > columns {
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

/// `accuracy 0.912 loss 0.2310 · epoch 2: val_accuracy 0.903 …`
fn figures_of(run: &RunState) -> String {
    let mut parts = Vec::new();
    if let (Some(accuracy), Some(loss)) = (run.accuracy, run.loss) {
        parts.push(format!("accuracy {accuracy:.3} loss {loss:.4}"));
    }
    if let Some(last) = &run.last {
        parts.push(format!(
            "epoch {}: val_accuracy {:.3} val_loss {:.4}",
            last.epoch, last.val_accuracy, last.val_loss
        ));
    }
    if let Some(best) = run
        .best
        .filter(|best| Some(best.epoch) != run.last.map(|last| last.epoch))
    {
        parts.push(format!("best {:.3} ({})", best.val_accuracy, best.epoch));
    }
    parts.join(" · ")
}

fn draw_charts(frame: &mut Frame, area: Rect, watched: &Watched, view: View) {
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
fn series(watched: &Watched, view: View, measure: Measure) -> Vec<Series> {
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

fn draw_chart(frame: &mut Frame, area: Rect, watched: &Watched, view: View, measure: Measure) {
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

/// Labels that stand at even distances: each epoch, or the first, the middle and the last.
fn epoch_labels(epochs: usize) -> Vec<String> {
    let parts = (2..=5).rev().find(|parts| epochs.is_multiple_of(*parts));
    let parts = parts.unwrap_or(1);
    (0..=parts)
        .map(|part| (part * (epochs / parts)).to_string())
        .collect()
}
