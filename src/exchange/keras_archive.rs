//! Keras's `.keras`: a zip archive of a model, which `keras.saving.load_model` loads as it is.
//!
//! ```text
//! metadata.json       who wrote it
//! config.json         the layers: super::keras_config
//! model.weights.h5    the weights: super::keras_weights
//! ```
//!
//! # Source
//! Keras 3.15, `saving_lib.save_model`, which compresses nothing.

use std::io::{Cursor, Read, Write};

use serde_json::json;
use zip::read::ZipArchive;
use zip::result::{ZipError, ZipResult};
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::keras_config::sequential;
use super::keras_weights::to_keras_weights;
use super::problem::Problem;
use super::read_keras_config::{check_same, model_of};
use super::read_keras_weights::from_hdf5;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::train::Weights;

/// The version of Keras whose form the archive has.
const KERAS: &str = "3.15.1";
const METADATA: &str = "metadata.json";
const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.weights.h5";

/// The model as the archive that Keras's `load_model` takes: int ids `[batch, length]` in, both of any size;
/// probabilities `[batch, 1]` out, or `[batch, classes]` of a softmax. It is not compiled: Keras asks for an
/// optimizer before it trains it on.
///
/// The same weights give the same bytes: the date in it is that with which zip's calendar begins.
///
/// Keras divides 0 by 0 where gatefold gives 0: a `GlobalAveragePooling1D` of a review that is all masked.
///
/// # Errors
/// [`Error::Model`] for an `AttentionPooling`, which Keras has not; [`Error::Shape`] if a parameter has not as many
/// values as the model says, [`Error::Internal`] if the writer of HDF5 or zip refuses.
pub fn to_keras_archive(weights: &Weights) -> Result<Vec<u8>> {
    let config = sequential(&weights.model)?;
    let metadata = json!({
        "keras_version": KERAS,
        "date_saved": "1980-01-01@00:00:00",
        "producer": concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
        "vocabulary_size": weights.vocabulary_size,
        "vocabulary_sha256": weights.vocabulary_sha256,
    });
    let files = [
        (METADATA, metadata.to_string().into_bytes()),
        (CONFIG, config.to_string().into_bytes()),
        (WEIGHTS, to_keras_weights(weights)?),
    ];
    zipped(&files).map_err(|error| Error::Internal {
        place: "writing a zip archive",
        problem: error.to_string(),
    })
}

fn zipped(files: &[(&str, Vec<u8>)]) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(bytes.len() >= u32::MAX as usize);
        archive.start_file(*name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The model that the bytes of an archive say they are of.
pub(super) fn described_in_archive(bytes: &[u8]) -> Result<Model, Problem> {
    let config = file_of(bytes, CONFIG)?;
    let config = serde_json::from_slice(&config)
        .map_err(|error| Problem::new(CONFIG, format!("{error}; {AS_WRITTEN}")))?;
    model_of(&config, CONFIG)
}

/// The parameters of `model`, in its order, from the bytes of an archive, which must be of the same model.
pub(super) fn from_archive(bytes: &[u8], model: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    check_same(&described_in_archive(bytes)?, model, CONFIG)?;
    from_hdf5(file_of(bytes, WEIGHTS)?, model)
}

/// What to do where an archive is damaged.
const AS_WRITTEN: &str = "give a .keras archive as Keras's save wrote it";

/// A file of an archive.
fn file_of(bytes: &[u8], name: &str) -> Result<Vec<u8>, Problem> {
    let damaged = |error: ZipError| Problem::new(name, format!("{error}; {AS_WRITTEN}"));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut file = archive.by_name(name).map_err(damaged)?;
    let mut content = Vec::new();
    // What is stored without compression is no longer than the archive.
    file.read_to_end(&mut content)
        .map_err(|error| damaged(error.into()))?;
    Ok(content)
}
