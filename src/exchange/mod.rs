//! Trained weights in the formats of other programs: safetensors and HDF5 with Keras's names, whole models as
//! Keras's `.keras` archive and as ONNX.
//!
//! Every format is a function of [`Weights`] to bytes, and [`load_parameters`] reads all but ONNX, [`load_model`] what
//! Keras keeps of a model beside them; nothing here
//! needs a device. HDF5 and the archive take the feature `keras`.

#[cfg(feature = "keras")]
mod keras_archive;
#[cfg(feature = "keras")]
mod keras_config;
#[cfg(feature = "keras")]
mod keras_layers;
mod keras_names;
#[cfg(feature = "keras")]
mod keras_weights;
mod load;
mod onnx;
mod onnx_graph;
mod onnx_mask;
mod onnx_messages;
mod onnx_pooling;
mod onnx_recurrent;
mod problem;
#[cfg(feature = "keras")]
mod read_keras_config;
#[cfg(feature = "keras")]
mod read_keras_weights;
#[cfg(feature = "keras")]
mod read_legacy_weights;
mod tensors;

#[cfg(feature = "keras")]
pub use keras_archive::to_keras_archive;
pub use keras_names::variable_paths;
#[cfg(feature = "keras")]
pub use keras_weights::to_keras_weights;
pub use load::{load_model, load_parameters};
pub use onnx::to_onnx;
pub use tensors::to_safetensors;

use crate::error::{Error, Result};
use crate::train::Weights;

/// Fails if a parameter has not as many values as the model says.
fn check(weights: &Weights) -> Result<()> {
    let shape = |tensor: &str, expected: usize, found: usize| Error::Shape {
        tensor: tensor.to_string(),
        expected: expected.to_string(),
        found: found.to_string(),
    };
    let expected = weights.model.parameters();
    if expected.len() != weights.parameters.len() {
        return Err(shape(
            "parameters",
            expected.len(),
            weights.parameters.len(),
        ));
    }
    for (parameter, values) in expected.iter().zip(&weights.parameters) {
        if parameter.len() != values.len() {
            return Err(shape(&parameter.name, parameter.len(), values.len()));
        }
    }
    Ok(())
}
