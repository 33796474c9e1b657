//! The dispatches of a whole step: a walk up the layers, and for training one down again.

use super::dense::output_buffer;
use super::dispatch::{Plan, Slice};
use super::dropout_mask::DropoutMask;
use super::gradients::Gradients;
use super::limits::Limits;
use super::optimiser::Optimiser;
use super::parameters::ParameterLayout;
use super::step_builder::{Place, StepBuilder, Value};
use crate::batch::BatchShape;
use crate::error::{Error, Result};
use crate::model::{Activation, Dense, LayerKind, Model, Recurrent};

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
    pub(super) fn of_any(&self) -> Place {
        Place {
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
/// [`Error::Limit`] names the buffer or dispatch that exceeds the adapter's limits, and the remedy.
pub fn training_step(
    model: &Model,
    parameters: &ParameterLayout,
    limits: &Limits,
    shape: BatchShape,
    context: StepContext,
) -> Result<Plan> {
    let mut step = StepBuilder::new(model, parameters, limits, shape, context.of_any(), true)?;
    let values = step.forward(model)?;
    step.backward(model, &values)?;
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
        let mut values: Vec<Value> = Vec::with_capacity(model.layers().len());
        for (index, layer) in model.layers().iter().enumerate() {
            let below = values.last().copied();
            let value = match (&layer.kind, below) {
                (LayerKind::Embedding(embedding), _) => {
                    // A recurrent layer projects unique tokens; any other needs a row for every position.
                    let above = model.layers().get(index + 1).map(|layer| &layer.kind);
                    let spread = self.spread
                        || !matches!(
                            above,
                            Some(
                                LayerKind::Lstm(_)
                                    | LayerKind::Gru(_)
                                    | LayerKind::Bidirectional(_)
                            )
                        );
                    self.embedding_forward(index, &layer.name, embedding.width, spread)?
                }
                (LayerKind::Lstm(lstm), Some(x)) => self.lstm_forward(index, layer, lstm, 1, x)?,
                (LayerKind::Gru(gru), Some(x)) => self.gru_forward(index, layer, gru, 1, x)?,
                (LayerKind::Bidirectional(both), Some(x)) => {
                    let h = match &both.layer {
                        Recurrent::Lstm(lstm) => self.lstm_forward(index, layer, lstm, 2, x)?,
                        Recurrent::Gru(gru) => self.gru_forward(index, layer, gru, 2, x)?,
                    };
                    if self.shows_masked(model, index) {
                        self.zero_masked(&layer.name, h, "y")?
                    } else {
                        h
                    }
                }
                (LayerKind::Dense(dense), Some(x)) => {
                    self.dense_forward(index, &layer.name, dense, x)?
                }
                (LayerKind::Dropout(dropout), Some(x)) => {
                    self.dropout(index, &layer.name, dropout, x, "y")?
                }
                (LayerKind::GlobalMaxPooling1D(_), Some(x)) => {
                    self.max_pooling_forward(&layer.name, x)?
                }
                (LayerKind::GlobalAveragePooling1D(_), Some(x)) => {
                    self.mean_pooling_forward(&layer.name, x)?
                }
                (LayerKind::AttentionPooling(attention), Some(x)) => {
                    self.attention_forward(index, &layer.name, attention, x)?
                }
                (LayerKind::LayerNormalization(norm), Some(x)) => {
                    self.layer_norm_forward(index, &layer.name, norm, x)?
                }
                (_, None) => {
                    return Err(Error::Model {
                        layer: layer.name.clone(),
                        problem: "stands on no layer".into(),
                    });
                }
            };
            values.push(value);
        }
        Ok(values)
    }

    /// Loss, then every layer's gradients, output first.
    fn backward(&mut self, model: &Model, values: &[Value]) -> Result<()> {
        let Some(&y) = values.last() else {
            return Ok(());
        };
        let mut gradient = self.loss(model, y)?;
        for index in (1..model.layers().len()).rev() {
            gradient = self.layer_backward(model, index, values, gradient)?;
        }
        self.embedding_backward(0, &model.layers()[0].name, values[0], gradient)
    }

    /// Gradient by what the embedding gave, from that by the logits: what the sigmoid or softmax of the last layer takes.
    pub(super) fn backward_from_logits(
        &mut self,
        model: &Model,
        values: &[Value],
        d_logits: Slice,
    ) -> Result<Slice> {
        let mut gradient = d_logits;
        let last = model.layers().len() - 1;
        for (index, layer) in model.layers().iter().enumerate().skip(1).rev() {
            gradient = match &layer.kind {
                LayerKind::Dense(dense) if index == last => {
                    let linear = Dense {
                        activation: Activation::Linear,
                        ..dense.clone()
                    };
                    let (x, y) = (values[index - 1], values[index]);
                    self.dense_backward(index, &layer.name, &linear, x, y, gradient)?
                }
                _ => self.layer_backward(model, index, values, gradient)?,
            };
        }
        Ok(gradient)
    }

    /// Gradients of the parameters of a layer above the embedding, and of its input, which is given back.
    fn layer_backward(
        &mut self,
        model: &Model,
        index: usize,
        values: &[Value],
        mut gradient: Slice,
    ) -> Result<Slice> {
        let layer = &model.layers()[index];
        let (x, y) = (values[index - 1], values[index]);
        Ok(match &layer.kind {
            LayerKind::Embedding(_) => {
                return Err(Error::Model {
                    layer: layer.name.clone(),
                    problem: "stands above the first layer".into(),
                });
            }
            LayerKind::Lstm(lstm) => self.lstm_backward(index, layer, lstm, 1, x, gradient)?,
            LayerKind::Gru(gru) => self.gru_backward(index, layer, gru, 1, x, gradient)?,
            LayerKind::Bidirectional(both) => {
                if self.shows_masked(model, index) {
                    let d_y = Value {
                        slice: gradient,
                        ..y
                    };
                    gradient = self.zero_masked(&layer.name, d_y, "d_y")?.slice;
                }
                match &both.layer {
                    Recurrent::Lstm(lstm) => {
                        self.lstm_backward(index, layer, lstm, 2, x, gradient)?
                    }
                    Recurrent::Gru(gru) => self.gru_backward(index, layer, gru, 2, x, gradient)?,
                }
            }
            LayerKind::Dense(dense) => {
                self.dense_backward(index, &layer.name, dense, x, y, gradient)?
            }
            LayerKind::Dropout(dropout) => {
                let d_y = Value {
                    slice: gradient,
                    ..y
                };
                self.dropout(index, &layer.name, dropout, d_y, "d_input")?
                    .slice
            }
            LayerKind::GlobalMaxPooling1D(_) => {
                self.max_pooling_backward(&layer.name, x, y, gradient)?
            }
            LayerKind::GlobalAveragePooling1D(_) => {
                self.mean_pooling_backward(&layer.name, x, gradient)?
            }
            LayerKind::LayerNormalization(norm) => {
                self.layer_norm_backward(index, &layer.name, norm, x, gradient)?
            }
            LayerKind::AttentionPooling(attention) => {
                self.attention_backward(index, &layer.name, attention, x, gradient)?
            }
        })
    }
}
