//! [`RunSpec`]: `config.toml` of a run, all that is needed to repeat it or to go on with it, and nothing that differs
//! between two runs of one command.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::callbacks::CallbackSpec;
use super::files;
use super::reading::ReadingSpec;
use super::source::DataSpec;
use super::training::TrainingSpec;
use crate::data::{Dataset, ReviewLimits, Source};
use crate::error::{Error, Result};
use crate::gpu::{AdapterReport, KernelForm};
use crate::model::{Model, ModelDescription, Variant};
use crate::plan::{Form, Limits};
use crate::train::Weights;

/// The version that writes.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a run is, as its `config.toml` says it: the only type that reads or writes that file.
///
/// A run that was trained has `training`, `callbacks` and `adapter`; one whose weights were imported has `reading`
/// instead. A run has a `model`, the folder above runs that are compared has a `comparison`.
///
/// # Examples
/// ```
/// use gatefold::data::Source;
/// use gatefold::run::RunSpec;
///
/// let mut spec = RunSpec::new(&Source::Demo);
/// if let Some(training) = &mut spec.training {
///     training.epochs = 2;
///     training.seed = 7;
/// }
/// let text = spec.to_toml()?;
/// assert!(text.contains("epochs = 2"));
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The version of gatefold that wrote the file.
    pub gatefold: String,
    /// The reviews.
    pub data: DataSpec,
    /// How it was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingSpec>,
    /// What steered it from epoch to epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<CallbackSpec>,
    /// How reviews are cut and padded where no training says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingSpec>,
    /// What it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterSpec>,
    /// The model of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelDescription>,
    /// What is compared in the folders below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonSpec>,
}

/// The adapter that a run was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterSpec {
    /// The adapter's name.
    pub name: String,
    /// What wgpu reaches it through.
    pub backend: String,
    /// Discrete, integrated, software …
    pub kind: String,
    /// The driver with its version.
    pub driver: String,
    /// Form of the hot kernels, see [`kernel_form`].
    pub kernels: String,
}

/// The runs of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonSpec {
    /// Names of the models, which are those of their folders.
    pub variants: Vec<String>,
    /// Those of them that are no variants of the experiment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelDescription>,
}

impl AdapterSpec {
    /// That of this adapter and these kernels.
    pub fn of(adapter: &AdapterReport, limits: &Limits) -> AdapterSpec {
        AdapterSpec {
            name: adapter.name.clone(),
            backend: adapter.backend.clone(),
            kind: adapter.kind.clone(),
            driver: adapter.driver.clone(),
            kernels: kernel_form(limits),
        }
    }

    /// The form of the kernels; `None` where they were the processor's own.
    pub fn kernel_form(&self) -> Option<KernelForm> {
        match self.kernels.split(',').next() {
            Some(PORTABLE) => Some(KernelForm::Portable),
            Some(SPLIT) => Some(KernelForm::Split),
            Some(SUBGROUP) => Some(KernelForm::Subgroup),
            _ => None,
        }
    }
}

const PORTABLE: &str = "portable";
const SPLIT: &str = "split";
const SUBGROUP: &str = "subgroup";

/// `portable`, `split`, `subgroup, 8 lanes`, or `native`.
pub fn kernel_form(limits: &Limits) -> String {
    match limits.form {
        Form::Portable => PORTABLE.to_string(),
        Form::Split { .. } => SPLIT.to_string(),
        Form::Subgroup { lanes } => format!("{SUBGROUP}, {lanes} lanes"),
        Form::Native => "native".to_string(),
    }
}

impl RunSpec {
    /// A training on these reviews as the experiment has it. What the data, the device and the model are found to be
    /// is yet to come.
    pub fn new(source: &Source) -> RunSpec {
        let data = DataSpec::new(source, None, ReviewLimits::default());
        RunSpec {
            gatefold: VERSION.to_string(),
            training: Some(TrainingSpec::new(&data)),
            data,
            callbacks: Some(CallbackSpec::default()),
            reading: None,
            adapter: None,
            model: None,
            comparison: None,
        }
    }

    /// Weights that another program trained, on what is called `name`: they are to be used with the reviews of `data`, cut
    /// and padded so. Nothing is said of a training that gatefold knows nothing of.
    pub fn imported(
        data: DataSpec,
        name: &str,
        weights: &Weights,
        reading: ReadingSpec,
    ) -> RunSpec {
        RunSpec {
            gatefold: VERSION.to_string(),
            data: DataSpec {
                name: name.to_string(),
                synthetic: false,
                limit_train: None,
                limit_test: None,
                train_reviews: None,
                test_reviews: None,
                sha256: None,
                vocabulary_size: weights.vocabulary_size,
                vocabulary_sha256: weights.vocabulary_sha256.clone(),
                ..data
            },
            training: None,
            callbacks: None,
            reading: Some(reading),
            adapter: None,
            model: Some(ModelDescription::of(&weights.model)),
            comparison: None,
        }
    }

    /// The same with what the data and the device are found to be.
    pub fn found(&self, dataset: &Dataset, adapter: &AdapterReport, limits: &Limits) -> RunSpec {
        RunSpec {
            gatefold: VERSION.to_string(),
            data: self.data.found(dataset),
            adapter: Some(AdapterSpec::of(adapter, limits)),
            ..self.clone()
        }
    }

    /// The same for a run that trains this model.
    pub fn of_model(&self, model: &Model) -> RunSpec {
        RunSpec {
            model: Some(ModelDescription::of(model)),
            comparison: None,
            ..self.clone()
        }
    }

    /// The same for the folder above the runs of these models.
    pub fn of_comparison(&self, models: &[Model]) -> RunSpec {
        let names = models.iter().map(|model| model.name().to_string());
        let is_own = |model: &&Model| model.name().parse::<Variant>().is_err();
        RunSpec {
            model: None,
            comparison: Some(ComparisonSpec {
                variants: names.collect(),
                models: models
                    .iter()
                    .filter(is_own)
                    .map(ModelDescription::of)
                    .collect(),
            }),
            ..self.clone()
        }
    }

    /// Checks that the options make sense, alone and together.
    ///
    /// # Errors
    /// [`Error::Argument`] names the field that does not.
    pub fn check(&self) -> Result<()> {
        self.data.check()?;
        if let Some(training) = &self.training {
            training.check()?;
            if let Some(callbacks) = &self.callbacks {
                callbacks.check(training.learning_rate)?;
            }
        }
        Ok(())
    }

    /// How it is trained, and what steers it.
    ///
    /// # Errors
    /// [`Error::Data`] for a run that was not trained but imported.
    pub fn trained(&self) -> Result<(&TrainingSpec, &CallbackSpec)> {
        match (&self.training, &self.callbacks) {
            (Some(training), Some(callbacks)) => Ok((training, callbacks)),
            _ => Err(Error::Data(
                "these weights were imported, there is no training to go on with; begin another run"
                    .to_string(),
            )),
        }
    }

    /// The file's content.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(refused)
    }

    /// All values, by section and key.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn to_table(&self) -> Result<toml::Table> {
        toml::Table::try_from(self).map_err(refused)
    }

    /// Takes the file's content; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line; where another version of gatefold wrote it, it says so.
    pub fn from_toml(path: &Path, text: &str) -> Result<RunSpec> {
        toml::from_str(text).map_err(|error| {
            match (Error::toml(path, text, &error), version_of(text)) {
                (
                    Error::Malformed {
                        path,
                        place,
                        problem,
                    },
                    Some(version),
                ) if version != VERSION => Error::Malformed {
                    path,
                    place,
                    problem: format!(
                        "{problem}; gatefold {version} wrote it, use that version to go on (this is {VERSION})"
                    ),
                },
                (error, _) => error,
            }
        })
    }

    /// That of the run or the comparison in `folder`; `None` where it has no `config.toml`.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read; else as [`RunSpec::from_toml`].
    pub fn read(folder: &Path) -> Result<Option<RunSpec>> {
        let path = folder.join(files::CONFIG);
        match fs::read_to_string(&path) {
            Ok(text) => RunSpec::from_toml(&path, &text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(path)(error)),
        }
    }
}

/// The TOML writer's fault.
fn refused(error: toml::ser::Error) -> Error {
    Error::Internal {
        place: "writing config.toml",
        problem: error.to_string(),
    }
}

/// The version of gatefold that wrote the file, where it says so.
fn version_of(text: &str) -> Option<String> {
    let table: toml::Table = text.parse().ok()?;
    Some(table.get("gatefold")?.as_str()?.to_string())
}
