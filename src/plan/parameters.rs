//! Where each parameter lies in the one buffer that holds them all.
//!
//! Adam walks all parameters in one dispatch, so they share a buffer, and gradients and moments have the
//! same layout. Two things differ from Keras's arrays: the gates of a unit lie side by side (column 4·j + g instead
//! of g·H + j), so that a kernel moves them as one vec4, whose fourth number is 0 where a cell has three gates; and
//! the two directions of a bidirectional layer lie one behind the other, tensor by tensor, so that one dispatch
//! handles both. The two biases of a GRU, rows of one tensor, come first the one of all directions, then the other.

use super::dispatch::{BufferId, Slice};
use crate::error::{Error, Result};
use crate::model::{LayerKind, Model, Parameter, Recurrent};

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

/// Numbers that the gates of a unit take, a vec4.
const UNIT: usize = 4;

#[derive(Debug, Clone, Copy)]
struct TensorPlace {
    first: usize,
    /// How the gates of the last axis lie, if it holds any.
    gates: Option<Gates>,
}

/// The gates of H units, on the last axis of a tensor.
#[derive(Debug, Clone, Copy)]
struct Gates {
    cell: CellSize,
    /// Numbers from one row to the next.
    row: usize,
}

/// What a recurrent layer's tensors have in common.
#[derive(Debug, Clone, Copy)]
struct CellSize {
    /// H
    units: usize,
    /// Gates of a unit, at most [`UNIT`].
    gates: usize,
}

impl CellSize {
    fn of(layer: &Recurrent) -> CellSize {
        CellSize {
            units: layer.units(),
            gates: layer.gates(),
        }
    }
}

/// Where the parameters of a model lie.
#[derive(Debug, Clone)]
pub struct ParameterLayout {
    names: Vec<String>,
    lengths: Vec<usize>,
    places: Vec<TensorPlace>,
    /// The layers' names.
    layers: Vec<String>,
    /// A layer's blocks, in the order of its parameters.
    blocks: Vec<Vec<Block>>,
    /// Numbers at the beginning that training leaves as they are: a frozen embedding's, which comes first.
    frozen: usize,
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
            layers: model
                .layers()
                .iter()
                .map(|layer| layer.name.clone())
                .collect(),
            blocks: Vec::new(),
            frozen: 0,
            length: 0,
        };
        for layer in model.layers() {
            match layer.kind.recurrence() {
                Some((cell, directions)) => layout.add_recurrent_layer(&cell, directions),
                None => layout.add_layer(model.parameters_of(&layer.name).count()),
            }
            if matches!(&layer.kind, LayerKind::Embedding(embedding) if !embedding.trainable) {
                layout.frozen = layout.length;
            }
        }
        layout
    }

    /// Appends a layer of this many parameters, which lie as they are.
    fn add_layer(&mut self, tensors: usize) {
        let mut blocks = Vec::with_capacity(tensors);
        for _ in 0..tensors {
            let block = self.add_block(self.lengths[self.places.len()]);
            self.places.push(TensorPlace {
                first: block.first,
                gates: None,
            });
            blocks.push(block);
        }
        self.blocks.push(blocks);
    }

    /// Appends a layer whose parameters come direction by direction: kernel, recurrent kernel, bias.
    fn add_recurrent_layer(&mut self, layer: &Recurrent, directions: usize) {
        let cell = CellSize::of(layer);
        let width = UNIT * cell.units;
        let lengths = &self.lengths[self.places.len()..];
        let rows = [0, 1, 2].map(|tensor| lengths[tensor] / (cell.gates * cell.units));
        let blocks = rows.map(|rows| self.add_block(directions * rows * width));
        for direction in 0..directions {
            for (tensor, block) in blocks.iter().enumerate() {
                // A bias's rows are each for all directions, as products take them.
                let (start, row) = match tensor {
                    2 => (direction * width, directions * width),
                    _ => (direction * rows[tensor] * width, width),
                };
                self.places.push(TensorPlace {
                    first: block.first + start,
                    gates: Some(Gates { cell, row }),
                });
            }
        }
        self.blocks.push(blocks.into());
    }

    fn add_block(&mut self, length: usize) -> Block {
        let first = self.length;
        self.length += length.next_multiple_of(ALIGNMENT);
        Block { first, length }
    }

    /// Numbers in the buffer, gaps included; a multiple of 64.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Numbers at the beginning that are the embedding's, the gap behind them included.
    pub fn embedding_len(&self) -> usize {
        let second = self.blocks.iter().skip(1).flatten().next();
        second.map_or(self.length, |block| block.first)
    }

    /// Numbers that an optimiser updates, gaps included; a multiple of 64.
    pub fn trained_len(&self) -> usize {
        self.length - self.frozen
    }

    /// What an optimiser updates of a whole buffer of this layout, as one range.
    pub(super) fn trained(&self, whole: Slice) -> Slice {
        let frozen = self.frozen as u64 * 4;
        Slice {
            offset: whole.offset + frozen,
            bytes: whole.bytes - frozen,
            ..whole
        }
    }

    /// Names of the layers that have parameters which training changes, input first.
    pub fn trainable_names(&self) -> impl Iterator<Item = &str> {
        self.trainable_layers().map(|(name, _)| name)
    }

    /// The layers that have parameters which training changes, input first, each with all its blocks and the gaps between them as one.
    pub(super) fn trainable_layers(&self) -> impl Iterator<Item = (&str, Block)> {
        let whole = |blocks: &[Block]| {
            let (first, last) = (blocks.first()?.first, blocks.last()?);
            let length = last.first + last.length - first;
            Some(Block { first, length })
        };
        let layers = self.layers.iter().zip(&self.blocks);
        layers
            .filter_map(move |(name, blocks)| Some((name.as_str(), whole(blocks)?)))
            .filter(|(_, block)| block.first >= self.frozen)
    }

    pub(super) fn blocks(&self, layer: usize) -> &[Block] {
        &self.blocks[layer]
    }

    /// Name of the parameter that holds the number at `index` of what an optimiser updates, empty in a gap.
    pub fn trained_name_at(&self, index: usize) -> &str {
        let index = self.frozen + index;
        let holder = (0..self.places.len())
            .find(|&i| (0..self.lengths[i]).any(|n| self.places[i].index(n) == index));
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

impl TensorPlace {
    /// Where element `n` of the tensor lies in the buffer.
    fn index(self, n: usize) -> usize {
        let Some(Gates { cell, row: stride }) = self.gates else {
            return self.first + n;
        };
        let columns = cell.gates * cell.units;
        let (row, column) = (n / columns, n % columns);
        let (gate, unit) = (column / cell.units, column % cell.units);
        self.first + row * stride + UNIT * unit + gate
    }
}
