//! A learning-rate range test as a table and a figure.

use super::csv_text::csv_of;
use super::curves::DISTINCT;
use super::figure::{Corner, Curve, Dash, Figure, HorizontalUnit, Marker, Series, VerticalRange};
use crate::error::Result;
use crate::train::{FIRST_RATE, RangePoint, RangeTest, STEPS_A_DECADE};

/// Times the first loss beyond which a point would flatten all others; half of what ends the test.
const SHOWN: f64 = 2.0;

/// A row a step: its rate, its loss, the running mean.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) where the CSV writer refuses.
pub fn rates_csv(test: &RangeTest) -> Result<Vec<u8>> {
    let header = ["step", "learning_rate", "loss", "smoothed_loss"];
    let rows = (1..).zip(&test.points).map(|(step, point): (usize, _)| {
        [
            step.to_string(),
            format!("{:e}", point.rate),
            format!("{:?}", point.loss),
            format!("{:?}", point.smoothed),
        ]
    });
    csv_of("writing learning rates", header, rows)
}

/// The losses as dots, their running mean as a line up to where it is beyond bounds, the suggestion as a square.
pub fn rates_figure(test: &RangeTest, caption: Option<String>) -> Figure {
    let first = test.points.first().map_or(1.0, |point| point.loss);
    let is_shown = |point: &(usize, f64)| point.1 <= SHOWN * first;
    let places = |value: fn(&RangePoint) -> f64| {
        let points = test.points.iter().enumerate();
        points.map(move |(step, point)| (step, value(point)))
    };
    let series = |label: &str, colour: usize, curve, marker, points| Series {
        label: label.to_owned(),
        colour: DISTINCT[colour],
        curve,
        dash: Dash::Solid,
        marker,
        mark_every: 1,
        points,
    };
    let mut all = vec![
        series(
            "Loss of a batch",
            5,
            Curve::Apart,
            Some(Marker::Circle),
            places(|point| point.loss).filter(is_shown).collect(),
        ),
        series(
            "Running mean",
            0,
            Curve::Line,
            None,
            places(|point| point.smoothed)
                .take_while(is_shown)
                .collect(),
        ),
    ];
    if let Some(rate) = test.suggestion() {
        let suggested = test.points.iter().enumerate();
        let suggested = suggested.filter(|(_, point)| point.rate == rate);
        let points = suggested.map(|(step, point)| (step, point.smoothed));
        let label = format!("Suggestion: {rate:.1e}");
        let square = Some(Marker::Square);
        all.push(series(&label, 1, Curve::Apart, square, points.collect()));
    }
    Figure {
        title: "Learning rates".to_owned(),
        x_label: "Learning rate".to_owned(),
        x_unit: HorizontalUnit::Decade {
            first: FIRST_RATE.log10().round() as i32,
            places: STEPS_A_DECADE,
        },
        y_label: "Loss".to_owned(),
        series: all,
        vertical: VerticalRange::Data,
        legend: Corner::LowerLeft,
        caption,
    }
}
