//! The checked [`Model`] that a sequence of layers makes.

use super::layers::{Activation, Dense, Embedding, LayerKind, Output};
use super::parameters::Parameter;
use crate::error::{Error, Result};

/// A layer in its place in a model: named as Keras names it, shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Keras's name: the class in snake case, `_1`, `_2` … from the second of its class on.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
    /// Numbers a position that enter it (for the embedding: 1, the id).
    pub input_width: usize,
    /// What leaves it.
    pub output: Output,
}

/// A checked sequence of layers: an embedding first, probabilities last.
///
/// Made by [`super::Sequential`], from a TOML file, or from a [`super::Variant`].
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) name: String,
    pub(super) layers: Vec<Layer>,
    pub(super) parameters: Vec<Parameter>,
}

impl Model {
    /// The model's name, `baseline` say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layers, input first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Every tensor that training can change, a frozen embedding's too, in the order of Keras's `weights`.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The tensors of the layer called `layer`, none where it has none.
    pub fn parameters_of(&self, layer: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| {
            parameter
                .name
                .strip_prefix(layer)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// The layers whose tensors training changes, in the order in which they lie: all but a frozen embedding.
    pub fn trained_layers(&self) -> &[Layer] {
        match self.embedding().trainable {
            true => &self.layers,
            false => &self.layers[1..],
        }
    }

    /// Checks that the embedding has a row for every id of a vocabulary of `size` ids.
    ///
    /// # Errors
    /// [`Error::Model`] with both sizes.
    pub fn check_vocabulary(&self, size: usize) -> Result<()> {
        let rows = self.embedding().vocabulary;
        if size <= rows {
            return Ok(());
        }
        Err(Error::Model {
            layer: self.layers[0].name.clone(),
            problem: format!(
                "has {rows} rows, but the data's vocabulary has {size} ids; \
                 set vocabulary to {size} or leave it out"
            ),
        })
    }

    /// Classes that the model tells apart: 2 where it gives one probability, else as many as it gives.
    pub fn classes(&self) -> usize {
        self.probabilities().max(2)
    }

    /// Whether the model gives a probability for each class, by a softmax, and not one for the second of two.
    pub fn has_softmax(&self) -> bool {
        let last = self.layers.last().map(|layer| &layer.kind);
        matches!(
            last,
            Some(LayerKind::Dense(Dense {
                activation: Activation::Softmax,
                ..
            }))
        )
    }

    /// Probabilities that it gives of a review: one, or that of each class where it has a softmax.
    pub fn probabilities(&self) -> usize {
        self.layers.last().map_or(1, |layer| layer.output.width())
    }

    /// Checks that the model tells as many classes apart as the data have.
    ///
    /// # Errors
    /// [`Error::Model`] with both numbers.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        if classes == self.classes() {
            return Ok(());
        }
        Err(Error::Model {
            layer: self
                .layers
                .last()
                .map_or_else(String::new, |layer| layer.name.clone()),
            problem: format!(
                "tells {} classes apart, but the data have {classes}; for {classes} classes the last layer is {}",
                self.classes(),
                match classes {
                    2 => "Dense(1) with a sigmoid".to_owned(),
                    _ => format!("Dense({classes}) with a softmax"),
                }
            ),
        })
    }

    /// Whether padding changes what the model says of a review: where no mask hides it, or below a maximum over
    /// time, which as in Keras does not see the mask.
    pub fn sees_padding(&self) -> bool {
        !self.embedding().mask_zero || self.takes_maximum()
    }

    /// Whether a layer takes the maximum over time, and so shows what those below it give at masked timesteps.
    pub(crate) fn takes_maximum(&self) -> bool {
        let maximum = |layer: &Layer| matches!(layer.kind, LayerKind::GlobalMaxPooling1D(_));
        self.layers.iter().any(maximum)
    }

    /// The embedding that every model starts with.
    pub fn embedding(&self) -> &Embedding {
        match &self.layers[0].kind {
            LayerKind::Embedding(embedding) => embedding,
            _ => unreachable!("the builder puts an embedding first"),
        }
    }
}
