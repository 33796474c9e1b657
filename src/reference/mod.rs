//! The kernels again in plain f64 Rust: what the tests compare the device with.
//!
//! One file a family of shaders, each function the formula written as loops. Nothing here is fast,
//! and nothing here is used by training.
//!
//! Letters: `B` sequences, `T` timesteps, `P = T·B` positions (time-major: `p = t·B + b`), `E`
//! embedding width, `H` units, `V` vocabulary. Arrays are row-major, last axis contiguous. A slice
//! shorter than its shape is a mistake of the caller and panics.

// The loops keep the indices of the formulas they stand for.
#![allow(clippy::needless_range_loop)]

pub mod activations;
pub mod adam;
pub mod attention;
mod batch;
pub mod clip;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod gru;
pub mod layer_norm;
pub mod loss;
pub mod lstm;
pub mod matmul;
pub mod network;
pub mod peak;
pub mod pooling;
pub mod recurrence;
mod recurrent_layer;
pub mod rmsprop;
pub mod sgd;
