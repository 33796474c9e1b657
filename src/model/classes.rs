//! The same model for another number of classes.

use super::builder::Sequential;
use super::layers::{Dense, LayerKind};
use super::spec::Model;
use crate::error::Result;

impl Model {
    /// The same model, whose last layer tells so many classes apart: one unit with a sigmoid for two, else a unit a class
    /// with a softmax.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn with_classes(&self, classes: usize) -> Result<Model> {
        let last = match classes {
            2 => Dense::new(1).sigmoid(),
            _ => Dense::new(classes).softmax(),
        };
        let below = self.layers().len() - 1;
        let kinds = self.layers().iter().map(|layer| layer.kind.clone());
        kinds
            .take(below)
            .chain([LayerKind::Dense(last)])
            .fold(Sequential::new(self.name()), Sequential::add)
            .build()
    }
}
