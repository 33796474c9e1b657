//! You should see a number a line: the probability that a sequence of ids belongs to a positive review; of a model of
//! several classes, a number for each class.
//!
//! The weights of a run alone, without its folder: ten sequences a batch, padded as they come, on lines `{"ids": [...]}` as `gatefold data encode` writes them:
//! `cargo run --release --example predict_ids -- RUN/model.safetensors < ids.jsonl`

use std::io::BufRead;
use std::path::Path;

use anyhow::{Context, ensure};
use gatefold::batch::Batch;
use gatefold::data::Review;
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::train::{Session, Weights};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    ids: Vec<u32>,
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args()
        .nth(1)
        .context("which model.safetensors?")?;
    let weights = Weights::load(Path::new(&path))?;

    let device = Device::open(&AdapterChoice::default())?;
    let limits = device.limits(KernelForm::Automatic)?;
    let mut session = Session::of_weights(device, limits, &weights)?;

    let mut reviews = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let Line { ids } = serde_json::from_str(&line?)?;
        let known = ids
            .iter()
            .all(|&id| (id as usize) < weights.vocabulary_size);
        ensure!(
            known,
            "line {}: an id outside the vocabulary",
            reviews.len() + 1
        );
        reviews.push(Review {
            ids: ids.into(),
            label: 0,
        }); // the label does not matter here
    }
    for chunk in reviews.chunks(10) {
        let batch = Batch::new(&chunk.iter().collect::<Vec<_>>());
        let probabilities = session.predict(&batch)?;
        for of_review in probabilities.chunks(weights.model.probabilities()) {
            let words: Vec<String> = of_review.iter().map(f32::to_string).collect();
            println!("{}", words.join(" "));
        }
    }
    Ok(())
}
