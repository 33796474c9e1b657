//! Parameters from Keras's `.weights.h5`; what it holds, [`super::keras_weights`] says.

use hdf5_pure::File;

use super::keras_names::variable_places;
use super::problem::{Problem, check_shape};
use crate::error::Result;
use crate::model::{Model, Parameter};

/// The parameters of `model`, in its order, from the bytes of an HDF5 file.
pub(super) fn from_hdf5(bytes: Vec<u8>, model: &Model) -> Result<Vec<Vec<f32>>, Problem> {
    let places = variable_places(model)?;
    let damaged = |place: &str| {
        let place = place.to_string();
        move |error: hdf5_pure::Error| Problem {
            text: format!("{error}; give what Keras's save_weights wrote"),
            place,
        }
    };
    let file = File::from_bytes(bytes).map_err(damaged("the file"))?;
    let groups = file
        .group("layers")
        .and_then(|layers| layers.groups())
        .map_err(damaged("layers"))?;
    for group in groups {
        // The input of a functional model is a layer without variables.
        let known = group.starts_with("input_layer")
            || model.layers().iter().any(|layer| layer.name == group);
        if !known {
            let text = format!("no layer of the model {}", model.name());
            return Err(Problem::new(&format!("layers/{group}"), text));
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
