//! [`draw_charts`]: the curves of runs on a terminal. Training is dotted and validation a line through marks, one for each run,
//! so that they are told apart without colour.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType};

use super::curve::Point;
use super::folder::WatchedFolder;
use super::run::{RunState, Status};
use super::terminal_text::WIDE;
use super::terminal_view::{View, colour, mark};
use crate::report::ticks;

/// Rows below which a chart shows nothing.
const CHART_ROWS: u16 = 6;

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

/// Draws loss and accuracy, beside or below each other, where there is room for them.
pub(super) fn draw_charts(frame: &mut Frame, area: Rect, watched: &WatchedFolder, view: View) {
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
    /// The place of its run.
    run: usize,
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
    let training = training.map(|(run, state)| Series {
        points: points(&state.training),
        run,
        is_training: true,
    });
    let validation = runs().map(|(run, state)| Series {
        points: points(&state.validation),
        run,
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
    let mut all = series(watched, view, measure);
    let epochs = watched.runs.iter().map(|run| run.epochs).max();
    let epochs = epochs.unwrap_or(0).max(1);
    let values = all
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| point.1);
    let vertical = ticks::Axis::between_ticks(values, u32::from(area.height / 3).clamp(2, 5));
    for series in all.iter_mut().filter(|series| series.is_training) {
        series.points = dotted(&series.points, epochs as f64 / f64::from(area.width));
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
    let chart = Chart::new(all.iter().flat_map(datasets).collect())
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

/// How a curve is drawn: training as dots in a row, validation as a line through the run's marks.
fn datasets(series: &Series) -> Vec<Dataset<'_>> {
    let drawn = |kind, marker, style| {
        Dataset::default()
            .data(&series.points)
            .graph_type(kind)
            .marker(marker)
            .style(style)
    };
    if series.is_training {
        let dim = Style::new().add_modifier(Modifier::DIM);
        return vec![drawn(GraphType::Scatter, Marker::Braille, dim)];
    }
    let own = Style::new().fg(colour(series.run));
    let mark = Marker::Custom(mark(series.run));
    vec![
        drawn(GraphType::Line, Marker::Braille, own),
        drawn(GraphType::Scatter, mark, own),
    ]
}

/// Points on the curve, so far apart along the horizontal axis: a point a column makes a line that is dotted, however many
/// the curve has.
fn dotted(points: &[(f64, f64)], apart: f64) -> Vec<(f64, f64)> {
    let mut dots: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        while let Some(at) = dots.last().map(|dot| dot.0 + apart).filter(|at| *at <= to) {
            let share = (at - from) / (to - from);
            dots.push((at, low + share * (high - low)));
        }
    }
    dots
}

/// The measure, and what its lines and marks are.
fn legend(all: &[Series], measure: Measure) -> Line<'static> {
    let mut words = vec![Span::styled(
        format!(" {} ", measure.name),
        Style::new().add_modifier(Modifier::BOLD),
    )];
    if all.iter().any(|series| series.is_training) {
        words.push(Span::raw("┈ training "));
    }
    let mut validated = all.iter().filter(|series| !series.is_training);
    match (validated.next(), validated.next()) {
        (Some(one), None) => words.push(Span::raw(format!("─{}─ validation ", mark(one.run)))),
        _ => words.push(Span::raw("─ validation ")),
    }
    Line::from(words)
}

/// The first epoch, the last, and the one in the middle if there is one: the chart puts others askew.
fn epoch_labels(epochs: usize) -> Vec<String> {
    let middle = epochs.is_multiple_of(2).then_some(epochs / 2);
    let labels = std::iter::once(0).chain(middle).chain([epochs]);
    labels.map(|epoch| epoch.to_string()).collect()
}
