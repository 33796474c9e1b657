//! Layers as data, and the checked [`Model`] that a sequence of them makes.

use serde::{Deserialize, Serialize};

use super::parameters::Parameter;
use crate::error::{Error, Result};

/// A table of `vocabulary` vectors of `width` numbers: `[T, B] → [T, B, width]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Rows of the table, V; ids run from 0 to V − 1.
    pub vocabulary: usize,
    /// Numbers a token, E.
    pub width: usize,
    /// Whether id 0 is masked: recurrent layers above copy their state over it (Keras's `mask_zero`).
    pub mask_zero: bool,
}

/// A long short-term memory layer: `[T, B, in] → [T, B, H]`, or `[B, H]` for the
/// last state alone.
///
/// Gates in the order i, f, c, o; sigmoid recurrent activation, tanh activation, one bias.
///
/// # Source
/// Hochreiter and Schmidhuber (1997), forget gate of Gers et al. (2000); Keras 3 `LSTM`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lstm {
    /// Hidden units, H.
    pub units: usize,
    /// Whether every timestep's state leaves the layer, or only the last.
    #[serde(default)]
    pub return_sequences: bool,
}

/// A gated recurrent unit layer: `[T, B, in] → [T, B, H]`, or `[B, H]` for the last state alone.
///
/// Gates in the order z, r, h; sigmoid recurrent activation, tanh activation; the reset gate acts after the
/// recurrent product (`reset_after`), so there are two biases, of the input's product and of the state's.
///
/// # Source
/// Cho et al. (2014); Keras 3 `GRU`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gru {
    /// Hidden units, H.
    pub units: usize,
    /// Whether every timestep's state leaves the layer, or only the last.
    #[serde(default)]
    pub return_sequences: bool,
}

/// A layer that carries a state of H units from timestep to timestep.
#[derive(Debug, Clone, PartialEq)]
pub enum Recurrent {
    /// See [`Lstm`].
    Lstm(Lstm),
    /// See [`Gru`].
    Gru(Gru),
}

impl Recurrent {
    /// Hidden units, H.
    pub fn units(&self) -> usize {
        match self {
            Recurrent::Lstm(Lstm { units, .. }) | Recurrent::Gru(Gru { units, .. }) => *units,
        }
    }

    /// Whether every timestep's state leaves the layer, or only the last.
    pub fn return_sequences(&self) -> bool {
        match self {
            Recurrent::Lstm(lstm) => lstm.return_sequences,
            Recurrent::Gru(gru) => gru.return_sequences,
        }
    }

    /// The class name in Keras.
    pub fn class_name(&self) -> &'static str {
        match self {
            Recurrent::Lstm(_) => "LSTM",
            Recurrent::Gru(_) => "GRU",
        }
    }
}

/// A recurrent layer run over the sequence in both directions, forward then backward concatenated:
/// `[T, B, in] → [T, B, 2H]`, or `[B, 2H]`, where the backward half's last state is that at t = 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "BidirectionalKeys", into = "BidirectionalKeys")]
pub struct Bidirectional {
    /// The layer run in each direction, with parameters of its own.
    pub layer: Recurrent,
}

/// A [`Bidirectional`] as a table of keys: those of its layer, and which layer it is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BidirectionalKeys {
    #[serde(default, skip_serializing_if = "Cell::is_lstm")]
    cell: Cell,
    units: usize,
    #[serde(default)]
    return_sequences: bool,
}

/// Which recurrent layer; left out, it is an LSTM, as in files from before there were others.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Cell {
    #[default]
    Lstm,
    Gru,
}

impl Cell {
    fn is_lstm(&self) -> bool {
        matches!(self, Cell::Lstm)
    }
}

impl From<BidirectionalKeys> for Bidirectional {
    fn from(keys: BidirectionalKeys) -> Self {
        let BidirectionalKeys {
            cell,
            units,
            return_sequences,
        } = keys;
        let layer = match cell {
            Cell::Lstm => Recurrent::Lstm(Lstm {
                units,
                return_sequences,
            }),
            Cell::Gru => Recurrent::Gru(Gru {
                units,
                return_sequences,
            }),
        };
        Bidirectional { layer }
    }
}

impl From<Bidirectional> for BidirectionalKeys {
    fn from(Bidirectional { layer }: Bidirectional) -> Self {
        BidirectionalKeys {
            cell: match layer {
                Recurrent::Lstm(_) => Cell::Lstm,
                Recurrent::Gru(_) => Cell::Gru,
            },
            units: layer.units(),
            return_sequences: layer.return_sequences(),
        }
    }
}

/// What a dense layer applies to its sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// The sums themselves.
    #[default]
    Linear,
    /// max(x, 0).
    Relu,
    /// 1 / (1 + e^−x).
    Sigmoid,
    /// e^x / Σ e^x over the units: a probability for each class. Of the last layer alone.
    Softmax,
}

/// `activation(x·W + b)`: `[.., in] → [.., units]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Columns of W.
    pub units: usize,
    /// Applied to the sums.
    #[serde(default)]
    pub activation: Activation,
}

/// Zeroes a share of its inputs while training and scales the rest by 1 / (1 − rate).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Share of the inputs set to 0, in [0, 1).
    pub rate: f32,
}

/// The greatest value of each feature over time: `[T, B, width] → [B, width]`.
///
/// As in Keras it does not see a mask: masked timesteps count. Where several timesteps share the greatest
/// value, each gets an equal part of the gradient.
///
/// # Source
/// Keras 3 `GlobalMaxPooling1D`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalMaxPooling1D {}

/// The mean of each feature over the timesteps that are not masked: `[T, B, width] → [B, width]`.
///
/// A row without such a timestep gives 0, where Keras divides 0 by 0.
///
/// # Source
/// Keras 3 `GlobalAveragePooling1D`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalAveragePooling1D {}

/// A mean over time whose weights are learned: `[T, B, width] → [B, width]`.
///
/// ```text
/// u_t = tanh(x_t·W + b)      W [width, units], b [units]
/// α   = softmax over t of u_t·v, masked timesteps left out      v [units, 1]
/// y   = Σ_t α_t·x_t
/// ```
///
/// A row without a timestep that is not masked gives 0.
///
/// # Source
/// Yang et al., "Hierarchical Attention Networks for Document Classification" (NAACL 2016), equations 5 to 7;
/// in Keras `Dense(units, "tanh")`, `Dense(1, use_bias=False)` and `Softmax(axis=1)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttentionPooling {
    /// Numbers that a timestep is scored by, columns of W.
    pub units: usize,
}

/// Normalises the features of each position: `[.., width] → [.., width]`.
///
/// ```text
/// y = γ·(x − μ) / √(σ² + epsilon) + β      μ, σ² mean and variance over the features; γ, β [width]
/// ```
///
/// # Source
/// Ba et al., "Layer Normalization" (2016); Keras 3 `LayerNormalization`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNormalization {
    /// Keeps the root away from 0.
    #[serde(default = "LayerNormalization::default_epsilon")]
    pub epsilon: f32,
}

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

/// A layer in its place in a model: named as Keras names it, shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Keras's name: the class in snake case, `_1`, `_2` … from the second of its class on.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
    /// Numbers a position that enter it (for the embedding: 1, the id).
    pub input_width: usize,
    /// What leaves it.
    pub output: Output,
}

/// A checked sequence of layers: an embedding first, probabilities last.
///
/// Made by [`super::Sequential`], from a TOML file, or from a [`super::Variant`].
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) name: String,
    pub(super) layers: Vec<Layer>,
    pub(super) parameters: Vec<Parameter>,
}

impl Model {
    /// The model's name, `baseline` say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layers, input first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Every trainable tensor, in the order of Keras's `trainable_variables`.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The trainable tensors of the layer called `layer`, none where it has none.
    pub fn parameters_of(&self, layer: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| {
            parameter
                .name
                .strip_prefix(layer)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Checks that the embedding has a row for every id of a vocabulary of `size` ids.
    ///
    /// # Errors
    /// [`Error::Model`] with both sizes.
    pub fn check_vocabulary(&self, size: usize) -> Result<()> {
        let rows = self.embedding().vocabulary;
        if size <= rows {
            return Ok(());
        }
        Err(Error::Model {
            layer: self.layers[0].name.clone(),
            problem: format!(
                "has {rows} rows, but the data's vocabulary has {size} ids; \
                 set vocabulary to {size} or leave it out"
            ),
        })
    }

    /// Classes that the model tells apart: 2 where it gives one probability, else as many as it gives.
    pub fn classes(&self) -> usize {
        self.probabilities().max(2)
    }

    /// Whether the model gives a probability for each class, by a softmax, and not one for the second of two.
    pub fn has_softmax(&self) -> bool {
        let last = self.layers.last().map(|layer| &layer.kind);
        matches!(
            last,
            Some(LayerKind::Dense(Dense {
                activation: Activation::Softmax,
                ..
            }))
        )
    }

    /// Probabilities that it gives of a review: one, or that of each class where it has a softmax.
    pub fn probabilities(&self) -> usize {
        self.layers.last().map_or(1, |layer| layer.output.width())
    }

    /// Checks that the model tells as many classes apart as the data have.
    ///
    /// # Errors
    /// [`Error::Model`] with both numbers.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        if classes == self.classes() {
            return Ok(());
        }
        Err(Error::Model {
            layer: self
                .layers
                .last()
                .map_or_else(String::new, |layer| layer.name.clone()),
            problem: format!(
                "tells {} classes apart, but the data have {classes}; for {classes} classes the last layer is {}",
                self.classes(),
                match classes {
                    2 => "Dense(1) with a sigmoid".to_owned(),
                    _ => format!("Dense({classes}) with a softmax"),
                }
            ),
        })
    }

    /// Whether padding changes what the model says of a review: where no mask hides it, or below a maximum over
    /// time, which as in Keras does not see the mask.
    pub fn sees_padding(&self) -> bool {
        let maximum = |layer: &Layer| matches!(layer.kind, LayerKind::GlobalMaxPooling1D(_));
        !self.embedding().mask_zero || self.layers.iter().any(maximum)
    }

    /// The embedding that every model starts with.
    pub fn embedding(&self) -> &Embedding {
        match &self.layers[0].kind {
            LayerKind::Embedding(embedding) => embedding,
            _ => unreachable!("the builder puts an embedding first"),
        }
    }
}
