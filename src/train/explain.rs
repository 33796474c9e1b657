//! Which tokens moved a prediction, and how far.

use super::session::Session;
use crate::batch::Batch;
use crate::error::Result;
use crate::plan::{DropoutMask, explanation_step, names, probabilities_buffer};

/// What the model says of a batch, and what moved it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// Probability that each review is positive: `[B]`.
    pub probabilities: Vec<f32>,
    /// Gradient × input of each position, time-major as the batch: `[T, B]`.
    pub contributions: Vec<f64>,
}

impl Session {
    /// How much the embedding x at each position moves the logit z of its review: Σ over E of x·∂z/∂x.
    ///
    /// A contribution above 0 speaks for a positive review, one below for a negative. It is the slope at
    /// which the logit moves as the position's embedding is scaled, so it is a local statement; a
    /// network is not linear, and contributions do not add up to the logit. Masked positions have 0.
    ///
    /// # Errors
    /// As [`Session::results`](Session::results), and [`Error::Model`](crate::Error::Model) for a model with a
    /// softmax.
    ///
    /// # Source
    /// Gradient × input: Shrikumar et al., "Not just a black box" (2016).
    pub fn explain(&mut self, batch: &Batch) -> Result<Attribution> {
        self.drain()?;
        let mut context = self.context(self.step, None);
        context.dropout = DropoutMask::Off;
        let shape = batch.shape();
        let explanation =
            explanation_step(&self.model, &self.layout, &self.limits, shape, context)?;
        let ones = vec![1.0f32; batch.size];
        let uploads = [(names::D_LOGITS, bytemuck::cast_slice(&ones))];
        self.submit(&explanation.plan, batch, context, &uploads)?;
        self.drain()?;
        let width = self.model.embedding().width;
        let numbers = shape.positions() * width;
        let x = self.values(&explanation.embeddings, numbers)?;
        let gradients = self.values(&explanation.gradients, numbers)?;
        let position = |(x, gradient): (&[f32], &[f32])| -> f64 {
            let products = x.iter().zip(gradient);
            products.map(|(&x, &d)| f64::from(x) * f64::from(d)).sum()
        };
        Ok(Attribution {
            probabilities: self.values(&probabilities_buffer(&self.model), batch.size)?,
            contributions: x
                .chunks_exact(width)
                .zip(gradients.chunks_exact(width))
                .map(position)
                .collect(),
        })
    }
}
