//! Models and batches of all sizes that the tests of kernels and plans share.

// Each test program uses another part of it.
#![allow(dead_code)]

use gatefold::batch::{Batch, BatchShape};
use gatefold::data::Review;
use gatefold::model::{
    Activation, AttentionPooling, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, LayerKind, LayerNormalization, Lstm, Model, Recurrent, Sequential,
};
use gatefold::plan::{
    Adam, DropoutMask, Gradients, Limits, Optimiser, ParameterLayout, Plan, RmsProp, Sgd,
    StepContext, evaluation_step, training_step,
};
use gatefold::random::Philox;
use gatefold::reference::network;

/// Rows of the embedding of [`recurrent`] models.
pub const VOCABULARY: usize = 23;

/// An embedding of `width` numbers, LSTM layers of (units, directions) of which all but the last return
/// sequences, a hidden dense layer, dropout, and the output.
pub fn recurrent(width: usize, masked: bool, layers: &[(usize, usize)]) -> Model {
    let lstm = |&(units, directions): &(usize, usize)| (Lstm::new(units).into(), directions);
    stacked(width, masked, layers.iter().map(lstm).collect())
}

/// The same with GRU layers.
pub fn gru(width: usize, masked: bool, layers: &[(usize, usize)]) -> Model {
    let gru = |&(units, directions): &(usize, usize)| (Gru::new(units).into(), directions);
    stacked(width, masked, layers.iter().map(gru).collect())
}

/// The same with recurrent layers of both kinds.
pub fn stacked(width: usize, masked: bool, layers: Vec<(Recurrent, usize)>) -> Model {
    let mut embedding = Embedding::new(VOCABULARY, width);
    embedding.mask_zero = masked;
    let mut model = Sequential::new("recurrent").add(embedding);
    let last = layers.len().saturating_sub(1);
    for (index, (layer, directions)) in layers.into_iter().enumerate() {
        let layer = match layer {
            Recurrent::Lstm(lstm) if index < last => lstm.return_sequences().into(),
            Recurrent::Gru(gru) if index < last => gru.return_sequences().into(),
            layer => layer,
        };
        model = match (layer, directions) {
            (layer, 2) => model.add(Bidirectional::new(layer)),
            (Recurrent::Lstm(lstm), _) => model.add(lstm),
            (Recurrent::Gru(gru), _) => model.add(gru),
        };
    }
    model
        .add(Dense::new(6).relu())
        .add(Dropout::new(0.25))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

/// A model whose first recurrent layer stands on a dropout layer, and so needs the embedding of every position.
pub fn spread(width: usize, units: usize) -> Model {
    Sequential::new("spread")
        .add(Embedding::new(VOCABULARY, width))
        .add(Dropout::new(0.5))
        .add(Lstm::new(units))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

/// The layers that pool over time; attention scores by `units` numbers.
pub fn poolings(units: usize) -> [LayerKind; 3] {
    [
        GlobalMaxPooling1D::new().into(),
        GlobalAveragePooling1D::new().into(),
        AttentionPooling::new(units).into(),
    ]
}

/// A pooling of what the layers between embedding and pooling give, and the output.
pub fn pooled(width: usize, masked: bool, between: &[LayerKind], pooling: LayerKind) -> Model {
    let mut embedding = Embedding::new(VOCABULARY, width);
    embedding.mask_zero = masked;
    between
        .iter()
        .cloned()
        .fold(Sequential::new("pooled").add(embedding), Sequential::add)
        .add(pooling)
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

/// Pooling of every kind, on an embedding alone and on recurrent layers below a dense one.
pub fn all_pooled(masked: bool) -> Vec<Model> {
    let below: [&[LayerKind]; 3] = [
        &[],
        &[Lstm::new(4).return_sequences().into()],
        &[
            Bidirectional::new(Lstm::new(3).return_sequences()).into(),
            Dense::new(8).into(),
        ],
    ];
    let models = below.iter().zip([5, 8, 6]).flat_map(|(between, units)| {
        poolings(units).map(|pooling| pooled(units, masked, between, pooling))
    });
    models.collect()
}

/// A normalisation of an embedding of `width` numbers, and of the state of an LSTM above it.
pub fn normalised(width: usize) -> Model {
    Sequential::new("normalised")
        .add(Embedding::new(VOCABULARY, width))
        .add(LayerNormalization::new())
        .add(Lstm::new(4))
        .add(LayerNormalization::new())
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}

/// A model that tells `classes` classes apart.
pub fn classifier(classes: usize) -> Model {
    Sequential::new("classifier")
        .add(Embedding::new(VOCABULARY, 5))
        .add(Lstm::new(4))
        .add(Dense::new(classes).softmax())
        .build()
        .unwrap()
}

/// Reviews of random ids below [`VOCABULARY`], padding among them; the first is `length` tokens long.
pub fn random_batch(length: usize, size: usize, random: &mut Philox) -> Batch {
    batch_of_classes(length, size, 2, random)
}

/// The batch as the twin takes it.
pub fn on_twin(batch: &Batch) -> network::Batch<'_> {
    network::Batch {
        steps: batch.length,
        size: batch.size,
        ids: &batch.ids,
        labels: &batch.labels,
        weights: Some(&batch.weights),
    }
}

/// As [`random_batch`], with labels of so many classes.
pub fn batch_of_classes(length: usize, size: usize, classes: u32, random: &mut Philox) -> Batch {
    let mut review = |row: usize| {
        let tokens = if row == 0 {
            length as u32
        } else {
            1 + random.below(length as u32)
        };
        let ids = (0..tokens)
            .map(|_| random.below(VOCABULARY as u32))
            .collect();
        Review {
            ids,
            label: (random.next_u32() % classes) as u8,
        }
    };
    let reviews: Vec<Review> = (0..size).map(&mut review).collect();
    Batch::new(&reviews.iter().collect::<Vec<_>>())
}

/// Reviews that are `length` times the same token.
pub fn equal_batch(length: usize, size: usize, id: u32) -> Batch {
    let review = Review {
        ids: vec![id; length].into(),
        label: 1,
    };
    Batch::new(&vec![&review; size])
}

/// Context of a first training step.
pub fn context() -> StepContext {
    StepContext {
        sequence: 3,
        step: 1,
        optimiser: Some(Adam::new(1e-3).into()),
        gradients: Gradients::default(),
        dropout: DropoutMask::Drawn { seed: 7, step: 1 },
    }
}

/// The plan of a training step.
pub fn training_plan(model: &Model, limits: &Limits, shape: BatchShape) -> Plan {
    plan_in(context(), model, limits, shape)
}

/// Each form of the other optimisers' kernels.
pub fn other_optimisers() -> Vec<Optimiser> {
    let sgd = |momentum: f64, nesterov: bool| Sgd {
        momentum,
        nesterov,
        ..Sgd::new(1e-2)
    };
    let rmsprop = |momentum: f64| RmsProp {
        momentum,
        ..RmsProp::new(1e-3)
    };
    vec![
        sgd(0.0, false).into(),
        sgd(0.9, false).into(),
        sgd(0.9, true).into(),
        rmsprop(0.0).into(),
        rmsprop(0.5).into(),
    ]
}

/// The plan of a training step with this optimiser, with gradients clipped to a norm of 1 or not.
pub fn optimiser_plan(
    model: &Model,
    limits: &Limits,
    shape: BatchShape,
    optimiser: Optimiser,
    clip: bool,
) -> Plan {
    let context = StepContext {
        optimiser: Some(optimiser),
        gradients: Gradients {
            clip_norm: clip.then_some(1.0),
            ..Gradients::default()
        },
        ..context()
    };
    plan_in(context, model, limits, shape)
}

/// The plan of a training step whose gradients are clipped to a norm of 1.
pub fn clipped_plan(model: &Model, limits: &Limits, shape: BatchShape) -> Plan {
    let context = StepContext {
        gradients: Gradients {
            clip_norm: Some(1.0),
            ..Gradients::default()
        },
        ..context()
    };
    plan_in(context, model, limits, shape)
}

fn plan_in(context: StepContext, model: &Model, limits: &Limits, shape: BatchShape) -> Plan {
    training_step(model, &ParameterLayout::new(model), limits, shape, context).unwrap()
}

/// The plan of an evaluation step.
pub fn evaluation_plan(model: &Model, limits: &Limits, shape: BatchShape) -> Plan {
    evaluation_step(
        model,
        &ParameterLayout::new(model),
        limits,
        shape,
        context(),
    )
    .unwrap()
}

/// An embedding of 4 numbers, an LSTM of `inputs` units, a dense layer of `units`, dropout, and the output.
pub fn dense(inputs: usize, units: usize, activation: Activation, rate: f32) -> Model {
    let mut hidden = Dense::new(units);
    hidden.activation = activation;
    Sequential::new("dense")
        .add(Embedding::new(VOCABULARY, 4))
        .add(Lstm::new(inputs))
        .add(hidden)
        .add(Dropout::new(rate))
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap()
}
