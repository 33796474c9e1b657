//! A whole [`Model`] in f64: forward, gradients of all parameters, training steps.
//!
//! Values between layers are time-major: `[T, B, width]` for a sequence, `[B, width]` for a vector.

use super::adam::Adam;
pub use super::batch::Batch;
use super::clip::{clip_scale, global_norm};
use super::dropout::{self, Draw};
use super::matmul::column_sums;
use super::recurrent_layer::{self, Tape};
use super::{attention, dense, embedding, layer_norm, loss, pooling};
use crate::model::{LayerKind, Model};

/// What the dropout layers do.
#[derive(Debug, Clone, Copy)]
pub enum Masks<'a> {
    /// Nothing, as in validation.
    Off,
    /// Draw masks, as in training.
    Drawn {
        /// Seed of the run.
        seed: u64,
        /// Optimiser step, counted from 1.
        step: u64,
    },
    /// Use these: for each dropout layer, input side first, 0 (dropped) or 1 (kept) an element.
    Given(&'a [Vec<f32>]),
}

/// Results of a forward pass, and what [`backward`] needs of it.
#[derive(Debug, Clone)]
pub struct Forward {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of rows classified rightly: at threshold 0.5, or by the most probable class.
    pub accuracy: f64,
    /// `[B]`, or `[B, classes]` of a softmax.
    pub probabilities: Vec<f64>,
    /// What each layer puts out, in the order of [`Model::layers`].
    pub outputs: Vec<Vec<f64>>,
    kept: Vec<Kept>,
}

/// What a layer keeps beside its output.
#[derive(Debug, Clone)]
enum Kept {
    Nothing,
    /// One tape a direction, forward first.
    Tapes(Vec<Tape>),
    /// Dropout factors, as long as the output.
    Factors(Vec<f64>),
    /// Weights of a mean over time, `[T, B]`.
    Weights(Vec<f64>),
    Attention(attention::Tape),
}

/// Runs the model over a batch.
///
/// # Shapes
/// `parameters` as [`Model::parameters`] lists them.
pub fn forward(model: &Model, parameters: &[Vec<f64>], batch: &Batch, masks: Masks) -> Forward {
    let keep = keep(model, batch);
    let mut rest = parameters;
    let mut dropouts = 0;
    let mut outputs: Vec<Vec<f64>> = Vec::new();
    let mut kept = Vec::new();
    for (index, layer) in model.layers().iter().enumerate() {
        let own;
        (own, rest) = rest.split_at(model.parameters_of(&layer.name).count());
        let x = outputs.last().map_or(&[][..], Vec::as_slice);
        let (output, keeps) = match &layer.kind {
            LayerKind::Embedding(e) => (
                embedding::gather(&own[0], batch.ids, e.width),
                Kept::Nothing,
            ),
            LayerKind::Lstm(_) | LayerKind::Gru(_) | LayerKind::Bidirectional(_) => {
                let (output, tapes) =
                    recurrent_layer::forward(layer, own, x, batch, keep.as_deref());
                (output, Kept::Tapes(tapes))
            }
            LayerKind::Dense(d) => (
                dense::forward(x, &own[0], &own[1], d.activation),
                Kept::Nothing,
            ),
            LayerKind::Dropout(d) => {
                let factors = match masks {
                    Masks::Off => vec![1.0; x.len()],
                    Masks::Drawn { seed, step } => {
                        let draw = Draw {
                            seed,
                            step,
                            layer: index as u32,
                        };
                        dropout::factors(draw, d.rate, x.len())
                    }
                    Masks::Given(given) => dropout::factors_of_mask(&given[dropouts], d.rate),
                };
                dropouts += 1;
                (dropout::apply(x, &factors), Kept::Factors(factors))
            }
            LayerKind::GlobalMaxPooling1D(_) => (
                pooling::max(x, batch.size * layer.input_width),
                Kept::Nothing,
            ),
            LayerKind::GlobalAveragePooling1D(_) => {
                let weights = pooling::mean_weights(batch.steps, batch.size, keep.as_deref());
                (
                    pooling::weighted_sum(&weights, x, batch.size),
                    Kept::Weights(weights),
                )
            }
            LayerKind::LayerNormalization(norm) => (
                layer_norm::forward(x, &own[0], &own[1], f64::from(norm.epsilon)),
                Kept::Nothing,
            ),
            LayerKind::AttentionPooling(_) => {
                let (y, tape) =
                    attention::forward(x, attention_parameters(own), batch.size, keep.as_deref());
                (y, Kept::Attention(tape))
            }
        };
        outputs.push(output);
        kept.push(keeps);
    }
    let mut probabilities = outputs.last().cloned().unwrap_or_default();
    let (loss, accuracy) = if model.has_softmax() {
        let classes = model.classes();
        let loss =
            loss::softmax_cross_entropy(&probabilities, batch.labels, &batch.weights(), classes);
        probabilities = loss::softmax(&probabilities, classes);
        let accuracy = loss::categorical_accuracy(&probabilities, batch.labels, classes);
        if let Some(output) = outputs.last_mut() {
            output.clone_from(&probabilities);
        }
        (loss, accuracy)
    } else {
        (
            loss::binary_cross_entropy(&probabilities, batch.labels, &batch.weights()),
            loss::accuracy(&probabilities, batch.labels),
        )
    };
    Forward {
        loss,
        accuracy,
        probabilities,
        outputs,
        kept,
    }
}

/// Gradient of the loss by every parameter.
///
/// # Shapes
/// As [`Model::parameters`] lists them; the embedding's is dense, `[V, E]`, summed over a token's
/// positions.
pub fn backward(
    model: &Model,
    parameters: &[Vec<f64>],
    batch: &Batch,
    forward: &Forward,
) -> Vec<Vec<f64>> {
    let keep = keep(model, batch);
    let p = &forward.probabilities;
    // Of a softmax by its sums, of a sigmoid by its result.
    let mut d_y = match model.has_softmax() {
        true => {
            loss::softmax_cross_entropy_gradient(p, batch.labels, &batch.weights(), model.classes())
        }
        false => loss::binary_cross_entropy_gradient(p, batch.labels, &batch.weights()),
    };
    let mut rest = parameters;
    let mut gradients = Vec::new();
    for (index, layer) in model.layers().iter().enumerate().rev() {
        let own;
        let others = rest.len() - model.parameters_of(&layer.name).count();
        (rest, own) = rest.split_at(others);
        let x = index
            .checked_sub(1)
            .map_or(&[][..], |below| &forward.outputs[below]);
        // Gathered from the last parameter to the first, and turned round at the end.
        match (&layer.kind, &forward.kept[index]) {
            (LayerKind::Embedding(e), _) => gradients.push(embedding::gather_gradient(
                &d_y,
                batch.ids,
                e.vocabulary,
                e.width,
            )),
            (LayerKind::Dense(d), _) => {
                let all = dense::backward(
                    x,
                    &own[0],
                    &forward.outputs[index],
                    &d_y,
                    d.units,
                    d.activation,
                );
                gradients.extend([all.bias, all.kernel]);
                d_y = all.x;
            }
            (_, Kept::Factors(factors)) => d_y = dropout::apply(&d_y, factors),
            (LayerKind::LayerNormalization(norm), _) => {
                let width = layer.input_width;
                let moments = layer_norm::moments(x, width, f64::from(norm.epsilon));
                let all = layer_norm::backward(x, &moments, &own[0], &d_y);
                gradients.extend([column_sums(&d_y, width), column_sums(&all.terms, width)]);
                d_y = all.x;
            }
            (LayerKind::GlobalMaxPooling1D(_), _) => {
                d_y = pooling::max_gradient(x, &forward.outputs[index], &d_y);
            }
            (_, Kept::Weights(weights)) => {
                d_y = pooling::weighted_sum_gradient(weights, &d_y, batch.size);
            }
            (_, Kept::Attention(tape)) => {
                let parameters = attention_parameters(own);
                let all = attention::backward(x, parameters, batch.size, tape, &d_y);
                gradients.extend([all.context, all.bias, all.kernel]);
                d_y = all.x;
            }
            (_, Kept::Tapes(tapes)) => {
                let (d_own, d_x) =
                    recurrent_layer::backward(layer, own, x, batch, keep.as_deref(), tapes, &d_y);
                gradients.extend(d_own.into_iter().rev());
                d_y = d_x;
            }
            (_, Kept::Nothing) => {}
        }
    }
    gradients.reverse();
    gradients
}

/// A model in training: parameters and the optimiser's moments.
#[derive(Debug, Clone)]
pub struct Network {
    /// What is trained.
    pub model: Model,
    /// The optimiser's settings.
    pub adam: Adam,
    /// Bound of the norm of all gradients, if they are clipped.
    pub clip_norm: Option<f64>,
    /// As [`Model::parameters`] lists them.
    pub parameters: Vec<Vec<f64>>,
    /// First moments, one a parameter.
    pub m: Vec<Vec<f64>>,
    /// Second moments, one a parameter.
    pub v: Vec<Vec<f64>>,
    /// Updates made so far.
    pub steps: u64,
}

impl Network {
    /// `model` with these parameters and moments of 0.
    pub fn new(model: &Model, parameters: Vec<Vec<f64>>) -> Self {
        let zeros: Vec<Vec<f64>> = parameters.iter().map(|p| vec![0.0; p.len()]).collect();
        Network {
            model: model.clone(),
            adam: Adam::default(),
            clip_norm: None,
            parameters,
            m: zeros.clone(),
            v: zeros,
            steps: 0,
        }
    }

    /// Forward pass with the present parameters; see [`forward`].
    pub fn forward(&self, batch: &Batch, masks: Masks) -> Forward {
        forward(&self.model, &self.parameters, batch, masks)
    }

    /// Gradients by the present parameters; see [`backward`].
    pub fn backward(&self, batch: &Batch, forward: &Forward) -> Vec<Vec<f64>> {
        backward(&self.model, &self.parameters, batch, forward)
    }

    /// One training step; returns the forward pass and the gradients from before clipping and update. A frozen embedding
    /// has a gradient of 0, and no update.
    pub fn train(&mut self, batch: &Batch, masks: Masks) -> (Forward, Vec<Vec<f64>>) {
        let forward = self.forward(batch, masks);
        let mut gradients = self.backward(batch, &forward);
        let frozen = usize::from(!self.model.embedding().trainable);
        for gradient in &mut gradients[..frozen] {
            gradient.fill(0.0);
        }
        self.steps += 1;
        let scale = self
            .clip_norm
            .map_or(1.0, |bound| clip_scale(global_norm(&gradients), bound));
        for (n, gradient) in gradients.iter().enumerate().skip(frozen) {
            let scaled: Vec<f64> = gradient.iter().map(|g| scale * g).collect();
            self.adam.update(
                self.steps,
                &mut self.parameters[n],
                &scaled,
                &mut self.m[n],
                &mut self.v[n],
            );
        }
        (forward, gradients)
    }
}

fn attention_parameters(own: &[Vec<f64>]) -> attention::AttentionParameters<'_> {
    attention::AttentionParameters {
        kernel: &own[0],
        bias: &own[1],
        context: &own[2],
    }
}

/// Which positions are not masked, where the model masks at all.
fn keep(model: &Model, batch: &Batch) -> Option<Vec<bool>> {
    model
        .embedding()
        .mask_zero
        .then(|| batch.ids.iter().map(|&id| id != 0).collect())
}
