//! Where each parameter lies in the one buffer that holds them all.
//!
//! Adam walks all parameters in one dispatch, so they share a buffer, and gradients and moments have the
//! same layout. Two things differ from Keras's arrays: the four gates of a unit lie side by side (column
//! 4·j + g instead of g·H + j), so that a kernel moves them as one vec4; and the two directions of a
//! bidirectional layer lie one behind the other, tensor by tensor, so that one dispatch handles both.

use super::dispatch::{BufferId, Slice};
use crate::error::{Error, Result};
use crate::model::{LayerKind, Model, Parameter};

/// Numbers between the starts of two tensors: 256 bytes, WebGPU's alignment of a binding.
const ALIGNMENT: usize = 64;

/// A tensor of a layer on the device, both directions of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    first: usize,
    length: usize,
}

impl Block {
    /// The block's range in a buffer of this layout.
    pub(super) fn of(self, buffer: BufferId) -> Slice {
        Slice {
            buffer,
            offset: self.first as u64 * 4,
            bytes: (self.length as u64 * 4).next_multiple_of(16),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Place {
    first: usize,
    /// H, if the last axis holds the four gates of H units.
    units: Option<usize>,
}

/// Where the parameters of a model lie.
#[derive(Debug, Clone)]
pub struct ParameterLayout {
    names: Vec<String>,
    lengths: Vec<usize>,
    places: Vec<Place>,
    /// A layer's blocks, in the order of its parameters.
    blocks: Vec<Vec<Block>>,
    length: usize,
}

impl ParameterLayout {
    /// The layout of this model's parameters.
    pub fn new(model: &Model) -> Self {
        let mut layout = ParameterLayout {
            names: model
                .parameters()
                .iter()
                .map(|parameter| parameter.name.clone())
                .collect(),
            lengths: model.parameters().iter().map(Parameter::len).collect(),
            places: Vec::new(),
            blocks: Vec::new(),
            length: 0,
        };
        for layer in model.layers() {
            let (tensors, directions, units) = match &layer.kind {
                LayerKind::Embedding(_) => (1, 1, None),
                LayerKind::Lstm(lstm) => (3, 1, Some(lstm.units)),
                LayerKind::Bidirectional(both) => (3, 2, Some(both.layer.units)),
                LayerKind::Dense(_) => (2, 1, None),
                LayerKind::AttentionPooling(_) => (3, 1, None),
                LayerKind::LayerNormalization(_) => (2, 1, None),
                LayerKind::Dropout(_)
                | LayerKind::GlobalMaxPooling1D(_)
                | LayerKind::GlobalAveragePooling1D(_) => (0, 1, None),
            };
            layout.add_layer(tensors, directions, units);
        }
        layout
    }

    /// Appends a layer whose parameters come direction by direction, `tensors` each.
    fn add_layer(&mut self, tensors: usize, directions: usize, units: Option<usize>) {
        let first = self.places.len();
        let mut blocks = Vec::with_capacity(tensors);
        let mut starts = Vec::with_capacity(tensors);
        for tensor in 0..tensors {
            let length = self.lengths[first + tensor] * directions;
            blocks.push(Block {
                first: self.length,
                length,
            });
            starts.push(self.length);
            self.length += length.next_multiple_of(ALIGNMENT);
        }
        for direction in 0..directions {
            for (tensor, start) in starts.iter().enumerate() {
                let first = start + direction * self.lengths[first + tensor];
                self.places.push(Place { first, units });
            }
        }
        self.blocks.push(blocks);
    }

    /// Numbers in the buffer, gaps included; a multiple of 64.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn blocks(&self, layer: usize) -> &[Block] {
        &self.blocks[layer]
    }

    /// Name of the parameter that holds the number at `index` of the buffer.
    pub fn name_at(&self, index: usize) -> &str {
        let holder = (0..self.places.len())
            .filter(|&i| self.places[i].first <= index)
            .max_by_key(|&i| self.places[i].first);
        holder.map_or("", |i| &self.names[i])
    }

    /// The buffer's content from the parameters, in the model's order.
    ///
    /// # Errors
    /// [`Error::Shape`] names the parameter whose length is not the model's.
    pub fn pack(&self, parameters: &[Vec<f32>]) -> Result<Vec<f32>> {
        let shape_error = |tensor: &str, expected: usize, found: usize| Error::Shape {
            tensor: tensor.to_string(),
            expected: format!("{expected} numbers"),
            found: found.to_string(),
        };
        if parameters.len() != self.places.len() {
            return Err(Error::Shape {
                tensor: "parameters".into(),
                expected: format!("{} tensors", self.places.len()),
                found: parameters.len().to_string(),
            });
        }
        let mut buffer = vec![0.0; self.length];
        for (i, values) in parameters.iter().enumerate() {
            if values.len() != self.lengths[i] {
                return Err(shape_error(&self.names[i], self.lengths[i], values.len()));
            }
            for (n, &value) in values.iter().enumerate() {
                buffer[self.places[i].index(n)] = value;
            }
        }
        Ok(buffer)
    }

    /// The parameters, in the model's order, from the buffer's content.
    ///
    /// # Errors
    /// [`Error::Shape`] if the buffer is shorter than the layout.
    pub fn unpack(&self, buffer: &[f32]) -> Result<Vec<Vec<f32>>> {
        if buffer.len() < self.length {
            return Err(Error::Shape {
                tensor: "parameter buffer".into(),
                expected: format!("{} numbers", self.length),
                found: buffer.len().to_string(),
            });
        }
        let tensor = |i: usize| {
            (0..self.lengths[i])
                .map(|n| buffer[self.places[i].index(n)])
                .collect()
        };
        Ok((0..self.places.len()).map(tensor).collect())
    }
}

impl Place {
    /// Where element `n` of the tensor lies in the buffer.
    fn index(self, n: usize) -> usize {
        let Some(units) = self.units else {
            return self.first + n;
        };
        let (row, column) = (n / (4 * units), n % (4 * units));
        let (gate, unit) = (column / units, column % units);
        self.first + row * 4 * units + 4 * unit + gate
    }
}
