//! Exported ONNX graphs, run by an interpreter of their operators and compared with the f64 twin; and that a graph
//! with a fault does not agree.

use gatefold::exchange::to_onnx;
use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, LayerNormalization, Lstm, Model, Sequential,
};
use gatefold::random::Philox;
use gatefold::reference::network::{self, Batch, Masks};
use gatefold::train::Weights;
use prost::Message;

use crate::support::models::{VOCABULARY, all_pooled, classifier, gru, normalised, recurrent};
use crate::support::numbers::{double, parameters};
use messages::{Graph, INT64, Model as File, Node, Tensor as Stored};
use values::{Kind, Tensor};

mod interpreter;
#[path = "../../src/exchange/onnx_messages.rs"]
#[allow(dead_code)]
mod messages;
mod recurrent;
mod values;

/// Graph and twin round differently; a fault moves a probability by more than this.
const TOLERANCE: f64 = 1e-9;

/// As many reviews as timesteps, so that a wrong axis need not give a wrong shape.
const SIZE: usize = 7;

/// Where the reviews have padding: after the text, before it, on both sides, and within. The last is empty.
const REVIEWS: [&str; SIZE] = [
    "xxxxxxx", "xxx....", "....xxx", "x......", ".xxxx..", ".xx..xx", ".......",
];

/// A model, its graph, and what the twin says of a batch.
struct Case {
    model: Model,
    graph: Graph,
    ids: Tensor,
    expected: Vec<f64>,
}

impl Case {
    fn new(model: Model, random: &mut Philox) -> Case {
        let parameters = parameters(&model, random, 2.0);
        // Tokens are never 0.
        let mut by_row = [0; SIZE * SIZE];
        for (id, kind) in by_row.iter_mut().zip(REVIEWS.concat().bytes()) {
            if kind == b'x' {
                *id = 1 + random.below(VOCABULARY as u32 - 1);
            }
        }
        let by_time: Vec<u32> = (0..SIZE * SIZE)
            .map(|place| by_row[place % SIZE * SIZE + place / SIZE])
            .collect();
        let batch = Batch {
            steps: SIZE,
            size: SIZE,
            ids: &by_time,
            labels: &[0.0; SIZE],
            weights: None,
        };
        let on_twin: Vec<Vec<f64>> = parameters.iter().map(|values| double(values)).collect();
        let expected = network::forward(&model, &on_twin, &batch, Masks::Off).probabilities;
        let bytes = to_onnx(&Weights {
            model: model.clone(),
            parameters,
            vocabulary_sha256: String::new(),
            vocabulary_size: VOCABULARY,
        });
        let file = File::decode(&bytes.unwrap()[..]).unwrap();
        let ids = by_row.iter().map(|&id| f64::from(id)).collect();
        Case {
            model,
            graph: file.graph.unwrap(),
            ids: Tensor::new(Kind::Int64, &[SIZE, SIZE], ids),
            expected,
        }
    }

    /// How far the graph's probabilities are from the twin's.
    fn difference(&self, graph: &Graph) -> Result<f64, String> {
        let output = interpreter::run(graph, self.ids.clone())?;
        if output.shape != [SIZE, self.model.probabilities()] {
            return Err(format!("probabilities of shape {:?}", output.shape));
        }
        let pairs = output.values.iter().zip(&self.expected);
        let differences = pairs.map(|(found, expected)| (found - expected).abs());
        // A NaN is as far as can be.
        Ok(differences.fold(0.0, |most, one| if one <= most { most } else { one }))
    }
}

/// A stack of these layers on an embedding, and the output.
fn stack(masked: bool, layers: &[LayerKind]) -> Model {
    let mut embedding = Embedding::new(VOCABULARY, 3);
    embedding.mask_zero = masked;
    let below = Sequential::new("stack").add(embedding);
    let stack = layers.iter().cloned().fold(below, Sequential::add);
    stack.add(Dense::new(1).sigmoid()).build().unwrap()
}

/// Every layer that an export can have, with and without a mask.
fn models() -> Vec<Model> {
    let mut models = vec![normalised(5), classifier(3), classifier(2)];
    for masked in [false, true] {
        models.extend(all_pooled(masked));
        let both = [(3, 2), (4, 2), (2, 1)];
        for layers in [&both[..1], &both[2..], &both[1..], &both] {
            models.extend([recurrent(5, masked, layers), gru(5, masked, layers)]);
        }
        let gru = Gru::new(4).return_sequences();
        let poolings: [LayerKind; 3] = [
            GlobalMaxPooling1D::new().into(),
            GlobalAveragePooling1D::new().into(),
            AttentionPooling::new(2).into(),
        ];
        models.push(stack(
            masked,
            &[
                Lstm::new(6).return_sequences().into(),
                GlobalMaxPooling1D::new().into(),
            ],
        ));
        for pooling in poolings {
            let norm: LayerKind = LayerNormalization::new().into();
            let lstm = Bidirectional::new(Lstm::new(2).return_sequences());
            models.push(stack(
                masked,
                &[
                    gru.clone().into(),
                    norm.clone(),
                    Dropout::new(0.5).into(),
                    lstm.into(),
                    pooling.clone(),
                    norm.clone(),
                    Dense::new(4).relu().into(),
                ],
            ));
            models.push(stack(
                masked,
                &[norm, Bidirectional::new(gru.clone()).into(), pooling],
            ));
        }
    }
    models
}

fn cases() -> Vec<Case> {
    let random = &mut Philox::new(31, 0);
    let models = models().into_iter();
    models.map(|model| Case::new(model, random)).collect()
}

#[test]
fn a_graph_gives_the_twin_s_probabilities() {
    for case in cases() {
        let difference = case.difference(&case.graph);
        assert!(
            difference.as_ref().is_ok_and(|one| *one < TOLERANCE),
            "{difference:?} of {:?}",
            case.model
        );
    }
}

/// Nodes of an operator.
fn nodes<'a>(graph: &'a mut Graph, operator: &'a str) -> impl Iterator<Item = &'a mut Node> {
    let all = graph.node.iter_mut();
    all.filter(move |node| node.op_type == operator)
}

/// Changes the tensors whose name ends like this; whether there is one.
fn tensors(graph: &mut Graph, end: &str, change: impl Fn(&mut Stored)) -> bool {
    let all = graph.initializer.iter_mut();
    let found: Vec<_> = all.filter(|tensor| tensor.name.ends_with(end)).collect();
    let any = !found.is_empty();
    found.into_iter().for_each(change);
    any
}

/// Changes an attribute of an operator's nodes; whether there is one.
fn attribute(
    graph: &mut Graph,
    operator: &str,
    name: &str,
    change: impl Fn(&mut messages::Attribute),
) -> bool {
    let attributes = nodes(graph, operator).flat_map(|node| &mut node.attribute);
    let found: Vec<_> = attributes.filter(|one| one.name == name).collect();
    let any = !found.is_empty();
    found.into_iter().for_each(change);
    any
}

/// Swaps two gates in the parameters of the recurrent layers of a kind, whose gates are so many.
fn swap_gates(graph: &mut Graph, operator: &str, gates: usize, one: usize, other: usize) -> bool {
    let named: Vec<String> = nodes(graph, operator)
        .flat_map(|node| node.input[1..4].to_vec())
        .collect();
    for tensor in &mut graph.initializer {
        if named.contains(&tensor.name) {
            // B has the gates twice.
            let parts = if tensor.dims.len() == 2 {
                2 * gates
            } else {
                gates
            };
            let size = tensor.raw_data.len() / (tensor.dims[0] as usize * parts);
            for group in tensor.raw_data.chunks_exact_mut(gates * size) {
                let (low, high) = group.split_at_mut(other * size);
                low[one * size..][..size].swap_with_slice(&mut high[..size]);
            }
        }
    }
    !named.is_empty()
}

/// Changes the two biases of every direction of a kind's layers.
fn biases(graph: &mut Graph, operator: &str, change: impl Fn(&mut [u8], &mut [u8])) -> bool {
    let named: Vec<String> = nodes(graph, operator)
        .map(|node| node.input[3].clone())
        .collect();
    for tensor in &mut graph.initializer {
        if named.contains(&tensor.name) {
            let size = tensor.raw_data.len() / tensor.dims[0] as usize;
            for direction in tensor.raw_data.chunks_exact_mut(size) {
                let (of_input, of_state) = direction.split_at_mut(size / 2);
                change(of_input, of_state);
            }
        }
    }
    !named.is_empty()
}

/// What a fault makes of a graph; whether there is anything that it changes.
type Fault = fn(&mut Graph) -> bool;

const FAULTS: [(&str, Fault); 20] = [
    ("tokens stay where they are", |graph| {
        let mut any = false;
        for node in nodes(graph, "GatherElements") {
            node.op_type = "Add".to_string();
            // What is added is 0.
            node.input[1] = "zero".to_string();
            any = true;
        }
        any
    }),
    ("padding before the text has the last state", |graph| {
        let mut any = false;
        for node in
            nodes(graph, "Where").filter(|node| node.output[0].ends_with("/state_at_padding"))
        {
            node.input[1] = node.input[2].clone();
            any = true;
        }
        any
    }),
    ("a GRU resets before the product", |graph| {
        attribute(graph, "GRU", "linear_before_reset", |one| one.i = 0)
    }),
    ("a GRU's state bias is its input bias", |graph| {
        biases(graph, "GRU", |of_input, of_state| {
            of_state.copy_from_slice(of_input)
        })
    }),
    ("a GRU's z and r are swapped", |graph| {
        swap_gates(graph, "GRU", 3, 0, 1)
    }),
    ("a GRU's r and h are swapped", |graph| {
        swap_gates(graph, "GRU", 3, 1, 2)
    }),
    ("an LSTM has its bias twice", |graph| {
        biases(graph, "LSTM", |of_input, of_state| {
            of_state.copy_from_slice(of_input)
        })
    }),
    ("an LSTM's i and o are swapped", |graph| {
        swap_gates(graph, "LSTM", 4, 0, 1)
    }),
    ("an LSTM's o and f are swapped", |graph| {
        swap_gates(graph, "LSTM", 4, 1, 2)
    }),
    ("an LSTM's f and c are swapped", |graph| {
        swap_gates(graph, "LSTM", 4, 2, 3)
    }),
    ("an LSTM does not know lengths", |graph| {
        without_lengths(graph, "LSTM")
    }),
    ("a GRU does not know lengths", |graph| {
        without_lengths(graph, "GRU")
    }),
    ("what is at padding is used", |graph| {
        let mut any = false;
        for node in nodes(graph, "Where").filter(|node| node.output[0].ends_with("/filled")) {
            node.input[2] = node.input[1].clone();
            any = true;
        }
        any
    }),
    ("a mean is over reviews", |graph| {
        attribute(graph, "ReduceMean", "axes", |one| one.ints = vec![1])
    }),
    ("a maximum is over reviews", |graph| {
        attribute(graph, "ReduceMax", "axes", |one| one.ints = vec![1])
    }),
    ("a sum is over reviews", |graph| {
        tensors(graph, "/axis", |tensor| {
            tensor.raw_data = 1i64.to_le_bytes().to_vec()
        })
    }),
    ("a mean divides by 2 at least", |graph| {
        tensors(graph, "/one", |tensor| {
            tensor.raw_data = 2f32.to_le_bytes().to_vec()
        })
    }),
    ("attention's score of padding is 0", |graph| {
        tensors(graph, "/least", |tensor| {
            tensor.raw_data = 0f32.to_le_bytes().to_vec()
        })
    }),
    ("attention's softmax is over features", |graph| {
        attribute(graph, "Softmax", "axis", |one| one.i = -1)
    }),
    ("another epsilon", |graph| {
        attribute(graph, "LayerNormalization", "epsilon", |one| one.f = 1e-5)
    }),
];

fn without_lengths(graph: &mut Graph, operator: &str) -> bool {
    let mut any = false;
    for node in nodes(graph, operator).filter(|node| node.input.len() > 4) {
        node.input.truncate(4);
        any = true;
    }
    any
}

#[test]
fn a_graph_with_a_fault_does_not() {
    let cases = cases();
    for (fault, change) in FAULTS {
        let (mut changed, mut noticed) = (0, 0);
        for case in &cases {
            let mut graph = case.graph.clone();
            if change(&mut graph) {
                changed += 1;
                // A graph that no runtime would take is noticed too, and so is a NaN.
                let difference = case.difference(&graph).unwrap_or(f64::INFINITY);
                let is_seen = difference.is_nan() || difference > 1e3 * TOLERANCE;
                noticed += usize::from(is_seen);
            }
        }
        // Not every model shows every fault: a masked mean looks at no padding, say.
        assert!(
            noticed > 1 && 2 * noticed >= changed,
            "{fault}: noticed in {noticed} of {changed} models"
        );
    }
}

#[test]
fn what_a_runtime_would_refuse_is_refused() {
    let case = Case::new(classifier(3), &mut Philox::new(32, 0));
    let refused = |change: &dyn Fn(&mut Graph)| {
        let mut graph = case.graph.clone();
        change(&mut graph);
        case.difference(&graph).unwrap_err()
    };
    let error = refused(&|graph| graph.node[1].op_type = "Scatter".to_string());
    assert!(error.contains("Scatter of 2 inputs"), "{error}");
    let error = refused(&|graph| graph.node.swap(0, 1));
    assert!(error.contains("takes ids_by_time"), "{error}");
    let error = refused(&|graph| graph.initializer[0].data_type = INT64);
    assert!(error.contains("57 values in [23, 5]"), "{error}");
}
