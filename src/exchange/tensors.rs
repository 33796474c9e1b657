//! Plain safetensors: the parameters under Keras's names, and nothing else.

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::check;
use super::keras_names::variable_paths;
use crate::error::{Error, Result};
use crate::train::Weights;

/// The parameters in the safetensors format, f32, named as [`variable_paths`] says.
///
/// # Errors
/// [`Error::Shape`] if a parameter has not as many values as the model says.
pub fn to_safetensors(weights: &Weights) -> Result<Vec<u8>> {
    check(weights)?;
    let parameters = weights.model.parameters().iter().zip(&weights.parameters);
    let mut views = Vec::with_capacity(weights.parameters.len());
    for ((parameter, values), path) in parameters.zip(variable_paths(&weights.model)) {
        let bytes = bytemuck::cast_slice(values);
        let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes);
        views.push((path, view.map_err(refused)?));
    }
    safetensors::serialize(views, None).map_err(refused)
}

fn refused(error: safetensors::SafeTensorError) -> Error {
    Error::Internal {
        place: "writing safetensors",
        problem: error.to_string(),
    }
}
