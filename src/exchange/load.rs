//! Parameters from other programs' files.

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::keras_names::variable_paths;
use super::problem::{Problem, check_shape};
#[cfg(feature = "keras")]
use super::{
    keras_archive::{described_in_archive, from_archive},
    read_keras_weights::{described_in_hdf5, from_hdf5},
};
use crate::error::{Error, Result};
use crate::model::{Model, Parameter};
use crate::train::check_unchanged;

/// The bytes that an HDF5 file begins with.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
/// The bytes that a zip archive with a file in it begins with.
const ZIP: &[u8] = b"PK\x03\x04";

/// Reads the parameters of `model`, in the order of [`Model::parameters`], from a file that Keras,
/// [`to_keras_weights`](super::to_keras_weights) (`.weights.h5`) or
/// [`to_keras_archive`](super::to_keras_archive) (`.keras`) wrote, or from safetensors under the names of
/// [`variable_paths`] or of [`Model::parameters`]; also from the `.h5` of Keras 2. A [`Weights`](crate::train::Weights) file
/// must be as it was written. What the file is, its content says. An archive, and a whole model's `.h5`, must describe the
/// same layers.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::Malformed`] if it is damaged, lacks a parameter, has one of
/// another shape or type, or has more of them than the model, with its name.
pub fn load_parameters(path: &Path, model: &Model) -> Result<Vec<Vec<f32>>> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let malformed = |place: &str, problem: String| malformed(path, place, problem);
    let found = if bytes.starts_with(HDF5) {
        from_hdf5(bytes, model)
    } else if bytes.starts_with(ZIP) {
        from_archive(&bytes, model)
    } else {
        check_unchanged(path, &bytes)?;
        from_safetensors(&bytes, model)
    };
    let parameters = found.map_err(|Problem { place, text }| malformed(&place, text))?;
    for (parameter, values) in model.parameters().iter().zip(&parameters) {
        parameter
            .check_finite(values)
            .map_err(|problem| malformed(&parameter.name, problem))?;
    }
    Ok(parameters)
}

/// The model that a file describes: a `.keras` archive, or a whole model's `.h5` of Keras 2. `None` where it holds weights
/// alone.
///
/// # Errors
/// [`Error::Io`] if it cannot be read; [`Error::Malformed`] if it is damaged, or describes a model that gatefold does not
/// compute, with the layer, the key and its value.
pub fn load_model(path: &Path) -> Result<Option<Model>> {
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let found = if bytes.starts_with(HDF5) {
        described_in_hdf5(bytes)
    } else if bytes.starts_with(ZIP) {
        described_in_archive(&bytes).map(Some)
    } else {
        Ok(None)
    };
    found.map_err(|Problem { place, text }| malformed(path, &place, text))
}

fn malformed(path: &Path, place: &str, problem: String) -> Error {
    Error::Malformed {
        path: path.to_path_buf(),
        place: place.to_string(),
        problem,
    }
}

#[cfg(not(feature = "keras"))]
fn described_in_hdf5(_: Vec<u8>) -> Result<Option<Model>, Problem> {
    Err(without_keras())
}

#[cfg(not(feature = "keras"))]
fn described_in_archive(_: &[u8]) -> Result<Model, Problem> {
    Err(without_keras())
}

#[cfg(not(feature = "keras"))]
fn without_keras() -> Problem {
    let text = "this gatefold was built without the feature `keras`; build it with that, or give the weights as \
                safetensors";
    Problem::new("Keras's format", text)
}

#[cfg(not(feature = "keras"))]
fn from_hdf5(_: Vec<u8>, _: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    Err(without_keras())
}

#[cfg(not(feature = "keras"))]
fn from_archive(_: &[u8], _: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    Err(without_keras())
}

fn from_safetensors(bytes: &[u8], model: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| {
        let text = format!("neither HDF5 nor a .keras archive nor safetensors: {error}");
        Problem::new("the file", text)
    })?;
    let paths = variable_paths(model);
    let known = |name: &str| {
        paths.iter().any(|path| path == name)
            || model.parameters().iter().any(|one| one.name == name)
    };
    if let Some(name) = tensors.names().into_iter().find(|name| !known(name)) {
        let text = format!("no parameter of the model {}", model.name());
        return Err(Problem::new(name, text));
    }
    let read = |(parameter, path): (&Parameter, &String)| {
        let view = tensors
            .tensor(path)
            .or_else(|_| tensors.tensor(&parameter.name))
            .map_err(|_| {
                let text = format!("missing; expected shape {:?}", parameter.shape);
                Problem::new(path, text)
            })?;
        check_shape(path, parameter, view.shape())?;
        if view.dtype() != Dtype::F32 {
            let text = format!("expected F32, found {:?}", view.dtype());
            return Err(Problem::new(path, text));
        }
        let (values, _) = view.data().as_chunks::<4>();
        Ok(values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    };
    model.parameters().iter().zip(&paths).map(read).collect()
}
