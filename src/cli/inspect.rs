//! `gatefold data inspect`: counts, lengths, and a padded batch as an array.

use std::io::{self, Write};

use anyhow::Result;
use gatefold::batch::{Batches, Order};
use gatefold::data::{Review, label_counts};

use super::args::InspectArgs;
use super::screen::{Output, field, grouped};
use super::settings::{BatchSettings, DataSettings};
use super::training::load_told;

/// Rows of the histogram of lengths.
const BINS: usize = 12;

/// Columns of its longest bar.
const BAR: usize = 48;

/// Shows what the data looks like to a model.
pub fn run(args: &InspectArgs, quiet: bool) -> Result<()> {
    let BatchSettings {
        batch_size,
        bucket,
        padding: options,
    } = BatchSettings::new(&args.batch)?;
    let data = DataSettings::new(&args.data)?;
    let dataset = load_told(&data, Output { json: false, quiet })?;
    let order = Order::training(args.seed, 1, bucket);
    let batches = || Batches::with_padding(&dataset.train, batch_size, order, options);

    let mut out = io::stdout().lock();
    writeln!(out, "{}", field("Data", &dataset.name))?;
    for note in &dataset.notes {
        writeln!(out, "{}", field("Note", note))?;
    }
    let vocabulary = &dataset.vocabulary;
    let size = grouped(vocabulary.size());
    writeln!(
        out,
        "{}",
        field(
            "Ids",
            &format!("{size}, padding included; sha256 {}", vocabulary.sha256())
        )
    )?;
    for (label, reviews) in [("Training", &dataset.train), ("Test", &dataset.test)] {
        writeln!(out, "{}", field(label, &counts_text(reviews)))?;
        writeln!(out, "{}", field("", &lengths_text(reviews)))?;
    }
    let (tokens, positions) = padding(batches()?);
    let share = 100.0 * (1.0 - tokens as f64 / positions as f64);
    let text = format!(
        "{share:.1} % of the {} positions of a shuffled epoch in batches of {batch_size}",
        grouped(positions)
    );
    writeln!(out, "{}", field("Padding", &text))?;

    writeln!(out, "\nLengths of the training reviews, in tokens")?;
    write!(out, "{}", histogram(&lengths(&dataset.train)))?;

    if let Some(batch) = batches()?.next() {
        let (rows, columns) = (batch.size, batch.length);
        writeln!(
            out,
            "\nFirst batch of the shuffled epoch with seed {}, shape ({rows}, {columns})",
            args.seed
        )?;
        writeln!(out, "{batch}")?;
        let labels: Vec<String> = batch.labels.iter().map(f32::to_string).collect();
        writeln!(out, "{}", field("labels", &labels.join(" ")))?;
    }
    Ok(())
}

fn counts_text(reviews: &[Review]) -> String {
    let [negative, positive] = label_counts(reviews);
    let share = 100.0 * positive as f64 / reviews.len().max(1) as f64;
    format!(
        "{} reviews: {} negative, {} positive ({share:.1} %)",
        grouped(reviews.len()),
        grouped(negative),
        grouped(positive)
    )
}

fn lengths_text(reviews: &[Review]) -> String {
    let lengths = lengths(reviews);
    let mean = lengths.iter().sum::<usize>() as f64 / lengths.len().max(1) as f64;
    format!(
        "tokens: mean {mean:.1}, median {}, 90 % {}, 99 % {}, longest {}",
        quantile(&lengths, 0.5),
        quantile(&lengths, 0.9),
        quantile(&lengths, 0.99),
        quantile(&lengths, 1.0)
    )
}

/// Tokens of each review, ascending.
fn lengths(reviews: &[Review]) -> Vec<usize> {
    let mut lengths: Vec<usize> = reviews.iter().map(|review| review.ids.len()).collect();
    lengths.sort_unstable();
    lengths
}

/// The least of the ascending `lengths` that a share of at least `share` does not exceed.
fn quantile(lengths: &[usize], share: f64) -> usize {
    let rank = (share * lengths.len() as f64).ceil() as usize;
    lengths.get(rank.max(1) - 1).copied().unwrap_or(0)
}

/// Tokens before the padding, and positions, of all batches.
fn padding<R: AsRef<[Review]>>(batches: Batches<R>) -> (usize, usize) {
    batches.fold((0, 0), |(tokens, positions), batch| {
        let own: usize = batch.lengths.iter().map(|&length| length as usize).sum();
        (tokens + own, positions + batch.ids.len())
    })
}

/// Bars over equal ranges of the ascending `lengths`; the last has the longest percent, whose tail
/// would leave the others no room.
fn histogram(lengths: &[usize]) -> String {
    let width = (quantile(lengths, 0.99) / BINS + 1).max(1);
    let mut bins = [0usize; BINS];
    for &length in lengths {
        bins[(length / width).min(BINS - 1)] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    let mut text = String::new();
    for (index, &count) in bins.iter().enumerate() {
        let from = index * width;
        let range = match index + 1 {
            BINS => format!("{from:>5} or more"),
            next => format!("{from:>5} – {:<6}", next * width - 1),
        };
        let bar = "█".repeat((count * BAR).div_ceil(most));
        text.push_str(format!("{range:14}{:>8} {bar}", grouped(count)).trim_end());
        text.push('\n');
    }
    text
}
