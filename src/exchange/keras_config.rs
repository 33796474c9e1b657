//! The `config.json` of a `.keras` archive: what Keras makes the layers from again.
//!
//! It has every key that the results depend on, so that no default of another version and no setting of the user's
//! process (`set_dtype_policy`, `set_image_data_format`) changes them. Initialisers, regularisers and constraints
//! concern training alone and are left at Keras's defaults, which are gatefold's.
//!
//! # Source
//! Keras 3.15, `serialization_lib.serialize_keras_object` and each layer's `get_config`.

use serde_json::{Value, json};

use super::keras_layers::{keys_of, settings_of};
use super::keras_names::own_names;
use crate::error::{Error, Result};
use crate::model::{Layer, LayerKind, Model, Recurrent};

/// The model as a `Sequential` that takes int32 ids `[batch, length]`, both of any size.
///
/// # Errors
/// [`Error::Model`] for an `AttentionPooling`, which Keras has not.
pub(super) fn sequential(model: &Model) -> Result<Value> {
    let open = json!([null, null]);
    let input = json!({
        "batch_shape": open, "dtype": "int32", "sparse": false, "ragged": false, "name": "input_layer",
    });
    let mut layers = vec![object("InputLayer", input)];
    for (layer, own) in model.layers().iter().zip(own_names(model)) {
        layers.push(described(layer, own)?);
    }
    let config = json!({
        "name": model.name(),
        "trainable": true,
        "dtype": "float32",
        "layers": layers,
        "build_input_shape": open,
    });
    Ok(json!({
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": null,
        "build_config": { "input_shape": open },
        "compile_config": {},
    }))
}

/// A layer, whose name in Keras is `own`, or is that of the layer in it.
fn described(layer: &Layer, own: String) -> Result<Value> {
    match &layer.kind {
        LayerKind::Lstm(lstm) => recurrent(lstm.clone().into(), &own, LayerRole::Alone),
        LayerKind::Gru(gru) => recurrent(gru.clone().into(), &own, LayerRole::Alone),
        LayerKind::Bidirectional(both) => {
            let part = |direction, role| {
                recurrent(both.layer.clone(), &format!("{direction}_{own}"), role)
            };
            let parts = json!({
                "layer": part("forward", LayerRole::Forward)?,
                "backward_layer": part("backward", LayerRole::Backward)?,
            });
            named(&layer.kind, &layer.name, parts)
        }
        kind => named(kind, &layer.name, json!({})),
    }
}

/// Where a recurrent layer stands.
#[derive(PartialEq)]
enum LayerRole {
    Alone,
    /// In a `Bidirectional`, the forward direction.
    Forward,
    /// In a `Bidirectional`, the backward direction.
    Backward,
}

fn recurrent(layer: Recurrent, name: &str, place: LayerRole) -> Result<Value> {
    let keys = json!({
        "go_backwards": place == LayerRole::Backward,
        // What a Bidirectional gives at a masked timestep is 0, where it gives every timestep.
        "zero_output_for_mask": place != LayerRole::Alone && layer.return_sequences(),
    });
    let kind = match layer {
        Recurrent::Lstm(lstm) => LayerKind::Lstm(lstm),
        Recurrent::Gru(gru) => LayerKind::Gru(gru),
    };
    named(&kind, name, keys)
}

/// A layer with its settings, further keys, a name and f32.
fn named(kind: &LayerKind, name: &str, mut config: Value) -> Result<Value> {
    let class = kind.class_name();
    let keys = keys_of(class).ok_or_else(|| Error::Model {
        layer: name.to_string(),
        problem: format!(
            "Keras has no layer {class}; export the model as ONNX, or its weights as safetensors"
        ),
    })?;
    let settings = settings_of(kind, &keys).map_err(|error| Error::Internal {
        place: "writing a Keras config",
        problem: error.to_string(),
    })?;
    if let (Some(config), Value::Object(fixed)) = (config.as_object_mut(), keys.fixed) {
        config.extend(fixed);
        config.extend(settings);
    }
    if matches!(kind, LayerKind::Embedding(embedding) if !embedding.trainable) {
        config["trainable"] = json!(false);
    }
    config["name"] = json!(name);
    config["dtype"] = json!("float32");
    Ok(object(class, config))
}

fn object(class: &str, config: Value) -> Value {
    json!({
        "module": "keras.layers",
        "class_name": class,
        "config": config,
        "registered_name": null,
    })
}
