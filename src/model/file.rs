//! A model as a TOML file.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builder::unique_names;
use super::description::ModelDescription;
use super::layers::LayerKind;
use super::spec::Model;
use crate::error::{Error, Result};

/// The key that the `config.toml` of every run has, and no model file: the version that wrote it.
const OF_A_RUN: &str = "gatefold";

impl Model {
    /// Reads a model from the TOML in `text`; `path` is where it stands, for messages. An embedding
    /// without `vocabulary` gets `vocabulary` rows.
    ///
    /// ```toml
    /// name = "small"
    ///
    /// [[layer]]
    /// type = "embedding"
    /// vocabulary = 8185         # left out: as many ids as the data's vocabulary has
    /// width = 64
    /// mask_zero = false
    ///
    /// [[layer]]
    /// type = "bidirectional"    # or "lstm", "gru", with the same keys but for `cell`
    /// cell = "gru"              # or "lstm"
    /// units = 64
    /// return_sequences = false
    ///
    /// [[layer]]
    /// type = "layer_normalization"
    /// epsilon = 0.001
    ///
    /// [[layer]]                 # on a layer that returns sequences, one of these:
    /// type = "attention_pooling"
    /// units = 64                # "global_max_pooling1d", "global_average_pooling1d" have no keys
    ///
    /// [[layer]]
    /// type = "dropout"
    /// rate = 0.5
    ///
    /// [[layer]]
    /// type = "dense"
    /// units = 1
    /// activation = "sigmoid"    # or "relu", "linear"; "softmax" in a last layer of as many units as classes
    /// ```
    ///
    /// The `config.toml` of a run is read as well: its table `model` has these keys, and the others do not matter.
    ///
    /// `mask_zero`, `return_sequences`, `cell`, `activation` and `epsilon` may be left out: `false`, `"lstm"`,
    /// `"linear"`, 0.001.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the line and column: no TOML, an unknown, missing or mistyped key,
    /// or layers that do not fit together as [`Sequential::build`](super::Sequential::build) checks it.
    ///
    /// # Examples
    /// ```
    /// use std::path::Path;
    /// use gatefold::model::{Model, Variant};
    ///
    /// let model = Variant::Baseline.model(8185)?;
    /// let text = model.to_toml()?;
    /// assert_eq!(Model::from_toml(Path::new("model.toml"), &text, 8185)?, model);
    /// # Ok::<(), gatefold::Error>(())
    /// ```
    pub fn from_toml(path: &Path, text: &str, vocabulary: usize) -> Result<Model> {
        parse(text, vocabulary).map_err(|problem| Error::Malformed {
            path: path.to_path_buf(),
            place: place(text, problem.at),
            problem: problem.text,
        })
    }

    /// The model as TOML, every key written out but for a `cell` that is an LSTM.
    ///
    /// # Errors
    /// [`Error::Internal`] if the TOML writer refuses.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(&ModelDescription::of(self)).map_err(|error| Error::Internal {
            place: "writing a model as TOML",
            problem: error.to_string(),
        })
    }
}

/// What is wrong, and where in the text (bytes).
struct FileProblem {
    at: Range<usize>,
    text: String,
}

impl FileProblem {
    fn new(at: Range<usize>, text: impl Into<String>) -> Self {
        FileProblem {
            at,
            text: text.into(),
        }
    }

    /// An error of the TOML reader, which stands at `at` if it does not say where.
    fn of_toml(error: &toml::de::Error, at: Range<usize>) -> Self {
        FileProblem::new(error.span().unwrap_or(at), error.message().trim_end())
    }
}

/// `line 3, column 5`: where byte `at.start` of `text` is, both counted from 1.
fn place(text: &str, at: Range<usize>) -> String {
    let before = text.get(..at.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line}, column {column}")
}

/// The keys of the model: those of the file, or of the table `model` where a run wrote the file.
fn model_keys(mut table: DeTable<'_>) -> Result<DeTable<'_>, FileProblem> {
    if !table.contains_key(OF_A_RUN) {
        return Ok(table);
    }
    let Some(model) = table.remove("model") else {
        let text =
            "the config.toml of a comparison, which has no one model; name that of one of its runs";
        return Err(FileProblem::new(0..0, text));
    };
    let at = model.span();
    match model.into_inner() {
        DeValue::Table(keys) => Ok(keys),
        _ => Err(FileProblem::new(at, "`model` must be a table")),
    }
}

fn parse(text: &str, vocabulary: usize) -> Result<Model, FileProblem> {
    let table = DeTable::parse(text).map_err(|error| FileProblem::of_toml(&error, 0..0))?;
    let mut name = None;
    let mut layers = None;
    for (key, value) in model_keys(table.into_inner())? {
        match key.as_ref().as_ref() {
            "name" => name = Some(value),
            "layer" => layers = Some(value),
            other => {
                let text = format!("unknown key `{other}`, expected `name` or `[[layer]]`");
                return Err(FileProblem::new(key.span(), text));
            }
        }
    }
    let name = name.ok_or_else(|| FileProblem::new(0..0, "the key `name` is missing"))?;
    let layers = layers.ok_or_else(|| FileProblem::new(0..0, "there is no [[layer]]"))?;
    let (name_at, layers_at) = (name.span(), layers.span());
    let DeValue::String(name) = name.into_inner() else {
        return Err(FileProblem::new(name_at, "`name` must be a string"));
    };
    let DeValue::Array(layers) = layers.into_inner() else {
        return Err(FileProblem::new(
            layers_at,
            "write [[layer]] before each layer's keys, in double brackets",
        ));
    };

    let mut places = Vec::with_capacity(layers.len());
    let mut kinds = Vec::with_capacity(layers.len());
    for layer in layers {
        places.push(layer.span());
        kinds.push(layer_kind(layer, vocabulary)?);
    }
    let names = unique_names(&kinds);
    let description = ModelDescription {
        name: name.into_owned(),
        layers: kinds,
    };
    description.build().map_err(|error| match error {
        Error::Model { layer, problem } => match names.iter().position(|name| *name == layer) {
            Some(index) => {
                FileProblem::new(places[index].clone(), format!("layer {layer}: {problem}"))
            }
            None => FileProblem::new(layers_at, problem),
        },
        other => FileProblem::new(name_at, other.to_string()),
    })
}

fn layer_kind(layer: Spanned<DeValue<'_>>, vocabulary: usize) -> Result<LayerKind, FileProblem> {
    let at = layer.span();
    let DeValue::Table(mut keys) = layer.into_inner() else {
        return Err(FileProblem::new(at, "a layer is a table of keys"));
    };
    let Some(kind) = keys.remove("type") else {
        let text = format!("the layer has no `type`: {}", LayerKind::types());
        return Err(FileProblem::new(at, text));
    };
    let keys = toml::Deserializer::from(Spanned::new(at.clone(), keys));
    let read = kind
        .get_ref()
        .as_str()
        .and_then(|kind| LayerKind::from_keys(kind, keys, Some(vocabulary)));
    match read {
        Some(layer) => layer.map_err(|error| FileProblem::of_toml(&error, at)),
        None => {
            let text = format!("`type` must be {}", LayerKind::types());
            Err(FileProblem::new(kind.span(), text))
        }
    }
}
