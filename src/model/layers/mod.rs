//! The layers, one kind a file: its keys, how it is made, the shape that leaves it, and its parameters.

mod bidirectional;
mod dense;
mod dropout;
mod embedding;
mod layer_normalization;
mod pooling;
mod recurrent;

use serde::{Deserialize, Serialize};

use super::parameters::{Initialiser, Parameter};

pub use bidirectional::Bidirectional;
pub use dense::{Activation, Dense};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use layer_normalization::LayerNormalization;
pub use pooling::{AttentionPooling, GlobalAveragePooling1D, GlobalMaxPooling1D};
pub use recurrent::{Gru, Lstm, Recurrent};

/// What a layer is, without its name or place.
///
/// Serialised, `type` tells which; the other keys are the layer's fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum LayerKind {
    /// See [`Embedding`].
    Embedding(Embedding),
    /// See [`Lstm`].
    Lstm(Lstm),
    /// See [`Gru`].
    Gru(Gru),
    /// See [`Bidirectional`].
    Bidirectional(Bidirectional),
    /// See [`Dense`].
    Dense(Dense),
    /// See [`Dropout`].
    Dropout(Dropout),
    /// See [`GlobalMaxPooling1D`].
    #[serde(rename = "global_max_pooling1d")]
    GlobalMaxPooling1D(GlobalMaxPooling1D),
    /// See [`GlobalAveragePooling1D`].
    #[serde(rename = "global_average_pooling1d")]
    GlobalAveragePooling1D(GlobalAveragePooling1D),
    /// See [`AttentionPooling`].
    #[serde(rename = "attention_pooling")]
    AttentionPooling(AttentionPooling),
    /// See [`LayerNormalization`].
    #[serde(rename = "layer_normalization")]
    LayerNormalization(LayerNormalization),
}

macro_rules! layer_kind_from {
    ($($layer:ident),*) => {
        $(impl From<$layer> for LayerKind {
            fn from(layer: $layer) -> Self {
                LayerKind::$layer(layer)
            }
        })*
    };
}
layer_kind_from!(
    Embedding,
    Lstm,
    Gru,
    Bidirectional,
    Dense,
    Dropout,
    GlobalMaxPooling1D,
    GlobalAveragePooling1D,
    AttentionPooling,
    LayerNormalization
);

impl LayerKind {
    /// The class name in Keras.
    pub fn class_name(&self) -> &'static str {
        match self {
            LayerKind::Embedding(_) => "Embedding",
            LayerKind::Lstm(_) => "LSTM",
            LayerKind::Gru(_) => "GRU",
            LayerKind::Bidirectional(_) => "Bidirectional",
            LayerKind::Dense(_) => "Dense",
            LayerKind::Dropout(_) => "Dropout",
            LayerKind::GlobalMaxPooling1D(_) => "GlobalMaxPooling1D",
            LayerKind::GlobalAveragePooling1D(_) => "GlobalAveragePooling1D",
            LayerKind::AttentionPooling(_) => "AttentionPooling",
            LayerKind::LayerNormalization(_) => "LayerNormalization",
        }
    }

    /// What leaves the layer when `below` enters it, or why it cannot; nothing is below the first.
    pub(super) fn output(&self, below: Option<Output>) -> Result<Output, String> {
        match (self, below) {
            (LayerKind::Embedding(embedding), None) => embedding.output(),
            (LayerKind::Embedding(_), Some(_)) => {
                Err("only the first layer can be an Embedding".into())
            }
            (_, None) => Err("the first layer must be an Embedding".into()),
            (LayerKind::Lstm(lstm), Some(below)) => Recurrent::from(lstm.clone()).output(1, below),
            (LayerKind::Gru(gru), Some(below)) => Recurrent::from(gru.clone()).output(1, below),
            (LayerKind::Bidirectional(both), Some(below)) => both.output(below),
            (LayerKind::Dense(dense), Some(below)) => dense.output(below),
            (LayerKind::Dropout(dropout), Some(below)) => dropout.output(below),
            (
                LayerKind::GlobalMaxPooling1D(_) | LayerKind::GlobalAveragePooling1D(_),
                Some(below),
            ) => pooled(below),
            (LayerKind::AttentionPooling(attention), Some(below)) => attention.output(below),
            (LayerKind::LayerNormalization(norm), Some(below)) => norm.output(below),
        }
    }

    /// The trainable tensors of the layer, of `input` numbers a position, by their names within it.
    pub(super) fn parameters(&self, input: usize) -> Vec<Parameter> {
        match self {
            LayerKind::Embedding(embedding) => embedding.parameters(),
            LayerKind::Lstm(lstm) => Recurrent::from(lstm.clone()).parameters("", input),
            LayerKind::Gru(gru) => Recurrent::from(gru.clone()).parameters("", input),
            LayerKind::Bidirectional(both) => both.parameters(input),
            LayerKind::Dense(dense) => dense.parameters(input),
            LayerKind::AttentionPooling(attention) => attention.parameters(input),
            LayerKind::LayerNormalization(norm) => norm.parameters(input),
            LayerKind::Dropout(_)
            | LayerKind::GlobalMaxPooling1D(_)
            | LayerKind::GlobalAveragePooling1D(_) => Vec::new(),
        }
    }
}

/// The shape a layer's result has, batch and time left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `[T, B, width]`
    Sequence {
        /// Numbers a timestep.
        width: usize,
    },
    /// `[B, width]`
    Vector {
        /// Numbers a row of the batch.
        width: usize,
    },
}

impl Output {
    /// Numbers a position.
    pub fn width(self) -> usize {
        match self {
            Output::Sequence { width } | Output::Vector { width } => width,
        }
    }

    /// The same form with `width` numbers a position.
    pub fn with_width(self, width: usize) -> Output {
        match self {
            Output::Sequence { .. } => Output::Sequence { width },
            Output::Vector { .. } => Output::Vector { width },
        }
    }
}

/// What a layer over time says where there is no time.
const NEEDS_SEQUENCE: &str =
    "needs a sequence below it: set return_sequences on the recurrent layer below";

/// What leaves a pooling of `below`.
fn pooled(below: Output) -> Result<Output, String> {
    match below {
        Output::Vector { .. } => Err(NEEDS_SEQUENCE.into()),
        Output::Sequence { width } => Ok(Output::Vector { width }),
    }
}

/// Largest vocabulary, width or number of units; small enough that 4·H and 2·H are sizes too.
const MAX_SIZE: usize = 1 << 24;

fn check_size(what: &str, size: usize) -> Result<(), String> {
    if (1..=MAX_SIZE).contains(&size) {
        Ok(())
    } else {
        Err(format!("{what} must be from 1 to {MAX_SIZE}, not {size}"))
    }
}

/// A tensor by its name within the layer.
fn tensor(name: &str, shape: &[usize], initialiser: Initialiser) -> Parameter {
    Parameter {
        name: name.to_owned(),
        shape: shape.to_vec(),
        initialiser,
    }
}
