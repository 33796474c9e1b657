//! [`evaluate`]: a trained model against labelled reviews.

use std::sync::Arc;

use super::check::{check_batch_size, check_dataset};
use super::metrics::Metrics;
use super::probabilities::Probabilities;
use super::scores::Scores;
use super::session::Session;
use crate::batch::{Batches, Order, PREFETCH, Padding, Prefetch, Reviews};
use crate::data::Dataset;
use crate::error::Result;

/// How good a model is on the test reviews of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean loss, as in validation.
    pub loss: f64,
    /// Share classified rightly, as in validation.
    pub accuracy: f64,
    /// What the classes are called, in the order of the labels.
    pub classes: Vec<String>,
    /// What the model says of the test reviews, in their order.
    pub probabilities: Probabilities,
    /// What the probabilities say beyond that.
    pub scores: Scores,
}

/// Runs the test reviews through the model in the batches that validation makes of them, so that the loss
/// and the accuracy are validation's. `done` is told how many batches have come back.
///
/// Each rank of those that the session has [joined](Session::join) takes its share of the batches, and all get the same
/// result, which is that of one process.
///
/// Without a mask, padding shows in the probabilities, and so does the batch size.
///
/// # Errors
/// As [`Batches::with_padding`] and [`Session::predict_all`]; [`Error::Model`](crate::Error::Model) for other classes
/// than the data's; [`Error::Data`](crate::Error::Data) names the first review with an id or a label that the model does
/// not know; [`Error::Argument`](crate::Error::Argument) for a batch size of 0.
pub fn evaluate(
    session: &mut Session,
    dataset: &Arc<Dataset>,
    batch_size: usize,
    padding: Padding,
    done: &mut dyn FnMut(usize),
) -> Result<Evaluation> {
    check_batch_size(batch_size)?;
    check_dataset(session.model(), dataset)?;
    session.compare_ranks()?;
    let reviews = Reviews::Test(dataset.clone());
    let batches = Batches::with_padding(reviews, batch_size, Order::Sequential, padding)?;
    let (rank, ranks) = session.part();
    let (of, mut own) = (batches.len(), Vec::new());
    let batches = Prefetch::new(batches, PREFETCH)?.skip(rank).step_by(ranks);
    session.predict_all(batches, &mut |prediction| {
        own.push((prediction.result, prediction.probabilities));
        done(of.min(own.len() * ranks));
        Ok(())
    })?;
    let mut metrics = Metrics::default();
    let width = session.model().probabilities();
    let mut values = Vec::with_capacity(width * dataset.test.len());
    for (result, probabilities) in session.results_of_all(own)? {
        metrics.add(&result);
        values.extend(probabilities);
    }
    let labels: Vec<u8> = dataset.test.iter().map(|review| review.label).collect();
    let probabilities = Probabilities::new(width, values)?;
    Ok(Evaluation {
        classes: dataset.classes.clone(),
        loss: metrics.loss(),
        accuracy: metrics.accuracy(),
        scores: Scores::new(&probabilities, &labels)?,
        probabilities,
    })
}
