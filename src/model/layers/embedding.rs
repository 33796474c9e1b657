//! The embedding: a vector for each id.

use serde::{Deserialize, Serialize};

use super::super::parameters::{Initialiser, Parameter};
use super::{Output, check_size, tensor};

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

impl Embedding {
    /// A table of `vocabulary` rows of `width` numbers, id 0 not masked.
    pub fn new(vocabulary: usize, width: usize) -> Self {
        Embedding {
            vocabulary,
            width,
            mask_zero: false,
        }
    }

    /// Masks id 0 in the recurrent layers above.
    pub fn mask_zero(mut self) -> Self {
        self.mask_zero = true;
        self
    }

    /// What leaves it.
    pub(super) fn output(&self) -> Result<Output, String> {
        check_size("vocabulary", self.vocabulary)?;
        check_size("width", self.width)?;
        Ok(Output::Sequence { width: self.width })
    }

    pub(super) fn parameters(&self) -> Vec<Parameter> {
        vec![tensor(
            "embeddings",
            &[self.vocabulary, self.width],
            Initialiser::Uniform { limit: 0.05 },
        )]
    }
}
