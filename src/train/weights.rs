//! `model.safetensors`: the parameters by name, with the model that they belong to.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{Model, Parameter};

/// The one key of the file's metadata. safetensors keeps them in a hash map, so that with several
/// keys two runs would not write the same bytes.
const METADATA: &str = "gatefold";

/// Version of [`Header`].
const FORMAT: u32 = 1;

/// What the metadata say, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    vocabulary_sha256: String,
    vocabulary_size: usize,
    /// The model as [`Model::to_toml`] writes it.
    model: String,
}

/// What a file of weights holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The model.
    pub model: Model,
    /// Values of every parameter, row-major, in the order of [`Model::parameters`].
    pub parameters: Vec<Vec<f32>>,
    /// SHA-256 of the vocabulary's file, in hexadecimal.
    pub vocabulary_sha256: String,
    /// Ids of that vocabulary.
    pub vocabulary_size: usize,
}

impl Weights {
    /// The weights in the safetensors format. The same weights give the same bytes.
    ///
    /// # Errors
    /// [`Error::Shape`] if a parameter has not as many values as the model says.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let expected = self.model.parameters();
        if expected.len() != self.parameters.len() {
            return Err(Error::Shape {
                tensor: format!("parameters of {}", self.model.name()),
                expected: format!("{} tensors", expected.len()),
                found: self.parameters.len().to_string(),
            });
        }
        let mut views = Vec::with_capacity(expected.len());
        for (parameter, values) in expected.iter().zip(&self.parameters) {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes);
            let view = view.map_err(|_| Error::Shape {
                tensor: parameter.name.clone(),
                expected: format!("{:?}", parameter.shape),
                found: format!("{} values", values.len()),
            })?;
            views.push((parameter.name.as_str(), view));
        }
        let failed = |problem: String| Error::Internal {
            place: "writing weights",
            problem,
        };
        let header = Header {
            format: FORMAT,
            vocabulary_sha256: self.vocabulary_sha256.clone(),
            vocabulary_size: self.vocabulary_size,
            model: self.model.to_toml()?,
        };
        let header = serde_json::to_string(&header).map_err(|error| failed(error.to_string()))?;
        let metadata = HashMap::from([(METADATA.to_string(), header)]);
        safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))
    }

    /// Reads what [`Weights::to_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Malformed`] if it is cut short, is not one of gatefold's, or
    /// its tensors are not those of its model, with the tensor's name and both shapes.
    pub fn load(path: &Path) -> Result<Weights> {
        let malformed = |place: &str, problem: String| Error::Malformed {
            path: path.to_path_buf(),
            place: place.to_string(),
            problem,
        };
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let damaged = |error: safetensors::SafeTensorError| {
            malformed(
                "the file",
                format!("no whole safetensors file: {error}; copy it again"),
            )
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let header = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(METADATA))
            .ok_or_else(|| {
                malformed(
                    "metadata",
                    format!("no key {METADATA}; give a {METADATA} run's model.safetensors"),
                )
            })?;
        let header: Header = serde_json::from_str(header)
            .map_err(|error| malformed("metadata", error.to_string()))?;
        if header.format != FORMAT {
            let problem = format!(
                "format {}, but this gatefold reads format {FORMAT}",
                header.format
            );
            return Err(malformed("metadata", problem));
        }
        let model = Model::from_toml(path, &header.model, header.vocabulary_size)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        for name in tensors.names() {
            if !model
                .parameters()
                .iter()
                .any(|parameter| parameter.name == *name)
            {
                return Err(malformed(
                    name,
                    format!("no parameter of the model {}", model.name()),
                ));
            }
        }
        let read = |parameter: &Parameter| {
            let view = tensors.tensor(&parameter.name).map_err(|_| {
                malformed(
                    &parameter.name,
                    format!("missing; expected shape {:?}", parameter.shape),
                )
            })?;
            if view.dtype() != Dtype::F32 || view.shape() != parameter.shape {
                let problem = format!(
                    "expected F32 of shape {:?}, found {:?} of shape {:?}",
                    parameter.shape,
                    view.dtype(),
                    view.shape()
                );
                return Err(malformed(&parameter.name, problem));
            }
            let (values, _) = view.data().as_chunks::<4>();
            Ok(values
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect())
        };
        let parameters = model.parameters().iter().map(read).collect::<Result<_>>()?;
        Ok(Weights {
            parameters,
            vocabulary_sha256: header.vocabulary_sha256,
            vocabulary_size: header.vocabulary_size,
            model,
        })
    }
}
