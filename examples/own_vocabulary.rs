//! You should see how many subwords were built from the table's training reviews, and the first review as they cut it.
//!
//! A vocabulary that is never written to a file: built from the reviews themselves, for any table with a text and a label.
//! `cargo run --release --example own_vocabulary -- reviews.csv`

use std::sync::atomic::AtomicBool;

use anyhow::Context;
use gatefold::data::{Encoder, ReviewLimits, Source, build_vocabulary, load_texts, load_with};

const TARGET_SIZE: usize = 2_000;

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("which table?")?;
    let source = Source::Path(path.into());

    let texts = load_texts(&source, None)?.texts;
    let stop = AtomicBool::new(false);
    let vocabulary = build_vocabulary(&texts, TARGET_SIZE, &stop, &mut |_| {})?.vocabulary;
    println!("{} subwords", vocabulary.subwords().len());

    let reviews = load_with(&source, &vocabulary, ReviewLimits::default(), None)?;
    let encoder = Encoder::new(&reviews.vocabulary);
    let first = reviews.train.first().context("no training review")?;
    let parts: Vec<String> = first.ids.iter().map(|id| encoder.decode(&[*id])).collect();
    println!("{}: {parts:?}", reviews.classes[usize::from(first.label)]);
    Ok(())
}
