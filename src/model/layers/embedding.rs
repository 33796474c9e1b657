//! The embedding: a vector for each id.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{LayerSpec, Output, check_size, tensor};

/// A table of `vocabulary` vectors of `width` numbers: `[T, B] → [T, B, width]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Embedding {
    /// Rows of the table, V; ids run from 0 to V − 1.
    pub vocabulary: usize,
    /// Numbers a token, E.
    pub width: usize,
    /// Whether id 0 is masked: recurrent layers above copy their state over it (Keras's `mask_zero`).
    pub mask_zero: bool,
    /// Whether training changes the table; where not, it stays as it starts (Keras's `trainable`).
    #[serde(skip_serializing_if = "Clone::clone")]
    pub trainable: bool,
}

impl Embedding {
    /// A table of `vocabulary` rows of `width` numbers that training changes, id 0 not masked.
    pub fn new(vocabulary: usize, width: usize) -> Self {
        Embedding {
            vocabulary,
            width,
            mask_zero: false,
            trainable: true,
        }
    }

    /// Masks id 0 in the recurrent layers above.
    pub fn mask_zero(mut self) -> Self {
        self.mask_zero = true;
        self
    }

    /// Keeps the table as it starts: no gradient, no update, no decay of weights.
    pub fn frozen(mut self) -> Self {
        self.trainable = false;
        self
    }

    /// What leaves it as the first layer, which no other stands below.
    pub(super) fn rows(&self) -> Result<Output, String> {
        check_size("vocabulary", self.vocabulary)?;
        check_size("width", self.width)?;
        Ok(Output::Sequence { width: self.width })
    }
}

impl LayerSpec for Embedding {
    fn output(&self, _below: Output) -> Result<Output, String> {
        Err("only the first layer can be an Embedding".into())
    }

    fn parameters(&self, _input: usize) -> Vec<Parameter> {
        vec![tensor(
            "embeddings",
            &[self.vocabulary, self.width],
            Initialiser::Uniform { limit: 0.05 },
        )]
    }

    fn from_keys<'de, D: Deserializer<'de>>(
        keys: D,
        vocabulary: Option<usize>,
    ) -> Result<Self, D::Error> {
        let keys = EmbeddingKeys::deserialize(keys)?;
        let vocabulary = keys.vocabulary.or(vocabulary);
        Ok(Embedding {
            vocabulary: vocabulary.ok_or_else(|| D::Error::missing_field("vocabulary"))?,
            width: keys.width,
            mask_zero: keys.mask_zero,
            trainable: keys.trainable,
        })
    }
}

/// An [`Embedding`] as a table of keys: the data knows the vocabulary's size where they do not say it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddingKeys {
    vocabulary: Option<usize>,
    width: usize,
    #[serde(default)]
    mask_zero: bool,
    #[serde(default = "usually_trainable")]
    trainable: bool,
}

fn usually_trainable() -> bool {
    true
}

impl<'de> Deserialize<'de> for Embedding {
    fn deserialize<D: Deserializer<'de>>(keys: D) -> Result<Self, D::Error> {
        Embedding::from_keys(keys, None)
    }
}
