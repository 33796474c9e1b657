//! [`ModelDescription`]: a model as the keys that files have of it.

use serde::{Deserialize, Serialize};

use super::builder::Sequential;
use super::layers::LayerKind;
use super::spec::Model;
use crate::error::Result;

/// A name and layers that nobody has checked yet: what model files and the `config.toml` of runs say of a model.
///
/// # Examples
/// ```
/// use gatefold::model::{ModelDescription, Variant};
///
/// let model = Variant::Baseline.model(8185)?;
/// let description = ModelDescription::of(&model);
/// assert_eq!(description.layers.len(), 4);
/// assert_eq!(description.build()?, model);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDescription {
    /// The model's name.
    pub name: String,
    /// Its layers, input first.
    #[serde(rename = "layer")]
    pub layers: Vec<LayerKind>,
}

impl ModelDescription {
    /// What describes `model`.
    pub fn of(model: &Model) -> Self {
        ModelDescription {
            name: model.name().to_string(),
            layers: model
                .layers()
                .iter()
                .map(|layer| layer.kind.clone())
                .collect(),
        }
    }

    /// The model, checked.
    ///
    /// # Errors
    /// As [`Sequential::build`].
    pub fn build(self) -> Result<Model> {
        self.layers
            .into_iter()
            .fold(Sequential::new(self.name), Sequential::add)
            .build()
    }
}
