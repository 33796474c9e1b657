//! Keras's `.weights.h5`: an HDF5 file of groups that follow the layers.
//!
//! ```text
//! layers/embedding/vars/0                       embeddings
//! layers/lstm/cell/vars/0, 1, 2                 kernel, recurrent kernel, bias
//! layers/bidirectional/forward_layer/cell/…     the same, and backward_layer/cell/…
//! layers/dense/vars/0, 1                        kernel, bias
//! layers/layer_normalization/vars/0, 1          gamma, beta
//! ```
//!
//! # Source
//! Keras 3.15, `saving_lib.save_weights_only`: groups are named after classes, `_1`, `_2` from the second of
//! a class on, as gatefold names its layers.

use hdf5_pure::{AttrValue, FileBuilder, GroupBuilder};

use super::check;
use super::keras_names::{NOT_IN_KERAS, cell_name, is_in_keras, layer_name};
use crate::error::{Error, Result};
use crate::model::{Parameter, Recurrent};
use crate::train::Weights;

/// A parameter and its values.
type Tensor<'a> = (&'a Parameter, &'a [f32]);

/// The weights as the file that Keras's `Model.load_weights` takes, for a `Sequential` of the same layers.
///
/// # Errors
/// [`Error::Model`] for an `AttentionPooling`, which Keras has not; [`Error::Shape`] if a parameter has not as many values as the model says, [`Error::Internal`] if the HDF5
/// writer refuses.
pub fn to_keras_weights(weights: &Weights) -> Result<Vec<u8>> {
    check(weights)?;
    let model = &weights.model;
    let values = weights.parameters.iter().map(Vec::as_slice);
    let tensors: Vec<Tensor> = model.parameters().iter().zip(values).collect();
    let mut rest = &tensors[..];
    let mut file = FileBuilder::new();
    let mut layers = file.create_group("layers");
    for layer in model.layers() {
        let count = model.parameters_of(&layer.name).count();
        let (own, others) = rest.split_at(count);
        rest = others;
        let mut group = layers.create_group(&layer.name);
        if !is_in_keras(&layer.kind) {
            return Err(Error::Model {
                layer: layer.name.clone(),
                problem: NOT_IN_KERAS.into(),
            });
        }
        match layer.kind.recurrence() {
            None => variables(&mut group, &layer.name, own),
            Some((layer_cell, 1)) => {
                variables(&mut group, &layer.name, &[]);
                cell(&mut group, &layer_cell, own);
            }
            Some((layer_cell, _)) => {
                let name = layer_name(&layer_cell);
                let (forward, backward) = own.split_at(count / 2);
                for (direction, own) in [("forward", forward), ("backward", backward)] {
                    let mut inner = group.create_group(&format!("{direction}_layer"));
                    variables(&mut inner, &format!("{direction}_{name}"), &[]);
                    cell(&mut inner, &layer_cell, own);
                    group.add_group(inner.finish());
                }
                variables(&mut group, &layer.name, &[]);
            }
        }
        layers.add_group(group.finish());
    }
    file.add_group(layers.finish());
    let mut own = file.create_group("vars");
    own.set_attr("name", AttrValue::String("sequential".into()));
    file.add_group(own.finish());
    file.finish().map_err(|error| Error::Internal {
        place: "writing HDF5",
        problem: error.to_string(),
    })
}

/// The group `cell` of one direction of a recurrent layer.
fn cell(group: &mut GroupBuilder, layer: &Recurrent, tensors: &[Tensor]) {
    let mut cell = group.create_group("cell");
    variables(&mut cell, cell_name(layer), tensors);
    group.add_group(cell.finish());
}

/// The group `vars`: the tensors as `0`, `1` …
fn variables(group: &mut GroupBuilder, name: &str, tensors: &[Tensor]) {
    let mut own = group.create_group("vars");
    own.set_attr("name", AttrValue::String(name.into()));
    for (index, (parameter, values)) in tensors.iter().enumerate() {
        let shape: Vec<u64> = parameter.shape.iter().map(|&n| n as u64).collect();
        own.create_dataset(&index.to_string())
            .with_f32_data(values)
            .with_shape(&shape);
    }
    group.add_group(own.finish());
}
