//! The `config.json` of a `.keras` archive: what Keras makes the layers from again.
//!
//! It has every key that the results depend on, so that no default of another version and no setting of the user's
//! process (`set_dtype_policy`, `set_image_data_format`) changes them. Initialisers, regularisers and constraints
//! concern training alone and are left at Keras's defaults, which are gatefold's.
//!
//! # Source
//! Keras 3.15, `serialization_lib.serialize_keras_object` and each layer's `get_config`.

use serde_json::{Value, json};

use super::keras_names::own_names;
use crate::error::{Error, Result};
use crate::model::{Activation, Dense, Layer, LayerKind, Model, Recurrent};

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
    let class = layer.kind.class_name();
    let keys = match &layer.kind {
        LayerKind::Embedding(embedding) => json!({
            "input_dim": embedding.vocabulary,
            "output_dim": embedding.width,
            "mask_zero": embedding.mask_zero,
        }),
        LayerKind::Lstm(lstm) => {
            return Ok(recurrent(&lstm.clone().into(), &own, LayerRole::Alone));
        }
        LayerKind::Gru(gru) => return Ok(recurrent(&gru.clone().into(), &own, LayerRole::Alone)),
        LayerKind::Bidirectional(both) => json!({
            "merge_mode": "concat",
            "layer": recurrent(&both.layer, &format!("forward_{own}"), LayerRole::Forward),
            "backward_layer": recurrent(&both.layer, &format!("backward_{own}"), LayerRole::Backward),
        }),
        LayerKind::Dense(Dense { units, activation }) => json!({
            "units": units,
            "activation": match activation {
                Activation::Linear => "linear",
                Activation::Relu => "relu",
                Activation::Sigmoid => "sigmoid",
                Activation::Softmax => "softmax",
            },
            "use_bias": true,
        }),
        LayerKind::Dropout(dropout) => json!({ "rate": decimal(dropout.rate) }),
        LayerKind::GlobalMaxPooling1D(_) | LayerKind::GlobalAveragePooling1D(_) => {
            json!({ "data_format": "channels_last", "keepdims": false })
        }
        LayerKind::LayerNormalization(norm) => json!({
            "axis": [-1], "epsilon": decimal(norm.epsilon), "center": true, "scale": true,
        }),
        LayerKind::AttentionPooling(_) => {
            return Err(Error::Model {
                layer: layer.name.clone(),
                problem: "Keras has no layer AttentionPooling; export the model as ONNX, or its weights as \
                          safetensors"
                    .into(),
            });
        }
    };
    Ok(named(class, &layer.name, keys))
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

fn recurrent(layer: &Recurrent, name: &str, place: LayerRole) -> Value {
    let mut keys = json!({
        "units": layer.units(),
        "return_sequences": layer.return_sequences(),
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": true,
        "go_backwards": place == LayerRole::Backward,
        // What a Bidirectional gives at a masked timestep is 0, where it gives every timestep.
        "zero_output_for_mask": place != LayerRole::Alone && layer.return_sequences(),
    });
    if let Recurrent::Gru(_) = layer {
        keys["reset_after"] = json!(true);
    }
    named(layer.class_name(), name, keys)
}

/// A layer of these keys, a name and f32.
fn named(class: &str, name: &str, mut keys: Value) -> Value {
    keys["name"] = json!(name);
    keys["dtype"] = json!("float32");
    object(class, keys)
}

fn object(class: &str, config: Value) -> Value {
    json!({
        "module": "keras.layers",
        "class_name": class,
        "config": config,
        "registered_name": null,
    })
}

/// The shortest decimal number that is `value` in f32: 0.001 for Keras's epsilon.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}
