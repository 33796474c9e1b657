//! `model.safetensors`: the parameters by name, with the model that they belong to.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tensor_file::{
    NO_CHECKSUM, TensorFile, TensorGroup, has_header, is_sealed, malformed, seal, to_bytes,
};
use crate::atomic::write_atomically;
use crate::data::Vocabulary;
use crate::error::{Error, Result};
use crate::model::Model;

/// Version of [`WeightsHeader`].
const FORMAT: u32 = 1;

/// What the metadata say, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightsHeader {
    format: u32,
    /// SHA-256 of the file with zeros in its place, in hexadecimal; a file of an earlier version has none.
    sha256: Option<String>,
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
    /// These parameters of `model`, trained on ids of `vocabulary`.
    pub fn new(model: Model, parameters: Vec<Vec<f32>>, vocabulary: &Vocabulary) -> Weights {
        Weights {
            model,
            parameters,
            vocabulary_sha256: vocabulary.sha256().to_string(),
            vocabulary_size: vocabulary.size(),
        }
    }

    /// Writes [`Weights::to_bytes`] to `path`, whole or not at all.
    ///
    /// # Errors
    /// Those of [`Weights::to_bytes`], and [`Error::Io`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_atomically(path, &self.to_bytes()?)
    }

    /// The weights in the safetensors format, with a checksum in the metadata. The same weights give the same bytes.
    ///
    /// # Errors
    /// [`Error::Shape`] if a parameter has not as many values as the model says.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = WeightsHeader {
            format: FORMAT,
            sha256: Some(NO_CHECKSUM.to_string()),
            vocabulary_sha256: self.vocabulary_sha256.clone(),
            vocabulary_size: self.vocabulary_size,
            model: self.model.to_toml()?,
        };
        let parameters = TensorGroup {
            name: "",
            tensors: &self.parameters,
        };
        let mut bytes = to_bytes(&self.model, &[parameters], &header, None)?;
        seal(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads what [`Weights::to_bytes`] made.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read; [`Error::Malformed`] if it is cut short or was changed, is not one of
    /// gatefold's, its tensors are not those of its model, with the tensor's name and both shapes, or a number in one is not
    /// finite, with its place.
    pub fn load(path: &Path) -> Result<Weights> {
        let bytes = fs::read(path).map_err(Error::io(path))?;
        let (file, header) = open(path, &bytes)?;
        let model = Model::from_toml(path, &header.model, header.vocabulary_size)?;
        file.check_names(&model, &[""])?;
        Ok(Weights {
            parameters: file.group(&model, "")?,
            vocabulary_sha256: header.vocabulary_sha256,
            vocabulary_size: header.vocabulary_size,
            model,
        })
    }
}

/// The file, if it is as it was written, and what its metadata say.
fn open<'a>(path: &'a Path, bytes: &'a [u8]) -> Result<(TensorFile<'a>, WeightsHeader)> {
    let file = TensorFile::parse(path, bytes, "model.safetensors")?;
    let header: WeightsHeader = file.header(FORMAT)?;
    let checksum = header.sha256.as_deref();
    if checksum.is_some_and(|checksum| !is_sealed(bytes, checksum)) {
        let problem = "changed since it was written: its SHA-256 is not the one in its metadata; copy it again";
        return Err(malformed(path, "the file", problem.to_string()));
    }
    Ok((file, header))
}

/// Whether a safetensors file, if it is one of [`Weights`], is as it was written.
///
/// # Errors
/// Of a file with gatefold's metadata, as [`Weights::load`]; there is nothing to check of others.
pub(crate) fn check_unchanged(path: &Path, bytes: &[u8]) -> Result<()> {
    match has_header(bytes) {
        true => open(path, bytes).map(|_| ()),
        false => Ok(()),
    }
}
