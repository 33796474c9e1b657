//! Tests on a device: every kernel against its f64 twin, then plans, then training.
//!
//! They run on the adapter that `WGPU_ADAPTER_NAME` names, or the best there is; without any they fail and
//! say how to get a software one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod activations;
mod adam;
mod attention;
mod beside_native;
mod callbacks;
mod clip;
mod dense;
mod dropout;
mod embedding;
mod explain;
mod frozen;
mod gru;
mod inference;
mod interpreter;
mod layer_norm;
mod limits;
mod logistic_head;
mod loss;
mod lstm;
mod matmul;
mod mutants;
mod optimisers;
mod oracle;
mod own_kernel;
mod padding;
mod peak;
mod plans;
mod pooling;
mod predict;
mod profile;
mod recover;
mod recurrent;
mod row_tile;
mod shards;
mod softmax;
mod training;
