//! What training leaves behind: one record an epoch.

use serde::{Deserialize, Serialize};

use super::layer_norms::LayerNorm;

/// The metrics of one epoch, under the names that Keras's `History` gives them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Which epoch, counted from 1.
    pub epoch: usize,
    /// Mean of the training batches' losses.
    pub loss: f64,
    /// Share of the training reviews classified rightly, in [0, 1].
    pub accuracy: f64,
    /// Mean of the validation batches' losses.
    pub val_loss: f64,
    /// Share of the validation reviews classified rightly, in [0, 1].
    pub val_accuracy: f64,
    /// The learning rate of the epoch's last training step.
    pub learning_rate: f64,
    /// Mean of the training steps' norms of all gradients together, where they were
    /// [measured](crate::plan::Gradients::measure_norm).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// The greatest of these norms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm_max: Option<f64>,
    /// The norms of each layer's gradients, input first, where they were
    /// [measured](crate::plan::Gradients::measure_layer_norms).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layer_gradient_norms: Vec<LayerNorm>,
    /// Wall-clock time of the epoch with its validation, in seconds; 0 where it is not known.
    ///
    /// Never written to a file: two runs of one command leave the same bytes.
    #[serde(skip)]
    pub seconds: f64,
}

/// A whole training run: which model, and its epochs in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The variant's or model's name, `baseline` say.
    pub variant: String,
    /// Trainable numbers of the model, where known.
    pub parameters: Option<usize>,
    /// One record an epoch, in order.
    pub epochs: Vec<EpochRecord>,
}

impl History {
    /// A run that has not begun: no epochs yet.
    pub fn new(variant: impl Into<String>, parameters: usize) -> Self {
        Self {
            variant: variant.into(),
            parameters: Some(parameters),
            epochs: Vec::new(),
        }
    }
}
