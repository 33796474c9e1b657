//! `config.toml` of a run: all that is needed to repeat it, and nothing that differs between two
//! runs of one command.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use gatefold::batch::{SHUFFLE_BUFFER, Side};
use gatefold::data::{Dataset, Source};
use gatefold::gpu::AdapterReport;
use gatefold::model::{LayerKind, Model};
use gatefold::plan::Limits;
use gatefold::train::Weights;
use gatefold::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::settings::{DataSettings, Settings};
use super::training::kernel_form;

/// The file's name.
pub const FILE: &str = "config.toml";

#[derive(Serialize)]
struct RunConfig<'a> {
    gatefold: &'a str,
    data: Data<'a>,
    training: Training,
    adapter: Adapter<'a>,
    model: ModelFile<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vocabulary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_train: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_test: Option<usize>,
    name: &'a str,
    synthetic: bool,
    train_reviews: usize,
    test_reviews: usize,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
}

#[derive(Serialize)]
struct Training {
    epochs: usize,
    batch_size: usize,
    optimiser: &'static str,
    learning_rate: f64,
    /// As text: TOML's integers end at 2⁶³.
    seed: String,
    shuffle_buffer: usize,
    bucket: bool,
    pad: Side,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncate: Option<Side>,
    validation_steps: usize,
    mask_padding: bool,
}

#[derive(Serialize)]
struct Adapter<'a> {
    name: &'a str,
    backend: &'a str,
    kind: &'a str,
    driver: &'a str,
    kernels: String,
}

#[derive(Serialize)]
struct ModelFile<'a> {
    name: &'a str,
    layer: Vec<&'a LayerKind>,
}

/// The file's content.
///
/// # Errors
/// [`Error::Internal`] if the TOML writer refuses.
pub fn to_toml(
    settings: &Settings,
    dataset: &Dataset,
    adapter: &AdapterReport,
    limits: &Limits,
    model: &Model,
) -> Result<String> {
    let Settings { data, fit, .. } = settings;
    let padding = fit.padding;
    let config = RunConfig {
        gatefold: env!("CARGO_PKG_VERSION"),
        data: Data {
            source: source_name(&data.source),
            vocabulary: data.vocabulary.as_deref().map(shown),
            limit_train: data.limits.train,
            limit_test: data.limits.test,
            name: &dataset.name,
            synthetic: dataset.synthetic,
            train_reviews: dataset.train.len(),
            test_reviews: dataset.test.len(),
            vocabulary_size: dataset.vocabulary.size(),
            vocabulary_sha256: dataset.vocabulary.sha256(),
        },
        training: Training {
            epochs: fit.epochs,
            batch_size: fit.batch_size,
            optimiser: "adam",
            learning_rate: settings.learning_rate,
            seed: fit.seed.to_string(),
            shuffle_buffer: SHUFFLE_BUFFER,
            bucket: fit.bucket,
            pad: padding.pad,
            max_length: padding.max_length.map(NonZeroUsize::get),
            truncate: padding.max_length.map(|_| padding.truncate),
            validation_steps: fit.validation_steps,
            mask_padding: settings.mask_padding,
        },
        adapter: Adapter {
            name: &adapter.name,
            backend: &adapter.backend,
            kind: adapter.kind,
            driver: &adapter.driver,
            kernels: kernel_form(limits),
        },
        model: model_file(model),
    };
    toml::to_string(&config).map_err(refused)
}

/// What the source is called where it is the embedded demo corpus.
const DEMO: &str = "demo";

/// What `config.toml` calls a source.
fn source_name(source: &Source) -> String {
    match source {
        Source::Demo => DEMO.to_string(),
        Source::Path(path) => shown(path),
    }
}

/// `config.toml` of a run that another program trained.
#[derive(Serialize)]
struct ImportedConfig<'a> {
    gatefold: &'a str,
    data: ImportedData<'a>,
    model: ModelFile<'a>,
}

#[derive(Serialize)]
struct ImportedData<'a> {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vocabulary: Option<String>,
    name: &'a str,
    synthetic: bool,
    vocabulary_size: usize,
    vocabulary_sha256: &'a str,
}

/// The file's content for imported weights: `data` is what they are to be used with, `name` what they were
/// trained on.
///
/// # Errors
/// [`Error::Internal`] if the TOML writer refuses.
pub fn imported(data: &DataSettings, name: &str, weights: &Weights) -> Result<String> {
    let config = ImportedConfig {
        gatefold: env!("CARGO_PKG_VERSION"),
        data: ImportedData {
            source: source_name(&data.source),
            vocabulary: data.vocabulary.as_deref().map(shown),
            name,
            synthetic: false,
            vocabulary_size: weights.vocabulary_size,
            vocabulary_sha256: &weights.vocabulary_sha256,
        },
        model: model_file(&weights.model),
    };
    toml::to_string(&config).map_err(refused)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn model_file(model: &Model) -> ModelFile<'_> {
    ModelFile {
        name: model.name(),
        layer: model.layers().iter().map(|layer| &layer.kind).collect(),
    }
}

fn refused(error: toml::ser::Error) -> Error {
    Error::Internal {
        place: "writing config.toml",
        problem: error.to_string(),
    }
}

/// The source that `config.toml` calls so.
pub fn source(name: &str) -> Source {
    match name {
        DEMO => Source::Demo,
        path => Source::Path(path.into()),
    }
}

/// What the plots of a run need from its `config.toml`.
#[derive(Deserialize)]
struct Known {
    data: KnownData,
}

#[derive(Deserialize)]
struct KnownData {
    name: String,
}

/// The name of the data that the run in `folder` was trained on, which says whether it is synthetic;
/// `None` where the folder has no `config.toml`.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] with the line where the file is damaged.
pub fn data_name(folder: &Path) -> Result<Option<String>> {
    Ok(known::<Known>(folder)?.map(|known| known.data.name))
}

/// What `T` takes of `config.toml` in `folder`, other keys ignored; `None` where there is no such file.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] with the line where the file is damaged.
pub fn known<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path)(error)),
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        Error::Malformed {
            path,
            place: format!("line {line}"),
            problem: error.message().to_string(),
        }
    })
}
