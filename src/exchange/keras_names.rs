//! What Keras calls the parameters of a model.

use crate::model::{Layer, LayerKind, Model, Recurrent};

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
    const NORM: [&str; 2] = ["gamma", "beta"];
    const ATTENTION: [&str; 3] = ["kernel", "bias", "context"];
    let mut paths = Vec::new();
    for (layer, own) in model.layers().iter().zip(own_names(model)) {
        let name = &layer.name;
        match &layer.kind {
            LayerKind::Embedding(_) => paths.push(format!("{name}/embeddings")),
            LayerKind::Dense(_) => {
                paths.extend(["kernel", "bias"].map(|tensor| format!("{name}/{tensor}")));
            }
            LayerKind::LayerNormalization(_) => {
                paths.extend(NORM.map(|tensor| format!("{name}/{tensor}")));
            }
            LayerKind::AttentionPooling(_) => {
                paths.extend(ATTENTION.map(|tensor| format!("{name}/{tensor}")));
            }
            LayerKind::Dropout(_)
            | LayerKind::GlobalMaxPooling1D(_)
            | LayerKind::GlobalAveragePooling1D(_) => {}
            LayerKind::Lstm(lstm) => paths.extend(cell(&own, &lstm.clone().into())),
            LayerKind::Gru(gru) => paths.extend(cell(&own, &gru.clone().into())),
            LayerKind::Bidirectional(both) => {
                for direction in ["forward", "backward"] {
                    let path = format!("{name}/{direction}_{own}");
                    paths.extend(cell(&path, &both.layer));
                }
            }
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
    let name = |layer: &Layer| match &layer.kind {
        LayerKind::Lstm(lstm) => recurrent(&lstm.clone().into()),
        LayerKind::Gru(gru) => recurrent(&gru.clone().into()),
        LayerKind::Bidirectional(both) => recurrent(&both.layer),
        _ => layer.name.clone(),
    };
    model.layers().iter().map(name).collect()
}

fn numbered(class: &str, number: usize) -> String {
    match number {
        0 => class.to_string(),
        number => format!("{class}_{number}"),
    }
}

fn cell(path: &str, layer: &Recurrent) -> [String; 3] {
    let cell = cell_name(layer);
    ["kernel", "recurrent_kernel", "bias"].map(|tensor| format!("{path}/{cell}/{tensor}"))
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
        let (groups, tensors): (&[&str], usize) = match &layer.kind {
            LayerKind::Embedding(_) => (&["vars"], 1),
            LayerKind::Dense(_) | LayerKind::LayerNormalization(_) => (&["vars"], 2),
            LayerKind::Dropout(_)
            | LayerKind::GlobalMaxPooling1D(_)
            | LayerKind::GlobalAveragePooling1D(_) => (&[], 0),
            LayerKind::AttentionPooling(_) => {
                return Err(super::problem::Problem::new(&layer.name, NOT_IN_KERAS));
            }
            LayerKind::Lstm(_) | LayerKind::Gru(_) => (&["cell/vars"], 3),
            LayerKind::Bidirectional(_) => {
                (&["forward_layer/cell/vars", "backward_layer/cell/vars"], 3)
            }
        };
        for group in groups {
            let tensor = |index| format!("layers/{}/{group}/{index}", layer.name);
            places.extend((0..tensors).map(tensor));
        }
    }
    Ok(places)
}

/// What is said of an `AttentionPooling` where Keras's own format is asked for.
#[cfg(feature = "keras")]
pub(super) const NOT_IN_KERAS: &str =
    "Keras has no layer AttentionPooling; export the weights as safetensors";
