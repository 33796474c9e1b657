//! You should see the number of tensors and the file that holds them.
//!
//! What another program needs to train exactly what a run of gatefold trains: the ids of all reviews, the order of each
//! epoch, and the values that training starts from. `benches/experiment/keras_run.py` reads it.
//! `cargo run --release --example run_as_tensors -- baseline 0 aclImdb imdb_reviews.subwords run.safetensors`

use std::path::Path;

use anyhow::{Context, bail};
use gatefold::batch::{SHUFFLE_BUFFER, ShuffleBuffer};
use gatefold::data::{Review, ReviewLimits, Source, load};
use gatefold::model::{Variant, initialise};
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};

const EPOCHS: u32 = 5;

/// A tensor's name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, seed, data, vocabulary, output] = arguments.as_slice() else {
        bail!("give a variant, a seed, the reviews, their vocabulary and the file to write");
    };
    let seed: u64 = seed.parse().context("the seed is no number")?;
    let source = Source::Path(data.into());
    let dataset = load(
        &source,
        Some(Path::new(vocabulary)),
        ReviewLimits::default(),
    )?;
    let named = Variant::ALL
        .into_iter()
        .find(|known| known.name() == variant);
    let model = named
        .context("no such variant")?
        .model(dataset.vocabulary.size())?;

    let mut tensors = Vec::new();
    for (part, reviews) in [("train", &dataset.train), ("test", &dataset.test)] {
        add_reviews(part, reviews, &mut tensors);
    }
    for epoch in 1..=EPOCHS {
        let train = ShuffleBuffer::new(dataset.train.len(), SHUFFLE_BUFFER, seed, epoch);
        tensors.push(integers(
            format!("order.{epoch}"),
            train.map(|index| index as u32),
        ));
        let test = ShuffleBuffer::validation(dataset.test.len(), SHUFFLE_BUFFER, seed, epoch);
        tensors.push(integers(
            format!("validation.{epoch}"),
            test.map(|index| index as u32),
        ));
    }
    for (index, values) in initialise(&model, seed).iter().enumerate() {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let shape = model.parameters()[index].shape.clone();
        tensors.push((format!("initial.{index:02}"), Dtype::F32, shape, bytes));
    }

    let views = tensors
        .iter()
        .map(|(name, kind, shape, bytes)| Ok((name, TensorView::new(*kind, shape.clone(), bytes)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    serialize_to_file(views, None, Path::new(output))?;
    println!("{} tensors in {output}", tensors.len());
    Ok(())
}

/// All ids in a row, where each review begins and the last ends, and the labels.
fn add_reviews(part: &str, reviews: &[Review], tensors: &mut Vec<Tensor>) {
    let ids = reviews.iter().flat_map(|review| review.ids.iter().copied());
    let ends = reviews.iter().scan(0, |end, review| {
        *end += review.ids.len() as u32;
        Some(*end)
    });
    let labels = reviews.iter().map(|review| u32::from(review.label));
    tensors.push(integers(format!("{part}.ids"), ids));
    tensors.push(integers(
        format!("{part}.starts"),
        std::iter::once(0).chain(ends),
    ));
    tensors.push(integers(format!("{part}.labels"), labels));
}

/// A tensor `[N]` of whole numbers.
fn integers(name: String, numbers: impl Iterator<Item = u32>) -> Tensor {
    let bytes: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
    (name, Dtype::U32, vec![bytes.len() / 4], bytes)
}
