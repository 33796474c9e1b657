//! Using a trained model: batches in, probabilities out.

use std::borrow::Borrow;
use std::collections::VecDeque;

use super::check::{check_batch_size, check_reviews};
use super::probabilities::Probabilities;
use super::remedy::with_remedy;
use super::results::StepResult;
use super::session::Session;
use super::weights::Weights;
use crate::batch::{Batch, Padding, Scratch, by_length};
use crate::data::Review;
use crate::device::{Device, Readback};
use crate::error::{Error, Result};
use crate::plan::{Limits, probabilities_buffer};

/// What the model says of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchPrediction {
    /// Probability that each review is of the second class, positive, in the order of the batch: `[B]`. Of a model
    /// with a softmax the probability of every class: `[B, classes]`.
    pub probabilities: Vec<f32>,
    /// Loss and right predictions by the batch's labels, as in validation.
    pub result: StepResult,
}

impl Session {
    /// Puts a trained model on a device, to predict with it: a session [for inference](Session::for_inference).
    ///
    /// # Errors
    /// As [`Session::for_inference`].
    pub fn of_weights(
        device: impl Into<Device>,
        limits: Limits,
        weights: &Weights,
    ) -> Result<Session> {
        Session::for_inference(device, weights.model.clone(), limits, &weights.parameters)
    }

    /// Runs `batches` through the model and gives what it says of each to `observe`, in their order.
    ///
    /// The host prepares the next batches while the device works; it waits only where it is too far
    /// ahead, and at the end. Results of earlier steps that nobody took are dropped.
    ///
    /// # Errors
    /// As [`Session::evaluate`], and what `batches` or `observe` report, which ends the run.
    pub fn predict_all(
        &mut self,
        batches: impl IntoIterator<Item = Result<impl Borrow<Batch>>>,
        observe: &mut dyn FnMut(BatchPrediction) -> Result<()>,
    ) -> Result<()> {
        self.drain()?;
        let buffer = probabilities_buffer(&self.model);
        let mut coming = VecDeque::new();
        for batch in batches {
            let batch = batch?;
            let batch = batch.borrow();
            self.evaluate(batch)?;
            // Copied before a later batch can overwrite it: the queue keeps its order.
            let bytes = (batch.size * self.model.probabilities() * size_of::<f32>()) as u64;
            coming.push_back(self.device.read_later(&buffer, bytes)?);
            for result in self.results()? {
                observe(self.prediction(result, &mut coming)?)?;
            }
        }
        for result in self.drain()? {
            observe(self.prediction(result, &mut coming)?)?;
        }
        Ok(())
    }

    /// Probabilities of the reviews of the batch, waited for: as [`BatchPrediction::probabilities`].
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn predict(&mut self, batch: &Batch) -> Result<Vec<f32>> {
        let mut probabilities = Vec::new();
        self.predict_all([Ok(batch)], &mut |prediction| {
            probabilities = prediction.probabilities;
            Ok(())
        })?;
        Ok(probabilities)
    }

    /// What the model says of each of `reviews`, in their order, whatever the others are.
    ///
    /// Reviews of similar length share a batch of at most `batch_size`, or of the same length where the
    /// model [sees padding](crate::model::Model::sees_padding). `padding` says how they are cut.
    ///
    /// # Errors
    /// [`Error::Argument`] for a batch size of 0; [`Error::Data`] names the first review with an id that the embedding has
    /// not; else as [`Session::evaluate`].
    pub fn predict_reviews(
        &mut self,
        reviews: &[Review],
        batch_size: usize,
        padding: Padding,
    ) -> Result<Probabilities> {
        check_batch_size(batch_size)?;
        check_reviews(&self.model, "", reviews)?;
        let mixed = !self.model.sees_padding();
        let groups = by_length(reviews, batch_size, padding, mixed);
        let mut scratch = Scratch::default();
        let batches = groups.iter().map(|group| {
            let chosen: Vec<&Review> = group.iter().map(|&index| &reviews[index]).collect();
            Ok(Batch::with_padding(&chosen, padding, &mut scratch))
        });
        let width = self.model.probabilities();
        let mut values = vec![0.0; reviews.len() * width];
        let mut places = groups.iter().flatten();
        self.predict_all(batches, &mut |prediction| {
            let rows = prediction.probabilities.chunks_exact(width);
            for (row, &review) in rows.zip(&mut places) {
                values[review * width..][..width].copy_from_slice(row);
            }
            Ok(())
        })?;
        Probabilities::new(width, values)
    }

    /// `result` with the oldest probabilities on their way, which its step has written.
    fn prediction(
        &self,
        result: StepResult,
        coming: &mut VecDeque<Readback>,
    ) -> Result<BatchPrediction> {
        let oldest = coming.pop_front().ok_or_else(|| Error::Internal {
            place: "predicting",
            problem: "a result without its probabilities".to_string(),
        })?;
        Ok(BatchPrediction {
            probabilities: bytemuck::pod_collect_to_vec(
                &oldest.wait(&self.device).map_err(with_remedy)?,
            ),
            result,
        })
    }
}
