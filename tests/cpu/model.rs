//! Building, naming, counting, initialising and storing models.

use gatefold::model::{LayerKind, Model, Sequential};

#[path = "model/builder.rs"]
mod builder;
#[path = "model/file.rs"]
mod file;
#[path = "model/initial_values.rs"]
mod initial_values;
#[path = "model/layers.rs"]
mod layers;
#[path = "model/page.rs"]
mod page;
#[path = "model/summary.rs"]
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
