//! You should see the adapter's name, then five epochs that end near a validation accuracy of 0.88.
//!
//! A small model of its own on 1,500 synthetic reviews, on whatever adapter there is:
//! `cargo run --release --example train_toy`

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gatefold::data::{self, ReviewLimits, Source};
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::model::{Bidirectional, Dense, Embedding, Lstm, Sequential, initialise};
use gatefold::plan::Adam;
use gatefold::train::{Event, FitOptions, Session, fit};

const SEED: u64 = 0;

fn main() -> anyhow::Result<()> {
    let limits = ReviewLimits {
        train: Some(1_500),
        test: Some(300),
    };
    let reviews = Arc::new(data::load(&Source::Demo, None, limits)?);

    let model = Sequential::new("toy")
        .add(Embedding::new(reviews.vocabulary.size(), 16))
        .add(Bidirectional::new(Lstm::new(16)))
        .add(Dense::new(1).sigmoid())
        .build()?;
    let parameters = initialise(&model, SEED);

    let device = Device::open(&AdapterChoice::default())?;
    println!("adapter: {}", device.report().name);
    let limits = device.limits(KernelForm::Automatic)?;
    let mut session = Session::new(device, model, limits, &parameters, Adam::new(1e-2), SEED)?;

    let options = FitOptions::new().epochs(5).batch_size(10).seed(SEED);
    fit(
        &mut session,
        &reviews,
        &options,
        &AtomicBool::new(false),
        &mut |event| {
            if let Event::Epoch(record) = event {
                println!(
                    "epoch {}: loss {:.3}, accuracy {:.3}; validation loss {:.3}, accuracy {:.3}",
                    record.epoch,
                    record.loss,
                    record.accuracy,
                    record.val_loss,
                    record.val_accuracy
                );
            }
        },
    )?;
    Ok(())
}
