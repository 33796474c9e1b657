//! The layers, one kind a file: its keys, how it is made, the shape that leaves it, and its parameters.

mod bidirectional;
mod dense;
mod dropout;
mod embedding;
mod layer_normalization;
mod pooling;
mod recurrent;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::parameters::{Initialiser, Parameter};

pub use bidirectional::Bidirectional;
pub use dense::{Activation, Dense};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use layer_normalization::LayerNormalization;
pub use pooling::{AttentionPooling, GlobalAveragePooling1D, GlobalMaxPooling1D};
pub use recurrent::{Gru, Lstm, Recurrent};

/// What a kind of layer says of itself.
trait LayerSpec {
    /// What leaves the layer when `below` enters it, or why it cannot.
    fn output(&self, below: Output) -> Result<Output, String>;

    /// The trainable tensors of the layer, of `input` numbers a position, by their names within it: the one place
    /// where their number, shapes and initial values are told.
    fn parameters(&self, _input: usize) -> Vec<Parameter> {
        Vec::new()
    }

    /// The layer of these keys. `_vocabulary` is what the data has, where that is known.
    fn from_keys<'de, D: Deserializer<'de>>(
        keys: D,
        _vocabulary: Option<usize>,
    ) -> Result<Self, D::Error>
    where
        Self: Sized + Deserialize<'de>,
    {
        Self::deserialize(keys)
    }
}

/// Every kind of layer: its data, its `type` in files, its class in Keras.
macro_rules! layer_kinds {
    ($($layer:ident $key:literal $class:literal,)*) => {
        /// What a layer is, without its name or place.
        ///
        /// Serialised, `type` tells which; the other keys are the layer's fields.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "type")]
        pub enum LayerKind {
            $(
                #[doc = concat!("See [`", stringify!($layer), "`].")]
                #[serde(rename = $key)]
                $layer($layer),
            )*
        }

        $(impl From<$layer> for LayerKind {
            fn from(layer: $layer) -> Self {
                LayerKind::$layer(layer)
            }
        })*

        impl LayerKind {
            const TYPES: &[&str] = &[$($key),*];

            /// The class names of all kinds in Keras.
            #[cfg(feature = "keras")]
            pub(crate) const CLASSES: &[&str] = &[$($class),*];

            /// The `type` in files of the kind that has this class name in Keras.
            #[cfg(feature = "keras")]
            pub(crate) fn type_of_class(class: &str) -> Option<&'static str> {
                match class {
                    $($class => Some($key),)*
                    _ => None,
                }
            }

            /// The class name in Keras.
            pub fn class_name(&self) -> &'static str {
                match self {
                    $(LayerKind::$layer(_) => $class,)*
                }
            }

            fn spec(&self) -> &dyn LayerSpec {
                match self {
                    $(LayerKind::$layer(layer) => layer,)*
                }
            }

            /// The layer of a `type` and its other keys, none where there is no such type. An embedding without
            /// `vocabulary` gets that one, where it is known.
            pub(super) fn from_keys<'de, D: Deserializer<'de>>(
                kind: &str,
                keys: D,
                vocabulary: Option<usize>,
            ) -> Option<Result<LayerKind, D::Error>> {
                match kind {
                    $($key => Some($layer::from_keys(keys, vocabulary).map(LayerKind::from)),)*
                    _ => None,
                }
            }
        }
    };
}
layer_kinds! {
    Embedding "embedding" "Embedding",
    Lstm "lstm" "LSTM",
    Gru "gru" "GRU",
    Bidirectional "bidirectional" "Bidirectional",
    Dense "dense" "Dense",
    Dropout "dropout" "Dropout",
    GlobalMaxPooling1D "global_max_pooling1d" "GlobalMaxPooling1D",
    GlobalAveragePooling1D "global_average_pooling1d" "GlobalAveragePooling1D",
    AttentionPooling "attention_pooling" "AttentionPooling",
    LayerNormalization "layer_normalization" "LayerNormalization",
}

impl LayerKind {
    /// What leaves the layer when `below` enters it, or why it cannot; nothing is below the first.
    pub(super) fn output(&self, below: Option<Output>) -> Result<Output, String> {
        match (below, self) {
            (Some(below), _) => self.spec().output(below),
            (None, LayerKind::Embedding(embedding)) => embedding.rows(),
            (None, _) => Err("the first layer must be an Embedding".into()),
        }
    }

    /// The trainable tensors of the layer, of `input` numbers a position, by their names within it.
    pub(super) fn parameters(&self, input: usize) -> Vec<Parameter> {
        self.spec().parameters(input)
    }

    /// The cell of a recurrent layer, and in how many directions it runs.
    pub(crate) fn recurrence(&self) -> Option<(Recurrent, usize)> {
        match self {
            LayerKind::Lstm(lstm) => Some((lstm.clone().into(), 1)),
            LayerKind::Gru(gru) => Some((gru.clone().into(), 1)),
            LayerKind::Bidirectional(both) => Some((both.layer.clone(), 2)),
            _ => None,
        }
    }

    /// Every `type`, for messages.
    pub(super) fn types() -> String {
        let quoted: Vec<String> = Self::TYPES.iter().map(|key| format!("`{key}`")).collect();
        match quoted.split_last() {
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for LayerKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = toml::Table::deserialize(deserializer)?;
        let kind = keys.remove("type");
        let kind = kind.ok_or_else(|| D::Error::missing_field("type"))?;
        let read = kind
            .as_str()
            .and_then(|kind| LayerKind::from_keys(kind, toml::Value::Table(keys), None));
        match read {
            Some(layer) => layer.map_err(|error| D::Error::custom(error.message().trim_end())),
            None => {
                let types = LayerKind::types();
                Err(D::Error::custom(format!("`type` must be {types}")))
            }
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
