//! Whole models of the twins, small: their gradients against finite differences (`gradients.rs`), and what must hold for
//! any model.

use gatefold::model::{
    AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerNormalization, Lstm, Model, Parameter, Sequential,
};
use gatefold::reference::dropout::{Draw, factors};
use gatefold::reference::loss::softmax;
use gatefold::reference::network::{Batch, Forward, Masks, backward, forward};

use super::{assert_close, uniform};

mod gradients;

/// A batch that owns its ids, made from one row a sequence.
struct Rows {
    ids: Vec<u32>,
    labels: Vec<f32>,
    steps: usize,
}

impl Rows {
    fn new(rows: &[&[u32]], labels: &[f32]) -> Rows {
        let steps = rows[0].len();
        let ids = (0..steps)
            .flat_map(|t| rows.iter().map(move |row| row[t]))
            .collect();
        Rows {
            ids,
            labels: labels.to_vec(),
            steps,
        }
    }

    fn batch(&self) -> Batch<'_> {
        Batch {
            steps: self.steps,
            size: self.labels.len(),
            ids: &self.ids,
            labels: &self.labels,
            weights: None,
        }
    }
}

/// Tokens that repeat within and between rows, padding at the end and between tokens.
const TEXTS: [&[u32]; 3] = [&[1, 2, 3, 4], &[5, 1, 0, 0], &[2, 2, 0, 3]];
const LABELS: [f32; 3] = [1.0, 0.0, 1.0];

fn embedding_of(mask: bool) -> Embedding {
    let embedding = Embedding::new(6, 3);
    if mask {
        embedding.mask_zero()
    } else {
        embedding
    }
}

/// The three variants in small, a stack with dense and dropout layers on sequences, GRU layers, alone and on and
/// under an LSTM, and every pooling.
fn tiny_models(mask: bool) -> Vec<Model> {
    let start = |name: &str| Sequential::new(name).add(embedding_of(mask));
    let head = |stack: Sequential| stack.add(Dense::new(4).relu());
    let stacks = [
        head(start("baseline").add(Lstm::new(3))),
        head(start("bidirectional").add(Bidirectional::new(Lstm::new(3)))),
        head(
            start("dropout")
                .add(Bidirectional::new(Lstm::new(3).return_sequences()))
                .add(Bidirectional::new(Lstm::new(2))),
        )
        .add(Dropout::new(0.5)),
        start("sequences")
            .add(Dropout::new(0.3))
            .add(Dense::new(4).relu())
            .add(Lstm::new(2).return_sequences())
            .add(Dense::new(3).sigmoid())
            .add(Bidirectional::new(Lstm::new(2)))
            .add(Dense::new(3))
            .add(Dropout::new(0.5)),
        head(start("gru").add(Gru::new(3))),
        head(
            start("mixed")
                .add(Bidirectional::new(Gru::new(2).return_sequences()))
                .add(Lstm::new(3).return_sequences())
                .add(Gru::new(2).return_sequences())
                .add(Bidirectional::new(Gru::new(2))),
        ),
        start("maximum")
            .add(Bidirectional::new(Lstm::new(2).return_sequences()))
            .add(Dense::new(4))
            .add(GlobalMaxPooling1D::new()),
        head(
            start("mean")
                .add(Lstm::new(3).return_sequences())
                .add(GlobalAveragePooling1D::new()),
        ),
        head(
            start("normalised")
                .add(LayerNormalization::new())
                .add(Lstm::new(3))
                .add(LayerNormalization::new()),
        ),
        head(
            start("attention")
                .add(Bidirectional::new(Lstm::new(2).return_sequences()))
                .add(AttentionPooling::new(3)),
        ),
    ];
    stacks
        .into_iter()
        .map(|stack| stack.add(Dense::new(1).sigmoid()).build().unwrap())
        .collect()
}

/// Parameters large enough that no gradient vanishes; the biases of dense layers keep relus open.
fn parameters(model: &Model) -> Vec<Vec<f64>> {
    let draw = |(n, p): (usize, &Parameter)| {
        let is_dense_bias = p.name.starts_with("dense") && p.name.ends_with("bias");
        let shift = if is_dense_bias { 0.8 } else { 0.0 };
        uniform(n as u64, p.len(), 0.9)
            .iter()
            .map(|x| x + shift)
            .collect()
    };
    model.parameters().iter().enumerate().map(draw).collect()
}

fn run(
    model: &Model,
    parameters: &[Vec<f64>],
    rows: &Rows,
    masks: Masks,
) -> (Forward, Vec<Vec<f64>>) {
    let result = forward(model, parameters, &rows.batch(), masks);
    let gradients = backward(model, parameters, &rows.batch(), &result);
    (result, gradients)
}

fn assert_all_close(found: &[Vec<f64>], expected: &[Vec<f64>], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_close(found, expected, &format!("{what}, tensor {n}"));
    }
}

/// A sigmoid is the softmax of its sum and 0.
#[test]
fn a_softmax_of_two_classes_is_a_sigmoid() {
    let sums = uniform(7, 20, 8.0);
    let pairs: Vec<f64> = sums.iter().flat_map(|&s| [0.0, s]).collect();
    let second: Vec<f64> = softmax(&pairs, 2).chunks_exact(2).map(|p| p[1]).collect();
    let sigmoids: Vec<f64> = sums.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect();
    assert_close(&second, &sigmoids, "probabilities");
}

#[test]
fn given_masks_do_what_drawn_ones_do() {
    let model = &tiny_models(false)[3];
    let (parameters, rows) = (parameters(model), Rows::new(&TEXTS, &LABELS));
    let mask = |layer, rate, count| -> Vec<f32> {
        let draw = Draw {
            seed: 5,
            step: 2,
            layer,
        };
        factors(draw, rate, count)
            .iter()
            .map(|&f| if f == 0.0 { 0.0 } else { 1.0 })
            .collect()
    };
    let masks = [mask(1, 0.3, 36), mask(7, 0.5, 9)];
    let (drawn, gradients) = run(model, &parameters, &rows, Masks::Drawn { seed: 5, step: 2 });
    let (given, given_gradients) = run(model, &parameters, &rows, Masks::Given(&masks));
    assert_eq!(drawn.outputs, given.outputs);
    assert_eq!(gradients, given_gradients);
    let off = run(model, &parameters, &rows, Masks::Off).0;
    assert_ne!(drawn.probabilities, off.probabilities);
}

#[test]
fn reversing_time_swaps_the_directions() {
    let model = &tiny_models(false)[1];
    let rows = Rows::new(&TEXTS, &LABELS);
    let turned = TEXTS.map(|row| row.iter().rev().copied().collect::<Vec<u32>>());
    let turned = Rows::new(&turned.each_ref().map(Vec::as_slice), &LABELS);
    // Forward and backward cells change places, and the rows of the dense kernel with them.
    let swapped = |tensors: &[Vec<f64>]| {
        let mut swapped = tensors.to_vec();
        swapped[1..7].rotate_left(3);
        let half = swapped[7].len() / 2;
        swapped[7].rotate_left(half);
        swapped
    };
    let parameters = parameters(model);
    let (straight, gradients) = run(model, &parameters, &rows, Masks::Off);
    let (other_way, other_gradients) = run(model, &swapped(&parameters), &turned, Masks::Off);
    assert_close(
        &other_way.probabilities,
        &straight.probabilities,
        "probabilities",
    );
    assert_all_close(&other_gradients, &swapped(&gradients), "gradients");
}

#[test]
fn permuting_rows_permutes_results() {
    let order = [2, 0, 1];
    let rows = Rows::new(&TEXTS, &LABELS);
    let permuted = Rows::new(&order.map(|b| TEXTS[b]), &order.map(|b| LABELS[b]));
    for model in tiny_models(true) {
        let parameters = parameters(&model);
        let (plain, gradients) = run(&model, &parameters, &rows, Masks::Off);
        let (other, other_gradients) = run(&model, &parameters, &permuted, Masks::Off);
        assert_eq!(other.probabilities, order.map(|b| plain.probabilities[b]));
        assert_all_close(&other_gradients, &gradients, model.name());
    }
}

#[test]
fn gradient_of_a_batch_is_the_weighted_mean_of_its_parts() {
    let whole = Rows::new(&TEXTS, &LABELS);
    let parts = [
        Rows::new(&TEXTS[..1], &LABELS[..1]),
        Rows::new(&TEXTS[1..], &LABELS[1..]),
    ];
    for model in tiny_models(false) {
        let parameters = parameters(&model);
        let (_, gradients) = run(&model, &parameters, &whole, Masks::Off);
        let [one, two] = parts
            .each_ref()
            .map(|part| run(&model, &parameters, part, Masks::Off).1);
        let mean: Vec<Vec<f64>> = one
            .iter()
            .zip(&two)
            .map(|(one, two)| {
                one.iter()
                    .zip(two)
                    .map(|(a, b)| (a + 2.0 * b) / 3.0)
                    .collect()
            })
            .collect();
        assert_all_close(&gradients, &mean, model.name());
    }
}

#[test]
fn masked_padding_changes_nothing_and_unmasked_padding_does() {
    let short = Rows::new(&TEXTS, &LABELS);
    let padded = TEXTS.map(|row| [row, &[0; 5]].concat());
    let long = Rows::new(&padded.each_ref().map(Vec::as_slice), &LABELS);
    // A maximum sees the zeros, or the copied states, of masked timesteps: see the next test.
    let blind = |model: &Model| model.name() != "maximum";
    for model in tiny_models(true).into_iter().filter(blind) {
        let parameters = parameters(&model);
        let (less, gradients) = run(&model, &parameters, &short, Masks::Off);
        let (more, more_gradients) = run(&model, &parameters, &long, Masks::Off);
        assert_eq!(less.probabilities, more.probabilities, "{}", model.name());
        assert_all_close(&more_gradients, &gradients, model.name());
        assert_eq!(
            gradients[0][..3],
            [0.0; 3],
            "{}: row 0 got a gradient",
            model.name()
        );
    }
    for model in tiny_models(false) {
        let parameters = parameters(&model);
        let losses = [&short, &long].map(|rows| run(&model, &parameters, rows, Masks::Off).0.loss);
        assert!((losses[0] - losses[1]).abs() > 1e-6, "{}", model.name());
    }
}

#[test]
fn masked_positions_leave_a_layer_as_in_keras() {
    let rows = Rows::new(&TEXTS, &LABELS);
    // Row 2 of the batch is masked at t = 2: position 8.
    let state = |model: &Model, layer: usize, p: usize| {
        let width = model.layers()[layer].output.width();
        let output = run(model, &parameters(model), &rows, Masks::Off).0.outputs[layer].clone();
        output[p * width..(p + 1) * width].to_vec()
    };
    let models = tiny_models(true);
    assert_eq!(
        state(&models[2], 1, 8),
        [0.0; 6],
        "a bidirectional layer puts out zeros"
    );
    let copied = state(&models[3], 3, 8);
    assert_eq!(
        copied,
        state(&models[3], 3, 5),
        "an LSTM repeats the state before"
    );
    assert_ne!(copied, [0.0; 2]);
}
