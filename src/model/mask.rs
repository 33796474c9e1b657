//! [`Model::with_mask`]: a model that skips padding.

use super::builder::Sequential;
use super::spec::Model;
use crate::error::Result;

impl Model {
    /// The same model, whose embedding marks padding, so that recurrent layers and poolings skip it.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn with_mask(&self) -> Result<Model> {
        let embedding = self.embedding().clone().mask_zero();
        let layers = self.layers().iter().skip(1);
        let begun = Sequential::new(self.name()).add(embedding);
        let layers = layers.map(|layer| layer.kind.clone());
        layers.fold(begun, Sequential::add).build()
    }
}
