//! Which tokens moved a prediction, and how far.

use super::check::check_batch;
use super::probabilities::{Probabilities, predicted};
use super::session::Session;
use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::plan::{DropoutMask, explanation_step, names, probabilities_buffer};

/// What the model says of a batch, and what moved it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// What the model says of each review.
    pub probabilities: Probabilities,
    /// The class of each review whose logit is explained: `[B]`.
    pub classes: Vec<usize>,
    /// Gradient × input of each position, time-major as the batch: `[T, B]`.
    pub contributions: Vec<f64>,
}

impl Session {
    /// How much the embedding x at each position moves a logit z of its review: Σ over E of x·∂z/∂x.
    ///
    /// z is the logit of `class`. Where no class is named, it is the class that is [predicted] of the review, or the second
    /// one, positive, of a model with a sigmoid. A softmax takes a logit for each class. A sigmoid takes the logit of the
    /// second class alone; the first class has its negative.
    ///
    /// A contribution above 0 speaks for the class, one below against it. It is the slope at
    /// which the logit moves as the position's embedding is scaled, so it is a local statement; a
    /// network is not linear, and contributions do not add up to the logit. Masked positions have 0.
    ///
    /// The backward pass is planned and its memory allocated when this is called, not before.
    ///
    /// # Errors
    /// As [`Session::evaluate`], and [`Error::Data`] where there is no such class.
    ///
    /// # Source
    /// Gradient × input: Shrikumar et al., "Not just a black box" (2016).
    pub fn explain(&mut self, batch: &Batch, class: Option<usize>) -> Result<Attribution> {
        check_batch(self.model(), batch)?;
        self.drain()?;
        let classes = self.explained(batch, class)?;
        let mut context = self.context(self.step, None);
        context.dropout = DropoutMask::Off;
        let shape = batch.shape();
        let explanation =
            explanation_step(&self.model, &self.layout, &self.limits, shape, context)?;
        let each = self.model.probabilities();
        let d_logits: Vec<f32> = match each {
            1 => classes.iter().map(|&class| [-1.0, 1.0][class]).collect(),
            _ => {
                let chosen = |&class: &usize| (0..each).map(move |other| f32::from(other == class));
                classes.iter().flat_map(chosen).collect()
            }
        };
        let uploads = [(names::D_LOGITS, bytemuck::cast_slice(&d_logits))];
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
        let probabilities = self.values(&probabilities_buffer(&self.model), batch.size * each)?;
        Ok(Attribution {
            probabilities: Probabilities::new(each, probabilities)?,
            classes,
            contributions: x
                .chunks_exact(width)
                .zip(gradients.chunks_exact(width))
                .map(position)
                .collect(),
        })
    }

    /// The class of each review that an explanation is of.
    fn explained(&mut self, batch: &Batch, class: Option<usize>) -> Result<Vec<usize>> {
        let known = self.model.classes();
        match class {
            Some(class) if class >= known => Err(Error::Data(format!(
                "class {class}: the model tells {known} classes apart, counted from 0"
            ))),
            Some(class) => Ok(vec![class; batch.size]),
            None if !self.model.has_softmax() => Ok(vec![1; batch.size]),
            None => {
                let said = Probabilities::new(self.model.probabilities(), self.predict(batch)?)?;
                Ok(said.rows().map(predicted).collect())
            }
        }
    }
}
