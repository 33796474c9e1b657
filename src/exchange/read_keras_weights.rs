//! Parameters from Keras's HDF5 files; what a `.weights.h5` holds, [`super::keras_weights`] says.

use hdf5_pure::{File, Group};

use super::keras_names::variable_places;
use super::problem::{Problem, check_shape};
use super::read_keras_config::{check_same, model_of};
use super::read_legacy_weights;
use crate::error::Result;
use crate::model::{Model, Parameter};

/// What a whole model's file calls its config.
const CONFIG: &str = "model_config";

/// The model that the bytes of an HDF5 file say they are of: none where they are weights alone.
pub(super) fn described_in_hdf5(bytes: Vec<u8>) -> Result<Option<Model>, Problem> {
    let file = File::from_bytes(bytes).map_err(|error| {
        Problem::new(
            "the file",
            format!("{error}; give the file as Keras wrote it"),
        )
    })?;
    model_in_hdf5(&file)
}

fn model_in_hdf5(file: &File) -> Result<Option<Model>, Problem> {
    let Some(text) = read_legacy_weights::config(file) else {
        return Ok(None);
    };
    let config = serde_json::from_str(&text).map_err(|error| {
        Problem::new(CONFIG, format!("{error}; give the file as Keras wrote it"))
    })?;
    model_of(&config, CONFIG).map(Some)
}

/// The parameters of `model`, in its order, from the bytes of an HDF5 file. A whole model must be the same.
pub(super) fn from_hdf5(bytes: Vec<u8>, model: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    let damaged = |place: &str| {
        let place = place.to_string();
        move |error: hdf5_pure::Error| Problem {
            text: format!("{error}; give what Keras's save_weights wrote"),
            place,
        }
    };
    let file = File::from_bytes(bytes).map_err(damaged("the file"))?;
    if file.group("layers").is_err() {
        if !read_legacy_weights::is_legacy(&file) {
            let text = "neither a group `layers`, as Keras 3 writes it, nor the attribute layer_names of Keras 2; load \
                        the model with the Keras that wrote it, and write it anew with save_weights(\"x.weights.h5\")";
            return Err(Problem::new("the file", text));
        }
        if let Some(said) = model_in_hdf5(&file)? {
            check_same(&said, model, CONFIG)?;
        }
        return read_legacy_weights::parameters(&file, model);
    }
    let places = variable_places(model)?;
    let groups = file
        .group("layers")
        .and_then(|layers| layers.groups())
        .map_err(damaged("layers"))?;
    for group in groups {
        if model.layers().iter().any(|layer| layer.name == group) {
            continue;
        }
        let place = format!("layers/{group}");
        let own = file.group(&place).map_err(damaged(&place))?;
        if holds_variables(&own, DEPTH).map_err(damaged(&place))? {
            let text = format!("no layer of the model {}", model.name());
            return Err(Problem::new(&place, text));
        }
    }
    let read = |(parameter, place): (&Parameter, String)| {
        let dataset = file.dataset(&place).map_err(damaged(&place))?;
        let shape = dataset.shape().map_err(damaged(&place))?;
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        check_shape(&place, parameter, &shape)?;
        dataset.read_f32().map_err(damaged(&place))
    };
    model.parameters().iter().zip(places).map(read).collect()
}

/// Groups within groups at most; Keras has half as many, and a damaged file may have any number.
const DEPTH: usize = 8;

/// Whether there is anything to compute with in a layer's group: the state of random numbers is not.
fn holds_variables(group: &Group, depth: usize) -> Result<bool, hdf5_pure::Error> {
    if depth == 0 || !group.datasets()?.is_empty() {
        return Ok(true);
    }
    for name in group.groups()? {
        if name != "seed_generator" && holds_variables(&group.group(&name)?, depth - 1)? {
            return Ok(true);
        }
    }
    Ok(false)
}
