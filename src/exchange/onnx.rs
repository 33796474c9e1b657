//! ONNX: the whole model as a graph of standard operators.

use prost::Message;

use super::check;
use super::onnx_messages::{
    Attribute, Dimension, Entry, FLOAT, Graph, INT32, INT64, Kind, Model as File, Node,
    OperatorSet, Shape, Size, Tensor, TensorKind, ValueInfo, attribute_type,
};
use crate::error::{Error, Result};
use crate::model::{Activation, Dense, Layer, LayerKind, Recurrent};
use crate::train::Weights;

/// Version of the file format.
const IR_VERSION: i64 = 8;
/// Version of the operators; those used here have not changed since 14.
const OPERATORS: i64 = 17;

const INPUT: &str = "ids";
const OUTPUT: &str = "probability";

/// The model as an ONNX file: input `ids`, int64 `[batch, length]`, both of any size; output `probability`,
/// f32 `[batch, 1]`, or `[batch, classes]` of a softmax. Dropout layers are left out, as in every forward pass outside training.
///
/// Of a model that masks padding, the ids of a shorter review end in zeros; padding before the text is not
/// masked.
///
/// # Errors
/// [`Error::Shape`] if a parameter has not as many values as the model says, [`Error::Model`] for layers that pool or
/// normalise, which are not written yet.
///
/// # Source
/// ONNX, operator set 17: `Gather`, `LSTM`, `GRU`, `MatMul`, `Add`, `Relu`, `Sigmoid`, `Softmax`. An `LSTM` has its gates in the
/// order i, o, f, c, where Keras has i, f, c, o; a `GRU` has Keras's order.
pub fn to_onnx(weights: &Weights) -> Result<Vec<u8>> {
    check(weights)?;
    let model = &weights.model;
    let mut graph = Builder::default();
    let masked = model.embedding().mask_zero;
    graph.node(
        "Transpose",
        &[INPUT],
        "ids_by_time",
        [ints("perm", &[1, 0])],
    );
    let lengths = masked.then(|| graph.lengths());

    let mut values = &weights.parameters[..];
    let mut below = "ids_by_time".to_string();
    let last = model.layers().len() - 1;
    for (index, layer) in model.layers().iter().enumerate() {
        let (own, rest) = values.split_at(model.parameters_of(&layer.name).count());
        values = rest;
        let gives = if index == last {
            OUTPUT
        } else {
            layer.name.as_str()
        };
        match &layer.kind {
            LayerKind::Embedding(embedding) => {
                let shape = [embedding.vocabulary, embedding.width];
                let table = graph.floats(&format!("{gives}/embeddings"), &shape, own[0].clone());
                graph.node("Gather", &[&table, &below], gives, []);
            }
            LayerKind::Lstm(lstm) => {
                let cell = lstm.clone().into();
                graph.recurrent(layer, &cell, 1, own, &below, lengths.as_deref());
            }
            LayerKind::Gru(gru) => {
                let cell = gru.clone().into();
                graph.recurrent(layer, &cell, 1, own, &below, lengths.as_deref());
            }
            LayerKind::Bidirectional(both) => {
                graph.recurrent(layer, &both.layer, 2, own, &below, lengths.as_deref());
            }
            LayerKind::Dense(dense) => graph.dense(layer, dense, own, &below, gives),
            LayerKind::Dropout(_) => continue,
            LayerKind::GlobalMaxPooling1D(_)
            | LayerKind::GlobalAveragePooling1D(_)
            | LayerKind::AttentionPooling(_)
            | LayerKind::LayerNormalization(_) => {
                return Err(Error::Model {
                    layer: layer.name.clone(),
                    problem: format!(
                        "gatefold writes no {} to ONNX; export the weights as safetensors",
                        layer.kind.class_name()
                    ),
                });
            }
        }
        below = gives.to_string();
    }
    Ok(graph.file(weights).encode_to_vec())
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    initialisers: Vec<Tensor>,
}

impl Builder {
    /// Adds an operator with one output.
    fn node<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: [Attribute; N],
    ) {
        self.nodes.push(Node {
            input: inputs.iter().map(|name| name.to_string()).collect(),
            output: vec![output.to_string()],
            name: format!("{output}/{operator}"),
            op_type: operator.to_string(),
            attribute: attributes.to_vec(),
        });
    }

    fn constant(&mut self, name: &str, data_type: i32, shape: &[usize], bytes: Vec<u8>) -> String {
        self.initialisers.push(Tensor {
            dims: shape.iter().map(|&n| n as i64).collect(),
            data_type,
            name: name.to_string(),
            raw_data: bytes,
        });
        name.to_string()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, FLOAT, shape, bytes.collect())
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, INT64, &[values.len()], bytes.collect())
    }

    /// Tokens of each review that are not padding: int32 `[batch]`.
    fn lengths(&mut self) -> String {
        let zero = self.integers("padding", &[0]);
        let axis = self.integers("time_axis", &[1]);
        self.node("Equal", &[INPUT, &zero], "is_padding", []);
        self.node("Not", &["is_padding"], "is_token", []);
        let to_integers = [int("to", INT32.into())];
        self.node("Cast", &["is_token"], "tokens", to_integers);
        let keep = [int("keepdims", 0)];
        self.node("ReduceSum", &["tokens", &axis], "lengths", keep);
        "lengths".to_string()
    }

    /// The layer's `LSTM` or `GRU`, and what makes `[length, batch, D·H]` or `[batch, D·H]` of its result.
    ///
    /// `own` has kernel `[inputs, G·H]`, recurrent kernel `[H, G·H]` and bias of each direction, for G gates: `[4·H]`
    /// of an LSTM, `[2, 3·H]` of a GRU.
    fn recurrent(
        &mut self,
        layer: &Layer,
        cell: &Recurrent,
        directions: usize,
        own: &[Vec<f32>],
        below: &str,
        lengths: Option<&str>,
    ) {
        let (name, units, inputs) = (&layer.name, cell.units(), layer.input_width);
        let order: &[usize] = match cell {
            Recurrent::Lstm(_) => &LSTM_GATES,
            Recurrent::Gru(_) => &GRU_GATES,
        };
        let gates = order.len() * units;
        let (mut w, mut r, mut b) = (Vec::new(), Vec::new(), Vec::new());
        for cell in own.chunks_exact(3) {
            w.extend(transposed_gates(&cell[0], inputs, units, order));
            r.extend(transposed_gates(&cell[1], units, units, order));
            // ONNX has a second bias, added with the recurrent product. Keras's LSTM has none.
            let (of_input, of_state) = cell[2].split_at(gates);
            b.extend(transposed_gates(of_input, 1, units, order));
            if of_state.is_empty() {
                b.extend(std::iter::repeat_n(0.0, gates));
            } else {
                b.extend(transposed_gates(of_state, 1, units, order));
            }
        }
        let w = self.floats(&format!("{name}/W"), &[directions, gates, inputs], w);
        let r = self.floats(&format!("{name}/R"), &[directions, gates, units], r);
        let b = self.floats(&format!("{name}/B"), &[directions, 2 * gates], b);
        let direction = if directions == 2 {
            "bidirectional"
        } else {
            "forward"
        };
        let mut input = vec![below.to_string(), w, r, b];
        input.extend(lengths.map(str::to_string));
        let (every, last) = (format!("{name}/every"), format!("{name}/last"));
        let mut attribute = vec![
            int("hidden_size", units as i64),
            Attribute {
                name: "direction".to_string(),
                s: direction.as_bytes().to_vec(),
                kind: attribute_type::STRING,
                ..Attribute::default()
            },
        ];
        if matches!(cell, Recurrent::Gru(_)) {
            // What Keras calls `reset_after`.
            attribute.push(int("linear_before_reset", 1));
        }
        let operator = cell.class_name();
        self.nodes.push(Node {
            input,
            output: vec![every.clone(), last.clone()],
            name: format!("{name}/{operator}"),
            op_type: operator.to_string(),
            attribute,
        });
        // [length, D, batch, H] or [D, batch, H]; 0 keeps a size.
        let width = (directions * units) as i64;
        let (states, order, shape): (&str, &[i64], &[i64]) = if cell.return_sequences() {
            (every.as_str(), &[0, 2, 1, 3], &[0, 0, width])
        } else {
            (last.as_str(), &[1, 0, 2], &[0, width])
        };
        let ordered = format!("{name}/by_row");
        self.node("Transpose", &[states], &ordered, [ints("perm", order)]);
        let shape = self.integers(&format!("{name}/shape"), shape);
        self.node("Reshape", &[&ordered, &shape], name, []);
    }

    fn dense(&mut self, layer: &Layer, dense: &Dense, own: &[Vec<f32>], below: &str, gives: &str) {
        let name = &layer.name;
        let shape = [layer.input_width, dense.units];
        let kernel = self.floats(&format!("{name}/kernel"), &shape, own[0].clone());
        let bias = self.floats(&format!("{name}/bias"), &[dense.units], own[1].clone());
        let product = format!("{name}/product");
        self.node("MatMul", &[below, &kernel], &product, []);
        let activation = match dense.activation {
            Activation::Linear => None,
            Activation::Relu => Some("Relu"),
            Activation::Sigmoid => Some("Sigmoid"),
            // Over the last axis, unless told otherwise.
            Activation::Softmax => Some("Softmax"),
        };
        let Some(activation) = activation else {
            return self.node("Add", &[&product, &bias], gives, []);
        };
        let sum = format!("{name}/sum");
        self.node("Add", &[&product, &bias], &sum, []);
        self.node(activation, &[&sum], gives, []);
    }

    fn file(self, weights: &Weights) -> File {
        let model = &weights.model;
        let varies = |name: &str| Size::Named(name.to_string());
        let entries = [
            ("vocabulary_size", weights.vocabulary_size.to_string()),
            ("vocabulary_sha256", weights.vocabulary_sha256.clone()),
        ];
        File {
            ir_version: IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_string(),
            producer_version: env!("CARGO_PKG_VERSION").to_string(),
            graph: Some(Graph {
                node: self.nodes,
                name: model.name().to_string(),
                initializer: self.initialisers,
                doc_string: format!(
                    "Subword ids of reviews, 0 for padding after the text, to the probability {}",
                    match model.has_softmax() {
                        true => "of each class",
                        false => "that they are positive",
                    }
                ),
                input: vec![value(INPUT, INT64, [varies("batch"), varies("length")])],
                output: vec![value(
                    OUTPUT,
                    FLOAT,
                    [varies("batch"), Size::Fixed(model.probabilities() as i64)],
                )],
            }),
            opset_import: vec![OperatorSet {
                domain: String::new(),
                version: OPERATORS,
            }],
            metadata_props: entries
                .map(|(key, value)| Entry {
                    key: key.to_string(),
                    value,
                })
                .to_vec(),
        }
    }
}

/// Keras's i, f, c, o as ONNX has them: i, o, f, c.
const LSTM_GATES: [usize; 4] = [0, 3, 1, 2];

/// z, r, h, in both.
const GRU_GATES: [usize; 3] = [0, 1, 2];

/// The columns of `[rows, gates, H]` as rows, gate by gate in the order `order`.
fn transposed_gates(kernel: &[f32], rows: usize, units: usize, order: &[usize]) -> Vec<f32> {
    let width = order.len() * units;
    order
        .iter()
        .flat_map(|gate| gate * units..(gate + 1) * units)
        .flat_map(|column| (0..rows).map(move |row| kernel[row * width + column]))
        .collect()
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute {
        name: name.to_string(),
        i,
        kind: attribute_type::INT,
        ..Attribute::default()
    }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_string(),
        ints: values.to_vec(),
        kind: attribute_type::INTS,
        ..Attribute::default()
    }
}

fn value(name: &str, element: i32, shape: [Size; 2]) -> ValueInfo {
    let dimension = |size| Dimension { size: Some(size) };
    ValueInfo {
        name: name.to_string(),
        kind: Some(Kind {
            tensor: Some(TensorKind {
                element,
                shape: Some(Shape {
                    dim: shape.map(dimension).to_vec(),
                }),
            }),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_become_rows_in_the_order_of_onnx() {
        // Two inputs, two units: i0 i1 f0 f1 c0 c1 o0 o1, then the same of the second input.
        let first = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let second = first.map(|value| 10.0 * value);
        let rows = transposed_gates(&[first, second].concat(), 2, 2, &LSTM_GATES);
        let input = [1.0, 10.0, 2.0, 20.0];
        let output = [7.0, 70.0, 8.0, 80.0];
        let forget = [3.0, 30.0, 4.0, 40.0];
        let cell = [5.0, 50.0, 6.0, 60.0];
        assert_eq!(rows, [input, output, forget, cell].concat());
    }
}
