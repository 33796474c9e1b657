//! The dispatches that tell how a logit of each review moves with the embedding of each position.

use super::dispatch::{Lifetime, Plan, Slice};
use super::layers::LayerAt;
use super::limits::Limits;
use super::parameters::ParameterLayout;
use super::step::StepContext;
use super::step_builder::{StepBuilder, Value, names};
use super::storage::Storage;
use crate::batch::BatchShape;
use crate::error::{Error, Result};
use crate::model::{Activation, Dense, LayerKind, Model};

/// A plan and the buffers in which it leaves its results.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The dispatches. The caller writes to [`names::D_LOGITS`] before they run: `[B]`, or `[B, classes]` of a softmax,
    /// 1 where the logit is to be explained and 0 elsewhere.
    pub plan: Plan,
    /// Name of the buffer of x, the embedding at every position: `[P, E]`.
    pub embeddings: String,
    /// Name of the buffer of the gradient of the logits by x: `[P, E]`.
    pub gradients: String,
}

/// Forward pass and loss, then the gradient of a logit of each review by the embedding at each of its positions.
///
/// Where training sums over the positions of a token, every position has a row of its own here. Nothing is
/// dropped if `context` says so. Gradients of parameters are made on the way, and are of no use.
///
/// # Errors
/// As [`training_step`](super::training_step).
pub fn explanation_step(
    model: &Model,
    parameters: &ParameterLayout,
    limits: &Limits,
    shape: BatchShape,
    context: StepContext,
) -> Result<Explanation> {
    // The backward pass needs what only a training step keeps.
    let mut step = StepBuilder::new(model, parameters, limits, shape, context.of_any(), true)?;
    step.spread = true;
    step.storage = Storage::F32; // it tells what f32 predicts
    let values = step.forward(model)?;
    let (Some(&embeddings), Some(&probabilities)) = (values.first(), values.last()) else {
        return Err(Error::Data("a model without layers".into()));
    };
    step.loss(model, probabilities)?;
    let logits = shape.size * model.probabilities();
    let d_logits = step
        .plan
        .buffer(names::D_LOGITS, logits, Lifetime::Upload)?;
    let gradients = step.backward_from_logits(model, &values, d_logits)?;
    step.end_step()?;
    let plan = step.plan.finish();
    let name = |slice: Slice| plan.buffers[slice.buffer.0].name.clone();
    Ok(Explanation {
        embeddings: name(embeddings.slice),
        gradients: name(gradients),
        plan,
    })
}

impl StepBuilder<'_> {
    /// The gradient of what the embedding gave. `d_logits` is that of the logits, the sums that the sigmoid or the softmax
    /// of the last layer takes.
    fn backward_from_logits(
        &mut self,
        model: &Model,
        values: &[Value],
        d_logits: Slice,
    ) -> Result<Slice> {
        let mut gradient = d_logits;
        for at in LayerAt::all(model).skip(1).rev() {
            gradient = match &at.layer.kind {
                LayerKind::Dense(dense) if at.above.is_empty() => {
                    let linear = Dense {
                        activation: Activation::Linear,
                        ..dense.clone()
                    };
                    self.layer_backward(&linear, at, values, gradient)?
                }
                _ => self.layer_backward(at.plan(), at, values, gradient)?,
            };
        }
        Ok(gradient)
    }
}
