//! What Keras calls the parameters of a model.

#[cfg(feature = "keras")]
use super::keras_layers::keys_of;
#[cfg(feature = "keras")]
use crate::model::LayerKind;
use crate::model::{Layer, Model, Recurrent};

/// Keras's `Variable.path` of every parameter, in the order of [`Model::parameters`], without the model's name
/// that a `Sequential` puts before it. Keras has no `AttentionPooling`: its parameters have gatefold's names.
///
/// # Source
/// Keras 3, in a fresh process and a `Sequential` of unnamed layers: a class and its number, where the layer
/// in a `Bidirectional` counts among the others of its class.
///
/// # Examples
/// ```
/// use gatefold::exchange::variable_paths;
/// use gatefold::model::Variant;
///
/// let paths = variable_paths(&Variant::Dropout.model(8185)?);
/// assert_eq!(paths[0], "embedding/embeddings");
/// assert_eq!(paths[1], "bidirectional/forward_lstm/lstm_cell/kernel");
/// assert_eq!(paths[12], "bidirectional_1/backward_lstm_1/lstm_cell/bias");
/// assert_eq!(paths[13], "dense/kernel");
/// # Ok::<(), gatefold::Error>(())
/// ```
pub fn variable_paths(model: &Model) -> Vec<String> {
    let mut paths = Vec::new();
    for (layer, own) in model.layers().iter().zip(own_names(model)) {
        let name = &layer.name;
        let cell = layer.kind.recurrence().map(|(cell, _)| cell_name(&cell));
        for parameter in model.parameters_of(name) {
            let tensor = &parameter.name[name.len() + 1..];
            paths.push(match (cell, tensor.split_once('.')) {
                (Some(cell), Some((direction, tensor))) => {
                    format!("{name}/{direction}_{own}/{cell}/{tensor}")
                }
                (Some(cell), None) => format!("{own}/{cell}/{tensor}"),
                (None, _) => format!("{name}/{tensor}"),
            });
        }
    }
    paths
}

/// What Keras calls each layer, where a `Bidirectional` gives the name of the layer in it.
pub(super) fn own_names(model: &Model) -> Vec<String> {
    let (mut lstms, mut grus) = (0, 0);
    let mut recurrent = |layer: &Recurrent| {
        let count = match layer {
            Recurrent::Lstm(_) => &mut lstms,
            Recurrent::Gru(_) => &mut grus,
        };
        *count += 1;
        numbered(layer_name(layer), *count - 1)
    };
    let name = |layer: &Layer| match layer.kind.recurrence() {
        Some((cell, _)) => recurrent(&cell),
        None => layer.name.clone(),
    };
    model.layers().iter().map(name).collect()
}

fn numbered(class: &str, number: usize) -> String {
    match number {
        0 => class.to_string(),
        number => format!("{class}_{number}"),
    }
}

/// What Keras calls the first unnamed layer of this class.
pub(super) fn layer_name(layer: &Recurrent) -> &'static str {
    match layer {
        Recurrent::Lstm(_) => "lstm",
        Recurrent::Gru(_) => "gru",
    }
}

/// What Keras calls the cell of such a layer.
pub(super) fn cell_name(layer: &Recurrent) -> &'static str {
    match layer {
        Recurrent::Lstm(_) => "lstm_cell",
        Recurrent::Gru(_) => "gru_cell",
    }
}

/// Where Keras's `.weights.h5` has every parameter, in the order of [`Model::parameters`].
///
/// # Source
/// Keras 3.15, `saving_lib.save_weights_only`: groups are named after classes, `_1`, `_2` from the second of
/// a class on, as gatefold names its layers.
///
/// # Errors
/// A [`Problem`](super::problem::Problem) that names a layer which Keras has not.
#[cfg(feature = "keras")]
pub(super) fn variable_places(model: &Model) -> Result<Vec<String>, super::problem::Problem> {
    let mut places = Vec::new();
    for layer in model.layers() {
        if !is_in_keras(&layer.kind) {
            return Err(super::problem::Problem::new(&layer.name, NOT_IN_KERAS));
        }
        let groups: &[&str] = match layer.kind.recurrence() {
            None => &["vars"],
            Some((_, 1)) => &["cell/vars"],
            Some(_) => &["forward_layer/cell/vars", "backward_layer/cell/vars"],
        };
        let tensors = model.parameters_of(&layer.name).count() / groups.len();
        for group in groups {
            let tensor = |index| format!("layers/{}/{group}/{index}", layer.name);
            places.extend((0..tensors).map(tensor));
        }
    }
    Ok(places)
}

/// Whether Keras has such a layer.
#[cfg(feature = "keras")]
pub(super) fn is_in_keras(kind: &LayerKind) -> bool {
    keys_of(kind.class_name()).is_some()
}

/// What is said of an `AttentionPooling` where Keras's own format is asked for.
#[cfg(feature = "keras")]
pub(super) const NOT_IN_KERAS: &str =
    "Keras has no layer AttentionPooling; export the weights as safetensors";
