//! What the user describes: layers, variants, parameters and how they start.
//!
//! Nothing here computes; [`crate::plan`] turns a [`Model`] into dispatches.

mod builder;
mod classes;
mod description;
mod file;
mod init;
mod layers;
mod mask;
mod parameters;
mod spec;
mod summary;
mod variants;

pub use builder::Sequential;
pub use description::ModelDescription;
pub use init::initialise;
pub use layers::{
    Activation, AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, LayerNormalization, Lstm, Output, Recurrent,
};
pub use parameters::{Initialiser, Parameter};
pub use spec::{Layer, Model};
pub use summary::{LayerSummary, Summary, counted, grouped};
pub use variants::{EXPERIMENT_VOCABULARY, Variant};
