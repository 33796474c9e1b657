//! `config.toml` of a run: all that is needed to repeat it or to go on with it, and nothing that differs
//! between two runs of one command.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;

use gatefold::batch::{SHUFFLE_BUFFER, Side};
use gatefold::data::Dataset;
use gatefold::gpu::AdapterReport;
use gatefold::model::{LayerKind, Model, Sequential};
use gatefold::plan::Limits;
use gatefold::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::callbacks::Callbacks;
use super::optimiser::OptimiserName;
use super::settings::{Settings, option};
use super::source_keys::SourceKeys;
use super::training::kernel_form;

/// The file's name.
pub const FILE: &str = "config.toml";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    pub gatefold: String,
    pub data: Data,
    pub training: Training,
    pub callbacks: Callbacks,
    pub adapter: Adapter,
    /// Of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelFile>,
    /// Of the folder above the runs that are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Names of the classes; empty where they are negative and positive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_train: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_test: Option<usize>,
    pub name: String,
    pub synthetic: bool,
    pub train_reviews: usize,
    pub test_reviews: usize,
    /// Of the reviews' ids and labels, see [`Dataset::sha256`].
    pub sha256: String,
    pub vocabulary_size: usize,
    pub vocabulary_sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub epochs: usize,
    pub batch_size: usize,
    pub optimiser: OptimiserName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nesterov: bool,
    pub learning_rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// As text: TOML's integers end at 2⁶³.
    pub seed: String,
    pub shuffle_buffer: usize,
    pub bucket: bool,
    pub pad: Side,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncate: Option<Side>,
    pub validation_steps: usize,
    pub mask_padding: bool,
    pub checkpoint_steps: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    pub name: String,
    pub backend: String,
    pub kind: String,
    pub driver: String,
    pub kernels: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub name: String,
    layer: Vec<LayerKind>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub variants: Vec<String>,
}

/// What may be another value where a run goes on: how long to train and how often to write; and what
/// [`super::resume`] tells of, because results then agree to rounding only.
const FREE: [&str; 14] = [
    "gatefold",
    "adapter.name",
    "adapter.backend",
    "adapter.kind",
    "adapter.driver",
    "adapter.kernels",
    "data.source",
    "data.test_source",
    "data.vocabulary",
    "data.name",
    "training.epochs",
    "training.checkpoint_steps",
    "callbacks.early_stopping",
    "callbacks.tensorboard",
];

impl RunConfig {
    /// What this process would train: neither a model nor a comparison yet.
    pub fn new(
        settings: &Settings,
        dataset: &Dataset,
        adapter: &AdapterReport,
        limits: &Limits,
    ) -> RunConfig {
        let Settings { data, fit, .. } = settings;
        let padding = fit.padding;
        let keys = SourceKeys::of(data);
        RunConfig {
            gatefold: env!("CARGO_PKG_VERSION").to_string(),
            data: Data {
                source: keys.source,
                test_source: keys.test_source,
                text_column: keys.text_column,
                label_column: keys.label_column,
                classes: keys.classes,
                vocabulary: keys.vocabulary,
                limit_train: data.limits.train,
                limit_test: data.limits.test,
                name: dataset.name.clone(),
                synthetic: dataset.synthetic,
                train_reviews: dataset.train.len(),
                test_reviews: dataset.test.len(),
                sha256: dataset.sha256(),
                vocabulary_size: dataset.vocabulary.size(),
                vocabulary_sha256: dataset.vocabulary.sha256().to_string(),
            },
            training: Training {
                epochs: fit.epochs,
                batch_size: fit.batch_size,
                optimiser: settings.optimiser.name,
                momentum: settings.optimiser.momentum,
                nesterov: settings.optimiser.nesterov,
                learning_rate: settings.learning_rate,
                clip_norm: settings.clip_norm,
                weight_decay: settings.optimiser.weight_decay,
                seed: fit.seed.to_string(),
                shuffle_buffer: SHUFFLE_BUFFER,
                bucket: fit.bucket,
                pad: padding.pad,
                max_length: padding.max_length.map(NonZeroUsize::get),
                truncate: padding.max_length.map(|_| padding.truncate),
                validation_steps: fit.validation_steps,
                mask_padding: settings.mask_padding,
                checkpoint_steps: fit.checkpoint_steps,
            },
            callbacks: Callbacks::of(settings),
            adapter: Adapter {
                name: adapter.name.clone(),
                backend: adapter.backend.clone(),
                kind: adapter.kind.clone(),
                driver: adapter.driver.clone(),
                kernels: kernel_form(limits),
            },
            model: None,
            comparison: None,
        }
    }

    /// The same for a run that trains this model.
    pub fn of_model(&self, model: &Model) -> RunConfig {
        RunConfig {
            model: Some(ModelFile::of(model)),
            ..self.clone()
        }
    }

    /// The same for the folder above the runs of these models.
    pub fn of_comparison(&self, models: &[Model]) -> RunConfig {
        let names = models.iter().map(|model| model.name().to_string());
        RunConfig {
            comparison: Some(Comparison {
                variants: names.collect(),
            }),
            ..self.clone()
        }
    }

    /// The file's content.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(refused)
    }

    /// Takes the file's content; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; where another version of gatefold wrote it, it says so.
    /// [`Error::Argument`] for imported weights, which no training of ours can go on with.
    pub fn from_toml(path: &Path, text: &str) -> Result<RunConfig> {
        if is_imported(text) {
            let problem = format!(
                "{}: these weights were imported, there is no training to go on with; begin another run",
                path.display()
            );
            return Err(option("--resume", problem));
        }
        parse(path, text).map_err(|error| match (error, written_by(text)) {
            (
                Error::Malformed {
                    path,
                    place,
                    problem,
                },
                Some(version),
            ) if version != env!("CARGO_PKG_VERSION") => Error::Malformed {
                path,
                place,
                problem: format!(
                    "{problem}; gatefold {version} wrote it, use that version to go on (this is {})",
                    env!("CARGO_PKG_VERSION")
                ),
            },
            (error, _) => error,
        })
    }

    /// The first key whose value decides the result and is another one in `other`, with both values.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn first_difference(&self, other: &RunConfig) -> Result<Option<(String, [String; 2])>> {
        let (ours, theirs) = (self.values()?, other.values()?);
        let differs =
            |key: &&String| !FREE.contains(&key.as_str()) && ours.get(*key) != theirs.get(*key);
        let shown = |value: Option<&String>| value.map_or("nothing".to_string(), String::clone);
        let first = ours.keys().chain(theirs.keys()).find(differs);
        Ok(first.map(|key| {
            let values = [&ours, &theirs].map(|values| shown(values.get(key)));
            (key.clone(), values)
        }))
    }

    /// Every value as TOML under its dotted key.
    fn values(&self) -> Result<BTreeMap<String, String>> {
        let table = toml::Table::try_from(self).map_err(refused)?;
        let mut values = BTreeMap::new();
        let mut open = vec![(String::new(), toml::Value::Table(table))];
        while let Some((key, value)) = open.pop() {
            let dotted = |name: &str| match key.as_str() {
                "" => name.to_string(),
                key => format!("{key}.{name}"),
            };
            match value {
                toml::Value::Table(table) => {
                    open.extend(
                        table
                            .into_iter()
                            .map(|(name, value)| (dotted(&name), value)),
                    );
                }
                toml::Value::Array(items) => {
                    let items = items.into_iter().enumerate();
                    open.extend(items.map(|(index, value)| (dotted(&index.to_string()), value)));
                }
                value => {
                    values.insert(key, value.to_string());
                }
            }
        }
        Ok(values)
    }
}

impl ModelFile {
    /// That of this model.
    pub fn of(model: &Model) -> ModelFile {
        let layers = model.layers().iter();
        ModelFile {
            name: model.name().to_string(),
            layer: layers.map(|layer| layer.kind.clone()).collect(),
        }
    }

    /// The model.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn model(&self) -> Result<Model> {
        let layers = self.layer.iter().cloned();
        layers
            .fold(Sequential::new(&self.name), Sequential::add)
            .build()
    }
}

/// The TOML writer's fault.
pub fn refused(error: toml::ser::Error) -> Error {
    Error::Internal {
        place: "writing config.toml",
        problem: error.to_string(),
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| Error::toml(path, text, &error))
}

/// The version of gatefold that wrote the file, where it says so.
fn written_by(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    Some(table.get("gatefold")?.as_str()?.to_string())
}

/// Whether the file has a model, but no training.
fn is_imported(text: &str) -> bool {
    let table = text.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("model") && !table.contains_key("training"))
}

/// The content of `folder`'s `config.toml`; `None` where there is none.
///
/// # Errors
/// [`Error::Io`] where it cannot be read.
pub fn read(folder: &Path) -> Result<Option<String>> {
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// What the plots of a run need from its `config.toml`, whatever version wrote it.
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

/// What `T` takes of `folder`'s `config.toml`, other keys ignored; `None` where there is none.
///
/// # Errors
/// As [`data_name`].
pub fn known<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>> {
    let text = read(folder)?;
    text.map(|text| parse(&folder.join(FILE), &text))
        .transpose()
}
