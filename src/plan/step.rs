//! The dispatches of a whole step: a walk up the layers, and for training one down again.

use super::dispatch::{Plan, Slice};
use super::dropout_mask::DropoutMask;
use super::gradients::Gradients;
use super::layers::{LayerAt, LayerPlan};
use super::limits::Limits;
use super::optimiser::Optimiser;
use super::parameters::ParameterLayout;
use super::step_builder::{PassContext, StepBuilder, Value, output_buffer};
use crate::batch::BatchShape;
use crate::error::Result;
use crate::model::Model;

/// What differs from step to step, besides the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepContext {
    /// Steps run before this one, of training and of evaluation; picks the record.
    pub sequence: u64,
    /// Optimiser step, counted from 1; unused in an evaluation.
    pub step: u64,
    /// The optimiser; without one, gradients are made and parameters stay as they are.
    pub optimiser: Option<Optimiser>,
    /// Clipping and norms of gradients, where there is an optimiser.
    pub gradients: Gradients,
    /// The mask of dropout layers.
    pub dropout: DropoutMask,
}

impl StepContext {
    /// What end_step writes into the record; never 0, which is what unwritten memory holds.
    pub fn marker(&self) -> u32 {
        (self.sequence as u32).wrapping_add(1).max(1)
    }

    /// The part that every step has, trained or not.
    pub(super) fn of_any(&self) -> PassContext {
        PassContext {
            sequence: self.sequence,
            marker: self.marker(),
            dropout: self.dropout,
        }
    }
}

/// Name of the buffer of the probabilities: `[B]`, or `[B, classes]` of a softmax.
pub fn probabilities_buffer(model: &Model) -> String {
    output_buffer(model.layers().last().map_or("", |layer| &layer.name))
}

/// Forward pass, loss, backward pass and update for a batch of this shape.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) names the buffer or dispatch that exceeds the adapter's limits, and the remedy.
pub fn training_step(
    model: &Model,
    parameters: &ParameterLayout,
    limits: &Limits,
    shape: BatchShape,
    context: StepContext,
) -> Result<Plan> {
    let mut step = StepBuilder::new(model, parameters, limits, shape, context.of_any(), true)?;
    step.forward_and_backward(model)?;
    updated(step, context)
}

/// The update alone, by the gradients that the device holds; a batch of this shape is uploaded with it, and not read.
///
/// # Errors
/// As [`training_step`].
pub fn update_step(
    model: &Model,
    parameters: &ParameterLayout,
    limits: &Limits,
    shape: BatchShape,
    context: StepContext,
) -> Result<Plan> {
    let step = StepBuilder::new(model, parameters, limits, shape, context.of_any(), true)?;
    updated(step, context)
}

/// The step with the update at its end, if there is an optimiser.
fn updated(mut step: StepBuilder<'_>, context: StepContext) -> Result<Plan> {
    if let Some(optimiser) = context.optimiser {
        step.update(optimiser, context.gradients, context.step)?;
    }
    step.end_step()?;
    Ok(step.plan.finish())
}

/// Forward pass and loss for a batch of this shape; dropout layers do nothing.
///
/// # Errors
/// As [`training_step`].
pub fn evaluation_step(
    model: &Model,
    parameters: &ParameterLayout,
    limits: &Limits,
    shape: BatchShape,
    context: StepContext,
) -> Result<Plan> {
    let mut step = StepBuilder::new(model, parameters, limits, shape, context.of_any(), false)?;
    let values = step.forward(model)?;
    if let Some(&y) = values.last() {
        step.loss(model, y)?;
    }
    step.end_step()?;
    Ok(step.plan.finish())
}

impl StepBuilder<'_> {
    /// What each layer gives, input first.
    pub(super) fn forward(&mut self, model: &Model) -> Result<Vec<Value>> {
        self.forward_of(LayerAt::all(model))
    }

    /// The same of the layers from the input up to the last of `layers`.
    fn forward_of<'a>(
        &mut self,
        layers: impl ExactSizeIterator<Item = LayerAt<'a>>,
    ) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(layers.len() + 1);
        let mut x = self.tokens();
        for at in layers {
            x = at.plan().forward(at, x, self)?;
            values.push(x);
        }
        Ok(values)
    }

    /// Forward pass, loss, then the gradients of every layer that is trained, output first.
    fn forward_and_backward(&mut self, model: &Model) -> Result<()> {
        let mut below = LayerAt::all(model);
        let Some(top) = below.next_back() else {
            return Ok(());
        };
        let mut values = self.forward_of(below)?;
        let x = values.last().copied().unwrap_or_else(|| self.tokens());
        let mut gradient = if self.has_head(top, x) {
            self.head(top, x)?
        } else {
            let y = top.plan().forward(top, x, self)?;
            values.push(y);
            let d_y = self.loss(model, y)?;
            self.layer_backward(top.plan(), top, &values, d_y)?
        };
        let frozen = model.layers().len() - model.trained_layers().len();
        for at in LayerAt::all(model).take(top.index).skip(frozen).rev() {
            gradient = self.layer_backward(at.plan(), at, &values, gradient)?;
        }
        Ok(())
    }

    /// The backward pass of one layer, planned by `plan`, between what the layers gave.
    pub(super) fn layer_backward(
        &mut self,
        plan: &dyn LayerPlan,
        at: LayerAt,
        values: &[Value],
        d_y: Slice,
    ) -> Result<Slice> {
        let x = match at.index {
            0 => self.tokens(),
            index => values[index - 1],
        };
        plan.backward(at, x, values[at.index], d_y, self)
    }
}
