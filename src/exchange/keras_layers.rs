//! What Keras's configs call the layers' settings: the one place for those that write a config and those that read it.

use serde_json::{Map, Value, json};

use crate::model::LayerKind;

/// Keys of a class of layers.
pub(super) struct LayerKeys {
    /// Keys that hold a setting, as Keras and as gatefold calls it.
    pub settings: &'static [(&'static str, &'static str)],
    /// Keys that have one value in all that gatefold computes.
    pub fixed: Value,
}

/// The keys of a class, none for one that Keras has not or gatefold has not. A `Bidirectional` has those of its layer in
/// `layer` and `backward_layer`.
pub(super) fn keys_of(class: &str) -> Option<LayerKeys> {
    const NONE: &[(&str, &str)] = &[];
    let (settings, fixed) = match class {
        "Embedding" => (
            &[
                ("input_dim", "vocabulary"),
                ("output_dim", "width"),
                ("mask_zero", "mask_zero"),
            ][..],
            json!({}),
        ),
        "LSTM" => (RECURRENT, recurrent()),
        "GRU" => {
            let mut fixed = recurrent();
            fixed["reset_after"] = json!(true);
            (RECURRENT, fixed)
        }
        "Bidirectional" => (NONE, json!({ "merge_mode": "concat" })),
        "Dense" => (
            &[("units", "units"), ("activation", "activation")][..],
            json!({ "use_bias": true }),
        ),
        "Dropout" => (&[("rate", "rate")][..], json!({})),
        "GlobalMaxPooling1D" | "GlobalAveragePooling1D" => (
            NONE,
            json!({ "data_format": "channels_last", "keepdims": false }),
        ),
        "LayerNormalization" => (
            &[("epsilon", "epsilon")][..],
            json!({ "axis": [-1], "center": true, "scale": true }),
        ),
        _ => return None,
    };
    Some(LayerKeys { settings, fixed })
}

const RECURRENT: &[(&str, &str)] = &[("units", "units"), ("return_sequences", "return_sequences")];

fn recurrent() -> Value {
    json!({ "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": true })
}

/// Keys that some version of Keras writes, and the one value that gatefold computes; where a config lacks the key, Keras
/// takes that value.
pub(super) fn usual(key: &str) -> Option<Value> {
    Some(match key {
        "return_state" | "stateful" | "time_major" | "rms_scaling" => json!(false),
        "lora_rank" | "lora_alpha" | "quantization_config" => Value::Null,
        _ => return None,
    })
}

/// Whether a key changes nothing of what a trained layer computes: names, and what concerns training or speed alone.
pub(super) fn is_idle(key: &str) -> bool {
    const ENDS: [&str; 3] = ["_initializer", "_regularizer", "_constraint"];
    const KEYS: [&str; 17] = [
        "name",
        "trainable",
        "autocast",
        "batch_input_shape",
        "batch_shape",
        "input_shape",
        "input_length",
        "dropout",
        "recurrent_dropout",
        "noise_shape",
        "seed",
        "implementation",
        "unit_forget_bias",
        "unroll",
        "use_cudnn",
        "sparse",
        "optional",
    ];
    KEYS.contains(&key) || ENDS.iter().any(|end| key.ends_with(end))
}

/// Whether layers of this class do nothing outside training, so that a model is the same without them.
pub(super) fn is_idle_class(class: &str) -> bool {
    const CLASSES: [&str; 5] = [
        "ActivityRegularization",
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "SpatialDropout1D",
    ];
    CLASSES.contains(&class)
}

/// The settings of a layer under Keras's names.
pub(super) fn settings_of(
    kind: &LayerKind,
    keys: &LayerKeys,
) -> serde_json::Result<Map<String, Value>> {
    let own = serde_json::to_value(kind)?;
    let setting = |(keras_s, ours): &(&str, &str)| (keras_s.to_string(), shortest(&own[*ours]));
    Ok(keys.settings.iter().map(setting).collect())
}

/// A number that is not whole as the shortest decimal that is the same in f32: 0.001 for Keras's epsilon.
fn shortest(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_f64() => {
            let shown = (number as f32).to_string();
            json!(shown.parse().unwrap_or(number))
        }
        _ => value.clone(),
    }
}

/// `type` and the other keys of gatefold's own description of a layer, from Keras's settings.
pub(super) fn described(kind: &str, keys: &LayerKeys, config: &Map<String, Value>) -> Value {
    let mut own = Map::new();
    own.insert("type".to_owned(), json!(kind));
    for (keras_s, ours) in keys.settings {
        if let Some(value) = config.get(*keras_s).filter(|value| !value.is_null()) {
            own.insert(ours.to_string(), plain(value));
        }
    }
    Value::Object(own)
}

/// A function's name, where a config has the function as an object.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) if object.get("class_name") == Some(&json!("function")) => {
            object.get("config").cloned().unwrap_or(Value::Null)
        }
        _ => value.clone(),
    }
}
