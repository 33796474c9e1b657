//! [`TrialModel`]: the model of a trial, before the vocabulary is known.

use std::fs;
use std::path::PathBuf;

use toml::{Table, Value};

use super::axis::{LAYER, MODEL, VARIANT};
use super::file::SweepFile;
use crate::error::{Error, Result};
use crate::model::{EXPERIMENT_VOCABULARY, Model, ModelDescription, Variant};

/// A variant or a model file, with some keys of its layers set.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialModel {
    origin: Origin,
    /// Layer, key, value.
    layers: Vec<(String, String, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Origin {
    Variant(Variant),
    File { path: PathBuf, text: String },
}

impl TrialModel {
    /// The model that these keys of `file` name, which are all that a trial has.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line of the key, or in the model file; [`Error::Io`] where that cannot be read.
    pub(super) fn of_keys(file: &SweepFile, keys: &[(String, Value)]) -> Result<TrialModel> {
        let named = |name: &str| {
            let mut keys = keys.iter();
            keys.find(|(key, _)| key == name)
                .and_then(|(_, value)| value.as_str())
        };
        let origin = match (named(VARIANT), named(MODEL)) {
            (Some(variant), None) => {
                let variant = variant.parse::<Variant>();
                Origin::Variant(variant.map_err(|error| place(file, VARIANT, error))?)
            }
            (None, Some(model)) => {
                let path = file.folder().join(model);
                let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
                Origin::File { path, text }
            }
            (None, None) => {
                let problem =
                    format!("no model: give `{VARIANT}`, or the path of a model file as `{MODEL}`");
                return Err(file.malformed("base", problem));
            }
            (Some(_), Some(_)) => {
                let problem = format!("`{VARIANT}` and `{MODEL}` are two models; give one of them");
                return Err(place(file, MODEL, Error::Data(problem)));
            }
        };
        let layers = keys.iter().filter_map(|(key, value)| {
            let (layer, key) = key.strip_prefix(LAYER)?.split_once('.')?;
            Some((layer.to_string(), key.to_string(), value.clone()))
        });
        let model = TrialModel {
            origin,
            layers: layers.collect(),
        };
        // Its faults show before any work, whatever vocabulary the data will have.
        model
            .build(EXPERIMENT_VOCABULARY, 2, None)
            .map_err(|error| model.place(file, error))?;
        Ok(model)
    }

    /// Fails where the model does not fit data with a vocabulary of that many ids, and so many classes.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the model file, or with the line of `file` that sets a layer's key.
    pub(super) fn check(&self, file: &SweepFile, vocabulary: usize, classes: usize) -> Result<()> {
        let fits = self
            .build(vocabulary, classes, None)
            .and_then(|model| check_fit(&model, vocabulary, classes));
        fits.map_err(|error| match (&self.origin, error) {
            // What the file says is not what is wrong where the sweep sets other values.
            (Origin::File { path, .. }, Error::Model { layer, problem })
                if self.layers.iter().all(|(set, ..)| *set != layer) =>
            {
                Error::Malformed {
                    path: path.clone(),
                    place: format!("layer {layer}"),
                    problem,
                }
            }
            (_, error) => self.place(file, error),
        })
    }

    /// The error at the line of a key that the sweep sets in the layer it names, else in any, or of the model itself.
    fn place(&self, file: &SweepFile, error: Error) -> Error {
        let of_layer = match &error {
            Error::Malformed { .. } => return error,
            Error::Model { layer, .. } => self.layers.iter().rfind(|(set, ..)| set == layer),
            _ => None,
        };
        match of_layer.or(self.layers.last()) {
            Some((layer, key, _)) => place(file, &format!("{LAYER}{layer}.{key}"), error),
            None => place(file, VARIANT, error),
        }
    }

    /// The model for a vocabulary of that many ids, and so many classes; a variant takes what the data ask for, as
    /// [`Variant::model_for`] says.
    ///
    /// # Errors
    /// [`Error::Model`] names a layer that there is not, or that does not take the key or the value.
    pub fn build(
        &self,
        vocabulary: usize,
        classes: usize,
        vectors: Option<usize>,
    ) -> Result<Model> {
        let model = match &self.origin {
            Origin::Variant(variant) => variant.model_for(vocabulary, classes, vectors)?,
            Origin::File { path, text } => Model::from_toml(path, text, vocabulary)?,
        };
        if self.layers.is_empty() {
            return Ok(model);
        }
        let mut description = described(&ModelDescription::of(&model))?;
        for (layer, key, value) in &self.layers {
            let wrong = |problem: String| Error::Model {
                layer: layer.clone(),
                problem,
            };
            let names = model.layers().iter().map(|layer| layer.name.as_str());
            let names: Vec<&str> = names.collect();
            let Some(index) = names.iter().position(|name| name == layer) else {
                let known = names.join(", ");
                return Err(wrong(format!("the model has none; its layers are {known}")));
            };
            let keys = layer_keys(&mut description, index);
            let keys = keys.ok_or_else(|| wrong("it has no keys".to_string()))?;
            keys.insert(key.clone(), value.clone());
            let read = Value::Table(description.clone()).try_into::<ModelDescription>();
            let read =
                read.map_err(|error| wrong(format!("`{key}` = {value}: {}", error.message())))?;
            let mut again = described(&read)?;
            let kept = layer_keys(&mut again, index).and_then(|keys| keys.get(key).cloned());
            if kept.is_none() {
                return Err(wrong(format!("it has no key `{key}`")));
            }
        }
        let description = Value::Table(description).try_into::<ModelDescription>();
        let description = description.map_err(|error| Error::Data(error.message().to_string()))?;
        description.build()
    }
}

/// Fails where `model` does not fit data with a vocabulary of that many ids, and so many classes.
///
/// # Errors
/// [`Error::Model`] with both numbers.
pub(super) fn check_fit(model: &Model, vocabulary: usize, classes: usize) -> Result<()> {
    model.check_vocabulary(vocabulary)?;
    model.check_classes(classes)
}

fn described(description: &ModelDescription) -> Result<Table> {
    Table::try_from(description).map_err(|error| Error::Internal {
        place: "writing a model as TOML",
        problem: error.to_string(),
    })
}

/// The keys of the layer with this index.
fn layer_keys(description: &mut Table, index: usize) -> Option<&mut Table> {
    let layers = description.get_mut("layer")?.as_array_mut()?;
    layers.get_mut(index)?.as_table_mut()
}

/// The error at the line of this key, which stands in one of the two tables.
fn place(file: &SweepFile, key: &str, error: Error) -> Error {
    let problem = match error {
        Error::Argument { problem, .. } => problem,
        error => error.to_string(),
    };
    let varies = file.axes.iter().any(|axis| axis.key == key);
    let table = if varies { "axes" } else { "base" };
    file.malformed(&format!("{table}.{key}"), problem)
}
