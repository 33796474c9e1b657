//! What reviews, batches and rates are refused for, before the device sees any of it.

use crate::batch::Batch;
use crate::data::{Dataset, Review};
use crate::error::{Error, Result};
use crate::model::Model;

/// Whether a step can be taken at the rate, which a warm-up begins at 0.
pub(super) fn check_rate(rate: f64) -> Result<()> {
    let on_device = rate as f32;
    if on_device.is_finite() && on_device >= 0.0 {
        return Ok(());
    }
    let problem = format!("{rate} is no step size; give 0 or more");
    Err(Error::argument("learning_rate", problem))
}

/// Whether it is a number above 0 for the kernels, which compute with f32.
pub(crate) fn is_positive(number: f64) -> bool {
    number as f32 > 0.0 && (number as f32).is_finite()
}

/// Checks that a batch holds something.
///
/// # Errors
/// [`Error::Argument`] where it does not.
pub fn check_batch_size(batch_size: usize) -> Result<()> {
    match batch_size {
        0 => Err(Error::argument(
            "batch_size",
            "a batch holds at least 1 review",
        )),
        _ => Ok(()),
    }
}

/// Checks that each shard of a whole batch has a review.
///
/// # Errors
/// [`Error::Argument`] where it has not.
pub fn check_shards(shards: usize, batch_size: usize) -> Result<()> {
    match shards {
        0 => Err(Error::argument("shards", "give 1 or more; 1 cuts nothing")),
        shards if shards > batch_size => {
            let problem = format!(
                "{shards} shards of a batch of {batch_size}: some would have no review; give at most {batch_size}"
            );
            Err(Error::argument("shards", problem))
        }
        _ => Ok(()),
    }
}

/// Whether the model has a class and embeddings for every review of the data set.
///
/// Made before any batch: a batch takes memory for as many ids as the largest says.
pub(super) fn check_dataset(model: &Model, dataset: &Dataset) -> Result<()> {
    model.check_classes(dataset.classes.len())?;
    for (part, reviews) in [("training ", &dataset.train), ("test ", &dataset.test)] {
        check_reviews(model, part, reviews)?;
        let classes = dataset.classes.len();
        let label = |review: &Review| usize::from(review.label);
        if let Some(index) = reviews.iter().position(|review| label(review) >= classes) {
            let (number, label) = (index + 1, label(&reviews[index]));
            return Err(Error::Data(format!(
                "{part}review {number}: label {label} is none of the {classes} classes, which are counted from 0"
            )));
        }
    }
    Ok(())
}

/// Whether the model has an embedding for every id.
pub(super) fn check_reviews(model: &Model, part: &str, reviews: &[Review]) -> Result<()> {
    let vocabulary = model.embedding().vocabulary;
    for (number, review) in (1..).zip(reviews) {
        if let Some(id) = review.ids.iter().find(|&&id| id as usize >= vocabulary) {
            let problem = outside(*id, vocabulary);
            return Err(Error::Data(format!("{part}review {number}: {problem}")));
        }
    }
    Ok(())
}

fn outside(id: u32, vocabulary: usize) -> String {
    format!("id {id} is outside the model's embedding, which has {vocabulary} rows")
}

/// Whether the model can take the batch.
pub(super) fn check_batch(model: &Model, batch: &Batch) -> Result<()> {
    if batch.size == 0 {
        return Err(Error::argument("batch", "a batch holds at least 1 review"));
    }
    let vocabulary = model.embedding().vocabulary;
    let ids = &batch.tokens.unique;
    if let Some(id) = ids.iter().find(|&&id| id as usize >= vocabulary) {
        return Err(Error::Data(outside(*id, vocabulary)));
    }
    let classes = model.classes();
    let unknown = |label: &&f32| !(0.0..classes as f32).contains(*label);
    match batch.labels.iter().find(unknown) {
        None => Ok(()),
        Some(label) => Err(Error::Data(format!(
            "label {label} is none of the model's {classes} classes, which are counted from 0"
        ))),
    }
}
