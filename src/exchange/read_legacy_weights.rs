//! Parameters from the `.h5` of Keras 2, whose layout Keras 3 writes as well where a file's name ends so.
//!
//! ```text
//! attribute layer_names, of the file or of the group model_weights of a whole model
//! lstm                           attribute weight_names
//! lstm/lstm/lstm_cell/kernel:0   as weight_names has it, within the layer's group
//! attribute model_config         of a whole model: its layers
//! ```
//!
//! # Source
//! tf_keras 2.21, `hdf5_format.save_weights_to_hdf5_group`.

use hdf5_pure::{File, Group};

use super::keras_names::{NOT_IN_KERAS, is_in_keras};
use super::problem::{Problem, check_shape};
use crate::model::{Model, Parameter, Recurrent};

const LAYERS: &str = "layer_names";
const WEIGHTS: &str = "weight_names";
const WHOLE: &str = "model_weights";
const CONFIG: &str = "model_config";

/// Whether a file has this layout.
pub(super) fn is_legacy(file: &File) -> bool {
    weights_group(file).is_some()
}

/// The group with the layers, and what stands before their names in a path.
fn weights_group(file: &File) -> Option<(Group, String)> {
    let whole = file.group(WHOLE).ok();
    let of_model = whole.map(|group| (group, format!("{WHOLE}/")));
    let groups = of_model.into_iter().chain([(file.root(), String::new())]);
    let mut found = groups.filter(|(group, _)| !strings(group, LAYERS).is_empty());
    found.next()
}

/// The text of a whole model's config.
pub(super) fn config(file: &File) -> Option<String> {
    let attributes = file.root().attrs().ok()?;
    Some(attributes.get(CONFIG)?.as_str()?.to_owned())
}

/// An attribute that is a list of names: where it was too long, it is `NAME0`, `NAME1` ….
fn strings(group: &Group, name: &str) -> Vec<String> {
    let Ok(attributes) = group.attrs() else {
        return Vec::new();
    };
    let list = |name: &str| attributes.get(name).and_then(|value| value.as_strings());
    match list(name) {
        Some(names) => names.to_vec(),
        None => {
            let parts = (0..).map_while(|part| list(&format!("{name}{part}")));
            parts.flatten().cloned().collect()
        }
    }
}

/// The parameters of `model`, in its order.
pub(super) fn parameters(file: &File, model: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    let Some((group, start)) = weights_group(file) else {
        return Err(Problem::new("the file", "no attribute layer_names"));
    };
    let mut found = Vec::new();
    for layer in strings(&group, LAYERS) {
        let own = group
            .group(&layer)
            .map_err(damaged(&format!("{start}{layer}")))?;
        let weights = strings(&own, WEIGHTS).into_iter();
        found.extend(weights.map(|name| format!("{start}{layer}/{name}")));
    }
    if let Some(layer) = model
        .layers()
        .iter()
        .find(|layer| !is_in_keras(&layer.kind))
    {
        return Err(Problem::new(&layer.name, NOT_IN_KERAS));
    }
    let expected = model.parameters();
    if found.len() != expected.len() {
        let text = format!(
            "{} weights, and the model {} has {}: it is another one; give the model that the weights are of",
            found.len(),
            model.name(),
            expected.len()
        );
        return Err(Problem::new(&format!("{start}{LAYERS}"), text));
    }
    let pairs = expected.iter().zip(&found);
    pairs
        .map(|(parameter, place)| read(file, model, parameter, place))
        .collect()
}

/// A parameter, which the file calls by the end of its own name.
fn read(
    file: &File,
    model: &Model,
    parameter: &Parameter,
    place: &str,
) -> Result<Vec<f32>, Problem> {
    let last = |name: &str, separator: char| {
        let name = name.rsplit(separator).next().unwrap_or_default();
        name.split(':').next().unwrap_or_default().to_owned()
    };
    let (expected, found) = (last(&parameter.name, '.'), last(place, '/'));
    if expected != found {
        let text = format!(
            "found where the model {} has {}: it is another one; give the model that the weights are of",
            model.name(),
            parameter.name
        );
        return Err(Problem::new(place, text));
    }
    let dataset = file.dataset(place).map_err(damaged(place))?;
    let shape = dataset.shape().map_err(damaged(place))?;
    let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
    check_shape(place, parameter, &shape).map_err(|problem| hinted(problem, model, &shape))?;
    dataset.read_f32().map_err(damaged(place))
}

/// Says what a GRU's bias of one axis means.
fn hinted(problem: Problem, model: &Model, shape: &[usize]) -> Problem {
    let has_gru = model.layers().iter().any(|layer| {
        let cell = layer.kind.recurrence().map(|(cell, _)| cell);
        matches!(cell, Some(Recurrent::Gru(_)))
    });
    match has_gru && shape.len() == 1 && problem.text.starts_with("expected shape [2,") {
        false => problem,
        true => Problem {
            text: format!(
                "{}: a GRU with reset_after False, and gatefold computes True alone; train it so in Keras",
                problem.text
            ),
            ..problem
        },
    }
}

fn damaged(place: &str) -> impl Fn(hdf5_pure::Error) -> Problem {
    let place = place.to_owned();
    move |error| Problem {
        text: format!("{error}; give the file as Keras wrote it"),
        place: place.clone(),
    }
}
