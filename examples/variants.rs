//! You should see three tables, with 561,089, 635,329 and 598,209 parameters in all.
//!
//! The reference experiment's models, layer by layer as in Keras. No device is needed:
//! `cargo run --example variants`

use gatefold::model::{Bidirectional, Dense, Dropout, Embedding, Lstm, Sequential};

/// Ids of the subwords8k vocabulary, padding included.
const VOCABULARY: usize = 8185;

fn main() -> anyhow::Result<()> {
    let baseline = Sequential::new("baseline")
        .add(Embedding::new(VOCABULARY, 64))
        .add(Lstm::new(64))
        .add(Dense::new(64).relu())
        .add(Dense::new(1).sigmoid())
        .build()?;

    let dropout = Sequential::new("dropout")
        .add(Embedding::new(VOCABULARY, 64))
        .add(Bidirectional::new(Lstm::new(64).return_sequences()))
        .add(Bidirectional::new(Lstm::new(32)))
        .add(Dense::new(64).relu())
        .add(Dropout::new(0.5))
        .add(Dense::new(1).sigmoid())
        .build()?;

    let bidirectional = Sequential::new("bidirectional")
        .add(Embedding::new(VOCABULARY, 64))
        .add(Bidirectional::new(Lstm::new(64)))
        .add(Dense::new(64).relu())
        .add(Dense::new(1).sigmoid())
        .build()?;

    for model in [baseline, dropout, bidirectional] {
        println!("{}\n", model.summary());
    }
    Ok(())
}
