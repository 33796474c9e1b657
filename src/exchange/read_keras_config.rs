//! A model from the config that Keras keeps of it, in a `.keras` archive or a whole model's `.h5`: a `Sequential`, or a
//! functional model that is one layer after the other.
//!
//! What gatefold computes otherwise than the config says is refused, by the layer's name, the key and its value.
//!
//! # Source
//! Keras 3.15 and tf_keras 2.21, `get_config` of models and layers.

use serde_json::{Map, Value, json};

use super::keras_layers::{LayerKeys, described, is_idle, is_idle_class, keys_of, plain, usual};
use super::problem::Problem;
use crate::error::Error;
use crate::model::{Bidirectional, LayerKind, Model, ModelDescription, Recurrent};

/// The model that `config` describes; `place` is where it stands.
pub(super) fn model_of(config: &Value, place: &str) -> Result<Model, Problem> {
    let class = config["class_name"].as_str().unwrap_or_default();
    let own = &config["config"];
    let layers = match (class, own) {
        // Keras before 2.2.3 had the layers alone.
        ("Sequential", Value::Array(layers)) => layers,
        ("Sequential" | "Functional" | "Model", _) => match &own["layers"] {
            Value::Array(layers) => layers,
            _ => return Err(Problem::new(place, format!("no layers; {AS_KERAS_WROTE}"))),
        },
        _ => {
            let text = format!(
                "the model is of the class `{class}`, whose layers it does not tell; build the same of a Sequential \
                 in Keras, or give its layers as a model and the weights as .weights.h5"
            );
            return Err(Problem::new(place, text));
        }
    };
    let layers = match class {
        "Sequential" => layers.iter().collect(),
        _ => chain(layers, place)?,
    };
    let mut kinds = Vec::new();
    for layer in layers {
        let part = Part {
            class: layer["class_name"].as_str().unwrap_or_default(),
            config: layer["config"].as_object().cloned().unwrap_or_default(),
            place,
        };
        if part.class == "InputLayer" && kinds.is_empty() || is_idle_class(part.class) {
            continue;
        }
        let below_is_sequence = kinds.iter().all(gives_sequence);
        kinds.push(part.kind(below_is_sequence)?);
    }
    let name = own["name"].as_str().unwrap_or("model");
    let description = ModelDescription {
        name: folder_name(name),
        layers: kinds,
    };
    description.build().map_err(|error| match error {
        Error::Model { layer, problem } => {
            Problem::new(&format!("{place}: layer {layer}"), problem)
        }
        other => Problem::new(place, other.to_string()),
    })
}

const AS_KERAS_WROTE: &str = "give the file as Keras wrote it";

/// What to do with a model that is not gatefold's.
const REMEDY: &str = "build the model without that in Keras, and train it anew";

/// A name that a folder can have.
fn folder_name(name: &str) -> String {
    let refused = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let name = name.trim_start_matches('.').replace(refused, "_");
    match name.is_empty() {
        true => "model".to_owned(),
        false => name,
    }
}

/// Whether what leaves the layer is a sequence where what enters it is.
fn gives_sequence(kind: &LayerKind) -> bool {
    match kind {
        LayerKind::GlobalMaxPooling1D(_)
        | LayerKind::GlobalAveragePooling1D(_)
        | LayerKind::AttentionPooling(_) => false,
        _ => kind
            .recurrence()
            .is_none_or(|(cell, _)| cell.return_sequences()),
    }
}

/// The layers of a functional model without what makes its mask of the ids: Keras 3 has a layer of its own for that,
/// `NotEqual`, which the others take beside what the one before gives.
///
/// # Errors
/// The first layer that takes something else.
fn chain<'a>(layers: &'a [Value], place: &str) -> Result<Vec<&'a Value>, Problem> {
    let mut below: Option<&str> = None;
    let mut mask: Option<&str> = None;
    let mut chain: Vec<&Value> = Vec::new();
    for layer in layers {
        let name = layer["config"]["name"].as_str();
        let name = name.or(layer["name"].as_str()).unwrap_or_default();
        let node = &layer["inbound_nodes"];
        let mut taken = Vec::new();
        let mut masks = Vec::new();
        inputs(node, &mut taken, &mut masks);
        let first = chain
            .first()
            .and_then(|layer| layer["config"]["name"].as_str());
        let is_mask = layer["class_name"] == "NotEqual" && node[0]["args"][1] == json!(0);
        if is_mask && taken == first.as_slice() {
            mask = Some(name);
            continue;
        }
        let is_masked = chain
            .get(1)
            .is_some_and(|layer| layer["config"]["mask_zero"] == true);
        let stray = masks
            .iter()
            .find(|taken| mask != Some(**taken) || !is_masked);
        if taken != below.as_slice() || stray.is_some() {
            taken.extend(stray.copied());
            let text = format!(
                "it takes {}, where a chain of layers would take {}; {REMEDY}",
                if taken.is_empty() {
                    "nothing".to_owned()
                } else {
                    taken.join(" and ")
                },
                below.unwrap_or("nothing")
            );
            return Err(Problem::new(&format!("{place}: layer {name}"), text));
        }
        below = Some(name);
        chain.push(layer);
    }
    Ok(chain)
}

/// The names of the layers whose results are `taken`, and of those that are taken as a mask: of Keras 3 the first element
/// of each `keras_history`, of Keras 2 that of each `[name, node, tensor, …]`.
fn inputs<'a>(node: &'a Value, taken: &mut Vec<&'a str>, masks: &mut Vec<&'a str>) {
    match node {
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value[0].as_str()) {
                    ("keras_history", Some(name)) => taken.push(name),
                    ("mask", _) => inputs(value, masks, &mut Vec::new()),
                    _ => inputs(value, taken, masks),
                }
            }
        }
        Value::Array(values) => match &values[..] {
            [
                Value::String(name),
                Value::Number(_),
                Value::Number(_),
                rest @ ..,
            ] => {
                taken.push(name);
                rest.iter().for_each(|value| inputs(value, taken, masks));
            }
            _ => values.iter().for_each(|value| inputs(value, taken, masks)),
        },
        _ => {}
    }
}

/// A layer in a config.
struct Part<'a> {
    class: &'a str,
    config: Map<String, Value>,
    /// Where the config stands.
    place: &'a str,
}

impl Part<'_> {
    fn refused(&self, text: impl Into<String>) -> Problem {
        let name = self.config.get("name").and_then(Value::as_str);
        let name = name.unwrap_or(self.class);
        Problem::new(&format!("{}: layer {name}", self.place), text)
    }

    /// The layer, where gatefold has one that computes the same.
    fn kind(&self, below_is_sequence: bool) -> Result<LayerKind, Problem> {
        let class = self.class;
        let (Some(keys), Some(kind)) = (keys_of(class), LayerKind::type_of_class(class)) else {
            let known = LayerKind::CLASSES
                .iter()
                .filter(|class| keys_of(class).is_some());
            let known: Vec<&str> = known.copied().collect();
            let text = format!(
                "gatefold has no layer {class}; of Keras's it has {}",
                known.join(", ")
            );
            return Err(self.refused(text));
        };
        let is_setting = |key: &str| keys.settings.iter().any(|(name, _)| *name == key);
        for (key, value) in &self.config {
            let key = key.as_str();
            if is_setting(key) || is_idle(key) {
                continue;
            }
            let computed = match (class, key) {
                (_, "dtype") => self.is_single(value),
                ("LSTM" | "GRU", "go_backwards" | "zero_output_for_mask") => true,
                ("Bidirectional", "layer" | "backward_layer") => true,
                ("LayerNormalization", "axis") => is_last(value, below_is_sequence),
                _ => match keys.fixed.get(key).cloned().or_else(|| usual(key)) {
                    Some(only) => plain(value) == only,
                    None => matches!(value, Value::Null | Value::Bool(false)),
                },
            };
            if !computed {
                let only = keys.fixed.get(key).cloned().or_else(|| usual(key));
                return Err(self.refused(other_value(key, value, only)));
            }
        }
        if class == "Bidirectional" {
            return self.both();
        }
        if matches!(class, "LSTM" | "GRU") {
            self.check_alone()?;
        }
        self.own(kind, &keys)
    }

    /// The layer of these settings.
    fn own(&self, kind: &str, keys: &LayerKeys) -> Result<LayerKind, Problem> {
        let missing = keys
            .settings
            .iter()
            .find(|(key, _)| !self.config.contains_key(*key));
        // Keras leaves none out; what is not said here could be anything.
        if let Some((key, _)) = missing {
            return Err(self.refused(format!("no key `{key}`; {AS_KERAS_WROTE}")));
        }
        let layer = serde_json::from_value(described(kind, keys, &self.config));
        match layer.map_err(|error| self.refused(format!("{error}; {REMEDY}")))? {
            LayerKind::Embedding(embedding)
                if self.config.get("trainable") == Some(&json!(false)) =>
            {
                Ok(embedding.frozen().into())
            }
            layer => Ok(layer),
        }
    }

    /// Fails where a recurrent layer that is not in a `Bidirectional` runs backwards or hides masked timesteps.
    fn check_alone(&self) -> Result<(), Problem> {
        let is_true = |key: &str| self.config.get(key) == Some(&json!(true));
        let zeros = is_true("return_sequences") && is_true("zero_output_for_mask");
        let key = match (is_true("go_backwards"), zeros) {
            (true, _) => "go_backwards",
            (_, true) => "zero_output_for_mask",
            _ => return Ok(()),
        };
        Err(self.refused(other_value(key, &json!(true), Some(json!(false)))))
    }

    /// The recurrent layer that both directions of a `Bidirectional` have.
    fn both(&self) -> Result<LayerKind, Problem> {
        let forward = self.direction("layer", false)?;
        let is_there = self
            .config
            .get("backward_layer")
            .is_some_and(|layer| !layer.is_null());
        if is_there && self.direction("backward_layer", true)? != forward {
            let text = format!("`backward_layer` is another layer than `layer`; {REMEDY}");
            return Err(self.refused(text));
        }
        Ok(Bidirectional::new(forward).into())
    }

    fn direction(&self, key: &str, backwards: bool) -> Result<Recurrent, Problem> {
        let layer = self.config.get(key).unwrap_or(&Value::Null);
        let mut part = Part {
            class: layer["class_name"].as_str().unwrap_or_default(),
            config: layer["config"].as_object().cloned().unwrap_or_default(),
            place: self.place,
        };
        let goes = part.config.remove("go_backwards").unwrap_or(json!(false));
        if goes != json!(backwards) {
            let text = other_value("go_backwards", &goes, Some(json!(backwards)));
            return Err(part.refused(text));
        }
        // A Bidirectional sets it itself.
        part.config.remove("zero_output_for_mask");
        match part.kind(true)? {
            LayerKind::Lstm(lstm) => Ok(lstm.into()),
            LayerKind::Gru(gru) => Ok(gru.into()),
            _ => Err(self.refused(format!(
                "gatefold runs LSTM and GRU in both directions, not {}",
                part.class
            ))),
        }
    }

    /// Whether parameters of this type, or of this policy, are f32.
    fn is_single(&self, value: &Value) -> bool {
        const SINGLE: [&str; 3] = ["float32", "mixed_float16", "mixed_bfloat16"];
        let name = match value {
            Value::Object(policy) => &policy["config"]["name"],
            name => name,
        };
        name.is_null() || name.as_str().is_some_and(|name| SINGLE.contains(&name))
    }
}

/// Whether a normalisation is over the last axis alone.
fn is_last(axis: &Value, is_sequence: bool) -> bool {
    let axis = match axis {
        Value::Array(axes) if axes.len() == 1 => &axes[0],
        axis => axis,
    };
    let last = if is_sequence { 2 } else { 1 };
    matches!(axis.as_i64(), Some(-1)) || axis.as_i64() == Some(last)
}

/// What is said of a key with another value than the one that gatefold computes.
fn other_value(key: &str, value: &Value, only: Option<Value>) -> String {
    let shown = plain(value).to_string().replace('"', "");
    match only {
        Some(only) => {
            let only = only.to_string().replace('"', "");
            format!("{key} is {shown}, and gatefold computes {only} alone; {REMEDY}")
        }
        None => format!("{key} is {shown}, which gatefold does not know; {REMEDY}"),
    }
}

/// Fails where a file says that its weights are of another model than `given`: a layer that computes something else.
pub(super) fn check_same(said: &Model, given: &Model, place: &str) -> Result<(), Problem> {
    let named = |model: &Model| ModelDescription::of(model).layers;
    let (said_layers, given_layers) = (named(said), named(given));
    let shown = |kind: Option<&LayerKind>| match kind {
        None => "not there".to_owned(),
        Some(kind) => serde_json::to_string(kind).unwrap_or_else(|_| kind.class_name().to_owned()),
    };
    let count = said_layers.len().max(given_layers.len());
    for index in 0..count {
        let (one, other) = (said_layers.get(index), given_layers.get(index));
        if one == other || both_drop(one, other) || both_embed(one, other) {
            continue;
        }
        let text = format!(
            "layer {} is {} there, and {} in the model {}; leave out the model, which the file describes",
            index + 1,
            shown(one),
            shown(other),
            given.name()
        );
        return Err(Problem::new(place, text));
    }
    Ok(())
}

/// Whether both are the same embedding, but for whether training changes it.
fn both_embed(one: Option<&LayerKind>, other: Option<&LayerKind>) -> bool {
    match (one, other) {
        (Some(LayerKind::Embedding(one)), Some(LayerKind::Embedding(other))) => {
            one.clone().frozen() == other.clone().frozen()
        }
        _ => false,
    }
}

/// Whether both are dropouts: what share they drop matters in training alone.
fn both_drop(one: Option<&LayerKind>, other: Option<&LayerKind>) -> bool {
    let drops = |kind: Option<&LayerKind>| matches!(kind, Some(LayerKind::Dropout(_)));
    drops(one) && drops(other)
}
