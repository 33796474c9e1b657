//! Building, naming, counting, initialising and storing models.

use gatefold::model::{LayerKind, Model, Sequential};

mod builder;
mod file;
mod initial_values;
mod layers;
mod page;
mod summary;

/// Ids of the experiment's vocabulary.
const VOCABULARY: usize = 8185;

fn build(layers: &[LayerKind]) -> gatefold::Result<Model> {
    layers
        .iter()
        .cloned()
        .fold(Sequential::new("test"), Sequential::add)
        .build()
}
