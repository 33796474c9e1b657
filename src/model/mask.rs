//! The same model with another embedding: one that marks padding, is frozen, or has another width.

use super::builder::Sequential;
use super::layers::Embedding;
use super::spec::Model;
use crate::error::Result;

impl Model {
    /// The same model, whose embedding marks padding, so that recurrent layers and poolings skip it.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn with_mask(&self) -> Result<Model> {
        self.with_embedding(self.embedding().clone().mask_zero())
    }

    /// The same model, whose embedding stays as it starts.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn with_frozen_embedding(&self) -> Result<Model> {
        self.with_embedding(self.embedding().clone().frozen())
    }

    /// The same model, whose embedding has so many numbers a token.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn with_embedding_width(&self, width: usize) -> Result<Model> {
        self.with_embedding(Embedding {
            width,
            ..self.embedding().clone()
        })
    }

    fn with_embedding(&self, embedding: Embedding) -> Result<Model> {
        let layers = self.layers().iter().skip(1);
        let begun = Sequential::new(self.name()).add(embedding);
        let layers = layers.map(|layer| layer.kind.clone());
        layers.fold(begun, Sequential::add).build()
    }
}
