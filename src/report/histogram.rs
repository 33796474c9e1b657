//! The figure of a data set: how long its reviews are.

use super::curves::DISTINCT;
use super::figure::{Colour, Corner, Curve, Dash, Figure, HorizontalUnit, Series, VerticalRange};
use crate::data::{Bins, Lengths};

/// Most bins of the histogram.
const BINS: usize = 40;

/// The share of the reviews that the axis holds: the last hundredth would leave the others no room.
const SHOWN: f64 = 0.99;

/// *Length of the reviews*: training reviews as filled bars, test reviews as a line of steps, both as
/// shares of their number, so that parts of different size compare.
///
/// The caption tells how many reviews are longer than the axis, then `note`, the data's name.
pub fn length_histogram(train: &Lengths, test: &Lengths, note: &str) -> Figure {
    let parts = [train, test];
    let length = parts.map(|lengths| lengths.quantile(SHOWN));
    let bins = Bins::up_to(length[0].max(length[1]), BINS);
    let width = bins.width;
    let series = |label: &str, colour: Colour, curve: Curve, lengths: &Lengths| {
        let share = |count: usize| 100.0 * count as f64 / lengths.count().max(1) as f64;
        let counts = bins.fill(lengths).into_iter().enumerate();
        Series {
            label: label.to_owned(),
            colour,
            curve,
            dash: Dash::Solid,
            marker: None,
            mark_every: 1,
            points: counts
                .map(|(bin, count)| (bin * width, share(count)))
                .collect(),
        }
    };
    let [.., sky_blue, black] = DISTINCT;
    Figure {
        title: "Length of the reviews".to_owned(),
        x_label: "Tokens".to_owned(),
        x_unit: HorizontalUnit::Whole,
        y_label: match width {
            1 => "Reviews per token (%)".to_owned(),
            _ => format!("Reviews per {width} tokens (%)"),
        },
        series: vec![
            series("Training", sky_blue, Curve::Bars { width }, train),
            series("Test", black, Curve::Steps { width }, test),
        ],
        vertical: VerticalRange::AtLeast {
            lower: 0.0,
            upper: 1.0,
        },
        legend: Corner::UpperRight,
        caption: Some(caption(parts, bins, note)),
    }
}

fn caption(parts: [&Lengths; 2], bins: Bins, note: &str) -> String {
    let beyond: usize = parts
        .iter()
        .map(|lengths| lengths.above(bins.longest()))
        .sum();
    if beyond == 0 {
        return note.to_owned();
    }
    let longest = parts.map(Lengths::longest).into_iter().max().unwrap_or(0);
    let plural = if beyond == 1 { "" } else { "s" };
    format!("{beyond} longer review{plural}, up to {longest} tokens, not shown · {note}")
}
