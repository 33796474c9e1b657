//! [`Builder`]: an ONNX graph under way, and the file that it becomes.

use super::onnx_messages::{
    Attribute, Dimension, Entry, FLOAT, Graph, INT64, Kind, Model as File, Node, OperatorSet,
    Shape, Size, Tensor, TensorKind, ValueInfo, attribute_type,
};
use crate::train::Weights;

/// Version of the file format.
const IR_VERSION: i64 = 8;
/// Version of the operators, the first that has `LayerNormalization`.
const OPERATORS: i64 = 17;

/// The name of the input.
pub(super) const INPUT: &str = "ids";
/// The name of the output.
pub(super) const OUTPUT: &str = "probability";

/// What tells tokens from padding.
pub(super) struct Mask {
    /// Tokens of each review: int32 `[batch]`.
    pub(super) lengths: String,
    /// Whether there is a token, tokens first: bool `[length, batch, 1]`.
    pub(super) tokens: String,
    /// Whether there is padding that stood before the first token: bool `[length, batch, 1]`. For a maximum alone.
    pub(super) leading: Option<String>,
}

/// A graph under way.
pub(super) struct Builder {
    pub(super) nodes: Vec<Node>,
    initialisers: Vec<Tensor>,
    /// Whether a layer above the recurrent ones sees what these give at padding: only a maximum does.
    pub(super) shows_padding: bool,
}

impl Builder {
    /// Of a graph without operators.
    pub(super) fn new(shows_padding: bool) -> Builder {
        Builder {
            nodes: Vec::new(),
            initialisers: Vec::new(),
            shows_padding,
        }
    }

    /// Adds an operator with one output.
    pub(super) fn node<const N: usize>(
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

    pub(super) fn floats(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, FLOAT, shape, bytes.collect())
    }

    pub(super) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, INT64, &[values.len()], bytes.collect())
    }

    /// A number without an axis.
    pub(super) fn integer(&mut self, name: &str, value: i64) -> String {
        self.constant(name, INT64, &[], value.to_le_bytes().to_vec())
    }

    /// The file of the graph, which gives the probabilities of `weights`.
    pub(super) fn file(self, weights: &Weights) -> File {
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
                    "Subword ids of reviews, 0 for padding {}, to the probability {}",
                    match model.sees_padding() {
                        true => "as in training",
                        false => "before the text or after it",
                    },
                    match model.has_softmax() {
                        true => "of each class",
                        false => "of the second of two classes",
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

pub(super) fn float(name: &str, f: f32) -> Attribute {
    Attribute {
        name: name.to_string(),
        f,
        kind: attribute_type::FLOAT,
        ..Attribute::default()
    }
}

pub(super) fn int(name: &str, i: i64) -> Attribute {
    Attribute {
        name: name.to_string(),
        i,
        kind: attribute_type::INT,
        ..Attribute::default()
    }
}

pub(super) fn ints(name: &str, values: &[i64]) -> Attribute {
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
