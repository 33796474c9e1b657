//! Tests on a device: every kernel against its f64 twin, then plans, then training.
//!
//! They run on the adapter that `WGPU_ADAPTER_NAME` names, or the best there is; without any they fail and
//! say how to get a software one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "gpu/activations.rs"]
mod activations;
#[path = "gpu/adam.rs"]
mod adam;
#[path = "gpu/attention.rs"]
mod attention;
#[path = "gpu/callbacks.rs"]
mod callbacks;
#[path = "gpu/clip.rs"]
mod clip;
#[path = "gpu/dense.rs"]
mod dense;
#[path = "gpu/dropout.rs"]
mod dropout;
#[path = "gpu/embedding.rs"]
mod embedding;
#[path = "gpu/explain.rs"]
mod explain;
#[path = "gpu/gru.rs"]
mod gru;
#[path = "gpu/inference.rs"]
mod inference;
#[path = "gpu/layer_norm.rs"]
mod layer_norm;
#[path = "gpu/limits.rs"]
mod limits;
#[path = "gpu/loss.rs"]
mod loss;
#[path = "gpu/lstm.rs"]
mod lstm;
#[path = "gpu/matmul.rs"]
mod matmul;
#[path = "gpu/mutants.rs"]
mod mutants;
#[path = "gpu/optimisers.rs"]
mod optimisers;
#[path = "gpu/oracle.rs"]
mod oracle;
#[path = "gpu/own_kernel.rs"]
mod own_kernel;
#[path = "gpu/padding.rs"]
mod padding;
#[path = "gpu/peak.rs"]
mod peak;
#[path = "gpu/plans.rs"]
mod plans;
#[path = "gpu/pooling.rs"]
mod pooling;
#[path = "gpu/predict.rs"]
mod predict;
#[path = "gpu/profile.rs"]
mod profile;
#[path = "gpu/recover.rs"]
mod recover;
#[path = "gpu/recurrent.rs"]
mod recurrent;
#[path = "gpu/row_tile.rs"]
mod row_tile;
#[path = "gpu/softmax.rs"]
mod softmax;
#[path = "gpu/training.rs"]
mod training;
