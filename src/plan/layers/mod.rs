//! Dispatches of the layers, one kind a file: what [`LayerPlan`] asks of each, and which file a kind has.

mod attention;
mod bidirectional;
mod dense;
mod dropout;
mod embedding;
mod gru;
mod layer_norm;
mod lstm;
mod pooling;
mod recurrent;

use super::dispatch::Slice;
use super::step_builder::{StepBuilder, Value};
use crate::error::Result;
use crate::model::{Layer, LayerKind, Model};

/// What a kind of layer adds to a step.
pub(super) trait LayerPlan {
    /// Adds the forward pass on `x`, and gives what leaves the layer.
    fn forward(&self, at: LayerAt, x: Value, step: &mut StepBuilder) -> Result<Value>;

    /// Adds the gradients of the layer's parameters and of `x`, and gives that of `x`. `y` is what left the layer, `d_y`
    /// its gradient.
    fn backward(
        &self,
        at: LayerAt,
        x: Value,
        y: Value,
        d_y: Slice,
        step: &mut StepBuilder,
    ) -> Result<Slice>;

    /// Whether the layer takes a row for each unique token, where it stands on the embedding. The others take a row
    /// for each position.
    fn takes_tokens(&self) -> bool {
        false
    }
}

/// The one list of what each kind adds to a step.
pub(super) fn plan_of(kind: &LayerKind) -> &dyn LayerPlan {
    match kind {
        LayerKind::Embedding(layer) => layer,
        LayerKind::Lstm(layer) => layer,
        LayerKind::Gru(layer) => layer,
        LayerKind::Bidirectional(layer) => layer,
        LayerKind::Dense(layer) => layer,
        LayerKind::Dropout(layer) => layer,
        LayerKind::GlobalMaxPooling1D(layer) => layer,
        LayerKind::GlobalAveragePooling1D(layer) => layer,
        LayerKind::AttentionPooling(layer) => layer,
        LayerKind::LayerNormalization(layer) => layer,
    }
}

/// A layer in its place in a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerAt<'a> {
    /// Counted from the input.
    pub(super) index: usize,
    pub(super) layer: &'a Layer,
    /// The layers above it.
    pub(super) above: &'a [Layer],
}

impl<'a> LayerAt<'a> {
    /// The layers of a model, input first.
    pub(super) fn all(
        model: &'a Model,
    ) -> impl DoubleEndedIterator<Item = LayerAt<'a>> + ExactSizeIterator {
        let layers = model.layers();
        layers.iter().enumerate().map(|(index, layer)| LayerAt {
            index,
            layer,
            above: &layers[index + 1..],
        })
    }

    /// The layer's name.
    pub(super) fn name(&self) -> &'a str {
        &self.layer.name
    }

    /// What the layer adds to a step.
    pub(super) fn plan(&self) -> &'a dyn LayerPlan {
        plan_of(&self.layer.kind)
    }
}
