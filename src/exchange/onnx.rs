//! ONNX: the whole model as a graph of standard operators.

use prost::Message;

use super::check;
use super::onnx_graph::{Builder, INPUT, OUTPUT, ints};
use crate::error::Result;
use crate::model::{Activation, Dense, Layer, LayerKind};
use crate::train::Weights;

/// The model as an ONNX file: input `ids`, int64 `[batch, length]`, both of any size; output `probability`,
/// f32 `[batch, 1]`, or `[batch, classes]` of a softmax. Dropout layers are left out, as in every forward pass outside training.
///
/// A model that masks padding gives the same wherever the zeros of a shorter review stand: before the text, after it, or
/// within. One that does not mask it wants the padding that it was trained with.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if a parameter has not as many values as the model says.
///
/// # Source
/// ONNX, operator set 17. An `LSTM` has its gates in the order i, o, f, c, where Keras has i, f, c, o; a `GRU` has
/// Keras's order.
pub fn to_onnx(weights: &Weights) -> Result<Vec<u8>> {
    check(weights)?;
    let model = &weights.model;
    let mut graph = Builder::new(model.takes_maximum());
    let first = model.embedding().mask_zero.then(|| graph.tokens_first());
    let ids = first.as_ref().map_or(INPUT, |[ids, _]| ids);
    let by_time = [ints("perm", &[1, 0])];
    graph.node("Transpose", &[ids], "ids_by_time", by_time);
    let mask = first.map(|first| graph.mask(&first));

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
                graph.recurrent(layer, &cell, 1, own, &below, mask.as_ref());
            }
            LayerKind::Gru(gru) => {
                let cell = gru.clone().into();
                graph.recurrent(layer, &cell, 1, own, &below, mask.as_ref());
            }
            LayerKind::Bidirectional(both) => {
                graph.recurrent(layer, &both.layer, 2, own, &below, mask.as_ref());
            }
            LayerKind::Dense(dense) => graph.dense(layer, dense, own, &below, gives),
            LayerKind::Dropout(_) => continue,
            LayerKind::GlobalMaxPooling1D(_) => graph.max_pooling(&below, gives),
            LayerKind::GlobalAveragePooling1D(_) => {
                graph.mean_pooling(&below, gives, mask.as_ref());
            }
            LayerKind::AttentionPooling(attention) => {
                graph.attention_pooling(layer, attention, own, &below, mask.as_ref());
            }
            LayerKind::LayerNormalization(norm) => graph.layer_norm(layer, norm, own, &below),
        }
        below = gives.to_string();
    }
    Ok(graph.file(weights).encode_to_vec())
}

impl Builder {
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
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::onnx_messages::{FLOAT, Model as File};
    use super::*;
    use crate::model::{
        AttentionPooling, Bidirectional, Embedding, GlobalAveragePooling1D, GlobalMaxPooling1D,
        LayerNormalization, Lstm, Sequential, initialise,
    };

    type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

    /// The operators of the graph, once it is known to hang together: whatever a node takes was given before it, and
    /// nothing is given twice.
    fn operators(layers: Vec<LayerKind>) -> Outcome<Vec<String>> {
        let stack = layers
            .into_iter()
            .fold(Sequential::new("stack"), Sequential::add);
        let model = stack.add(Dense::new(1).sigmoid()).build()?;
        let parameters = initialise(&model, 3);
        let vocabulary_size = model.embedding().vocabulary;
        let bytes = to_onnx(&Weights {
            model,
            parameters,
            vocabulary_sha256: String::new(),
            vocabulary_size,
        });
        let file = File::decode(&bytes?[..])?;
        let graph = file.graph.ok_or("no graph")?;
        let mut given: HashSet<String> = [INPUT.to_string()].into();
        for tensor in graph.initializer {
            let size: i64 = tensor.dims.iter().product();
            let bytes = if tensor.data_type == FLOAT { 4 } else { 8 };
            assert_eq!(
                tensor.raw_data.len() as i64,
                bytes * size,
                "{}",
                tensor.name
            );
            assert!(given.insert(tensor.name.clone()), "{} twice", tensor.name);
        }
        let mut names = HashSet::new();
        let mut operators = Vec::new();
        for node in graph.node {
            for name in &node.input {
                assert!(given.contains(name), "{} takes {name}", node.name);
            }
            assert!(names.insert(node.name.clone()), "two nodes {}", node.name);
            for name in node.output {
                assert!(given.insert(name.clone()), "{name} twice");
            }
            operators.push(node.op_type);
        }
        assert!(given.contains(OUTPUT));
        Ok(operators)
    }

    const SUM: [&str; 2] = ["Mul", "ReduceSum"];
    const DENSE: [&str; 3] = ["MatMul", "Add", "Sigmoid"];

    #[test]
    fn pooling_leaves_padding_out_where_it_is_masked() -> Outcome<()> {
        let scores = ["MatMul", "Add", "Tanh", "MatMul"];
        let tokens_first = [
            "Equal",
            "Shape",
            "Squeeze",
            "Range",
            "Cast",
            "Mul",
            "Add",
            "TopK",
            "GatherElements",
        ];
        let mask = [
            "Equal",
            "Not",
            "Cast",
            "ReduceSum",
            "Transpose",
            "Unsqueeze",
        ];
        let leading = ["Transpose", "Gather", "Less", "Unsqueeze"];
        let cases: [(LayerKind, Vec<&str>, Vec<&str>); 3] = [
            (
                GlobalMaxPooling1D::new().into(),
                vec!["ReduceMax"],
                vec!["ReduceMax"],
            ),
            (
                GlobalAveragePooling1D::new().into(),
                vec!["ReduceMean"],
                [&["Cast", "ReduceSum", "Max"], &SUM[..], &["Div"]].concat(),
            ),
            (
                AttentionPooling::new(4).into(),
                [&scores[..], &["Softmax"], &SUM].concat(),
                [&scores[..], &["Where", "Softmax", "Cast", "Mul"], &SUM].concat(),
            ),
        ];
        for (pooling, plain, masked) in cases {
            let norm = LayerNormalization::new().into();
            let layers = vec![Embedding::new(50, 6).into(), norm, pooling.clone()];
            let norm = ["LayerNormalization"];
            let expected = [&["Transpose", "Gather"], &norm[..], &plain, &DENSE].concat();
            assert_eq!(operators(layers)?, expected);
            let layers = vec![Embedding::new(50, 6).mask_zero().into(), pooling];
            let begin = [&tokens_first[..], &["Transpose"], &mask].concat();
            let more = if masked == ["ReduceMax"] {
                &leading[..]
            } else {
                &[]
            };
            let expected = [&begin[..], more, &["Gather"], &masked, &DENSE].concat();
            assert_eq!(operators(layers)?, expected);
        }
        Ok(())
    }

    #[test]
    fn a_maximum_alone_sees_what_recurrent_layers_give_at_padding() -> Outcome<()> {
        let count = |directions: usize, pooling: LayerKind| {
            let lstm = Lstm::new(4).return_sequences();
            let layer: LayerKind = match directions {
                1 => lstm.into(),
                _ => Bidirectional::new(lstm).into(),
            };
            let layers = vec![Embedding::new(50, 6).mask_zero().into(), layer, pooling];
            let fills = |operators: Vec<String>| {
                let all = operators.iter();
                all.filter(|operator| *operator == "Where").count()
            };
            operators(layers).map(fills)
        };
        for directions in [1, 2] {
            let fills = if directions == 1 { 2 } else { 1 };
            assert_eq!(count(directions, GlobalMaxPooling1D::new().into())?, fills);
            assert_eq!(count(directions, GlobalAveragePooling1D::new().into())?, 0);
        }
        Ok(())
    }
}
